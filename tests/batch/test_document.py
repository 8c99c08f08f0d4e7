"""docs/trash-and-batch.md says what is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient

from aizen.batch.schemas import MEMBERS, MOST_IDS
from aizen.images import trash
from aizen.settings import Settings
from tests.batch.conftest import BATCH, statuses
from tests.conftest import SECRET, People

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "trash-and-batch.md").read_text(encoding="utf-8")


def test_the_bodies_can_be_sent(client: FlaskClient, people: People, shelve: Callable[..., str]) -> None:
    bodies = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert len(bodies) == 2
    for body in bodies:
        body["ids"] = [shelve(people.owner, at=datetime(2026, 3, 1, tzinfo=UTC)) for _ in body["ids"]]
        assert set(statuses(client.post(BATCH, headers=people.owner.headers, json=body))) <= {"done", "accepted"}


def test_actions_numbers_and_links_are_those_of_the_program() -> None:
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|[^|]*\|[^|]*\|$", PAGE.partition("## Batches")[2], re.MULTILINE)
    assert {name for names in told for name in re.findall(r"\w+", names)} - {"action"} == set(MEMBERS)
    settings = Settings(secret_key=SECRET)
    for sentence in (
        f"`TRASH_SECONDS` ({settings.trash_seconds}, {settings.trash_seconds // 86400} days;",
        f"`BATCH_SECONDS` ({settings.batch_seconds})",
        f"at most {trash.IMAGES_A_TICK} a tick",
        f"up to {MOST_IDS} images",
    ):
        assert sentence in PAGE, sentence
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (Path(__file__).resolve().parents[2] / "docs" / target).exists(), target
