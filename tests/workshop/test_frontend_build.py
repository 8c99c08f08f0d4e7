"""`make check` sees that the page is older than its sources, and that it is not what they give."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import brotli
import pytest

from tests.workshop import frontend_build
from tests.workshop.frontend_build import SOURCES, differences, files_below, stale_sources, wrongly_compressed

FILES = {
    "index.html": "<!doctype html>",
    "package-lock.json": "{}",
    "vite.config.ts": "export default {};",
    "build/plugin.ts": "export {};",
    "public/favicon.svg": "<svg/>",
    "src/main.tsx": "start();",
    "src/lib/a.ts": "a",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    return write(tmp_path / "frontend", FILES)


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = write(tmp_path / "static", {"index.html": "page" * 9, "assets/a-1.js": "script"})
    lines = [f"{hashlib.sha256(FILES[name].encode()).hexdigest()}  {name}\n" for name in sorted(FILES)]
    (folder / SOURCES).write_text("".join(lines), encoding="utf-8")
    (folder / "index.html.br").write_bytes(brotli.compress(b"page" * 9))
    (folder / "index.html.gz").write_bytes(gzip.compress(b"page" * 9))
    return folder


def test_a_build_of_these_sources_is_fresh_whatever_else_lies_beside_them(frontend: Path, build: Path) -> None:
    not_built = {
        "src/lib/a.test.ts": "x",
        "src/test/setup.ts": "x",
        "src/README.md": "x",
        "node_modules/x/index.js": "x",
        "eslint.config.js": "x",
    }
    write(frontend, not_built)
    assert stale_sources(frontend, build) == []


def test_a_source_that_has_changed_come_or_gone_makes_it_stale(frontend: Path, build: Path) -> None:
    write(frontend, {"src/main.tsx": "start(1);", "src/lib/b.ts": "b"})
    (frontend / "public/favicon.svg").unlink()
    assert stale_sources(frontend, build) == ["public/favicon.svg", "src/lib/b.ts", "src/main.tsx"]


def test_where_nothing_was_built_that_is_told(frontend: Path, tmp_path: Path) -> None:
    assert stale_sources(frontend, tmp_path / "nothing") == [f"{SOURCES} (there is no build)"]


def test_another_build_is_compared_file_by_file_and_by_what_is_packed_in_it(build: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    for name, file in files_below(build).items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_bytes(file.read_bytes())
    (fresh / "index.html.gz").write_bytes(gzip.compress(b"page" * 9, compresslevel=1, mtime=5))
    assert differences(build, fresh) == []
    (fresh / "index.html.br").write_bytes(brotli.compress(b"pages"))
    write(fresh, {"assets/a-1.js": "other", "assets/b-2.js": "new"})
    (build / "assets/old-3.js").write_text("old", encoding="utf-8")
    assert differences(build, fresh) == ["assets/a-1.js", "assets/b-2.js", "assets/old-3.js", "index.html.br"]


def test_a_compressed_file_that_holds_something_else_is_found(build: Path) -> None:
    assert wrongly_compressed(build) == []
    (build / "index.html").write_text("another page", encoding="utf-8")
    (build / "assets/gone.js.gz").write_bytes(gzip.compress(b"gone"))
    assert wrongly_compressed(build) == ["assets/gone.js.gz", "index.html.br", "index.html.gz"]


def test_what_is_wrong_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch, frontend: Path, build: Path) -> None:
    monkeypatch.setattr(frontend_build, "FRONTEND", frontend)
    monkeypatch.setattr(frontend_build, "STATIC", build)
    assert frontend_build.main([]) is None
    write(frontend, {"src/main.tsx": "start(1);"})
    assert frontend_build.main([]) == "aizen/static is not what frontend/ gives: run make frontend. Different:\n  src/main.tsx"
