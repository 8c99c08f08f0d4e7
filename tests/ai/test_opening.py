"""Which describers are opened, and what that costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aizen.ai import open_describers

from .providers import FewSettings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("names", [("offline",), ("gemini", "offline"), ("offline", "openai", "gemini"), ()])
def test_describers_are_opened_in_the_order_of_the_settings(names: tuple[str, ...]) -> None:
    settings = FewSettings(describers=names, gemini_api_key="key", openai_api_key="key")
    assert tuple(describer.name for describer in open_describers(settings)) == names


def test_an_unknown_describer_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="oracle"):
        open_describers(FewSettings(describers=("offline", "oracle")))


@pytest.mark.parametrize(
    ("name", "imported"), [("offline", set()), ("openai", {"requests", "urllib3"}), ("gemini", {"google", "requests", "urllib3"})]
)
def test_only_the_opened_describer_imports_what_it_needs(name: str, imported: set[str]) -> None:
    program = f"""
import sys, types
before = set(sys.modules)
from aizen.ai import open_describers
open_describers(types.SimpleNamespace(
    describers=("{name}",), ai_seconds=1, openai_api_key="key", openai_model="m", openai_base_url=None,
    gemini_api_key="key", gemini_model="m", gemini_base_url=None, gemini_sdk="google-generativeai"))
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(loaded & {{"google", "requests", "urllib3", "httpx", "httpx2", "openai"}}))
"""
    # Compared with what stood before: a start-up file of site-packages creates an empty `google` by itself.
    finished = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (finished.returncode, set(finished.stdout.split()), finished.stderr) == (0, imported, "")
