"""docs/administration.md and docs/ai-ledger.md name what there is: every address, action, setting and command, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from aizen.admin.audit import ACTIONS
from aizen.admin.schemas.ai import AiCallSchema
from aizen.settings import Settings
from aizen.web import openapi
from tests.conftest import SECRET

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "administration.md").read_text(encoding="utf-8")
LEDGER = (DOCS / "ai-ledger.md").read_text(encoding="utf-8")


def test_every_operation_of_administrators_is_in_the_table_and_no_other(app: Flask) -> None:
    with app.test_request_context():
        paths = openapi.document(app)["paths"]
    prefix = "/api/v1/admin"
    there = {f"{method.upper()} {path.removeprefix(prefix)}" for path, item in paths.items() if path.startswith(prefix) for method in item}
    there = {re.sub(r"\{\w+\}", "{id}", each) for each in there if each.split()[0] in ("GET", "POST", "PATCH", "PUT", "DELETE")}
    table = PAGE.split("| Address | |")[1].split("\n\n")[0]
    told = set(re.findall(r"`((?:GET|POST|PATCH|PUT|DELETE) [^`?]+)`", "\n".join(row.split("|")[1] for row in table.splitlines()[1:])))
    assert told == there


def test_every_action_of_the_log_is_told() -> None:
    assert set(re.findall(r"`([a-z]+\.[a-z_]+)`", PAGE.split("| Action | |")[1])) == set(ACTIONS)


def test_every_variable_and_command_of_the_page_is_there(app: Flask) -> None:
    older = {"DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD", "DJANGO_SUPERUSER_USERNAME"}
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE)) <= {row[0] for row in Settings.table()} | older
    for name in re.findall(r"`flask ([a-z-]+)", PAGE):
        assert name in app.cli.commands
    options = {option for parameter in app.cli.commands["create-admin"].params for option in parameter.opts}
    assert set(re.findall(r"(--[a-z][a-z-]+)", PAGE)) <= options


def test_every_column_and_setting_of_the_ledger_is_told_and_no_other() -> None:
    table = LEDGER.split("| Of each call | |")[1].split("\n\n")[0]
    told = {name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert told == set(AiCallSchema().fields) - {"id", "created_at"}
    known = {row[0] for row in Settings.table()}
    assert {name for name in known if name.startswith(("AI_BUDGET", "AI_PRICES", "AI_LEDGER"))} <= set(
        re.findall(r"[A-Z]+_[A-Z_]+", LEDGER)
    )
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)[`=]", LEDGER)) <= known


def test_the_page_of_the_ledger_computes_its_example_as_we_do() -> None:
    (line,) = re.findall(r"^    (AI_PRICES)=(.+)$", LEDGER, re.MULTILINE)
    small = Settings.from_environ({"SECRET_KEY": SECRET, line[0]: line[1]}).ai_prices[0]
    told = re.search(r"([\d,]+) tokens in and (\d+) out to `([a-z-]+)` costs (\d+) millionths", LEDGER.replace("\n", " "))
    assert told is not None
    asked, said, model, cost = told.groups()
    assert small.model == model
    assert small.per_input_token is not None
    assert small.per_output_token is not None
    assert round(int(asked.replace(",", "")) * small.per_input_token + int(said) * small.per_output_token) == int(cost)
