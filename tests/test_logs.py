"""The log: one JSON line an event, with the id that leads through it, and without secrets."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from aizen.auth.models import User
from aizen.database import db, new_id, transaction
from aizen.logs import scrubbed, start_logging
from tests import pictures
from tests.conftest import People


@pytest.fixture(autouse=True)
def _talkative(app: Flask, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    start_logging("INFO")
    structlog.contextvars.clear_contextvars()
    yield
    start_logging("WARNING")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_line_is_json_in_ecs_fields_also_those_of_libraries_and_accidents(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").info("an event", number=1, text='with "quotes"\nand a line')
    logging.getLogger("theirs").warning("%s", "a library's\nline")
    structlog.get_logger("ours").error("an accident", exc_info=ZeroDivisionError("by zero"))
    ours, theirs, accident = lines(capsys)
    assert ours["message"] == "an event"
    assert ours["aizen"] == {"number": 1, "text": 'with "quotes"\nand a line'}
    assert theirs["message"] == "a library's\nline"
    assert accident["error"] == {"type": "ZeroDivisionError", "message": "by zero", "stack_trace": "ZeroDivisionError: by zero"}
    for line, level, logger in ((ours, "info", "ours"), (theirs, "warning", "theirs"), (accident, "error", "ours")):
        assert (line["log.level"], line["log"]) == (level, {"logger": logger})
        assert line["service"] == {"name": "aizen"}
        assert line["process"] == {"pid": os.getpid()}
        assert line["ecs.version"]
        assert list(line)[:3] == ["@timestamp", "log.level", "message"]
        assert datetime.fromisoformat(str(line["@timestamp"])).tzinfo is not None


def test_an_accident_has_its_stack_whoever_logs_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        _stumble()
    except ZeroDivisionError:
        structlog.get_logger("ours").exception("an accident")
        logging.getLogger("theirs").exception("an accident")
    for line in lines(capsys):
        assert line["log.level"] == "error"
        assert line["error"]["type"] == "ZeroDivisionError"
        assert "in _stumble" in line["error"]["stack_trace"]


def _stumble() -> float:
    return 1 / 0


def test_what_is_called_a_secret_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").info("an event", password="quiet", refresh_token="quiet", Authorization="quiet", gemini_api_key="quiet")
    assert "quiet" not in json.dumps(lines(capsys))


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXF1aWV0"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"refused {JWT} of somebody", JWT),
        ("Authorization: Bearer quiet-river-at-nine", "quiet"),
        ("GET /media/images/a?expires=1&for=owner&signature=quiet HTTP/1.1", "quiet"),
        ("https://bucket.example.org/a?X-Amz-Credential=quiet%2Fs3&X-Amz-Signature=quiet", "quiet"),
        ("https://ai.example.org/v1/models?key=quiet", "quiet"),
        ("postgresql+psycopg://aizen:quiet@db.example.org/aizen does not answer", "quiet"),
        ("Key (email)=(x) exists. DETAIL:  quiet row", "quiet"),
        ("stored hash $argon2id$v=19$m=1,t=1,p=1$quiet$quiet", "quiet"),
        ("AIzaSyQuiet0123456789quiet0123456789abc is not valid", "quiet"),
        ("no mail for quiet.river+tag@mail.example.org", "quiet"),
    ],
)
def test_a_secret_inside_a_text_is_removed_and_the_text_around_it_stays(text: str, secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("theirs").error("before %s after", text)
    structlog.get_logger("ours").error("an accident", exc_info=ValueError(text))
    structlog.get_logger("ours").warning("work failed", detail=text)
    told = lines(capsys)
    assert secret not in json.dumps(told)
    assert told[0]["message"].startswith("before ")
    assert all("[removed]" in text for text in (told[0]["message"], told[1]["error"]["stack_trace"], told[2]["error"]["message"]))


def test_a_text_without_secrets_is_not_changed() -> None:
    text = "SELECT images.key FROM images WHERE images.id = %(id)s -- primary_key=True, tokens: 3 of 4, see http://localhost:8000/healthz"
    assert scrubbed(text) == text


def test_the_content_of_a_row_that_was_refused_is_removed(client: FlaskClient, app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": new_id(), "email": "quiet@example.org", "password_hash": "quiet hash"}
    with app.app_context():
        with pytest.raises(IntegrityError) as caught, transaction():
            db.session.execute(sa.insert(User).values(row))
        structlog.get_logger("ours").error("an accident", exc_info=caught.value)
    (line,) = lines(capsys)
    assert "IntegrityError" in line["error"]["type"]
    assert "quiet" not in json.dumps(line)


def test_a_request_is_one_line_with_its_id(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/api/v1/user/info?token=quiet", headers={"X-Request-Id": "request-12345678"})
    (line,) = [line for line in lines(capsys) if line["message"] == "request"]
    assert line["http"] == {"request": {"method": "GET"}, "response": {"status_code": 401}}
    assert line["url"] == {"path": "/api/v1/user/info"}
    assert line["trace"] == {"id": "request-12345678"}
    assert 0 < line["event"]["duration"] < 60 * 10**9
    assert "quiet" not in json.dumps(line)


def test_the_id_of_an_upload_leads_to_its_work(
    client: FlaskClient, people: People, work: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {**people.owner.headers, "X-Request-Id": "request-12345678"}
    client.post("/api/v1/images", headers=headers, data={"image": (io.BytesIO(pictures.jpeg()), "blue.jpg")})
    work()
    done = [line for line in lines(capsys) if line["message"] == "work done"]
    assert [line["aizen"]["kind"] for line in done] == ["variants", "description"]
    assert all(line["trace"] == {"id": "request-12345678"} for line in done)
    assert all(line["aizen"]["work_item"] for line in done)


def test_health_checks_are_not_logged(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/healthz")
    assert lines(capsys) == []
