"""GET /api/v1/images?search=…&tag=…, the same on every database."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aizen.database import db, new_id
from aizen.images import search
from aizen.images.models import Image
from aizen.images.words import words_of
from tests.conftest import Backend, People, Person
from tests.fakes import ScriptedDescriber
from tests.images.conftest import _PLAIN, URL, Upload
from tests.images.test_list import ids, listed, next_of, pages

every_database = pytest.mark.every_database
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Keep = Callable[..., str]


@pytest.fixture
def keep(backend: Backend, people: People) -> Keep:
    """Puts a ready image with these texts on the owner's shelf, each a minute after the one before, and answers its id."""
    count, numbers = iter(range(100_000)), iter(range(100_000))

    def put(title: str = "", *, person: Person | None = None, at: datetime | None = None, **texts: Any) -> str:
        # The last ten bits part images of one microsecond in the index; chance would make two alike in one run of a hundred.
        made = uuid.UUID(int=new_id().int >> 10 << 10 | next(numbers) % 1024)
        moment = at or NOON + timedelta(minutes=next(count))
        values = {
            **_PLAIN,
            "file_name": "",
            "title": title,
            **texts,
            "id": made,
            "owner_id": uuid.UUID((person or people.owner).id),
            "key": str(made),
            "status": texts.get("status", "ready"),
            "created_at": moment,
            "updated_at": moment,
        }
        with backend.app.app_context(), db.session.begin():
            db.session.execute(sa.insert(Image).values(values))
            search.add(Image(**values))
        return str(made)

    return put


def found(client: FlaskClient, people: People, text: str, **arguments: Any) -> list[str]:
    return ids(listed(client, people, search=text, **arguments))


@every_database
def test_words_are_found_whatever_their_case_accents_and_endings(client: FlaskClient, people: People, keep: Keep) -> None:
    cafe, boats = keep("A Café by the lake"), keep("Two BOATS")
    for text in ("cafe", "CAFÉ", "caf", "café lake", "by the"):
        assert found(client, people, text) == [cafe], text
    for text in ("boat", "boats", "two bo"):
        assert found(client, people, text) == [boats], text
    for text in ("oats", "boatswain", '"boat"', "cafe boats"):
        assert found(client, people, text) == [], text


@every_database
def test_phrases_and_exclusions(client: FlaskClient, people: People, keep: Keep) -> None:
    one, two = keep("red boats on a calm lake"), keep("a lake, calm and red")
    assert found(client, people, '"calm lake"') == [one]
    assert found(client, people, "calm lake") == [two, one]
    assert found(client, people, "lake -boat") == [two]
    assert found(client, people, '-"calm lake"') == [two]
    assert found(client, people, "-lake") == []
    assert found(client, people, '"calm lak"') == []


@every_database
def test_a_phrase_does_not_reach_from_one_field_into_the_next(client: FlaskClient, people: People, keep: Keep) -> None:
    keep("calm", alt="lake", alt_status="approved", tags=["golden", "gate"], file_name="red.jpg")
    assert found(client, people, '"calm lake"') == []
    assert found(client, people, '"golden gate"') == []
    assert len(found(client, people, "calm lake golden gate red")) == 1


@every_database
def test_every_text_of_an_image_is_looked_at_and_the_answer_says_which(client: FlaskClient, people: People, keep: Keep) -> None:
    keep(
        "Alpha one",
        alt="Bravo two",
        description="Charlie three",
        tags=["delta four"],
        ai_description="Echo five",
        ai_alt="Foxtrot six",
        ai_tags=["golf seven"],
        file_name="hotel_8.jpg",
    )
    texts = {
        "alpha": ("title", "Alpha one"),
        "bravo": ("alt", "Bravo two"),
        "charlie": ("description", "Charlie three"),
        "delta": ("tags", "delta four"),
        "echo": ("ai.description", "Echo five"),
        "foxtrot": ("ai.alt", "Foxtrot six"),
        "golf": ("ai.tags", "golf seven"),
        "hotel": ("file_name", "hotel_8.jpg"),
        'tag:"golf seven"': ("ai.tags", "golf seven"),
    }
    for text, (field, snippet) in texts.items():
        answer = listed(client, people, search=text).get_json()
        assert [image["matched"] for image in answer] == [{"field": field, "snippet": snippet}], text
    assert "matched" not in listed(client, people).get_json()[0]
    assert "matched" not in listed(client, people, search="is:ready").get_json()[0]


def test_the_snippet_of_a_long_text_stands_around_the_hit(client: FlaskClient, people: People, keep: Keep) -> None:
    keep(description="word " * 300 + "a needle, here\n" + "word " * 300)
    matched = listed(client, people, search="needle").get_json()[0]["matched"]
    assert matched["field"] == "description"
    assert "a needle, here word" in matched["snippet"]
    assert matched["snippet"].startswith("…word")
    assert matched["snippet"].endswith("word…")
    assert len(matched["snippet"]) <= search.SNIPPET + 2


@every_database
def test_signs_and_operators_of_databases_are_text(client: FlaskClient, people: People, keep: Keep) -> None:
    wool, cat, quote = keep("100% wool_socks"), keep("cat or dog"), keep('it\'s a "quoted" back\\slash')
    assert found(client, people, "100%") == [wool]
    assert found(client, people, "wool_socks") == [wool]
    assert found(client, people, "cat OR wool") == []
    assert found(client, people, "cat OR dog") == [cat]
    assert found(client, people, "it's") == [quote]
    assert found(client, people, "back\\slash 'quoted'") == [quote]
    for text in ("%", "_", "'", '"', '""', "*", "NEAR(", "a AND", "NOT", ") OR 1=1 --", "<->", ":*", "!", "¶", "§", "words:", "wool | cat"):
        assert found(client, people, text) == [], text
    for text in ("cat & dog", "cat* <-> dog:*", "(cat) ! dog", "'cat' ^dog"):
        assert found(client, people, text) == [cat], text
    assert listed(client, people, search="%", include="total").headers["X-Total-Count"] == "0"


@every_database
def test_a_blank_search_is_none(client: FlaskClient, people: People, keep: Keep) -> None:
    made = keep("x")
    assert found(client, people, "  ") == found(client, people, "") == [made]


@every_database
def test_scripts_without_spaces_are_found_by_any_part(client: FlaskClient, people: People, keep: Keep) -> None:
    fuji = keep("富士山の朝")
    assert found(client, people, "士山") == [fuji]
    assert found(client, people, "山士") == []


@every_database
def test_tags_filter_whole_and_folded_the_owners_and_the_describers(client: FlaskClient, people: People, keep: Keep) -> None:
    own, told = keep(tags=["golden gate", "c++"]), keep(ai_tags=["golden", "café"])
    assert found(client, people, 'tag:"Golden Gate"') == [own]
    assert found(client, people, "tag:golden") == [told]
    assert found(client, people, "-tag:golden") == [own]
    assert found(client, people, "tag:c++") == [own]
    assert found(client, people, "tag:c") == found(client, people, "tag:c--") == []
    assert ids(listed(client, people, tag="cafe")) == [told]
    assert ids(listed(client, people, tag="golden gate,c++")) == [own]
    assert ids(listed(client, people, tag="golden gate,café")) == []
    both = client.get(f"{URL}?tag=golden+gate&tag=c%2B%2B", headers=people.owner.headers)
    assert ids(both) == [own]
    assert listed(client, people, tag="golden", include="total").headers["X-Total-Count"] == "1"


@every_database
def test_states_and_dates_bound_a_search(client: FlaskClient, people: People, keep: Keep) -> None:
    old = keep("lake", at=datetime(2024, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    middle = keep("lake", at=datetime(2025, 1, 1, tzinfo=UTC), status="failed")
    new = keep("lake", at=datetime(2026, 1, 1, tzinfo=UTC), frames=3)
    for words in ("lake ", ""):
        assert found(client, people, words + "before:2025") == [old]
        assert found(client, people, words + "after:2025") == [new, middle]
        assert found(client, people, words + "after:2025 before:2026") == [middle]
        assert found(client, people, words + "is:failed") == [middle]
        assert found(client, people, words + "-is:failed") == [new, old]
        assert found(client, people, words + "is:animated") == [new]
        assert found(client, people, words + "is:public") == []
        assert found(client, people, words + "is:private -is:animated", status="ready") == [old]
        assert listed(client, people, search=words + "after:2025", include="total").headers["X-Total-Count"] == "2"


@every_database
def test_only_ones_own_images_are_found_and_counted(client: FlaskClient, people: People, keep: Keep) -> None:
    own = keep("lake", tags=["lake"])
    keep("lake", tags=["lake"], person=people.stranger)
    answer = listed(client, people, search="lake", tag="lake", include="total")
    assert (ids(answer), answer.headers["X-Total-Count"]) == ([own], "1")
    assert found(client, people, people.stranger.id.replace("-", "")) == []
    assert found(client, people, f"§{people.stranger.id.replace('-', '')}") == []


@every_database
@pytest.mark.parametrize("sort", ["uploaded_at", "-uploaded_at"])
def test_the_pages_of_a_search_hold_each_image_once(client: FlaskClient, people: People, keep: Keep, sort: str) -> None:
    made = [keep("lake" if number % 2 else "hill", at=NOON + timedelta(seconds=number // 3)) for number in range(14)]
    seen = [each for page in pages(client, people, search="lake", limit=3, sort=sort) for each in ids(page)]
    assert sorted(seen) == sorted(made[1::2])
    moments = [made.index(each) // 3 for each in seen]
    assert moments == sorted(moments, reverse=sort.startswith("-"))


@every_database
@pytest.mark.parametrize("sort", ["uploaded_at", "-uploaded_at"])
def test_what_lies_beyond_the_window_is_found_in_the_same_order(
    client: FlaskClient, people: People, keep: Keep, backend: Backend, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WINDOW", 4)
    made = [keep("lake" if number in (0, 1, 9, 10, 19) else "hill") for number in range(20)]
    expected = [made[number] for number in (0, 1, 9, 10, 19)]
    seen = [each for page in pages(client, people, search="lake", limit=2, sort=sort) for each in ids(page)]
    assert seen == (expected[::-1] if sort.startswith("-") else expected)


@every_database
@pytest.mark.parametrize("sort", ["uploaded_at", "-uploaded_at"])
@pytest.mark.parametrize(("few", "hits"), [(0, 50), (0, 2), (50, 2)])
def test_another_condition_holds_beyond_the_window_however_many_images_fulfil_it(
    client: FlaskClient, people: People, keep: Keep, sort: str, few: int, hits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("WINDOW", 4), ("FEW", few), ("HITS", hits)):
        monkeypatch.setattr(search, name, value)
    failed = (0, 3, 9, 10, 19)
    made = [keep("lake" if number != 3 else "hill", status="failed" if number in failed else "ready") for number in range(20)]
    expected = [made[number] for number in failed if number != 3]
    for text, arguments in (("lake is:failed", {}), ("lake", {"status": "failed"})):
        seen = [each for page in pages(client, people, search=text, limit=2, sort=sort, **arguments) for each in ids(page)]
        assert seen == (expected[::-1] if sort.startswith("-") else expected), text


def test_a_search_that_takes_too_long_is_422_and_says_how_to_narrow_it(
    people: People, keep: Keep, backend: Backend, make_app: Callable[..., Flask]
) -> None:
    keep("lake")
    impatient = make_app(database_statement_seconds=0.2).test_client()
    # Nothing here is large enough to take long, so the search is made to wait.
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("LOCK TABLE search_documents"))
        answer = impatient.get(f"{URL}?search=lake", headers=people.owner.headers)
    assert answer.status_code == 422
    [error] = answer.get_json()["errors"]
    assert (error["pointer"], error["code"]) == ("/search", "too_broad")
    assert "before:" in error["detail"]
    assert len(ids(impatient.get(f"{URL}?search=lake", headers=people.owner.headers))) == 1


def test_a_cursor_of_another_search_is_400(client: FlaskClient, people: People, keep: Keep) -> None:
    for _ in range(3):
        keep("lake", tags=["x"])
    address = next_of(listed(client, people, search="lake", tag="x", limit=1)) or ""
    assert client.get(address, headers=people.owner.headers).status_code == 200
    for other in ("search=hill&tag=x", "search=lake&tag=y", "search=lake"):
        answer = client.get(f"{URL}?{other}&{address.rpartition('&')[2]}", headers=people.owner.headers)
        assert (answer.status_code, answer.get_json()["code"]) == (400, "cursor_mismatch")


@every_database
def test_what_is_uploaded_described_changed_and_deleted_is_found_as_it_is_now(
    client: FlaskClient, people: People, upload: Upload, work: Callable[[], int], describer: ScriptedDescriber
) -> None:
    describer.will_say("An otter swims.", alt="An otter.", tags=("otter",))
    own = upload(name="IMG_17.jpg", title="Monday").headers["Location"]
    image_id = own.rpartition("/")[2]
    assert found(client, people, "img_17 monday") == [image_id]
    assert found(client, people, "otter") == []
    work()
    assert found(client, people, "monday otter swims tag:otter") == [image_id]
    client.patch(own, json={"title": "Tuesday", "tags": ["river"]}, headers=people.owner.headers)
    assert found(client, people, "tuesday tag:river tag:otter") == [image_id]
    assert found(client, people, "monday") == []
    client.delete(own, headers=people.owner.headers)
    assert found(client, people, "otter") == []


@every_database
def test_deleting_the_account_in_the_database_takes_the_documents_along(
    client: FlaskClient, people: People, keep: Keep, backend: Backend
) -> None:
    keep("lake")
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM users"))
        assert connection.scalar(sa.text("SELECT count(*) FROM search_documents")) == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("is:lost", "not_a_choice"),
        ("before:soon", "not_a_date"),
        ("a " * 30, "too_many_terms"),
        ("a" * 501, "too_long"),
        ("a\0b", "nul_character"),
    ],
)
@every_database
def test_a_search_that_cannot_be_meant_is_422(client: FlaskClient, people: People, text: str, code: str) -> None:
    answer = client.get(f"{URL}?{urlencode({'search': text})}", headers=people.owner.headers)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/search", code)]


@every_database
def test_a_search_of_ten_thousand_characters_is_422(client: FlaskClient, people: People) -> None:
    for text in ("a" * 10_000, '"' * 10_000, "-tag:" * 2_000, "( " * 5_000, "富" * 10_000):
        answer = client.get(f"{URL}?{urlencode({'search': text})}", headers=people.owner.headers)
        assert answer.status_code == 422, text[:20]


def test_the_examples_of_the_docs_can_be_asked(client: FlaskClient, people: People, keep: Keep) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    table = page.partition("| You type |")[2].partition("\n\n")[0]
    examples = [each for row in table.splitlines()[2:] for each in re.findall(r"`([^`]+)`", row)]
    assert len(examples) >= 18
    for text in examples:
        listed(client, people, search=text)
    asked = [*examples[: examples.index("generating")], "after:2025", "before:2026-03-01"]
    image = keep("a calm lake", tags=["alps"], ai_tags=["golden gate"], status="failed", at=datetime(2026, 2, 1, tzinfo=UTC))
    assert [text for text in asked if found(client, people, text) != [image]] == ["-tag:alps"]


# -- against a search that looks at every image, in Python


@dataclass(frozen=True)
class Kept:
    id: str
    fields: tuple[str, ...]

    def holds(self, phrase: Sequence[str], *, goes_on: bool) -> bool:
        for field in self.fields:
            words = [word.text for word in words_of(field)]
            for at in range(len(words) - len(phrase) + 1):
                last = words[at + len(phrase) - 1]
                if words[at : at + len(phrase) - 1] == list(phrase[:-1]) and (
                    last.startswith(phrase[-1]) if goes_on else last == phrase[-1]
                ):
                    return True
        return False


SHELF = (
    ("Red boats", "two boats on a calm lake"),
    ("Mountain café", "a café by the lake, it's cold"),
    ("Cat OR dog", "near the 富士山, 100% real"),
    ("", "boats boat bo b calm boats lake"),
)
PARTS = [
    "boat",
    "boats",
    "bo",
    "lake",
    "calm",
    '"calm lake"',
    '"boats on"',
    "cafe",
    "it's",
    "富士",
    "or",
    "100",
    "near",
    "b",
    '"boat bo"',
    "-red",
]


@every_database
def test_the_index_finds_what_looking_at_every_image_finds(client: FlaskClient, people: People, keep: Keep) -> None:
    shelf = [Kept(keep(title, description=text), (title, text)) for title, text in SHELF]

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from(PARTS)), min_size=1, max_size=4))
    @example([(True, "boat"), (False, "lake")])
    def compare(parts: list[tuple[bool, str]]) -> None:
        expected = list(shelf)
        for is_excluded, part in parts:
            unwanted = is_excluded != part.startswith("-")
            phrase = [word.text for word in words_of(part)]
            goes_on = not part.startswith('"') and len(phrase[-1]) > 1
            expected = [each for each in expected if each.holds(phrase, goes_on=goes_on) != unwanted]
        text = " ".join(
            f"-{part.removeprefix('-')}" if is_excluded != part.startswith("-") else part.removeprefix("-") for is_excluded, part in parts
        )
        assert found(client, people, text) == [each.id for each in reversed(expected)], text

    compare()


@every_database
@pytest.mark.parametrize("date", ["0001", "0001-01-02", "1700", "9999", "9999-12-31"])
def test_a_date_centuries_off_bounds_a_search_like_any_other(client: FlaskClient, people: People, keep: Keep, date: str) -> None:
    made = [keep("lake")]
    for words in ("lake ", ""):
        assert found(client, people, f"{words}after:{date}") == (made if date < "2" else [])
        assert found(client, people, f"{words}before:{date}") == ([] if date < "2" else made)


@every_database
@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_cursor_of_another_century_is_answered(client: FlaskClient, people: People, keep: Keep, year: str) -> None:
    for _ in range(3):
        keep("lake")
    query = parse_qs(urlsplit(next_of(listed(client, people, search="lake", limit=1)) or "").query)
    moment, identity, digest = json.loads(base64.urlsafe_b64decode(query["cursor"][0] + "=="))
    forged = base64.urlsafe_b64encode(json.dumps([year + moment[4:], identity, digest]).encode()).decode().rstrip("=")
    assert len(found(client, people, "lake", cursor=forged)) == (3 if year == "9999" else 0)


@every_database
def test_a_tag_as_long_as_they_may_be_is_asked_for_and_a_longer_one_is_422(client: FlaskClient, people: People, keep: Keep) -> None:
    wide = "ﷺ" * 50
    made = keep(tags=[wide], description=wide * 20)
    assert found(client, people, f"tag:{wide}") == ids(listed(client, people, tag=wide)) == [made]
    answer = client.get(f"{URL}?{urlencode({'search': f'tag:{wide}x'})}", headers=people.owner.headers)
    assert [(each["pointer"], each["code"]) for each in answer.get_json()["errors"]] == [("/search", "too_long")]


@every_database
def test_a_phrase_of_a_word_that_stands_everywhere_is_found_alike(client: FlaskClient, people: People, keep: Keep) -> None:
    early, late = keep(description="the end " + "the cat " * 300), keep(description="the cat " * 300 + "the end")
    assert found(client, people, '"the end"') == [early]
    assert found(client, people, '"the cat" end') == [late, early]
    kana = keep(description="山の" * 2000 + "川")
    assert found(client, people, "山の山") == [kana]


@every_database
def test_the_longest_texts_that_there_may_be_are_indexed(client: FlaskClient, people: People, keep: Keep) -> None:
    made = keep(
        title="ﷺ" * 200, description="ﷺ" * 5000, alt="x " * 500, tags=[f"{number} " * 16 for number in range(50)], file_name="end.jpg"
    )
    assert found(client, people, "x") == [made]


@every_database
def test_no_search_breaks_the_list(client: FlaskClient, people: People, keep: Keep) -> None:
    keep("a boat", tags=["x"])

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(st.characters(codec="utf-8"), max_size=60) | st.text(alphabet="ab\"'-:%_\\*()&|!<>^~ tagis¶§‡", max_size=60))
    def ask(text: str) -> None:
        answer = client.get(f"{URL}?{urlencode({'search': text, 'tag': text[:20]})}", headers=people.owner.headers)
        assert answer.status_code in (200, 422), answer.text

    ask()
