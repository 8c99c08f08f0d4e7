"""The log: one JSON line an event, with the id that leads through it, and without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from aizen.auth.models import User
from aizen.database import db, new_id, transaction
from aizen.logs import start_logging
from tests import pictures
from tests.conftest import People


@pytest.fixture(autouse=True)
def _talkative(app: Flask, capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    start_logging("INFO")
    yield
    start_logging("WARNING")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_every_line_is_json_also_those_of_libraries_and_accidents(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").info("an event", number=1, text='with "quotes"\nand a line')
    logging.getLogger("theirs").warning("%s", "a library's\nline")
    structlog.get_logger("ours").error("an accident", exc_info=ZeroDivisionError("by zero"))
    ours, theirs, accident = lines(capsys)
    assert ours["event"] == "an event"
    assert ours["text"] == 'with "quotes"\nand a line'
    assert theirs["event"] == "a library's\nline"
    assert "ZeroDivisionError" in str(accident["exception"])
    assert all({"level", "logger", "timestamp"} <= set(line) for line in (ours, theirs, accident))


def test_what_is_called_a_secret_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").info("an event", password="quiet", refresh_token="quiet", Authorization="quiet", gemini_api_key="quiet")
    assert "quiet" not in json.dumps(lines(capsys))


def test_the_content_of_a_row_that_was_refused_is_removed(client: FlaskClient, app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": new_id(), "email": "quiet@example.org", "password_hash": "quiet hash"}
    with app.app_context():
        with pytest.raises(IntegrityError) as caught, transaction():
            db.session.execute(sa.insert(User).values(row))
        structlog.get_logger("ours").error("an accident", exc_info=caught.value)
    (line,) = lines(capsys)
    assert "IntegrityError" in str(line["exception"])
    assert "quiet" not in str(line["exception"])


def test_a_request_is_one_line_with_its_id(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/api/v1/user/info?token=quiet", headers={"X-Request-Id": "request-12345678"})
    (line,) = [line for line in lines(capsys) if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/user/info", 401)
    assert line["request_id"] == "request-12345678"
    assert "quiet" not in json.dumps(line)


def test_the_id_of_an_upload_leads_to_its_work(
    client: FlaskClient, people: People, work: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {**people.owner.headers, "X-Request-Id": "request-12345678"}
    client.post("/api/v1/images", headers=headers, data={"image": (io.BytesIO(pictures.jpeg()), "blue.jpg")})
    work()
    done = [line for line in lines(capsys) if line["event"] == "work done"]
    assert [line["kind"] for line in done] == ["variants", "description"]
    assert all(line["request_id"] == "request-12345678" for line in done)
    assert all(line["work_item"] for line in done)


def test_health_checks_are_not_logged(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/healthz")
    assert lines(capsys) == []
