"""A stand-in for the page that `make frontend` builds: as many files as it takes to tell them apart, so that no test needs Node."""

from __future__ import annotations

import gzip
from pathlib import Path

INDEX = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="description" content="What Aizen is in general." />
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <title>Aizen</title>
    <script type="module" crossorigin src="/assets/index-BxY1.js"></script>
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
"""
SCRIPT = "console.log('the page');\n" * 40
# Nobody here reads Brotli: that these bytes come is enough.
BROTLI = b"brotli of "


def build_in(folder: Path) -> Path:
    """The folder, with a page in it."""
    files = {"index.html": INDEX, "assets/index-BxY1.js": SCRIPT, "assets/index-C0lr.css": "body{}", "favicon.svg": "<svg/>"}
    (folder / "assets").mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("index.html", "assets/index-BxY1.js"):
        (folder / f"{name}.br").write_bytes(BROTLI + name.encode())
        (folder / f"{name}.gz").write_bytes(gzip.compress(files[name].encode(), mtime=0))
    (folder / "sources.sha256").write_text("", encoding="utf-8")
    return folder
