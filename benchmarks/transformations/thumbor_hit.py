"""P7: a finished file out of thumbor's file storage for results, HITS times for each task whose source it is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from thumbor.config import Config  # type: ignore[import-not-found]
from thumbor.context import Context, RequestParameters  # type: ignore[import-not-found]
from thumbor.result_storages.file_storage import Storage  # type: ignore[import-not-found]

from benchmarks.transformations.contender import HITS, Task, serve

URL = "unsafe/640x480/photographs/lake.jpg"


async def found(storage: Storage) -> int:
    return sum([len((await storage.get()).buffer) for _ in range(HITS)])


def main() -> None:
    with TemporaryDirectory() as folder, asyncio.Runner() as runner:
        context = Context(config=Config(RESULT_STORAGE_FILE_STORAGE_ROOT_PATH=folder))
        context.request = RequestParameters(url=URL)
        storage = Storage(context)

        def job(task: Task) -> int:
            runner.run(storage.put(Path(task.source).read_bytes()))
            return runner.run(found(storage))

        serve(job)


if __name__ == "__main__":
    main()
