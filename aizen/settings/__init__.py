"""Every setting of Aizen: read once from the environment, typed, frozen, and all faults told in one message."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from aizen import environment
from aizen.settings.accounts import Accounts
from aizen.settings.budgets import Budgets
from aizen.settings.declaring import DESCRIBERS, QUEUES, SHORTEST_SECRET
from aizen.settings.generation import Generation
from aizen.settings.server import Server
from aizen.settings.sharing import Sharing
from aizen.settings.stores import Stores
from aizen.settings.work import Work

EMBEDDED_DATABASE = "aizen.sqlite3"
EMBEDDED_QUEUE_SOCKET = "valkey.sock"
# What struct sockaddr_un holds on macOS; Linux has four more.
LONGEST_SOCKET_PATH = 103
HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")


class SettingsError(Exception):
    """The environment cannot be used; the message names every variable at fault and what it wants."""


@dataclass(frozen=True, kw_only=True)
class Settings(Budgets, Generation, Sharing, Work, Stores, Accounts, Server):
    """All that an operator may turn. Times are in seconds, sizes in bytes or pixels."""

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
        self._check_queues(faults)
        self._check_parts(faults)
        self._check_addresses(faults)
        self._check_describers(faults)
        self._check_painters(faults)
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

    def _check_queues(self, faults: list[str]) -> None:
        if self.uses_embedded_queue and len(self.redis_url.removeprefix("unix://").encode()) > LONGEST_SOCKET_PATH:
            faults.append(
                f"DATA_DIR: its path is too long for the queue's socket, which may have {LONGEST_SOCKET_PATH} bytes; or give REDIS_URL"
            )
        if not self.worker_queues or not set(self.worker_queues) <= set(QUEUES):
            faults.append(f"WORKER_QUEUES: must name some of {', '.join(QUEUES)}")

    def _check_parts(self, faults: list[str]) -> None:
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
            ("HF_BASE_URL", self.hf_base_url),
            ("CDN_BASE_URL", self.cdn_base_url),
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
