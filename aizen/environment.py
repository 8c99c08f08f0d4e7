"""What the environment says: read with ``.env`` below it, older names turned into the canonical ones, and each value typed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from email.headerregistry import HeaderRegistry
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from dotenv import dotenv_values
from email_validator import EmailNotValidError, validate_email
from marshmallow import EXCLUDE, Schema, ValidationError, validate
from marshmallow import fields as ma

# -- what a variable may hold


class CommaList(ma.Field[tuple[str, ...]]):
    """A comma-separated list; blanks around the items are dropped."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        return tuple(item.strip() for item in str(value).split(",") if item.strip())


class Widths(ma.Field[tuple[int, ...]]):
    """A comma-separated list of pixel widths, sorted and without repeats."""

    default_error_messages = {"invalid": "Not a comma-separated list of widths between 16 and 4096."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, ...]:
        try:
            widths = tuple(sorted({int(item) for item in str(value).split(",")}))
        except ValueError:
            raise self.make_error("invalid") from None
        if not all(16 <= width <= 4096 for width in widths):
            raise self.make_error("invalid")
        return widths


class Ports(ma.Field[tuple[int, ...]]):
    """A comma-separated list of ports, sorted and without repeats."""

    default_error_messages = {"invalid": "Not a comma-separated list of ports between 1 and 65535."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, ...]:
        try:
            ports = tuple(sorted({int(item) for item in str(value).split(",")}))
        except ValueError:
            raise self.make_error("invalid") from None
        if not all(1 <= port <= 65535 for port in ports):
            raise self.make_error("invalid")
        return ports


class Folder(ma.Field[Path]):
    """The path of a folder, which need not exist."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Path:
        return Path(str(value))


class EmailAddress(ma.Field[str]):
    """An e-mail address in the normal form of its standard, as the API takes it too."""

    default_error_messages = {"invalid": "Must be an e-mail address."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return validate_email(str(value), check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise self.make_error("invalid") from None


def text(**kwargs: Any) -> ma.Field[Any]:
    return ma.String(**kwargs)


def model_name() -> ma.Field[Any]:
    """A model's name as an image's row can keep it."""
    return ma.String(validate=validate.Length(max=100))


def one_of(*choices: str) -> ma.Field[Any]:
    return ma.String(validate=validate.OneOf(choices, error="Must be one of: {choices}."))


def count(lowest: int, highest: int | None = None) -> ma.Field[Any]:
    return ma.Integer(validate=validate.Range(min=lowest, max=highest))


def seconds(lowest: float = 0.001, highest: float | None = None) -> ma.Field[Any]:
    return ma.Float(validate=validate.Range(min=lowest, max=highest))


def address(*schemes: str) -> ma.Field[Any]:
    def check(value: str) -> None:
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValidationError(f"Must begin with one of: {', '.join(f'{scheme}://' for scheme in schemes)}.")

    return ma.String(validate=check)


def dsn() -> ma.Field[Any]:
    def check(value: str) -> None:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username or not parts.path.rpartition("/")[2].isdigit():
            raise ValidationError("Must read like `https://key@sentry.example.org/1`.")

    return ma.String(validate=check)


def mailbox() -> ma.Field[Any]:
    """One e-mail address, alone or as `Name <address>` (RFC 5322, 3.4), whose local part is in ASCII."""

    def check(value: str) -> None:
        # A line break would begin another header.
        found: Any = HeaderRegistry()("From", value.replace("\n", "\0").replace("\r", "\0"))
        is_one = not found.defects and len(found.addresses) == 1 and found.groups[0].display_name is None
        if not is_one or not found.addresses[0].domain or not _is_ascii_or_valid(found.addresses[0].addr_spec):
            raise ValidationError("Must read like `Aizen <images@example.org>`.")

    return ma.String(validate=check)


def _is_ascii_or_valid(addr_spec: str) -> bool:
    if addr_spec.isascii():
        return True
    try:
        validate_email(addr_spec, allow_smtputf8=False, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def rate() -> ma.Field[Any]:
    return ma.String(validate=validate.Regexp(r"^\d+ per (\d+ )?(second|minute|hour|day)s?$", error="Must read like `20 per hour`."))


# -- reading it


def variables(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """``environ``, or else the process's own with the file ``.env`` below it; without blanks around, and without what is empty."""
    if environ is None:
        from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        environ = {**from_file, **os.environ}
    return {name: value.strip() for name, value in environ.items() if value.strip()}


def load(given: Mapping[str, str], wanted: Mapping[str, ma.Field[Any]], faults: list[str]) -> dict[str, Any]:
    """The values of the wanted variables, typed; what cannot be read is added to ``faults``."""
    schema = Schema.from_dict(dict(wanted))
    try:
        loaded: dict[str, Any] = schema(unknown=EXCLUDE).load(dict(given))
    except ValidationError as error:
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
        faults.extend(f"{variable}: {' '.join(messages)}" for variable, messages in error.messages_dict.items())
    return loaded


# The names that the older systems used. They are read when the canonical name is absent.
ALIASES: dict[str, str] = {
    "AWS_STORAGE_BUCKET_NAME": "S3_BUCKET_NAME",
    "AWS_S3_REGION_NAME": "S3_REGION",
    "USE_S3": "STORAGE",
    "CELERY_BROKER_URL": "REDIS_URL",
    "CORS_ALLOW_ALL_ORIGINS": "CORS_ORIGINS",
    "DJANGO_LOG_LEVEL": "LOG_LEVEL",
    "DEBUG": "AIZEN_ENV",
    "WEB_CONCURRENCY": "WEB_PROCESSES",
    "DJANGO_SUPERUSER_EMAIL": "AIZEN_ADMIN_EMAIL",
    "DJANGO_SUPERUSER_PASSWORD": "AIZEN_ADMIN_PASSWORD",
    "DJANGO_SUPERUSER_USERNAME": "AIZEN_ADMIN_USERNAME",
}
_MEANINGS = {
    "USE_S3": {"true": "s3", "false": "local"},
    "DEBUG": {"true": "development", "false": "production"},
    "CORS_ALLOW_ALL_ORIGINS": {"true": "*", "false": ""},
}
_TRUTH = {"1": "true", "yes": "true", "on": "true", "true": "true", "0": "false", "no": "false", "off": "false", "false": "false"}


def with_aliases(given: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """``given`` with the older names turned into the canonical ones; two different values for one thing are a fault."""
    known = dict(given)
    told: dict[str, tuple[str, str]] = {name: (name, value) for name, value in given.items()}

    def tell(canonical: str, by: str, value: str) -> None:
        if canonical in told and told[canonical][1] != value:
            faults.append(f"{canonical}: {told[canonical][0]} and {by} give it different values; keep one")
        elif value:
            told[canonical] = (by, value)
            known[canonical] = value

    for alias, canonical in ALIASES.items():
        if alias not in given:
            continue
        meaning = _MEANINGS.get(alias)
        if meaning is None:
            tell(canonical, alias, given[alias])
        elif (truth := _TRUTH.get(given[alias].lower())) is None:
            faults.append(f"{alias}: must be true or false")
        elif meaning[truth]:
            tell(canonical, alias, meaning[truth])
    if "DB_NAME" in given:
        tell("DATABASE_URL", "DB_NAME", _database_url(given))
    return known


def _database_url(given: Mapping[str, str]) -> str:
    login = quote(given.get("DB_USER", ""), safe="")
    if "DB_PASSWORD" in given:
        login += f":{quote(given['DB_PASSWORD'], safe='')}"
    place = f"{given.get('DB_HOST', 'localhost')}:{given.get('DB_PORT', '5432')}"
    return f"postgresql://{login + '@' if login else ''}{place}/{quote(given['DB_NAME'], safe='')}"


def kept_secret(data_dir: Path) -> str:
    """The development secret of ``data_dir``, made at the first call; two processes that start together agree on one."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / "secret_key"
    aside = data_dir / f".secret_key-{secrets.token_hex(8)}"
    if not path.exists():
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text(encoding="utf-8").strip()
