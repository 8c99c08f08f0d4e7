"""Whether `aizen/static` is what `frontend/` gives.

    python -m tests.workshop.frontend_build          compares its sources with those that it was built from: needs no Node
    python -m tests.workshop.frontend_build FOLDER   compares it with a build that was just made there

Compressed files are compared by what is in them: another release of Node may compress otherwise.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from pathlib import Path

import brotli

ROOT = Path(__file__).resolve().parents[2]
FRONTEND, STATIC = ROOT / "frontend", ROOT / "aizen" / "static"
SOURCES = "sources.sha256"
# As frontend/build/digested.ts has them, which writes the file.
ROOTS = ("build", "public", "src", "index.html", "package-lock.json", "postcss.config.cjs", "vite.config.ts")
NOT_BUILT = re.compile(r"\.test\.tsx?$|^src/test/|\.md$")
_READERS = {".br": brotli.decompress, ".gz": gzip.decompress}


def files_below(folder: Path) -> dict[str, Path]:
    """Every file of the folder by its path there."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def sources_of(frontend: Path) -> dict[str, str]:
    """The digest of each file that the page is made of, by its path."""
    found = {path: file for path, file in files_below_roots(frontend).items() if not NOT_BUILT.search(path)}
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in found.items()}


def files_below_roots(frontend: Path) -> dict[str, Path]:
    """The files at or below ROOTS by their paths; what else lies there, such as node_modules, is not looked at."""
    found: dict[str, Path] = {}
    for root in ROOTS:
        path = frontend / root
        if path.is_file():
            found[root] = path
        found |= {f"{root}/{name}": file for name, file in files_below(path).items()}
    return found


def sources_told(build: Path) -> dict[str, str]:
    """The same as the build tells it, in lines as `sha256sum` writes them."""
    lines = (build / SOURCES).read_text(encoding="utf-8").splitlines()
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def stale_sources(frontend: Path, build: Path) -> list[str]:
    """The paths of the sources that have come, gone or changed since the build."""
    if not (build / SOURCES).is_file():
        return [f"{SOURCES} (there is no build)"]
    now, then = sources_of(frontend), sources_told(build)
    return sorted(path for path in now.keys() | then.keys() if now.get(path) != then.get(path))


def differences(build: Path, fresh: Path) -> list[str]:
    """The paths of the files that one has and the other has not, or that hold something else."""
    ours, theirs = files_below(build), files_below(fresh)
    missing = ours.keys() ^ theirs.keys()
    return sorted(missing | {path for path in ours.keys() & theirs.keys() if content(ours[path]) != content(theirs[path])})


def wrongly_compressed(build: Path) -> list[str]:
    """The paths of the compressed files that do not hold what the file beside them holds."""
    files = files_below(build)
    compressed = [path for path in files if Path(path).suffix in _READERS]
    return sorted(path for path in compressed if path[:-3] not in files or content(files[path]) != files[path[:-3]].read_bytes())


def content(file: Path) -> bytes:
    """What is in the file, whatever it is packed in."""
    return bytes(_READERS.get(file.suffix, bytes)(file.read_bytes()))


def main(arguments: list[str]) -> str | None:
    """What is wrong, or None."""
    found = differences(STATIC, Path(arguments[0])) if arguments else [*stale_sources(FRONTEND, STATIC), *wrongly_compressed(STATIC)]
    if not found:
        return None
    return "aizen/static is not what frontend/ gives: run make frontend. Different:\n" + "\n".join(f"  {path}" for path in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
