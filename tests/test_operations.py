"""docs/operations.md says what is: its fields are those that are logged, its configuration can be read, and it names only what there is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from flask import Flask
from flask.testing import FlaskClient

from aizen.cli import doctor
from aizen.logs import FIELDS, OWN, start_logging
from aizen.settings import Settings
from aizen.smoke.command import command as smoke

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
LOG_CALLS = {"debug", "info", "warning", "error", "exception", "bind_contextvars", "bound_contextvars", "log_request"}


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def documented() -> set[str]:
    """The fields of the page's table."""
    table = PAGE.split("| Field | Type |")[1].split("\n\n")[0]
    return {field for row in table.splitlines()[2:] for field in re.findall(r"`([^`]+)`", row.split("|")[1])}


def words_of_calls() -> Iterator[str]:
    """Every word that our code gives to the log, in a call or in a dictionary that it passes on by ``**``."""
    for path in (ROOT / "aizen").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        dictionaries = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Dict)
        }
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or _name(call.func) not in LOG_CALLS:
                continue
            for keyword in call.keywords:
                if keyword.arg is not None:
                    yield keyword.arg
                elif isinstance(keyword.value, ast.Name) and keyword.value.id in dictionaries:
                    yield from (str(key.value) for key in dictionaries[keyword.value.id].keys if isinstance(key, ast.Constant))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.IfExp):  # (log.debug if … else log.info)(…)
        return _name(function.body)
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def flat(line: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in line.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name}
    return found


@pytest.fixture
def _talkative(app: Flask) -> Iterator[None]:
    start_logging("INFO")
    structlog.contextvars.clear_contextvars()
    yield
    start_logging("WARNING")


@pytest.mark.usefixtures("_talkative")
def test_the_fields_of_the_page_are_those_that_are_logged(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/api/v1/user/info")
    structlog.get_logger("ours").error("an accident", exc_info=ZeroDivisionError("by zero"))
    emitted = {field for line in capsys.readouterr().err.splitlines() for field in flat(json.loads(line))}
    emitted |= {FIELDS.get(word, f"{OWN}.{word}") for word in words_of_calls() if word != "exc_info"}
    assert emitted == documented()


@pytest.mark.usefixtures("_talkative")
def test_the_example_line_is_what_a_request_logs(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.post("/api/v1/images")
    (line,) = capsys.readouterr().err.splitlines()
    shown = json.loads(block("json"))
    assert flat(json.loads(line)) == flat(shown)
    assert json.loads(line)["ecs.version"] == shown["ecs.version"]


def test_filebeats_configuration_can_be_read_and_names_fields_that_are_logged() -> None:
    read = yaml.safe_load(block("yaml"))
    for source in read["filebeat.inputs"]:
        assert source["type"] == "filestream"
        (ndjson,) = [parser["ndjson"] for parser in source["parsers"] if "ndjson" in parser]
        # The lines have dots in two names, and their own time.
        assert ndjson["expand_keys"] is True
        assert ndjson["overwrite_keys"] is True
    assert len({source["id"] for source in read["filebeat.inputs"]}) == len(read["filebeat.inputs"])
    conditions = [each["add_fields"]["when.equals"] for each in read["processors"] if "add_fields" in each]
    assert {field for condition in conditions for field in condition} <= documented()


def test_every_field_of_a_question_in_kql_is_logged() -> None:
    table = PAGE.split("| Question | KQL |")[1].split("\n\n")[0]
    asked = re.findall(r"([@\w.]+) (?::|>=|>) ", table) + re.findall(r"`(error\.\w+|aizen\.\w+)`", table)
    assert len(asked) >= 8
    assert set(asked) <= documented()


def test_every_variable_and_command_that_the_page_names_is_there(app: Flask) -> None:
    variables = {row[0] for row in Settings.table()}
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE))
    assert named <= variables
    commands = {each for each in (doctor, smoke) if f"flask {each.name}" in PAGE}
    assert all(each.name in app.cli.commands for each in commands)
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(--[a-z][a-z-]+)", PAGE)) <= known | {"--require-hashes"}
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
