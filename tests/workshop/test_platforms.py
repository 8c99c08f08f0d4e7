"""What Heroku and Render are told: the processes of one installation, with settings that production accepts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aizen.settings import Settings
from tests.workshop import compose, dockerfile

ROOT = Path(__file__).resolve().parents[2]
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())
RENDER = yaml.safe_load((ROOT / "render.yaml").read_text(encoding="utf-8"))
GROUP = RENDER["envVarGroups"][0]["envVars"]
SERVICES: dict[str, dict[str, Any]] = {service["name"]: service for service in RENDER["services"]}
PROCESSES = [service for service in SERVICES.values() if service["type"] != "keyvalue"]

# What somebody types in when Render asks.
ANSWERS = {
    "PUBLIC_URL": "https://images.host.test",
    "DATABASE_URL": "postgres://aizen:pw@ep-1-pooler.neon.test/aizen?sslmode=require",
    "MIGRATIONS_DATABASE_URL": "postgres://aizen:pw@ep-1.neon.test/aizen?sslmode=require",
    "S3_BUCKET_NAME": "pictures",
    "S3_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIA0000",
    "AWS_SECRET_ACCESS_KEY": "wJalr0000",
    "GEMINI_API_KEY": "",
    "OPENAI_API_KEY": "",
    "SENTRY_DSN": "",
    "AIZEN_ADMIN_EMAIL": "ada@host.test",
    "AIZEN_ADMIN_PASSWORD": "a quiet river at nine",
}
GENERATED = "q8Zc1Vt5nY3mKp7Rb2Xw9Ls4Hd6Gf0JaQe"


def on_render(service: dict[str, Any]) -> dict[str, str]:
    """The environment that Render gives to one service."""
    environ = {"RENDER": "true"}
    for entry in [*GROUP, *service["envVars"]]:
        match entry:
            case {"key": key, "value": value}:
                environ[key] = value
            case {"key": key, "generateValue": True}:
                environ[key] = GENERATED
            case {"key": key, "fromService": {"type": "keyvalue", "name": name, "property": "connectionString"}}:
                environ[key] = f"redis://{SERVICES[name]['name']}:6379"
            case {"key": key, "fromService": {"type": "web", "name": name, "envVarKey": source}}:
                assert {"key": source, "sync": False} in SERVICES[name]["envVars"]
                environ[key] = ANSWERS[source]
            case {"key": key, "sync": False}:
                environ[key] = ANSWERS[key]
    return environ


@pytest.mark.parametrize("service", PROCESSES, ids=lambda service: service["name"])
def test_each_service_on_render_starts_in_production(service: dict[str, Any]) -> None:
    settings = Settings.from_environ(on_render(service))

    assert (settings.is_production, settings.storage, settings.redis_url) == (True, "s3", "redis://aizen-queue:6379")


@pytest.mark.parametrize("service", PROCESSES, ids=lambda service: service["name"])
def test_render_is_asked_for_known_variables_only(service: dict[str, Any]) -> None:
    known = {name for name, *_ in Settings.table()} | {"PYTHON_VERSION", "RENDER"}

    assert set(on_render(service)) - known == set()


def test_services_on_render_share_their_secrets() -> None:
    web, *others = (Settings.from_environ(on_render(service)) for service in PROCESSES)

    assert [(other.secret_key, other.signing_keys, other.database_url) for other in others] == [
        (web.secret_key, web.signing_keys, web.database_url)
    ] * 2


def test_migrations_on_render_use_the_direct_database_address() -> None:
    assert "pooler" not in Settings.from_environ(on_render(SERVICES["aizen-web"])).migrations_database_url


def test_the_queue_on_render_forgets_nothing_and_is_private() -> None:
    queue = SERVICES["aizen-queue"]

    assert (queue["maxmemoryPolicy"], queue["ipAllowList"]) == ("noeviction", [])
    assert queue["plan"] != "free"


def test_heroku_render_and_containers_run_the_same_processes() -> None:
    commands = {kind: re.sub(r"^(?:[A-Z_]+=\S+ )+", "", command) for kind, command in PROCFILE.items()}
    web = SERVICES["aizen-web"]

    assert commands == {
        "web": web["startCommand"],
        "worker": SERVICES["aizen-worker"]["startCommand"],
        "clock": SERVICES["aizen-clock"]["startCommand"],
        "release": web["preDeployCommand"],
    }
    services = compose.services(dict.fromkeys(("SECRET_KEY", "POSTGRES_PASSWORD", "OBJECT_STORE_PASSWORD"), GENERATED))
    in_containers = {"web": "web", "worker": "worker", "clock": "clock", "release": "migrate"}
    assert commands == {kind: " ".join(services[name]["command"]) for kind, name in in_containers.items()}
    assert commands["web"].split() == dockerfile.the("CMD").words


def test_every_process_on_heroku_is_in_production() -> None:
    assert [kind for kind, command in PROCFILE.items() if "AIZEN_ENV=production " not in command] == []


def test_the_web_process_listens_to_the_platform() -> None:
    assert "HOST=0.0.0.0 " in PROCFILE["web"]
    assert Settings.from_environ(on_render(SERVICES["aizen-web"])).host == "0.0.0.0"
