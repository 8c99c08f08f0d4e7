"""Which mailer there is, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from aizen.adapters import open_adapters
from aizen.mail import open_mailer
from aizen.settings import Settings
from tests.conftest import SECRET


def production(tmp_path: Path, **changes: Any) -> Settings:
    return Settings(
        env="production",
        secret_key=SECRET,
        public_url="https://images.example.org",
        data_dir=tmp_path,
        allow_local_data=True,
        redis_url="redis://localhost:1",
        **changes,
    )


def warnings_of_a_worker(settings: Settings) -> list[str]:
    with structlog.testing.capture_logs() as lines:
        parts = open_adapters(settings, for_worker=True)
        parts.close()
    return [line["event"] for line in lines if line["log_level"] == "warning"]


def test_a_worker_in_production_says_that_letters_are_not_sent(tmp_path: Path) -> None:
    (said,) = warnings_of_a_worker(production(tmp_path))
    assert "EMAIL_HOST" in said


def test_with_a_server_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert warnings_of_a_worker(production(tmp_path, email_host="smtp.example.org")) == []


@pytest.mark.parametrize(("host", "name"), [(None, "folder"), ("smtp.example.org", "smtp")])
def test_the_mailer_is_smtp_where_a_server_is_named(tmp_path: Path, host: str | None, name: str) -> None:
    assert open_mailer(production(tmp_path, email_host=host)).name == name
