"""``flask create-admin`` and ``flask setup-link``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from aizen.app import create_app
from aizen.database import db, utc_now
from aizen.settings import Settings
from tests.admin.conftest import Audit
from tests.conftest import PASSWORD, SECRET, People

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    def command(*words: str, **options: Any) -> Result:
        return app.test_cli_runner().invoke(args=list(words), **options)

    return command


def test_a_new_account_is_made_with_a_password_of_standard_input(run: Run, client: FlaskClient, audit: Audit) -> None:
    result = run("create-admin", "--email", "ada@example.org", "--username", "ada", input=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, "There is a new account: ada@example.org is an administrator.\n")
    signed_in = client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).get_json()
    user = client.get("/api/v1/user/info", headers={"Authorization": f"Bearer {signed_in['access']}"}).get_json()
    assert (user["role"], user["username"], user["email_verified"]) == ("admin", "ada", True)
    assert [(each.actor, each.action, each.subject_label) for each in audit()] == [("command line", "admin.created", "ada@example.org")]


def test_a_script_gives_the_password_by_a_variable(run: Run, client: FlaskClient) -> None:
    words = ("create-admin", "--email", "ada@example.org", "--password-env", "ADAS_PASSWORD")
    missing = run(*words)
    assert (missing.exit_code, "ADAS_PASSWORD holds no password" in missing.output) == (1, True)
    assert run(*words, env={"ADAS_PASSWORD": PASSWORD}).exit_code == 0
    assert client.post("/api/v1/auth/login", json={"email": "ada@example.org", "password": PASSWORD}).status_code == 200


def test_an_account_that_exists_gets_nothing_unless_it_is_meant(run: Run, client: FlaskClient, people: People, audit: Audit) -> None:
    assert people.owner
    result = run("create-admin", "--email", "OWNER@example.org", input="another quiet lake\n")
    assert result.exit_code == 1
    for told in ("owner@example.org already", "username owner", f"made on {utc_now():%Y-%m-%d}", "never confirmed", "--existing"):
        assert told in result.output
    assert client.get("/api/v1/admin/overview", headers=people.owner.headers).status_code == 403
    assert audit() == []


def test_an_account_that_is_meant_gets_the_role_and_keeps_its_password_alone(
    run: Run, client: FlaskClient, people: People, audit: Audit
) -> None:
    made = client.post("/api/v1/auth/keys", headers=people.owner.headers, json={"name": "x", "scopes": ["images:read"]})
    key = {"Authorization": f"Bearer {made.get_json()['key']}"}
    assert client.get("/api/v1/images", headers=key).status_code == 200
    result = run("create-admin", "--email", "OWNER@example.org", "--existing")
    assert result.exit_code == 0
    assert result.stdout.startswith("The account was there already: owner@example.org is an administrator now. Its password stays")
    # Whoever had got into the account before has nothing of it now.
    assert client.get("/api/v1/user/info", headers=people.owner.headers).status_code == 401
    assert client.get("/api/v1/images", headers=key).status_code == 401
    signed_in = client.post("/api/v1/auth/login", json={"email": people.owner.email, "password": PASSWORD}).get_json()
    assert client.get("/api/v1/admin/overview", headers={"Authorization": f"Bearer {signed_in['access']}"}).status_code == 200
    again = run("create-admin", "--email", "owner@example.org")
    assert (again.exit_code, again.output) == (0, "owner@example.org is an administrator already: nothing has changed.\n")
    (action,) = audit()
    assert action.action == "admin.role_given"
    assert (action.detail["sessions_ended"], action.detail["keys_revoked"]) == (1, 1)


@pytest.mark.parametrize("words", [("--password-env", "X"), ("--username", "x")])
def test_an_account_that_is_meant_is_given_no_password_or_name(run: Run, people: People, audit: Audit, words: tuple[str, ...]) -> None:
    assert people.owner
    result = run("create-admin", "--email", "owner@example.org", "--existing", *words, env={"X": "another quiet lake"})
    assert (result.exit_code, "keeps its username and its password" in result.output) == (1, True)
    assert audit() == []


def test_no_account_is_made_where_one_is_meant_that_exists(run: Run, audit: Audit) -> None:
    result = run("create-admin", "--email", "ada@example.org", "--existing", input=f"{PASSWORD}\n")
    assert (result.exit_code, "no account with the address ada@example.org" in result.output) == (1, True)
    assert audit() == []


def test_a_disabled_administrator_is_let_in_again(run: Run, client: FlaskClient, people: People) -> None:
    other = people.administrator("other")
    disabled = client.patch(f"/api/v1/admin/users/{other.id}", headers=people.admin.headers, json={"disabled": True})
    assert disabled.status_code == 200
    result = run("create-admin", "--email", other.email, "--existing")
    assert "is enabled again, and an administrator" in result.stdout
    assert client.post("/api/v1/auth/login", json={"email": other.email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("words", "typed", "says"),
    [
        (("--email", "x"), PASSWORD, "Must be an e-mail address."),
        (("--email", "ada@example.org"), "password", "among the first that somebody would try"),
        (("--email", "ada@example.org"), "", "at least 8 characters"),
        (("--email", "ada@example.org", "--username", "a b"), PASSWORD, "A username has"),
        (("--email", "ada@example.org", "--username", "Owner"), PASSWORD, "This username is taken."),
    ],
)
def test_what_a_registration_refuses_is_refused_here(
    run: Run, people: People, audit: Audit, words: tuple[str, ...], typed: str, says: str
) -> None:
    assert people.owner
    result = run("create-admin", *words, input=f"{typed}\n")
    assert (result.exit_code, says in result.output) == (1, True), result.output
    assert audit() == []


def test_the_set_up_link_is_printed_while_there_is_no_administrator(run: Run, settings: Settings, people: People) -> None:
    assert run("setup-link").output == f"{settings.setup_url}\n"
    assert people.admin
    late = run("setup-link")
    assert (late.exit_code, settings.setup_token in late.output) == (1, False)


@pytest.mark.parametrize("words", [("create-admin", "--email", "ada@example.org"), ("setup-link",)])
def test_without_migrations_one_line_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    app = create_app(Settings(secret_key=SECRET, data_dir=tmp_path, log_level="WARNING", redis_url="redis://localhost:1"))
    result = app.test_cli_runner().invoke(args=list(words), input=f"{PASSWORD}\n")
    with app.app_context():
        db.engine.dispose()
    assert (result.exit_code, result.stderr) == (1, "Error: The database is not migrated: run `flask db upgrade`.\n")
