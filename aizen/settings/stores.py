"""The settings of the stores: where rows, hints and images are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from marshmallow.validate import Regexp

from aizen.environment import address, count, one_of, seconds, text
from aizen.settings.declaring import setting


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where rows, hints and images are kept."""

    database_url: str = setting(
        "",
        "DATABASE_URL",
        address("postgresql", "postgres", "postgresql+psycopg", "sqlite"),
        "PostgreSQL (with Neon the -pooler host); SQLite in DATA_DIR when unset",
        example="postgresql://aizen:password@db.example.org/aizen",
        secret=True,
    )
    migrations_database_url: str = setting(
        None,
        "MIGRATIONS_DATABASE_URL",
        address("postgresql", "postgres", "postgresql+psycopg", "sqlite"),
        "address for migrations (with Neon the direct host); DATABASE_URL when unset",
        secret=True,
    )
    database_pool_size: int = setting(5, "DATABASE_POOL_SIZE", count(1, 100), "database connections that a process keeps")
    database_connect_seconds: int = setting(2, "DATABASE_CONNECT_SECONDS", count(1, 30), "wait for a new database connection")
    database_pool_seconds: float = setting(2, "DATABASE_POOL_SECONDS", seconds(0.1, 30), "wait for a free database connection")
    database_statement_seconds: float = setting(4, "DATABASE_STATEMENT_SECONDS", seconds(0.1, 300), "longest run of one statement")
    redis_url: str = setting(
        "", "REDIS_URL", address("redis", "rediss", "unix"), "Redis or Valkey; the embedded Valkey in DATA_DIR when unset", secret=True
    )
    redis_seconds: float = setting(0.25, "REDIS_SECONDS", seconds(0.01, 10), "wait for Redis in a request")

    storage: Literal["local", "s3"] = setting("local", "STORAGE", one_of("local", "s3"), "where images are kept: local or s3")
    s3_bucket_name: str | None = setting(None, "S3_BUCKET_NAME", text(), "bucket; never made public", example="my-images")
    s3_region: str | None = setting(None, "S3_REGION", text(), "region of the bucket", example="eu-central-1")
    aws_access_key_id: str | None = setting(None, "AWS_ACCESS_KEY_ID", text(), "key of the bucket's user", secret=True)
    aws_secret_access_key: str | None = setting(None, "AWS_SECRET_ACCESS_KEY", text(), "secret of the bucket's user", secret=True)
    aws_s3_endpoint_url: str | None = setting(
        None, "AWS_S3_ENDPOINT_URL", address("http", "https"), "address of an S3-compatible server; Amazon's when unset"
    )
    s3_public_endpoint_url: str | None = setting(
        None,
        "S3_PUBLIC_ENDPOINT_URL",
        address("http", "https"),
        "address that browsers use for the same server; AWS_S3_ENDPOINT_URL when unset",
    )
    s3_addressing_style: Literal["auto", "path", "virtual"] = setting(
        "auto", "S3_ADDRESSING_STYLE", one_of("auto", "path", "virtual"), "auto, path or virtual; auto is virtual at Amazon, else path"
    )
    x_accel_redirect: str | None = setting(
        None,
        "X_ACCEL_REDIRECT",
        text(validate=Regexp(r"/[A-Za-z0-9_-]+/", error="must be a path such as /protected/")),
        "internal location by which nginx sends the files below MEDIA_ROOT itself, with STORAGE=local; we send them when unset",
        example="/protected/",
    )
    cdn_base_url: str | None = setting(
        None,
        "CDN_BASE_URL",
        address("http", "https"),
        "address of a CDN whose origin is the bucket: public transformed pictures are redirected there, with STORAGE=s3",
        example="https://cdn.example.org",
    )
    network_connect_seconds: float = setting(2, "NETWORK_CONNECT_SECONDS", seconds(0.1, 60), "wait for a connection to S3")
    network_read_seconds: float = setting(10, "NETWORK_READ_SECONDS", seconds(0.1, 300), "wait for an answer of S3")
