"""The files as thumbor makes them once it has the original's bytes: its transformer and its Pillow engine, without its web server."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from thumbor.config import Config  # type: ignore[import-not-found]
from thumbor.context import Context, RequestParameters  # type: ignore[import-not-found]
from thumbor.importer import Importer  # type: ignore[import-not-found]
from thumbor.transformer import Transformer  # type: ignore[import-not-found]

from benchmarks.transformations.contender import QUALITY, Task, serve

# That there is no pycurl, which nothing here would use, is no news.
logging.getLogger("thumbor").setLevel(logging.ERROR)
# By itself it makes progressive JPEGs; that it computes its Huffman tables (`optimize`) cannot be changed.
CONFIGS = {"same": Config(QUALITY=QUALITY, PROGRESSIVE_JPEG=False), "own": Config(QUALITY=QUALITY)}
IMPORTERS = {name: Importer(config) for name, config in CONFIGS.items()}
for importer in IMPORTERS.values():
    importer.import_modules()


async def transformed(task: Task) -> bytes:
    context = Context(config=CONFIGS[task.settings], importer=IMPORTERS[task.settings])
    context.request = RequestParameters(width=task.width, height=task.height)
    engine = context.request.engine = context.modules.engine
    engine.load(Path(task.source).read_bytes(), ".jpg")
    await Transformer(context).transform()
    return bytes(engine.read(f".{task.format}", QUALITY))


def main() -> None:
    with asyncio.Runner() as runner:
        serve(lambda task: len(runner.run(transformed(task))))


if __name__ == "__main__":
    main()
