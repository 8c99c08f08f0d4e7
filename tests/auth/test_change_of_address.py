"""An account gets another address when that is confirmed, and its present one is told."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from aizen.auth import addresses, one_time
from aizen.auth.models import User
from aizen.database import db, new_id, transaction, utc_now
from aizen.errors import Final, Invalid
from aizen.mail import Letter
from aizen.web import EXTENSION, adapters
from aizen.work import jobs
from aizen.work.models import WorkItem
from tests.auth.letters import VERIFY, statements_of, token_of
from tests.auth.test_login import wait_for_a_blocked_statement
from tests.conftest import PASSWORD, People, Person
from tests.fakes import HintList, LetterBox

PROFILE = "/api/v1/auth/profile"
NEW = "new@example.org"
MakeApp = Callable[..., Flask]
Work = Callable[[], int]


@pytest.fixture
def optional(make_app: MakeApp) -> Flask:
    return make_app(email_verification="optional")


def sent(app: Flask, person: Person, email: str = NEW, *, password: str = PASSWORD) -> Any:
    return app.test_client().patch(PROFILE, headers=person.headers, json={"email": email, "current_password": password})


def ask(app: Flask, person: Person, email: str = NEW) -> str:
    """What has become of the address that the person asked for."""
    answer = sent(app, person, email)
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    if told["pending_email"] == email:
        return "pending"
    return "unchanged" if told["email"] == person.email else "changed"


def refusal(app: Flask, person: Person, email: str = NEW, *, password: str = PASSWORD) -> tuple[int, str]:
    answer = sent(app, person, email, password=password)
    return answer.status_code, answer.get_json()["code"]


def row_of(app: Flask, person: Person) -> Any:
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(sa.select(User.__table__).where(User.id == uuid.UUID(person.id))).one()


def letters_of_change(mailer: LetterBox, *, old: str, new: str = NEW) -> tuple[str, list[str]]:
    """The token that was sent to the new address, and the subjects that were sent to the old one."""
    (letter,) = mailer.to(new)
    return token_of(letter), [each.subject for each in mailer.to(old)]


@pytest.mark.every_database
def test_the_new_address_is_inert_until_its_link_is_opened_and_the_old_one_is_told_twice(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    assert ask(optional, owner) == "pending"
    work()
    token, told = letters_of_change(mailer, old=owner.email)
    assert told == ["Your e-mail address is about to change"]
    assert (row_of(optional, owner).email, row_of(optional, owner).pending_email) == (owner.email, NEW)
    login = {"email": NEW, "password": PASSWORD}
    assert client.post("/api/v1/auth/login", json=login).status_code == 401

    answer = client.get(f"{VERIFY}/{token}")
    assert (answer.status_code, answer.get_json()) == (200, {"email": NEW, "email_verified": True})
    assert client.post("/api/v1/auth/login", json=login).status_code == 200
    assert client.post("/api/v1/auth/login", json={**login, "email": owner.email}).status_code == 401
    info = client.get("/api/v1/user/info", headers=owner.headers)
    assert (info.status_code, info.get_json()["email"], info.get_json()["email_verified"]) == (200, NEW, True)
    work()
    _, told = letters_of_change(mailer, old=owner.email)
    assert told == ["Your e-mail address is about to change", "Your e-mail address was changed"]
    assert row_of(optional, owner).former_email is None
    assert client.get(f"{VERIFY}/{token}").status_code == 200


def test_the_letters_say_nothing_that_opens_anything_to_the_old_address(
    optional: Flask, people: People, work: Work, mailer: LetterBox
) -> None:
    ask(optional, people.owner)
    work()
    for letter in mailer.to(people.owner.email):
        assert VERIFY not in letter.text
        assert NEW not in letter.text


@pytest.mark.every_database
def test_the_password_is_asked_and_a_wrong_one_counts_like_a_failed_sign_in(make_app: MakeApp, people: People, queue: HintList) -> None:
    app, owner = make_app(email_verification="optional", rate_limit_login="2 per hour"), people.owner
    assert [refusal(app, owner, password="a wrong guess") for _ in range(2)] == [(403, "wrong_password")] * 2
    assert refusal(app, owner) == (429, "too_many_requests")
    assert row_of(app, owner).pending_email is None
    assert queue.hints == []


def test_wrong_passwords_here_and_at_the_sign_in_are_counted_together(make_app: MakeApp, people: People) -> None:
    app, owner = make_app(email_verification="optional", rate_limit_login="2 per hour"), people.owner
    login = {"email": owner.email, "password": "a wrong guess"}
    assert app.test_client().post("/api/v1/auth/login", json=login).status_code == 401
    refusal(app, owner, password="a wrong guess")
    assert refusal(app, owner) == (429, "too_many_requests")


@pytest.mark.every_database
def test_a_taken_address_is_asked_for_with_the_same_answer_and_work_and_its_owner_is_told(
    make_app: MakeApp, people: People, work: Work, mailer: LetterBox, queue: HintList
) -> None:
    app, owner, stranger = make_app(email_verification="optional"), people.owner, people.stranger
    done = []
    for email in (stranger.email, NEW):
        with statements_of(app) as statements:
            answer = ask(app, owner, email)
        done.append((answer, statements, len(queue.hints)))
        queue.take()
        with app.app_context(), transaction():
            db.session.execute(sa.text("DELETE FROM work_items"))
    assert done[0] == done[1]
    ask(app, owner, stranger.email.upper())
    work()
    (letter,) = mailer.to(stranger.email)
    assert letter.subject == "You have an account already"
    assert VERIFY not in letter.text
    assert owner.username not in letter.text
    assert [each.to for each in mailer.letters if VERIFY in each.text] == []


@pytest.mark.every_database
def test_who_registers_the_address_first_has_it_and_nothing_is_half_done(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    ask(optional, owner)
    work()
    token, _ = letters_of_change(mailer, old=owner.email)
    before = row_of(optional, owner)
    newcomer = client.post("/api/v1/auth/register", json={"email": NEW.upper(), "username": "newcomer", "password": PASSWORD})
    assert newcomer.status_code == 201
    answers = [client.get(f"{VERIFY}/{token}") for _ in range(2)]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in answers] == [(409, "taken")] * 2
    assert row_of(optional, owner) == before
    assert [each.subject for each in mailer.to(owner.email)] == ["Your e-mail address is about to change"]
    page = optional.test_client().get(f"{VERIFY}/{token}", headers={"Accept": "text/html"})
    assert (page.status_code, page.location.partition("/verify-email")[1:]) == (303, ("/verify-email", "?email=taken"))


@pytest.mark.every_database
def test_of_many_who_want_one_address_at_once_one_gets_it(optional: Flask, people: People, work: Work, mailer: LetterBox) -> None:
    everybody = [people.named(f"person{number}") for number in range(5)]
    for person in everybody:
        ask(optional, person)
    work()
    tokens = [token_of(letter) for letter in mailer.to(NEW)]
    together, statuses = threading.Barrier(5), []

    def confirm(token: str) -> None:
        with optional.test_client() as client:
            together.wait(30)
            statuses.append(client.get(f"{VERIFY}/{token}").status_code)

    threads = [threading.Thread(target=confirm, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200, 409, 409, 409, 409]
    assert sorted(row_of(optional, person).email == NEW for person in everybody) == [False] * 4 + [True]


@pytest.mark.every_database
def test_what_was_sent_to_the_old_address_opens_nothing_after_the_change(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    client.post(f"{VERIFY}/resend", json={"email": owner.email})
    work()
    old = token_of(mailer.to(owner.email)[0])
    with optional.app_context(), transaction():
        reset = one_time.issue("reset_password", user_id=uuid.UUID(owner.id), email=owner.email, settings=adapters().settings)
    ask(optional, owner)
    work()
    token, _ = letters_of_change(mailer, old=owner.email)
    assert client.get(f"{VERIFY}/{token}").status_code == 200
    assert client.get(f"{VERIFY}/{old}").status_code == 422
    with pytest.raises(Invalid), optional.app_context(), transaction():
        one_time.redeem(reset, "reset_password")


def test_a_link_of_the_old_address_verifies_no_other(
    optional: Flask, client: FlaskClient, make_app: MakeApp, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    client.post(f"{VERIFY}/resend", json={"email": owner.email})
    work()
    used = token_of(mailer.to(owner.email)[0])
    assert client.get(f"{VERIFY}/{used}").status_code == 200
    assert ask(make_app(email_verification="off"), owner) == "changed"
    assert client.get(f"{VERIFY}/{used}").status_code == 422
    assert client.get("/api/v1/user/info", headers=owner.headers).get_json()["email_verified"] is False


@pytest.mark.parametrize("opened_before", [True, False])
def test_a_link_is_not_valid_once_its_address_is_not_the_users(
    app: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox, opened_before: bool
) -> None:
    """Whoever changed it, and however."""
    owner = people.owner
    client.post(f"{VERIFY}/resend", json={"email": owner.email})
    work()
    token = token_of(mailer.to(owner.email)[0])
    if opened_before:
        assert client.get(f"{VERIFY}/{token}").status_code == 200
    with app.app_context(), transaction():
        db.session.execute(sa.update(User).where(User.id == uuid.UUID(owner.id)).values(email=NEW, email_folded=NEW))
    assert client.get(f"{VERIFY}/{token}").status_code == 422


def test_a_newer_wish_takes_the_place_of_the_former(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    ask(optional, owner)
    work()
    former, _ = letters_of_change(mailer, old=owner.email)
    ask(optional, owner, "newer@example.org")
    assert client.get(f"{VERIFY}/{former}").status_code == 422
    work()
    assert client.get(f"{VERIFY}/{former}").status_code == 422
    assert client.get(f"{VERIFY}/{token_of(mailer.to('newer@example.org')[0])}").get_json()["email"] == "newer@example.org"


def test_the_present_address_withdraws_the_wish(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    ask(optional, owner)
    work()
    token, _ = letters_of_change(mailer, old=owner.email)
    assert ask(optional, owner, owner.email) == "unchanged"
    assert client.get(f"{VERIFY}/{token}").status_code == 422
    assert row_of(optional, owner).pending_email is None


@pytest.mark.every_database
def test_another_spelling_of_the_same_address_is_confirmed_like_any_other(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    assert ask(optional, people.owner, "OWNER@example.org") == "pending"
    work()
    (letter,) = mailer.to("OWNER@example.org")
    assert client.get(f"{VERIFY}/{token_of(letter)}").get_json()["email"] == "OWNER@example.org"
    assert "You have an account already" not in [each.subject for each in mailer.letters]


def test_a_wish_that_was_dropped_sends_nothing_and_opens_nothing(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    ask(optional, owner)
    with optional.app_context(), transaction():
        addresses.drop_change(uuid.UUID(people.owner.id))
    work()
    assert mailer.letters == []


def test_a_disabled_user_gets_no_other_address(
    optional: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox, disable: Callable[[str], None]
) -> None:
    owner = people.owner
    ask(optional, owner)
    work()
    token, _ = letters_of_change(mailer, old=owner.email)
    disable(owner.id)
    assert client.get(f"{VERIFY}/{token}").status_code == 422
    assert row_of(optional, owner).email == owner.email


def test_a_refused_letter_to_the_new_address_leaves_the_old_one(optional: Flask, people: People, work: Work, mailer: LetterBox) -> None:
    ask(optional, people.owner)
    for _ in range(2):
        mailer.will_fail(Final("No such user", code="mail_address_refused"))
    work()
    assert row_of(optional, people.owner).email == people.owner.email


@pytest.mark.parametrize(("email", "code"), [("\ufdfa" * 20 + "@example.org", "too_long")])
def test_an_address_that_no_account_may_have_is_refused(optional: Flask, people: People, email: str, code: str) -> None:
    errors = sent(optional, people.owner, email).get_json()["errors"]
    assert [(error["pointer"], error["code"]) for error in errors] == [("/email", code)]


def test_nobody_floods_an_address_by_asking_for_it(make_app: MakeApp, people: People) -> None:
    app = make_app(email_verification="optional", rate_limit_email_address="2 per hour")
    for email in (people.stranger.email, NEW):
        assert [ask(app, people.owner, email) for _ in range(2)] == ["pending"] * 2
        assert refusal(app, people.owner, email) == (429, "too_many_requests")


def test_the_token_of_an_account_that_has_gone_changes_nothing(optional: Flask, people: People) -> None:
    owner = people.owner
    with optional.app_context(), transaction():
        db.session.execute(sa.delete(User))
    assert refusal(optional, owner) == (401, "session_ended")


# -- EMAIL_VERIFICATION=off


@pytest.mark.every_database
def test_with_verification_off_the_address_changes_at_once_and_the_old_one_is_told(
    app: Flask, client: FlaskClient, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    refusal(app, owner, password="a wrong guess")
    assert ask(app, owner) == "changed"
    assert client.post("/api/v1/auth/login", json={"email": NEW, "password": PASSWORD}).status_code == 200
    work()
    assert [(letter.to, letter.subject) for letter in mailer.letters] == [(owner.email, "Your e-mail address was changed")]


@pytest.mark.every_database
def test_with_verification_off_a_taken_address_is_409(app: Flask, people: People, mailer: LetterBox) -> None:
    before = row_of(app, people.owner)
    answer = sent(app, people.owner, people.stranger.email)
    assert answer.status_code == 409
    assert [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]] == [("/email", "taken")]
    assert row_of(app, people.owner) == before


def test_of_two_changes_in_a_row_the_first_address_is_told(app: Flask, people: People, work: Work, mailer: LetterBox) -> None:
    owner = people.owner
    ask(app, owner)
    ask(app, owner, "newer@example.org")
    work()
    assert [letter.to for letter in mailer.letters] == [owner.email]


def test_another_address_takes_the_password_and_goes_with_the_other_changes_or_not_at_all(app: Flask, people: People) -> None:
    owner, client = people.owner, app.test_client()
    without = client.patch(PROFILE, headers=owner.headers, json={"email": NEW, "first_name": "Ada"})
    assert (without.status_code, without.get_json()["errors"][0]["pointer"]) == (422, "/email")
    proved = {"email": NEW, "current_password": PASSWORD}
    taken = client.patch(PROFILE, headers=owner.headers, json={**proved, "username": people.stranger.username})
    assert taken.status_code == 409
    told = client.get(PROFILE, headers=owner.headers).get_json()
    assert (told["email"], told["first_name"]) == (owner.email, "")
    changed = client.patch(PROFILE, headers=owner.headers, json={**proved, "username": "ada", "first_name": "Ada"}).get_json()
    assert (changed["email"], changed["username"], changed["first_name"]) == (NEW, "ada", "Ada")


def test_an_api_key_changes_no_address(app: Flask, people: People) -> None:
    made = app.test_client().post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "a", "scopes": ["images:write"]})
    body = {"email": NEW, "current_password": PASSWORD}
    answer = app.test_client().patch(PROFILE, headers={"Authorization": f"Bearer {made.get_json()['key']}"}, json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")


# -- while a letter is on its way


@dataclass
class Meanwhile:
    """A mailer in whose first letter's time something happens; then that letter leaves, or is refused."""

    box: LetterBox
    happens: Callable[[], object]
    refuses: bool = False
    name: str = "meanwhile"

    def send(self, letter: Letter) -> None:
        happens, self.happens = self.happens, lambda: None
        refuses, self.refuses = self.refuses, False
        happens()
        if refuses:
            raise Final("No such user", code="mail_address_refused")
        self.box.send(letter)


def work_off(app: Flask, queue: HintList, mailer: Meanwhile, *, kind: str) -> None:
    """The letters of that kind first, by that mailer; then all others."""
    with app.app_context():
        app.extensions[EXTENSION] = replace(adapters(), mailer=mailer)
        with db.engine.connect() as connection:
            first = {str(item_id) for item_id in connection.scalars(sa.select(WorkItem.id).where(WorkItem.kind == kind))}
        while hints := queue.take():
            for hint in sorted(hints, key=lambda hint: hint not in first):
                jobs.perform(hint)


@pytest.mark.every_database
@pytest.mark.parametrize("refuses", [False, True])
def test_a_wish_that_comes_while_the_letter_of_the_former_leaves_or_fails_has_its_own(
    optional: Flask, client: FlaskClient, people: People, mailer: LetterBox, queue: HintList, refuses: bool
) -> None:
    owner = people.owner
    ask(optional, owner, "typo@example.org")
    work_off(optional, queue, Meanwhile(mailer, lambda: ask(optional, owner, NEW), refuses), kind="send_change")
    assert len(mailer.to("typo@example.org")) == (0 if refuses else 1)
    (letter,) = mailer.to(NEW)
    assert client.get(f"{VERIFY}/{token_of(letter)}").get_json()["email"] == NEW


def test_a_wish_that_is_written_down_while_the_letter_of_the_former_is_recorded_is_waited_for(
    optional: Flask, people: People, mailer: LetterBox, queue: HintList
) -> None:
    owner = people.owner
    ask(optional, owner, "typo@example.org")
    theirs = sa.update(User).where(User.id == uuid.UUID(owner.id)).values(pending_email=NEW)
    with optional.app_context(), db.engine.connect() as asking:
        mailing = Meanwhile(mailer, lambda: asking.execute(theirs))
        working = threading.Thread(target=work_off, args=(optional, queue, mailing), kwargs={"kind": "send_change"})
        working.start()
        wait_for_a_blocked_statement()
        asking.commit()
    working.join(30)
    assert [len(mailer.to(email)) for email in ("typo@example.org", NEW)] == [1, 1]


@pytest.mark.every_database
def test_a_former_address_that_could_not_be_told_is_not_told_of_the_next_change_in_the_others_place(
    app: Flask, people: People, work: Work, mailer: LetterBox
) -> None:
    owner = people.owner
    ask(app, owner)
    mailer.will_fail(Final("No such user", code="mail_address_refused"))
    work()
    assert row_of(app, owner).former_email is None
    ask(app, owner, "newer@example.org")
    work()
    assert [letter.to for letter in mailer.letters] == [NEW]


@pytest.mark.every_database
def test_a_letter_that_failed_is_forgotten_after_a_while_and_no_other_work_is(
    optional: Flask, people: People, work: Work, mailer: LetterBox, tick: Callable[[], object]
) -> None:
    for person, email in ((people.owner, NEW), (people.stranger, "newer@example.org")):
        ask(optional, person, email)
        for _ in range(2):
            mailer.will_fail(Final("No such user", code="mail_address_refused"))
        work()
    week = 7 * 86400 * 1000
    older = sa.update(WorkItem).values(not_before=WorkItem.not_before - week - 60_000)
    with optional.app_context(), transaction():
        other = {"kind": "describe", "owner_id": uuid.UUID(people.owner.id), "state": "failed", "created_at": utc_now(), "attempts": 1}
        db.session.execute(sa.insert(WorkItem).values(id=new_id(), subject_id=new_id(), not_before=0, **other))
        db.session.execute(older.where(WorkItem.subject_id == uuid.UUID(people.owner.id)))
    tick()
    with optional.app_context(), db.engine.connect() as connection:
        left = connection.execute(sa.select(WorkItem.kind, WorkItem.subject_id).where(WorkItem.state == "failed")).all()
    assert {(kind, str(subject) == people.stranger.id) for kind, subject in left} == {
        ("describe", False),
        ("send_change", True),
        ("send_change_asked", True),
    }
