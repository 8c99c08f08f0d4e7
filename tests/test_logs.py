"""The log: one JSON line an event, with the id that leads through it, and without secrets."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import time
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
from aizen.web.request_line import log_request
from tests import pictures
from tests.conftest import People

TIMESTAMP = re.compile(r'(?<="@timestamp":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z(?=")')


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
        ("SECRET_KEY=quiet", "quiet"),
        ("aws_secret_access_key=quiet", "quiet"),
        ("secretAccessKey=quiet", "quiet"),
        ("called with {'password': 'quiet'}", "quiet"),
        ("called with {'password': ['quiet', 'quiet']}", "quiet"),
        ('{"user":1,"password": "quiet \\" quiet","b":2}', "quiet"),
        (r'{"body":"{\"password\": \"quiet, quiet\"}"}', "quiet"),
        ("password: quiet", "quiet"),
        ("token = 'quiet'", "quiet"),
        ("password='a quiet river'", "quiet"),
        ("token=b'a quiet river'", "quiet"),
        ("PASSWORD=it's-quiet", "quiet"),
        ("next=%2Fmedia%2Fa%3Fsignature%3Dquiet", "quiet"),
        ("form user[password]=quiet", "quiet"),
        ("Authorization: Token quiet quiet", "quiet"),
        ("Set-Cookie: session=1; remember=quiet", "quiet"),
        ("sk-proj-quiet0123456789_quiet0123456789 is not valid", "quiet"),
        ("sk-quiet0123456789quiet0123456789 is not valid", "quiet"),
        ("azn_quiet0123456789 has ended", "quiet"),
        ("redis://:p@quiet@host.example.org/0 does not answer", "quiet"),
        ("redis://:p@quiet@host:6379 does not answer", "quiet"),
        ("https://host.example.org/a?password=p@quiet&b=1", "quiet"),
        ("violates a check\nDETAIL:  Failing row contains (1, one\nquiet, quiet).", "quiet"),
        ("violates a check\nDETAIL:  Failing row contains (1, one\n\nquiet\nquiet).\nCONTEXT:  SQL statement", "quiet"),
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


@pytest.mark.parametrize(
    "text",
    [
        "SELECT images.key FROM images WHERE images.id = %(id)s -- primary_key=True, tokens: 3 of 4, see http://localhost:8000/healthz",
        "UPDATE work_items SET lease_token = %(lease_token)s WHERE id = %(id)s",
        "the token is wrong, and the password is too short: 12 characters at least",
        "a secret, a signature and a cookie; the secretary: Anna; SECRETARY: Anna; a task-list-of-many-things",
        "images/01890000-0000-7000-8000-000000000000/original.jpeg",
        "https://cdn.example.org/@ada/blue.jpg",
    ],
)
def test_a_text_without_secrets_is_not_changed(text: str) -> None:
    assert scrubbed(text) == text


def test_what_follows_the_row_that_a_database_refused_stays() -> None:
    for following in (
        "CONTEXT:  SQL statement",
        "HINT:  Try again.",
        "[SQL: INSERT INTO images …]",
        "\nThe above exception was the direct cause",
    ):
        assert scrubbed(f"refused\nDETAIL:  Failing row contains (one\nquiet).\n{following}\nmore").endswith(f"{following}\nmore")


def test_a_secret_is_removed_from_every_word_of_a_line_however_deep(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("ours").warning(
        "an event",
        url="https://ada:quiet@host.example.org/?signature=quiet",
        query="password=quiet",
        path="/media/x?signature=quiet",
        headers={"X-Api-Key": "quiet", "Accept": "image/webp"},
        tried=[{"body": {"password": "quiet"}}, ("token=quiet", {"https://ada:quiet@host.example.org/"})],
        by={"quiet@example.org": 1},
    )
    (line,) = lines(capsys)
    assert "quiet" not in json.dumps(line)
    assert line["url"] == {"path": "/media/x?signature=[removed]"}
    assert line["aizen"]["headers"] == {"X-Api-Key": "[removed]", "Accept": "image/webp"}


class Wordless:
    def __str__(self) -> str:
        raise ValueError("no text")


def test_a_line_is_json_whatever_its_words_are(capsys: pytest.CaptureFixture[str]) -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    image_id = new_id()
    structlog.get_logger("ours").info(
        "an event",
        image=image_id,
        seconds=float("nan"),
        most=[float("inf"), 0.5],
        by={image_id: 1, None: 2},
        endless=endless,
        odd=Wordless(),
    )
    told = capsys.readouterr().err
    assert "NaN" not in told
    assert "Infinity" not in told
    words = json.loads(told)["aizen"]
    assert words["image"] == str(image_id)
    assert words["seconds"] is None
    assert words["most"] == [None, 0.5]
    assert words["by"] == {str(image_id): 1, "None": 2}
    assert words["endless"][:1] == [1]
    assert "Wordless" in words["odd"]


@pytest.mark.parametrize(
    "unit", ["token_", "password:", "eyJaaaa-", "a-", "a.", "a@", "://", '"', '\\"token\\":', "DETAIL:\n", "=[", "sk-"]
)
def test_no_text_holds_the_log_up(unit: str) -> None:
    text = unit * (20_000 // len(unit)) + '@password=\\"'
    began = time.perf_counter()
    scrubbed(text)
    assert time.perf_counter() - began < 0.5


def test_the_content_of_a_row_that_was_refused_is_removed(client: FlaskClient, app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": new_id(), "email": "quiet@example.org", "password_hash": "a\nquiet hash"}
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


def test_the_line_of_a_request_is_what_any_line_would_be(capsys: pytest.CaptureFixture[str]) -> None:
    usual: dict[str, Any] = {"status": 200, "nanoseconds": 4711, "request_id": str(new_id()), "method": "GET", "path": "/api/v1/images"}
    usual |= {"route": "/api/v1/images", "old_address": None}
    start_logging("DEBUG")
    for differing in (
        {},
        {"route": None, "status": 404, "nanoseconds": 0},
        {"old_address": "/api/images/", "method": "POST"},
        {"route": None, "old_address": "/api/100%d"},
        {"path": '/100%/%s/"quoted"/\\/\u00e4\u2028\U0001f600\n'},
        {"path": "/i/jVyS24-OeaUPSfwoRaSI839HEh1joD8Jk1uPo1GpCCQ/w=80/a.webp"},
        {"path": f"/password=quiet/{'a' * 8000}", "request_id": "azn_quiet0123456789"},
    ):
        told = usual | differing
        for level in (logging.INFO, logging.DEBUG):
            log_request(logging.getLogger("ours"), level, **told)
            structlog.get_logger("ours").log(level, "request", **told)
            short, long = capsys.readouterr().err.splitlines()
            assert TIMESTAMP.sub("", short) == TIMESTAMP.sub("", long)
            assert "quiet" not in short
            assert TIMESTAMP.search(short)
    start_logging("WARNING")
    log_request(logging.getLogger("ours"), logging.INFO, **usual)
    assert lines(capsys) == []


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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("GET /api/v1/auth/verify-email/abc-DEF_123?x=1 broke off", "GET /api/v1/auth/verify-email/[removed]?x=1 broke off"),
        ("'/api/auth/Verify-Email//abc/' is odd", "'/api/auth/Verify-Email//[removed]' is odd"),
        ("/api/v1/auth/verify-email/resend", "/api/v1/auth/verify-email/resend"),
        ("at /i/jVyS24-OeaUPSfwoRaSI839HEh1joD8Jk1uPo1GpCCQ/w=80/a.webp", "at /i/[removed]/w=80/a.webp"),
        ("at /s/4q7v0n2kzc9tq1m8x5ehr3wdga/w640.webp", "at /s/[removed]/w640.webp"),
        ("/api/v1/auth/verify-email/resend-me", "/api/v1/auth/verify-email/[removed]"),
        ("/api/v1/auth/verify-email/<token>", "/api/v1/auth/verify-email/<token>"),
    ],
)
def test_the_token_of_a_link_is_removed_wherever_its_path_stands(text: str, told: str) -> None:
    assert scrubbed(text) == told
