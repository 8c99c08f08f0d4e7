"""The settings of the processes: how they run, and where they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from marshmallow import fields as ma

from aizen.environment import CommaList, Folder, address, count, dsn, one_of, seconds, text
from aizen.settings.declaring import QUEUES, setting


@dataclass(frozen=True, kw_only=True)
class Server:
    """How the processes run, and where they are reached."""

    env: Literal["development", "production"] = setting(
        "development", "AIZEN_ENV", one_of("development", "production"), "development or production; production refuses unsafe settings"
    )
    data_dir: Path = setting(Path(".data"), "DATA_DIR", Folder(), "folder of the embedded parts: SQLite, images, Valkey, secrets")
    media_root: Path = setting(None, "MEDIA_ROOT", Folder(), "folder of the images with STORAGE=local; DATA_DIR/media when unset")
    allow_local_data: bool = setting(
        False, "ALLOW_LOCAL_DATA", ma.Boolean(), "true lets production keep its data in DATA_DIR: only where web and worker share that disk"
    )
    log_level: str = setting("INFO", "LOG_LEVEL", one_of("DEBUG", "INFO", "WARNING", "ERROR"), "lowest level of the JSON log")
    sentry_dsn: str | None = setting(
        None, "SENTRY_DSN", dsn(), "where unexpected errors are reported, as Sentry tells it; nowhere when unset", secret=True
    )
    sentry_seconds: float = setting(
        2, "SENTRY_SECONDS", seconds(0.1, 10), "longest wait of a process that ends for the reports it still has to send"
    )

    host: str = setting("127.0.0.1", "HOST", text(), "address that the web server listens on")
    port: int = setting(8000, "PORT", count(1, 65535), "port that the web server listens on")
    public_url: str | None = setting(
        None,
        "PUBLIC_URL",
        address("http", "https"),
        "the address that people use; required in production",
        example="https://images.example.org",
    )
    allowed_hosts: tuple[str, ...] = setting(
        (),
        "ALLOWED_HOSTS",
        CommaList(),
        "Host headers that are answered, comma-separated; PUBLIC_URL's host (and localhost in development) when unset",
    )
    cors_origins: tuple[str, ...] = setting(
        (), "CORS_ORIGINS", CommaList(), "origins whose pages may call the API, comma-separated, or *", example="https://app.example.org"
    )
    trusted_proxies: int = setting(0, "TRUSTED_PROXIES", count(0, 10), "how many proxies in front of us set X-Forwarded-For")
    web_processes: int = setting(2, "WEB_PROCESSES", count(1, 64), "web server processes")
    web_threads: int = setting(8, "WEB_THREADS", count(1, 64), "threads of each web server process")
    request_seconds: float = setting(
        10, "REQUEST_SECONDS", seconds(0.1, 300), "longest silence of a client that is sending a request or receiving an answer"
    )
    worker_processes: int = setting(1, "WORKER_PROCESSES", count(1, 64), "worker processes that the one-command run starts")
    worker_queues: tuple[str, ...] = setting(
        QUEUES,
        "WORKER_QUEUES",
        CommaList(),
        f"queues that a worker serves: {QUEUES[0]}, and {QUEUES[1]} for pictures that are generated; the second while the first is empty",
    )
