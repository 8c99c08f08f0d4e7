"""Settings: what the environment may say, and what is told of it."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from aizen.settings import Settings, SettingsError

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
SECRET = "x9Qp2Lk7Vw4Zs8Td1Rf6Yb3Nm5Hc0Jg-tests-only"
PRODUCTION = {
    "AIZEN_ENV": "production",
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://images.test.org",
    "DATABASE_URL": "postgres://aizen:pw@db.test.org/aizen",
    "STORAGE": "s3",
    "S3_BUCKET_NAME": "pictures",
}


def faults(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(environ)
    return str(caught.value)


def test_an_empty_environment_gives_the_embedded_parts(tmp_path: Path) -> None:
    settings = Settings.from_environ({"DATA_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path}/aizen.sqlite3"
    assert settings.migrations_database_url == settings.database_url
    assert settings.redis_url == f"unix://{tmp_path}/valkey.sock"
    assert settings.uses_embedded_queue
    assert settings.storage == "local"
    assert settings.media_root == tmp_path / "media"
    assert settings.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")


def test_development_makes_its_secret_once_and_for_itself_only(tmp_path: Path) -> None:
    first = Settings.from_environ({"DATA_DIR": str(tmp_path)})
    second = Settings.from_environ({"DATA_DIR": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_data_dir_that_cannot_be_written_is_told_in_a_sentence() -> None:
    assert "DATA_DIR: /dev/null/x cannot be written" in faults({"DATA_DIR": "/dev/null/x"})


def test_no_two_kinds_of_signature_share_a_key() -> None:
    settings = Settings(secret_key=SECRET)
    assert len({settings.secret_key, settings.jwt_secret_key, *settings.signing_keys}) == 3


def test_all_faults_are_told_in_one_message_by_their_variables() -> None:
    told = faults({"PORT": "many", "STORAGE": "cloud", "VARIANT_WIDTHS": "320,wide", "AIZEN_ENV": "staging", "RATE_LIMIT_LOGIN": "often"})
    for variable in ("PORT", "STORAGE", "VARIANT_WIDTHS", "AIZEN_ENV", "RATE_LIMIT_LOGIN"):
        assert variable in told
    assert "local, s3" in told


def test_production_takes_whole_settings() -> None:
    settings = Settings.from_environ(PRODUCTION)
    assert settings.is_production
    assert settings.database_url == "postgresql+psycopg://aizen:pw@db.test.org/aizen"
    assert settings.allowed_hosts == ("images.test.org",)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me-change-me-change-me-change-me"}, "SECRET_KEY"),
        ({"JWT_SECRET_KEY": "short"}, "JWT_SECRET_KEY"),
        ({"SIGNING_KEYS": f"{SECRET},short"}, "SIGNING_KEYS"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "images.test.org"}, "PUBLIC_URL"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"STORAGE": "local"}, "STORAGE"),
        ({"S3_BUCKET_NAME": ""}, "S3_BUCKET_NAME"),
        ({"SENTRY_DSN": "https://sentry.test.org/1"}, "SENTRY_DSN"),
        ({"AWS_ACCESS_KEY_ID": "only-one"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AI_DESCRIBERS": "gemini"}, "GEMINI_API_KEY"),
        ({"AI_DESCRIBERS": "oracle"}, "AI_DESCRIBERS"),
        ({"AI_DESCRIBERS": ","}, "AI_DESCRIBERS"),
        ({"AI_DESCRIBERS": "offline,openai"}, "OPENAI_API_KEY"),
        ({"OPENAI_BASE_URL": "localhost:11434"}, "OPENAI_BASE_URL"),
        ({"OPENAI_MODEL": "m" * 101}, "OPENAI_MODEL"),
        ({"GEMINI_SDK": "google"}, "GEMINI_SDK"),
        ({"DATA_DIR": "/x" * 60}, "DATA_DIR"),
        ({"WORKER_QUEUES": "aizen,fast"}, "WORKER_QUEUES"),
        ({"WORKER_QUEUES": ","}, "WORKER_QUEUES"),
        ({"EMAIL_VERIFICATION": "required"}, "EMAIL_HOST"),
        ({"EMAIL_VERIFICATION": "always"}, "EMAIL_VERIFICATION"),
        ({"EMAIL_HOST": "smtp.test.org:587"}, "EMAIL_HOST"),
        ({"EMAIL_HOST": "smtp://smtp.test.org"}, "EMAIL_HOST"),
        ({"EMAIL_HOST": "smtp.test.org", "EMAIL_HOST_USER": "aizen"}, "EMAIL_HOST_PASSWORD"),
        ({"EMAIL_HOST": "smtp.test.org", "EMAIL_HOST_PASSWORD": "x"}, "EMAIL_HOST_USER"),
        ({"EMAIL_HOST": "smtp.test.org", "EMAIL_USE_TLS": "false"}, "EMAIL_USE_TLS"),
        ({"EMAIL_HOST": "1.2.3.4", "EMAIL_USE_TLS": "false", "EMAIL_PORT": "25"}, "EMAIL_USE_TLS"),
        ({"DEFAULT_FROM_EMAIL": "Aizen"}, "DEFAULT_FROM_EMAIL"),
        ({"DEFAULT_FROM_EMAIL": "a@test.org, b@test.org"}, "DEFAULT_FROM_EMAIL"),
        ({"DEFAULT_FROM_EMAIL": "Aizen <a@test.org>\nBcc: <b@test.org>"}, "DEFAULT_FROM_EMAIL"),
        ({"DEFAULT_FROM_EMAIL": "all: a@test.org;"}, "DEFAULT_FROM_EMAIL"),
        ({"FRONTEND_URL": "https://app.test.org/?x"}, "FRONTEND_URL"),
    ],
)
def test_production_refuses_what_is_unsafe_or_unfinished(change: dict[str, str], names: str) -> None:
    assert names in faults({**PRODUCTION, **change})


def test_production_may_keep_local_data_where_it_is_said_so() -> None:
    settings = Settings.from_environ({**PRODUCTION, "STORAGE": "local", "DATABASE_URL": "", "ALLOW_LOCAL_DATA": "true"})
    assert settings.uses_sqlite


def test_prices_are_told_by_tokens_or_by_the_call_and_budgets_in_dollars() -> None:
    told = {"AI_PRICES": "vendor/small:7b=0.25:1.5, painting=0.04,", "AI_BUDGET_COST": "12.50"}
    settings = Settings.from_environ({**PRODUCTION, **told})
    assert [str(price) for price in settings.ai_prices] == ["vendor/small:7b=0.25:1.5", "painting=0.04"]
    assert [price.per_call for price in settings.ai_prices] == [None, Decimal("0.04")]
    assert (settings.ai_budget_cost, settings.ai_budget_user_cost) == (Decimal("12.5"), Decimal(0))
    for wrong in ("small", "=1", "small=", "small=1:2:3", "small=cheap", "small=-1", "small=nan", "small=1:Infinity", "small=2000000"):
        assert "AI_PRICES: Must read like" in faults({**PRODUCTION, "AI_PRICES": wrong}), wrong
    assert "AI_PRICES: Names small twice" in faults({**PRODUCTION, "AI_PRICES": "small=1,small=1:2"})
    for amount in ("-1", "NaN", "Infinity", "much"):
        assert "AI_BUDGET_USER_COST" in faults({**PRODUCTION, "AI_BUDGET_USER_COST": amount}), amount
    # A ledger that forgot this month's calls would give the budgets back.
    assert "AI_LEDGER_SECONDS" in faults({**PRODUCTION, "AI_LEDGER_SECONDS": "2678400"})


GEMINI, OPENAI, OLLAMA = {"GEMINI_API_KEY": "key-1234"}, {"OPENAI_API_KEY": "key-5678"}, {"OPENAI_BASE_URL": "http://localhost:11434/v1"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ("offline",)),
        (GEMINI, ("gemini",)),
        (OPENAI, ("openai",)),
        (OLLAMA, ("openai",)),
        (GEMINI | OPENAI | OLLAMA, ("gemini",)),
        ({"AI_DESCRIBERS": "auto,offline"}, ("offline",)),
        ({"AI_DESCRIBERS": "auto,offline", **OPENAI}, ("openai", "offline")),
        ({"AI_DESCRIBERS": "offline", **GEMINI}, ("offline",)),
        ({"AI_DESCRIBERS": "openai, gemini, openai", **GEMINI, **OLLAMA}, ("openai", "gemini")),
    ],
)
def test_describers_are_asked_in_the_order_given_and_auto_is_one_of_them(given: dict[str, str], names: tuple[str, ...]) -> None:
    assert Settings.from_environ({**PRODUCTION, **given}).describers == names


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"AI_SECONDS": "27"}, True),
        ({"AI_SECONDS": "27.1"}, False),
        ({"AI_SECONDS": "30"}, False),
        ({"AI_SECONDS": "36", "JOB_SECONDS": "80"}, True),
        ({"AI_SECONDS": "36", "JOB_SECONDS": "79"}, False),
        ({"AI_SECONDS": "54", "AI_DESCRIBERS": "gemini,offline"}, True),
        ({"AI_SECONDS": "60", "AI_DESCRIBERS": "auto"}, False),
        ({"AI_SECONDS": "61", "AI_DESCRIBERS": "offline"}, True),
    ],
)
def test_every_describer_finds_its_turn_within_one_job_and_time_is_left_for_the_rest(change: dict[str, str], fits: bool) -> None:
    environ = {**PRODUCTION, **GEMINI, **OLLAMA, "AI_DESCRIBERS": "gemini,openai,offline", **change}
    if fits:
        assert Settings.from_environ(environ).describers
    else:
        assert "AI_SECONDS" in faults(environ)
        assert "JOB_SECONDS" in faults(environ)


def test_a_library_that_is_not_installed_is_told_by_the_name_of_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    younger = {**PRODUCTION, **GEMINI, "GEMINI_SDK": "google-genai"}
    assert Settings.from_environ(younger).gemini_sdk == "google-genai"
    monkeypatch.setitem(sys.modules, "google.genai", None)
    assert "GEMINI_SDK: google-genai is not installed; it is the extra genai" in faults(younger)
    assert Settings.from_environ({**younger, "AI_DESCRIBERS": "offline"}).describers == ("offline",)


FLUX, TURBO = "black-forest-labs/FLUX.1-dev", "stabilityai/sdxl-turbo"
HF, ENDPOINT = {"HF_TOKEN": "hf_1234"}, {"HF_BASE_URL": "http://localhost:8080"}


def test_painters_are_asked_in_the_order_given_and_auto_is_one_of_them() -> None:
    cases: list[tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]] = [
        ({}, ("offline",), ("placard-1",)),
        (HF, ("huggingface",), (FLUX,)),
        (ENDPOINT, ("huggingface",), (FLUX,)),
        ({"AI_PAINTERS": "auto,offline", **HF}, ("huggingface", "offline"), (FLUX,)),
        ({"AI_PAINTERS": "auto, offline", "HF_MODEL": "a/b"}, ("offline",), ("placard-1",)),
        ({"AI_PAINTERS": "offline", **HF, "HF_MODELS": TURBO}, ("offline",), ("placard-1",)),
        ({**HF, "HF_MODELS": f"{TURBO}, {FLUX}"}, ("huggingface",), (FLUX, TURBO)),
        ({"HF_BASE_URL": "http://localhost/models/{model}", "HF_MODELS": TURBO}, ("huggingface",), (FLUX, TURBO)),
        ({"HF_PROVIDER": "together", "HF_TOKEN": "key-of-together"}, ("huggingface",), (FLUX,)),
    ]
    for given, painters, models in cases:
        settings = Settings.from_environ({**PRODUCTION, **given})
        assert (settings.painters, settings.painter_models) == (painters, models), given
        assert "hf_1234" not in repr(settings)


def test_painters_that_cannot_work_are_told_by_the_variable_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        ({"AI_PAINTERS": "oracle"}, "AI_PAINTERS: must name some of huggingface, offline, or auto"),
        ({"AI_PAINTERS": ","}, "AI_PAINTERS: must name some of"),
        ({"AI_PAINTERS": "offline,huggingface", **HF}, "AI_PAINTERS: offline always has a picture, so it must be the last"),
        ({"AI_PAINTERS": "huggingface"}, "HF_TOKEN: required when AI_PAINTERS names huggingface"),
        ({"HF_TOKEN": "sk-1234"}, "HF_TOKEN: a token of Hugging Face begins with hf_"),
        ({"HF_MODEL": "https://elsewhere.example/steal", **HF}, "HF_MODEL: https://elsewhere.example/steal is no model's name"),
        ({"HF_MODELS": f"{TURBO},a/b/c", **HF}, "HF_MODELS: a/b/c is no model's name"),
        ({"HF_MODELS": "a/" + "b" * 99, **HF}, "HF_MODELS: a/bbb"),
        ({"HF_MODELS": TURBO, **ENDPOINT}, "HF_MODELS: a server at HF_BASE_URL has one model, unless {model} stands in the address"),
        ({"HF_PROVIDER": "the-moon"}, "HF_PROVIDER"),
        ({"HF_BASE_URL": "localhost:8080"}, "HF_BASE_URL"),
        ({"HF_BASE_URL": "http://localhost/?a=b"}, "HF_BASE_URL: an address without ? and #"),
        ({"PAINT_SECONDS": "0"}, "PAINT_SECONDS"),
    ]
    for given, told in cases:
        assert told in faults({**PRODUCTION, **given}), given
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "it is the extra huggingface" in faults({**PRODUCTION, **HF})
    assert Settings.from_environ({**PRODUCTION, **HF, "AI_PAINTERS": "offline"}).painters == ("offline",)


@pytest.mark.parametrize("platform", ["DYNO", "RENDER"])
def test_a_hosting_platform_must_say_which_environment_it_is(platform: str) -> None:
    assert "AIZEN_ENV" in faults({platform: "web.1"})


def test_no_secret_stands_in_the_settings_as_text() -> None:
    settings = Settings.from_environ(
        {**PRODUCTION, "AWS_ACCESS_KEY_ID": "id-1234", "AWS_SECRET_ACCESS_KEY": "secret-1234", **GEMINI, **OPENAI}
    )
    told = repr(settings)
    for secret in (SECRET, "id-1234", "secret-1234", "key-1234", "key-5678", ":pw@", settings.jwt_secret_key, settings.signing_keys[0]):
        assert secret not in told


@pytest.mark.parametrize(
    ("older", "name", "value"),
    [
        ({"AWS_STORAGE_BUCKET_NAME": "old", "S3_BUCKET_NAME": ""}, "s3_bucket_name", "old"),
        ({"AWS_S3_REGION_NAME": "eu-west-1"}, "s3_region", "eu-west-1"),
        ({"USE_S3": "True", "STORAGE": ""}, "storage", "s3"),
        ({"CELERY_BROKER_URL": "redis://queue/1"}, "redis_url", "redis://queue/1"),
        ({"CORS_ALLOW_ALL_ORIGINS": "1"}, "cors_origins", ("*",)),
        ({"DJANGO_LOG_LEVEL": "DEBUG"}, "log_level", "DEBUG"),
        ({"DEBUG": "False", "AIZEN_ENV": ""}, "env", "production"),
        ({"DEBUG": "yes", "AIZEN_ENV": ""}, "env", "development"),
        ({"WEB_CONCURRENCY": "5"}, "web_processes", 5),
        ({"MEDIA_ROOT": "/srv/media"}, "media_root", Path("/srv/media")),
        (
            {"DB_NAME": "a b", "DB_USER": "u@x", "DB_PASSWORD": "p:/", "DB_HOST": "h", "DB_PORT": "6543", "DATABASE_URL": ""},
            "database_url",
            "postgresql+psycopg://u%40x:p%3A%2F@h:6543/a%20b",
        ),
        ({"CELERY_RESULT_BACKEND": "anything", "MEDIA_URL": "/media/"}, "storage", "s3"),
    ],
)
def test_the_older_names_are_read(older: dict[str, str], name: str, value: object) -> None:
    assert getattr(Settings.from_environ({**PRODUCTION, **older}), name) == value


@pytest.mark.parametrize(
    ("both", "names"),
    [
        ({"AWS_STORAGE_BUCKET_NAME": "other"}, ("S3_BUCKET_NAME", "AWS_STORAGE_BUCKET_NAME")),
        ({"DEBUG": "true"}, ("AIZEN_ENV", "DEBUG")),
        ({"DB_NAME": "other"}, ("DATABASE_URL", "DB_NAME")),
        ({"USE_S3": "perhaps"}, ("USE_S3",)),
    ],
)
def test_an_older_name_that_contradicts_the_canonical_one_is_a_fault(both: dict[str, str], names: tuple[str, ...]) -> None:
    told = faults({**PRODUCTION, **both})
    assert all(name in told for name in names)


def test_an_older_name_that_agrees_is_none() -> None:
    assert Settings.from_environ({**PRODUCTION, "AWS_STORAGE_BUCKET_NAME": "pictures"}).s3_bucket_name == "pictures"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nHOST=0.0.0.0\n", encoding="utf-8")
    program = "from aizen.settings import Settings; s = Settings.from_environ(); print(s.port, s.host)"
    environ = {**os.environ, "PORT": "9002", "DATA_DIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    told = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["9002", "0.0.0.0"]


@pytest.mark.parametrize(
    "command",
    [
        (str(PROGRAMS / "gunicorn"), "wsgi:app"),
        (sys.executable, "rq_worker.py", "--burst"),
        (str(PROGRAMS / "flask"), "--app", "wsgi", "clock", "--once"),
        (str(PROGRAMS / "flask"), "--app", "wsgi", "db", "upgrade"),
        (sys.executable, "-m", "aizen.supervisor"),
    ],
    ids=["web", "worker", "clock", "migrations", "supervisor"],
)
def test_every_program_ends_by_naming_the_faults_of_its_settings(command: tuple[str, ...], tmp_path: Path) -> None:
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": "many", "STORAGE": "cloud"}
    ended = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "Aizen cannot read its settings:",
        "  PORT: Not a valid integer.",
        "  STORAGE: Must be one of: local, s3.",
    ]


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"CORS_ORIGINS": "app.example.org"}, "CORS_ORIGINS: app.example.org is no origin"),
        ({"CORS_ORIGINS": "https://app.example.org/page"}, "CORS_ORIGINS: https://app.example.org/page is no origin"),
        ({"ALLOWED_HOSTS": "http://images.example.org"}, "ALLOWED_HOSTS: http://images.example.org is no host"),
        ({"PUBLIC_URL": "https://images.example.org/?a=1"}, "PUBLIC_URL: an address without ?"),
        ({"OPENAI_BASE_URL": "http://localhost:1/v1/chat/completions"}, "OPENAI_BASE_URL: leave /chat/completions out"),
        ({"AI_DESCRIBERS": "offline,openai", "OPENAI_API_KEY": "k"}, "AI_DESCRIBERS: offline always answers"),
    ],
)
def test_an_address_that_cannot_work_is_a_fault(environ: dict[str, str], told: str, tmp_path: Path) -> None:
    assert told in faults({"DATA_DIR": str(tmp_path), **environ})


def test_origins_and_their_star_are_taken(tmp_path: Path) -> None:
    for origins in ("*", "https://app.example.org,http://localhost:5173"):
        Settings.from_environ({"DATA_DIR": str(tmp_path), "CORS_ORIGINS": origins})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "10.1.2.3", "mail"])
def test_production_may_send_in_clear_text_to_a_server_nearby(host: str) -> None:
    settings = Settings.from_environ({**PRODUCTION, "EMAIL_HOST": host, "EMAIL_PORT": "25", "EMAIL_USE_TLS": "false"})
    assert settings.email_security == "none"


@pytest.mark.parametrize(
    ("given", "security"),
    [
        ({}, "starttls"),
        ({"EMAIL_PORT": "465"}, "tls"),
        ({"EMAIL_PORT": "465", "EMAIL_USE_TLS": "False", "EMAIL_USE_SSL": "True"}, "tls"),
        ({"EMAIL_PORT": "465", "EMAIL_USE_SSL": "false"}, "starttls"),
        ({"EMAIL_PORT": "2465", "EMAIL_USE_SSL": "true"}, "tls"),
        ({"EMAIL_PORT": "587", "EMAIL_USE_TLS": "True"}, "starttls"),
    ],
)
def test_the_names_of_django_say_how_the_mail_server_is_reached(given: dict[str, str], security: str) -> None:
    assert Settings.from_environ({**PRODUCTION, "EMAIL_HOST": "smtp.test.org", **given}).email_security == security


@pytest.mark.parametrize(
    "sender", ["a@test.org", "Aizen <a@test.org>", '"A, B" <a@test.org>', "B\u00fccher <a@b\u00fccher.de>", "a@localhost"]
)
def test_a_sender_is_one_address_with_or_without_a_name(sender: str) -> None:
    assert Settings.from_environ({**PRODUCTION, "DEFAULT_FROM_EMAIL": sender}).sender == sender


def test_without_a_sender_it_is_aizen_at_the_public_host() -> None:
    assert Settings.from_environ(PRODUCTION).sender == "Aizen <aizen@images.test.org>"
