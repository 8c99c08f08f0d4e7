"""/admin/ai."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.database import new_id, utc_now
from aizen.work import budgets
from aizen.work.models import AiCall
from tests.admin.conftest import Picture
from tests.conftest import People, Person

ADDRESS = "/api/v1/admin/ai"
Note = Callable[..., str]

pytestmark = pytest.mark.every_database


@pytest.fixture
def note(execute: Callable[[Any], None]) -> Note:
    """Has a call in the ledger, of this month unless told otherwise, and answers its id."""

    def write(person: Person | None, outcome: str | None = "done", **changes: Any) -> str:
        row: dict[str, Any] = {
            "id": new_id(),
            "owner_id": uuid.UUID(person.id) if person else None,
            "image_id": new_id(),
            "service": "description",
            "provider": "gemini",
            "model": "small",
            "outcome": outcome,
            "created_at": utc_now(),
            **changes,
        }
        execute(sa.insert(AiCall).values(**row))
        return str(row["id"])

    return write


def use(client: FlaskClient, people: People, query: str = "") -> dict[str, Any]:
    answer = client.get(ADDRESS + query, headers=people.admin.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def calls(client: FlaskClient, people: People, query: str = "") -> list[str]:
    return [each["id"] for each in client.get(f"{ADDRESS}/calls{query}", headers=people.admin.headers).get_json()]


def sums(told: dict[str, Any]) -> tuple[int, ...]:
    names = ("calls", "done", "unfinished", "counted_calls", "calls_without_cost", "input_tokens", "output_tokens", "cost_micros")
    return tuple(told[name] for name in names)


def test_a_month_is_added_up_by_outcome_model_and_user_and_held_against_the_budgets(
    people: People, note: Note, make_app: Callable[..., Flask]
) -> None:
    owner, stranger = people.owner, people.stranger
    counted = {"input_tokens": 1000, "output_tokens": 100}
    note(owner, cost=400, **counted)
    note(owner, cost=600, **counted)
    note(owner, "rate_limited")
    note(stranger, "blocked", input_tokens=1000)
    note(stranger, None, service="generation", provider="huggingface", model="flux")
    note(stranger, provider="offline", model="measurements-1")
    note(None, cost=50)
    bound = make_app(ai_budget_user_calls=4, ai_budget_user_cost=Decimal("0.0009"), ai_budget_calls=1000).test_client()
    told = use(bound, people)
    assert told["month"] == str(budgets.month_of(utc_now()))
    assert sums(told["total"]) == (7, 4, 1, 6, 3, 3000, 200, 1050)
    assert told["failed"] == [{"code": "blocked", "count": 1}, {"code": "rate_limited", "count": 1}]
    assert [((each["service"], each["provider"], each["model"]), sums(each)) for each in told["models"]] == [
        (("description", "gemini", "small"), (5, 3, 0, 5, 2, 3000, 200, 1050)),
        (("description", "offline", "measurements-1"), (1, 1, 0, 0, 0, 0, 0, 0)),
        (("generation", "huggingface", "flux"), (1, 0, 1, 1, 1, 0, 0, 0)),
    ]
    assert [(each["owner"], sums(each)[3], each["left"]) for each in told["users"]] == [
        ({"id": owner.id, "email": owner.email}, 3, {"calls": 1, "cost_micros": 0}),
        ({"id": stranger.id, "email": stranger.email}, 2, {"calls": 2, "cost_micros": 900}),
    ]
    assert told["budgets"] == {
        "each_user": {"calls": 4, "cost_micros": 900},
        "all": {"calls": 1000, "cost_micros": None, "left": {"calls": 994, "cost_micros": None}},
    }


def test_another_month_is_told_when_it_is_named_and_no_call_stands_in_two(client: FlaskClient, people: People, note: Note) -> None:
    begins = datetime(2026, 2, 1, tzinfo=UTC)
    for moment in (begins - timedelta(milliseconds=1), begins, begins + timedelta(days=28) - timedelta(milliseconds=1)):
        note(people.owner, created_at=moment)
    assert [use(client, people, f"?month=2026-0{month}")["total"]["calls"] for month in (1, 2, 3)] == [1, 2, 0]
    assert use(client, people, "?month=2026-03")["users"] == []
    for wrong in ("2026-13", "2026", "2026-1", "1999-12", "2026-11-01", "٢026-11", ""):
        answer = client.get(ADDRESS, query_string={"month": wrong}, headers=people.admin.headers)
        (error,) = answer.get_json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, "/month", "not_a_month"), wrong


def test_only_the_users_who_have_cost_most_are_told(client: FlaskClient, people: People, note: Note) -> None:
    for number in range(21):
        note(people.named(f"user-{number}"), cost=number)
    told = [each["owner"]["email"] for each in use(client, people)["users"]]
    assert told == [f"user-{number}@example.org" for number in range(20, 0, -1)]


def test_calls_are_listed_with_all_that_is_known_of_them(client: FlaskClient, people: People, picture: Picture) -> None:
    image = picture()
    (call,) = client.get(f"{ADDRESS}/calls", headers=people.admin.headers).get_json()
    assert call.pop("created_at").endswith("Z")
    assert 0 <= call.pop("milliseconds") < 60_000
    assert uuid.UUID(call.pop("id"))
    assert call == {
        "service": "description",
        "provider": "scripted",
        "model": "script-1",
        "owner": {"id": people.owner.id, "email": people.owner.email},
        "image_id": image,
        "outcome": "done",
        "input_tokens": None,
        "output_tokens": None,
        "cost_micros": None,
    }


def test_the_list_is_cut_down_by_owner_service_and_outcome_and_goes_on_where_it_ended(
    client: FlaskClient, people: People, note: Note
) -> None:
    done, failed, open_ = note(people.owner), note(people.owner, "blocked"), note(people.stranger, None)
    painted, nobodys = note(people.stranger, service="generation"), note(None)
    assert calls(client, people) == [nobodys, painted, open_, failed, done]
    for query, found in (
        (f"?owner={people.owner.id}", [failed, done]),
        ("?service=generation", [painted]),
        ("?outcome=blocked", [failed]),
        ("?outcome=unfinished", [open_]),
        (f"?outcome=done&owner={people.stranger.id}", [painted]),
        ("?outcome=never_heard_of", []),
    ):
        assert calls(client, people, query) == found, query
    first = client.get(f"{ADDRESS}/calls?limit=2&outcome=done", headers=people.admin.headers)
    assert [each["id"] for each in first.get_json()] == [nobodys, painted]
    assert first.get_json()[0]["owner"] is None
    following = first.headers["Link"].partition(">")[0].removeprefix("<")
    assert [each["id"] for each in client.get(following, headers=people.admin.headers).get_json()] == [done]
    wrong = client.get(following.replace("outcome=done", "outcome=blocked"), headers=people.admin.headers)
    assert (wrong.status_code, wrong.get_json()["code"]) == (400, "cursor_mismatch")
    assert client.get(f"{ADDRESS}/calls?service=poetry", headers=people.admin.headers).status_code == 422
