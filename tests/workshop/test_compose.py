"""docker-compose.yml asks for its secrets in a sentence, gives each service the least that it needs, and starts nothing too early."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from aizen.settings import Settings
from tests.workshop import compose
from tests.workshop.conftest import ENV_FILE

SERVICES = compose.services(ENV_FILE)
OURS = [name for name, service in SERVICES.items() if service["image"] == "aizen"]
ENDING = [name for name, service in SERVICES.items() if service["restart"] == "no"]
LASTING = [name for name in SERVICES if name not in ENDING]
SECRETS = ("SECRET_KEY", "POSTGRES_PASSWORD", "OBJECT_STORE_PASSWORD")

# What the Compose Specification knows of a service and of a health check, as far as this file uses it: a typing error is none of these.
KNOWN = {
    "build",
    "cap_add",
    "cap_drop",
    "command",
    "depends_on",
    "entrypoint",
    "env_file",
    "environment",
    "extra_hosts",
    "healthcheck",
    "image",
    "init",
}
KNOWN |= {"logging", "network_mode", "networks", "ports", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "tmpfs"}
KNOWN |= {"user", "volumes"}
KNOWN_OF_HEALTH = {"disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"}


def test_the_file_has_the_shape_of_the_compose_specification() -> None:
    content = yaml.safe_load(compose.COMPOSE.read_text(encoding="utf-8"))

    assert {key for key in content if not key.startswith("x-")} == {"name", "services", "volumes", "networks"}
    for service in SERVICES.values():
        assert set(service) <= KNOWN
        assert set(service["healthcheck"]) <= KNOWN_OF_HEALTH
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(content["volumes"])
        assert set(service.get("networks", [])) <= set(content["networks"])
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_asked_for_in_a_sentence(missing: str) -> None:
    with pytest.raises(compose.VariableMissingError) as told:
        compose.services({name: value for name, value in ENV_FILE.items() if name != missing})

    assert f"put {missing}=… into the file .env" in str(told.value)
    assert "as `openssl rand -hex" in str(told.value)


@pytest.mark.parametrize("name", OURS)
def test_three_secrets_are_all_that_production_needs(name: str) -> None:
    environment = compose.environment_of(SERVICES[name], {secret: ENV_FILE[secret] for secret in SECRETS})

    settings = Settings.from_environ(environment)

    assert (settings.is_production, settings.storage, settings.uses_sqlite) == (True, "s3", False)
    assert settings.migrations_database_url == settings.database_url
    assert set(environment) - set(SECRETS) <= {variable for variable, *_ in Settings.table()}


def test_a_setting_of_the_file_env_reaches_the_application_and_none_can_break_what_belongs_together() -> None:
    laptop = {
        **ENV_FILE,
        "GEMINI_API_KEY": "AIza",
        "AIZEN_ENV": "development",
        "DATABASE_URL": "sqlite:///x",
        "STORAGE": "local",
        "PORT": "5000",
    }

    settings = Settings.from_environ(compose.environment_of(compose.services(laptop)["web"], laptop))

    assert settings.gemini_api_key == "AIza"
    assert (settings.is_production, settings.uses_sqlite, settings.storage, settings.port) == (True, False, "s3", 8000)


def test_no_secret_stands_in_the_file() -> None:
    content = yaml.safe_load(compose.COMPOSE.read_text(encoding="utf-8"))
    secret = {variable for variable, _, _, is_secret in Settings.table() if is_secret} | {"POSTGRES_PASSWORD", "RCLONE_AUTH_KEY"}
    secret -= {"AWS_ACCESS_KEY_ID", "REDIS_URL", "MIGRATIONS_DATABASE_URL"}

    for service in content["services"].values():
        given = service.get("environment", {})
        assert [name for name in given if (name in secret or "SECRET" in name) and "${" not in given[name]] == []


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_may_do_no_more_than_it_has_to(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (service["user"] == "0:0") == (service.get("cap_add", []) == ["CHOWN"]) == (name == "bucket")
    assert service["logging"] == {"driver": "local"}


def test_browsers_reach_web_and_s3_and_on_this_host_only_until_somebody_says_otherwise() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    networks = yaml.safe_load(compose.COMPOSE.read_text(encoding="utf-8"))["networks"]

    assert published == {"web": ["127.0.0.1:8000:8000"], "s3": ["127.0.0.1:9000:9000"]}
    assert SERVICES["db"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]
    assert networks["inside"]["internal"] is True


def test_what_lasts_is_started_again_and_has_a_health_check_and_what_ends_has_neither() -> None:
    assert set(LASTING) == {"web", "worker", "clock", "db", "redis", "s3"}
    assert [name for name in LASTING if SERVICES[name]["restart"] != "unless-stopped"] == []
    assert [name for name in LASTING if compose.health_check_of(SERVICES[name]) is None] == []
    assert [name for name in ENDING if compose.health_check_of(SERVICES[name]) is not None] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_until_what_it_needs_is_there(name: str) -> None:
    needed: dict[str, Any] = SERVICES[name].get("depends_on", {})

    assert {each: condition["condition"] for each, condition in needed.items()} == {
        each: "service_completed_successfully" if each in ENDING else "service_healthy" for each in needed
    }
    if name in OURS and name != "migrate":
        assert set(needed) == {"migrate", "redis", "s3"}


def test_each_part_gets_the_time_that_it_needs_to_finish() -> None:
    settings = Settings.from_environ(compose.environment_of(SERVICES["web"], ENV_FILE))
    grace = {name: compose.seconds(SERVICES[name]["stop_grace_period"]) for name in LASTING}

    # gunicorn.conf.py lets a held status request be answered; a worker lets its job run to its end.
    assert grace["web"] >= settings.longest_wait_seconds + 10
    assert grace["worker"] >= settings.job_seconds + 10
    # The check itself gives up in time to say why.
    for name in ("web", "worker", "clock"):
        check = SERVICES[name]["healthcheck"]
        assert compose.seconds(check["timeout"]) > settings_of_a_user(name).request_seconds


def settings_of_a_user(name: str) -> Settings:
    return Settings.from_environ(compose.environment_of(SERVICES[name], {secret: ENV_FILE[secret] for secret in SECRETS}))


def test_one_image_serves_every_part() -> None:
    assert OURS == ["web", "worker", "clock", "migrate"]
    assert [SERVICES[name]["build"] for name in OURS] == ["."] * 4
    assert SERVICES["clock"]["environment"]["PULSE_FILE"].startswith("/tmp/")
    assert [SERVICES[name]["init"] for name in OURS] == [True] * 4
