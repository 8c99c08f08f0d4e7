"""Every setting of Aizen: read once from the environment, typed, frozen, and all faults told in one message."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from marshmallow import fields as ma

from aizen import environment
from aizen.environment import CommaList, EmailAddress, Folder, Widths, address, count, dsn, mailbox, model_name, one_of, rate, seconds, text

SHORTEST_SECRET = 32
EMBEDDED_DATABASE = "aizen.sqlite3"
EMBEDDED_QUEUE_SOCKET = "valkey.sock"
# What struct sockaddr_un holds on macOS; Linux has four more.
LONGEST_SOCKET_PATH = 103
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")


class SettingsError(Exception):
    """The environment cannot be used; the message names every variable at fault and what it wants."""


def setting(default: Any, variable: str, wants: ma.Field[Any], says: str, *, example: str | None = None, secret: bool = False) -> Any:
    """A field of ``Settings`` that is read from ``variable``; ``says`` is its line in .env.example."""
    metadata = {"variable": variable, "wants": wants, "says": says, "example": example, "secret": secret}
    if secret:
        return field(default=default, metadata=metadata, repr=False)
    return field(default=default, metadata=metadata)


DESCRIBERS = ("gemini", "openai", "offline")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an operator may turn. Times are in seconds, sizes in bytes or pixels."""

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

    secret_key: str = setting(
        "", "SECRET_KEY", text(), f"at least {SHORTEST_SECRET} random characters; made and kept in DATA_DIR in development", secret=True
    )
    jwt_secret_key: str = setting(
        "", "JWT_SECRET_KEY", text(), "signs the tokens, the same length; derived from SECRET_KEY when unset", secret=True
    )
    signing_keys: tuple[str, ...] = setting(
        (),
        "SIGNING_KEYS",
        CommaList(),
        "keys of signed addresses, comma-separated: the first signs, all verify; derived when unset",
        secret=True,
    )
    jwt_access_seconds: int = setting(900, "JWT_ACCESS_TOKEN_EXPIRES", count(10, 86400), "life of an access token in seconds")
    jwt_refresh_seconds: int = setting(
        1209600, "JWT_REFRESH_TOKEN_EXPIRES", count(60, 31536000), "life of a session in seconds without a refresh"
    )
    old_client_access_seconds: int = setting(
        86400, "OLD_CLIENT_ACCESS_SECONDS", count(10, 604800), "life of an access token in a session begun at an old address"
    )
    old_client_session_seconds: int = setting(
        604800, "OLD_CLIENT_SESSION_SECONDS", count(60, 31536000), "life of such a session, whose refresh token stays the same"
    )
    refresh_grace_seconds: int = setting(
        10, "REFRESH_GRACE_SECONDS", count(0, 60), "how long a spent refresh token still answers its own successor"
    )
    api_keys_per_user: int = setting(50, "API_KEYS_PER_USER", count(0, 10000), "API keys of one user that are neither expired nor revoked")
    api_key_use_seconds: int = setting(
        300, "API_KEY_USE_SECONDS", count(0, 86400), "the last use of an API key is written at most so often"
    )
    api_key_write_seconds: float = setting(
        0.1, "API_KEY_WRITE_SECONDS", seconds(0.01, 5), "longest wait of a request for that, where the database is locked"
    )
    api_key_kept_seconds: int = setting(
        2592000, "API_KEY_KEPT_SECONDS", count(0, 31536000), "after this long the clock forgets an expired or revoked API key"
    )
    address_seconds: int = setting(3600, "ADDRESS_SECONDS", count(600, 604800), "least life of the signed addresses in answers")

    admin_email: str | None = setting(
        None,
        "AIZEN_ADMIN_EMAIL",
        EmailAddress(),
        "the first administrator, made at the start while there is none; with AIZEN_ADMIN_PASSWORD",
    )
    admin_password: str | None = setting(
        None, "AIZEN_ADMIN_PASSWORD", text(), "the password of that account; one that exists keeps its own", secret=True
    )
    admin_username: str | None = setting(None, "AIZEN_ADMIN_USERNAME", text(), "the username of that account; a random one when unset")

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
    network_connect_seconds: float = setting(2, "NETWORK_CONNECT_SECONDS", seconds(0.1, 60), "wait for a connection to S3")
    network_read_seconds: float = setting(10, "NETWORK_READ_SECONDS", seconds(0.1, 300), "wait for an answer of S3")

    max_image_size: int = setting(10485760, "MAX_IMAGE_SIZE", count(1), "largest upload in bytes; exactly this much passes")
    storage_quota: int = setting(
        10 * 1024**3, "STORAGE_QUOTA", count(0), "bytes of originals that a user may keep, where their account has no other; 0 is no bound"
    )
    max_image_pixels: int = setting(50_000_000, "MAX_IMAGE_PIXELS", count(1), "largest width x height x frames")
    max_image_frames: int = setting(200, "MAX_IMAGE_FRAMES", count(1), "most frames of an animation")
    max_jpeg_scans: int = setting(100, "MAX_JPEG_SCANS", count(1), "most scans of a progressive JPEG")
    max_image_metadata: int = setting(
        4 * 1024 * 1024, "MAX_IMAGE_METADATA", count(1024), "most bytes of text and profiles in an image, unpacked"
    )
    decode_seconds: float = setting(10, "DECODE_SECONDS", seconds(0.1, 300), "longest check of one upload")
    decode_memory: int = setting(
        512 * 1024 * 1024, "DECODE_MEMORY", count(64 * 1024 * 1024), "most memory for checking or resizing one image"
    )
    decode_processes: int = setting(1, "DECODE_PROCESSES", count(1, 16), "children of each web process that check uploads")
    decode_waiting: int = setting(8, "DECODE_WAITING", count(1, 1000), "uploads that may wait for such a child; more get 503")
    variant_widths: tuple[int, ...] = setting((160, 320, 640, 1280, 1920), "VARIANT_WIDTHS", Widths(), "widths of the variants in pixels")

    job_seconds: float = setting(60, "JOB_SECONDS", seconds(1, 3600), "longest run of one piece of work")
    integrity_seconds: float = setting(
        300,
        "INTEGRITY_SECONDS",
        seconds(1, 86400),
        "longest making of an integrity report for administrators; one worker does nothing else then",
    )
    lease_margin_seconds: float = setting(
        30, "LEASE_MARGIN_SECONDS", seconds(0.1, 3600), "what a lease outlives its work by, before another worker takes it"
    )
    job_attempts: int = setting(4, "JOB_ATTEMPTS", count(1, 20), "tries of one piece of work, then it is failed with its reason")
    job_retry_seconds: float = setting(10, "JOB_RETRY_SECONDS", seconds(0.01, 3600), "wait before the second try; doubled each time")
    jobs_per_owner: int = setting(8, "JOBS_PER_OWNER", count(1, 1000), "pieces of work of one user and kind that are queued at a time")
    clock_seconds: float = setting(5, "CLOCK_SECONDS", seconds(0.05, 300), "how often the clock looks for what is due")
    pulse_file: Path | None = setting(
        None, "PULSE_FILE", Folder(), "file that the clock touches after each look, for its health check; none when unset"
    )
    alive_seconds: float = setting(
        300, "ALIVE_SECONDS", seconds(1, 3600), "a worker or clock without a sign of life for longer is unhealthy"
    )
    hint_seconds: float = setting(60, "HINT_SECONDS", seconds(0.05, 3600), "after this long a hint counts as lost and is given again")
    removal_grace_seconds: float = setting(
        900, "REMOVAL_GRACE_SECONDS", seconds(0.1, 86400), "after this long an upload that never finished is removed"
    )
    removal_margin_seconds: float = setting(60, "REMOVAL_MARGIN_SECONDS", seconds(0, 3600), "what the clock waits beyond that")
    idempotency_seconds: int = setting(86400, "IDEMPOTENCY_SECONDS", count(60, 2592000), "how long an Idempotency-Key is remembered")
    longest_wait_seconds: float = setting(20, "LONGEST_WAIT_SECONDS", seconds(0, 60), "longest `Prefer: wait` of a status request")

    ai_describers: tuple[str, ...] = setting(
        ("auto",),
        "AI_DESCRIBERS",
        CommaList(),
        f"describers, asked in this order until one answers: {', '.join(DESCRIBERS)}; auto is one of them: gemini with GEMINI_API_KEY,"
        " else openai with OPENAI_API_KEY or OPENAI_BASE_URL, else offline",
    )
    gemini_api_key: str | None = setting(None, "GEMINI_API_KEY", text(), "key of the Gemini API", secret=True)
    gemini_model: str = setting("gemini-3.5-flash-lite", "GEMINI_MODEL", model_name(), "Gemini's model that describes")
    gemini_base_url: str | None = setting(
        None, "GEMINI_BASE_URL", address("http", "https"), "address of the Gemini API; Google's when unset"
    )
    gemini_sdk: Literal["google-generativeai", "google-genai"] = setting(
        "google-generativeai",
        "GEMINI_SDK",
        one_of("google-generativeai", "google-genai"),
        "Google's library that asks Gemini; google-genai comes with the extra aizen[genai]",
    )
    openai_api_key: str | None = setting(
        None, "OPENAI_API_KEY", text(), "key of OpenAI, or of the server at OPENAI_BASE_URL if it wants one", secret=True
    )
    openai_model: str = setting("gpt-6-luna", "OPENAI_MODEL", model_name(), "model at OpenAI, or at OPENAI_BASE_URL, that describes")
    openai_base_url: str | None = setting(
        None,
        "OPENAI_BASE_URL",
        address("http", "https"),
        "address of a server that speaks as OpenAI does (Ollama, vLLM, LM Studio, OpenRouter …); OpenAI's when unset",
        example="http://localhost:11434/v1",
    )
    ai_seconds: float = setting(
        25, "AI_SECONDS", seconds(0.1, 300), "longest wait for one describer; those of all together fit nine tenths of JOB_SECONDS"
    )
    ai_breaker_failures: int = setting(
        5, "AI_BREAKER_FAILURES", count(1, 1000), "failures in a row after which a provider is left alone for a while"
    )
    ai_breaker_seconds: float = setting(
        60, "AI_BREAKER_SECONDS", seconds(0.1, 3600), "how long; then one try decides whether it is asked again"
    )

    email_verification: Literal["off", "optional", "required"] = setting(
        "optional",
        "EMAIL_VERIFICATION",
        one_of("off", "optional", "required"),
        "off: nobody is asked; optional: new users are sent a link; required: and nobody uploads, generates or publishes before it",
    )
    verification_seconds: int = setting(259200, "VERIFICATION_SECONDS", count(60, 2592000), "life of a link that confirms an address")
    password_reset_seconds: int = setting(3600, "PASSWORD_RESET_SECONDS", count(60, 86400), "life of a link that resets a password")
    password_reset_pause_seconds: int = setting(
        300,
        "PASSWORD_RESET_PAUSE_SECONDS",
        count(0, 86400),
        "while the last such link is younger and unused, no other letter is sent; the request is answered as ever",
    )
    frontend_url: str | None = setting(
        None,
        "FRONTEND_URL",
        address("http", "https"),
        "address of the page that people use, where new passwords are chosen by the links of e-mails; PUBLIC_URL when unset",
        example="https://app.example.org",
    )
    email_host: str | None = setting(
        None,
        "EMAIL_HOST",
        text(),
        "SMTP server that takes e-mails; they become files in DATA_DIR/mail when unset",
        example="smtp.example.org",
    )
    email_port: int = setting(
        587, "EMAIL_PORT", count(1, 65535), "its port: 587 with STARTTLS, 465 with TLS from the first byte, 25 without"
    )
    email_use_tls: bool = setting(
        True, "EMAIL_USE_TLS", ma.Boolean(), "false talks to the SMTP server in clear text: in production to one in the same network only"
    )
    email_use_ssl: bool | None = setting(
        None, "EMAIL_USE_SSL", ma.Boolean(), "true for TLS from the first byte at another port than 465; false for none of it there"
    )
    email_host_user: str | None = setting(None, "EMAIL_HOST_USER", text(), "name that we sign in to the SMTP server with, if it wants one")
    email_host_password: str | None = setting(None, "EMAIL_HOST_PASSWORD", text(), "password of that name", secret=True)
    email_seconds: float = setting(10, "EMAIL_SECONDS", seconds(0.1, 60), "longest wait for an answer of the SMTP server")
    failed_letter_seconds: int = setting(
        604800, "FAILED_LETTER_SECONDS", count(60, 31536000), "after this long the clock forgets an e-mail that could not be sent"
    )
    default_from_email: str | None = setting(
        None,
        "DEFAULT_FROM_EMAIL",
        mailbox(),
        "sender of e-mails; aizen at PUBLIC_URL's host when unset",
        example="Aizen <images@example.org>",
    )

    rate_limit_register: str = setting("20 per hour", "RATE_LIMIT_REGISTER", rate(), "registrations of one client")
    rate_limit_login: str = setting(
        "30 per 5 minutes", "RATE_LIMIT_LOGIN", rate(), "failed sign-ins of one client, and of one network to one account"
    )
    rate_limit_account: str = setting(
        "100 per hour", "RATE_LIMIT_ACCOUNT", rate(), "failed sign-ins to one account; then only networks it signed in from before may try"
    )
    rate_limit_refresh: str = setting("120 per 5 minutes", "RATE_LIMIT_REFRESH", rate(), "token refreshes of one client")
    rate_limit_key: str = setting("60 per hour", "RATE_LIMIT_KEY", rate(), "API keys that one user makes")
    rate_limit_email: str = setting("20 per hour", "RATE_LIMIT_EMAIL", rate(), "requests of one client that may cause an e-mail")
    rate_limit_email_address: str = setting(
        "5 per hour",
        "RATE_LIMIT_EMAIL_ADDRESS",
        rate(),
        "requests that may cause an e-mail of one kind to one address, whoever makes them; for a new password, those of one network",
    )
    rate_limit_one_time_token: str = setting(
        "30 per hour", "RATE_LIMIT_ONE_TIME_TOKEN", rate(), "links of e-mails that one client opens and that are not valid"
    )
    rate_limit_setup: str = setting("20 per hour", "RATE_LIMIT_SETUP", rate(), "wrong set-up links of one client")
    rate_limit_upload: str = setting("600 per hour", "RATE_LIMIT_UPLOAD", rate(), "uploads of one user")
    rate_limit_describe: str = setting("120 per hour", "RATE_LIMIT_DESCRIBE", rate(), "descriptions that one user asks for anew")

    # -- what follows from the above

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def uses_embedded_queue(self) -> bool:
        return self.redis_url == f"unix://{(self.data_dir / EMBEDDED_QUEUE_SOCKET).absolute()}"

    @property
    def base_url(self) -> str:
        """The address that links are written from, without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def page_url(self) -> str:
        """The address of the page that links in e-mails lead to, without a trailing slash."""
        return (self.frontend_url or self.base_url).rstrip("/")

    @property
    def mail_folder(self) -> Path:
        """Where e-mails are kept that nobody sends."""
        return self.data_dir / "mail"

    @property
    def sender(self) -> str:
        """The From of e-mails."""
        return self.default_from_email or f"Aizen <aizen@{urlsplit(self.base_url).hostname}>"

    @property
    def email_security(self) -> Literal["tls", "starttls", "none"]:
        """How the connection to the SMTP server is protected: from the first byte, by STARTTLS, or not at all."""
        if self.email_use_ssl or (self.email_use_ssl is None and self.email_port == 465):
            return "tls"
        return "starttls" if self.email_use_tls else "none"

    @property
    def setup_token(self) -> str:
        """What the set-up link proves: the same in every process, and worthless once there is an administrator."""
        return _derived(self.secret_key, "set-up")[:32]

    @property
    def setup_url(self) -> str:
        """The set-up link. Browsers send no fragment, so no server and no proxy logs the token."""
        return f"{self.base_url}/setup#token={self.setup_token}"

    @property
    def lease_seconds(self) -> float:
        return self.job_seconds + self.lease_margin_seconds

    @property
    def describers(self) -> tuple[str, ...]:
        """The describers in the order in which they are asked, each once, ``auto`` resolved."""
        return tuple(dict.fromkeys(self._automatic if name == "auto" else name for name in self.ai_describers))

    @property
    def _automatic(self) -> str:
        # One and no more: nobody's pictures go to a second company because its key happens to lie in the environment.
        if self.gemini_api_key:
            return "gemini"
        return "openai" if self.openai_api_key or self.openai_base_url else "offline"

    def __post_init__(self) -> None:
        """Fill in what was left out, and refuse what cannot work. Nothing is written to disk here."""
        faults: list[str] = []
        self._default("media_root", self.media_root or self.data_dir / "media")
        self._default("database_url", _psycopg(self.database_url) or f"sqlite:///{(self.data_dir / EMBEDDED_DATABASE).absolute()}")
        self._default("migrations_database_url", _psycopg(self.migrations_database_url or "") or self.database_url)
        self._default("redis_url", self.redis_url or f"unix://{(self.data_dir / EMBEDDED_QUEUE_SOCKET).absolute()}")
        if not self.allowed_hosts:
            own = (urlsplit(self.base_url).hostname or "",)
            self._default("allowed_hosts", own if self.is_production else tuple(dict.fromkeys((*own, "localhost", "127.0.0.1", "[::1]"))))
        self._check_secrets(faults)
        self._check_parts(faults)
        self._check_addresses(faults)
        self._check_describers(faults)
        self._check_emails(faults)
        if faults:
            raise SettingsError("Aizen cannot start with these settings:\n" + "\n".join(f"  {fault}" for fault in faults))
        self._default("jwt_secret_key", self.jwt_secret_key or _derived(self.secret_key, "tokens"))
        self._default("signing_keys", self.signing_keys or (_derived(self.secret_key, "addresses"),))

    def _default(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _check_secrets(self, faults: list[str]) -> None:
        given: dict[str, tuple[str, ...]] = {"SECRET_KEY": (self.secret_key,), "SIGNING_KEYS": self.signing_keys}
        given["JWT_SECRET_KEY"] = (self.jwt_secret_key,) if self.jwt_secret_key else ()
        for variable, values in given.items():
            if any(len(value) < SHORTEST_SECRET or len(set(value)) < 8 or _looks_like_a_default(value) for value in values):
                faults.append(
                    f"{variable}: needs at least {SHORTEST_SECRET} random characters and no default;"
                    " make one with `python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
                )

    def _check_parts(self, faults: list[str]) -> None:
        if self.uses_embedded_queue and len(self.redis_url.removeprefix("unix://").encode()) > LONGEST_SOCKET_PATH:
            faults.append(
                f"DATA_DIR: its path is too long for the queue's socket, which may have {LONGEST_SOCKET_PATH} bytes; or give REDIS_URL"
            )
        if self.storage == "s3" and not self.s3_bucket_name:
            faults.append("S3_BUCKET_NAME: required with STORAGE=s3")
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            faults.append("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: give both or neither")
        if bool(self.admin_email) != bool(self.admin_password):
            faults.append("AIZEN_ADMIN_EMAIL, AIZEN_ADMIN_PASSWORD: give both or neither")
        if self.admin_username and not self.admin_email:
            faults.append("AIZEN_ADMIN_USERNAME: of use with AIZEN_ADMIN_EMAIL and AIZEN_ADMIN_PASSWORD only")
        if self.is_production:
            if not self.public_url:
                faults.append("PUBLIC_URL: required in production, the address that people use")
            if self.uses_sqlite and not self.allow_local_data:
                faults.append("DATABASE_URL: production wants PostgreSQL, or ALLOW_LOCAL_DATA=true where web and worker share one disk")
            if self.storage == "local" and not self.allow_local_data:
                faults.append("STORAGE: production wants s3, or ALLOW_LOCAL_DATA=true where web and worker share one disk")

    def _check_addresses(self, faults: list[str]) -> None:
        for origin in self.cors_origins:
            parts = urlsplit(origin)
            if origin != "*" and (
                parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                faults.append(f"CORS_ORIGINS: {origin} is no origin such as https://app.example.org, nor *")
        faults += [f"ALLOWED_HOSTS: {host} is no host such as images.example.org" for host in self.allowed_hosts if "/" in host]
        for variable, url in (
            ("PUBLIC_URL", self.public_url),
            ("FRONTEND_URL", self.frontend_url),
            ("OPENAI_BASE_URL", self.openai_base_url),
        ):
            if url and ("?" in url or "#" in url):
                faults.append(f"{variable}: an address without ? and #, to which paths are added")
        if (self.openai_base_url or "").rstrip("/").endswith("/chat/completions"):
            faults.append("OPENAI_BASE_URL: leave /chat/completions out; it is added")

    def _check_describers(self, faults: list[str]) -> None:
        names = self.describers
        if "offline" in names[:-1]:
            faults.append("AI_DESCRIBERS: offline always answers, so it must be the last")
        if not names or not set(names) <= set(DESCRIBERS):
            faults.append(f"AI_DESCRIBERS: must name some of {', '.join(DESCRIBERS)}, or auto")
        if "gemini" in names and not self.gemini_api_key:
            faults.append("GEMINI_API_KEY: required when AI_DESCRIBERS names gemini")
        if "openai" in names and not (self.openai_api_key or self.openai_base_url):
            faults.append("OPENAI_API_KEY: required when AI_DESCRIBERS names openai, but for a server at OPENAI_BASE_URL that wants none")
        if "gemini" in names and self.gemini_sdk == "google-genai" and find_spec("google.genai") is None:
            faults.append("GEMINI_SDK: google-genai is not installed; it is the extra genai: pip install 'google-genai>=3.6,<4'")
        waits = len(set(names) - {"offline"})
        # The last tenth is for reading the picture and making it small. A describer whom the job's alarm interrupts is not known to fail.
        if waits * self.ai_seconds > self.job_seconds * 0.9:
            faults.append(
                f"AI_SECONDS: {waits} x {self.ai_seconds:g} s exceed nine tenths of JOB_SECONDS ({self.job_seconds:g} s),"
                " in which every describer of AI_DESCRIBERS must find its turn; lower the one or raise the other"
            )

    def _check_emails(self, faults: list[str]) -> None:
        if bool(self.email_host_user) != bool(self.email_host_password):
            faults.append("EMAIL_HOST_USER, EMAIL_HOST_PASSWORD: give both or neither")
        if self.email_host and not HOST_NAME.fullmatch(self.email_host):
            faults.append("EMAIL_HOST: a name or an address without a port, which is EMAIL_PORT")
        if self.is_production and self.email_verification == "required" and not self.email_host:
            faults.append("EMAIL_HOST: required in production with EMAIL_VERIFICATION=required, or nobody could confirm an address")
        if self.is_production and self.email_host and self.email_security == "none" and not _is_near(self.email_host):
            faults.append(
                "EMAIL_USE_TLS: production sends e-mails in clear text only to this machine, a private address, or a name without a dot"
            )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings that the environment and the file ``.env`` give; the environment wins.

        In development a missing SECRET_KEY is made once and kept in DATA_DIR.
        Raises SettingsError, which names every fault at once.
        """
        given = environment.variables(environ)
        faults: list[str] = []
        by_variable = {item.metadata["variable"]: item for item in fields(cls)}
        wanted = {variable: item.metadata["wants"] for variable, item in by_variable.items()}
        loaded = environment.load(environment.with_aliases(given, faults), wanted, faults)
        values = {by_variable[variable].name: value for variable, value in loaded.items()}
        if ("DYNO" in given or "RENDER" in given) and "env" not in values:
            faults.append("AIZEN_ENV: say production (or development) on a hosting platform")
        if faults:
            raise SettingsError("Aizen cannot read its settings:\n" + "\n".join(f"  {fault}" for fault in faults))
        if "secret_key" not in values and values.get("env", "development") == "development":
            folder = values.get("data_dir", Path(".data"))
            try:
                values["secret_key"] = environment.kept_secret(folder)
            except OSError as error:
                raise SettingsError(f"Aizen cannot read its settings:\n  DATA_DIR: {folder} cannot be written ({error.strerror})") from None
        return cls(**values)

    @classmethod
    def or_exit(cls) -> Settings:
        """As ``from_environ``, for a program: where the settings cannot be used, it ends by saying why."""
        try:
            return cls.from_environ()
        except SettingsError as error:
            raise SystemExit(str(error)) from None

    @classmethod
    def table(cls) -> list[tuple[str, str, str, bool]]:
        """One row a variable: its name, its default or example as text, its line of help, and whether it is a secret."""
        rows = []
        for item in fields(cls):
            default = item.default if item.default is not MISSING else None
            shown = item.metadata["example"] or _as_text(default)
            rows.append((item.metadata["variable"], shown, item.metadata["says"], item.metadata["secret"]))
        return rows


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def _psycopg(url: str) -> str:
    """``url`` with the driver named: hosts hand out ``postgres://``, which SQLAlchemy refuses."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _derived(secret: str, purpose: str) -> str:
    """A key for one purpose, so that no two kinds of signature can be taken for each other."""
    return hmac.new(secret.encode(), f"aizen {purpose}".encode(), hashlib.sha256).hexdigest()


def _is_near(host: str) -> bool:
    """Whether the host is this machine, or in a network of one's own: nobody else reads what is sent to it in clear text."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return found.is_loopback or found.is_private


def _looks_like_a_default(value: str) -> bool:
    lowered = value.lower()
    return any(word in lowered for word in ("change-me", "changeme", "change_me", "your-secret", "insecure", "secret-key-here", "example"))
