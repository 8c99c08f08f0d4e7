"""What fuzzing the API needs: the cases that schemathesis makes of the OpenAPI document, and two people with images to send them for.

It knows no route. Of a parameter it knows the name: ``image_id`` is given ids that stand in the table ``images``, whosever they are, and
``job_id`` those of work that users are shown.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import schemathesis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks
from schemathesis.transport.serialization import Binary

from aizen.auth.models import User
from aizen.database import Base, db
from aizen.work import kinds
from tests import pictures
from tests.conftest import PASSWORD, People, Person
from tests.work.errands import ERRAND, Errands

# Random cases for each operation, valid and invalid ones each, on top of those at the bounds of its schemas, which are the same every time.
EXAMPLES = int(os.environ.get("TEST_FUZZ_EXAMPLES", "3"))
IS_LONG_RUN = "TEST_FUZZ_EXAMPLES" in os.environ
MOST_BOUNDS = 40
SEED = 20
# A word that stands in what the stranger has, and nowhere else.
MARK = "strangersown"
UNKNOWN = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11"

# What a form is sent as a file: often a picture, sometimes bytes that are none. One of this process, as all formats of schemathesis are.
schemathesis.openapi.format(
    "binary", st.sampled_from([pictures.jpeg(), pictures.png(), pictures.gif()]).map(Binary) | st.binary().map(Binary)
)

# positive_data_acceptance is not among them: that a body fits its schema does not make its password right, or its image exist.
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
    checks.missing_required_header,
    checks.ignored_auth,
    checks.unsupported_method,
    checks.allow_header_conformance,
]


# Another operation's template has their address too, so that OPTIONS answers for both.
SHARED_ADDRESSES = {"POST /api/v1/auth/verify-email/resend"}


def schema_of(app: Flask) -> BaseSchema:
    """The document that the application serves, for schemathesis."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    schema.config.seed = SEED
    # Which of the refusals is given, the other checks hold against the document.
    schema.config.checks.negative_data_rejection.expected_statuses = ["4xx"]
    # It would read the constants of our source code to send them: another corpus with each commit.
    schema.config.analysis.constants.enabled = False
    return schema


def bounds(operation: APIOperation[Any, Any, Any, Any]) -> Iterator[Case[Any]]:
    """Cases at the bounds of the operation's schemas and beyond, methods that it does not have, headers that are missing."""
    schema = operation.schema
    random.seed(SEED)
    cases = list(schema.iter_coverage_cases(operation, generation_modes=list(GenerationMode), generation_config=schema.config.generation))
    # A recipe has thousands of bounds, which tests of the language reach for less; a long run sends all of them, an ordinary one each nth.
    yield from cases if IS_LONG_RUN else cases[:: 1 + len(cases) // MOST_BOUNDS]


def for_random_cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, send: Callable[[Case[Any]], object]) -> None:
    """``send`` has been called with random cases, the same every time unless this is a long run."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=not IS_LONG_RUN,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if IS_LONG_RUN else [Phase.generate],
        # What schemathesis draws is large, and some of it is filtered out; that costs time, and says nothing of Aizen.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(operation.as_strategy(generation_mode=mode))
    def each(case: Case[Any]) -> None:
        send(case)

    each()


def may_be_negative(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether anything can be wrong with a request: it has a body, or parameters that not every text fits."""
    return bool(operation.body) or any(
        set(each.definition.get("schema", {})) - {"type", "minLength"} for each in operation.iter_parameters()
    )


class World:
    """Two people with an image and a job each, and an administrator. The owner calls; what the stranger has stays as it is, unseen."""

    def __init__(self, client: FlaskClient, people: People, upload: Callable[..., Any], work: Callable[[], int]) -> None:
        self.client, self._people, self._upload, self._work = client, people, upload, work
        self._count = 0
        self._turns = cycle((0, 1, 0, 2, 0, 3))
        self._errands = Errands(client.application)
        self.stranger = self._joined("stranger", title=MARK, description=MARK, tags=MARK, alt=MARK)
        self.admin = people.named("admin")
        self._change(sa.update(User).where(User.id == uuid.UUID(self.admin.id)).values(role="admin"))
        self.owner = self._joined("owner")
        self._stranger_ids = self._ids_of(self.stranger)
        self._theirs = self._belongings()

    def caller(self, operation: APIOperation[Any, Any, Any, Any]) -> Person:
        """Who may call it: an administrator where the role is needed."""
        return self.admin if operation.definition.raw.get("x-scope") == "admin" else self.owner

    def send(self, case: Case[Any]) -> None:
        """The answer to the case as the caller of its operation sends it has passed every check; a person who is gone has come anew."""
        if _has_outer_blanks(case.body) and _is_negative_at(case, ParameterLocation.BODY):
            # They do not count for the length of a text, which JSON Schema cannot say.
            return
        caller = self.caller(case.operation)
        self._fill_in(case)
        headers = {} if case.operation.schema.is_security_param_negated(case) else caller.headers
        how: dict[str, Any] = {"app": self.client.application, "session": self.client, "buffered": True}
        answer = case.call(headers=headers, **how)
        checked = [each for each in CHECKS if each is not checks.allow_header_conformance or case.operation.label not in SHARED_ADDRESSES]
        case.validate_response(answer, checks=checked, headers=headers, transport_kwargs=how)
        if caller is self.owner:
            self._assert_apart(case, answer)
        if case.method == "DELETE" and answer.status_code < 300 and case.path_parameters:
            self._assert_gone(case, caller)
        self._come_back(answer, caller, had_token=bool(headers))

    def _assert_apart(self, case: Case[Any], answer: Response) -> None:
        """The answer shows nothing of the stranger's, and what is the stranger's was not there for the owner."""
        assert MARK.encode() not in answer.content, f"{case!r} shows what belongs to somebody else"
        names_theirs = bool(self._stranger_ids & set(map(str, case.path_parameters.values())))
        if names_theirs and case.operation.definition.raw.get("security") and case.method == case.operation.method.upper():
            assert answer.status_code >= 400, f"{case!r} is not refused"

    def assert_nothing_of_the_stranger_has_changed(self, operation: APIOperation[Any, Any, Any, Any]) -> None:
        """An administrator may change it."""
        assert self.caller(operation) is self.admin or self._belongings() == self._theirs

    def _fill_in(self, case: Case[Any]) -> None:
        """Where a value may be any that fits, one that means something stands most of the time: an id that exists, the right password."""
        if not _is_negative_at(case, ParameterLocation.PATH):
            for name in list(case.path_parameters):
                case.path_parameters[name] = self._known(name, otherwise=case.path_parameters[name])
        if next(self._turns) == 3:
            return
        # Only the server makes these: one that is made up is refused before anything else is looked at.
        if not _is_negative_at(case, ParameterLocation.HEADER):
            case.headers.pop("If-Match", None)
        if not _is_negative_at(case, ParameterLocation.QUERY):
            case.query.pop("cursor", None)
        if isinstance(case.body, dict) and not _is_negative_at(case, ParameterLocation.BODY):
            self._count += 1
            email = self.owner.email if self._count % 2 else f"new{self._count}@example.org"
            right = {"email": email, "password": PASSWORD, "password2": PASSWORD, "current_password": PASSWORD}
            right["refresh"] = self.owner.refresh
            case.body.update({name: right[name] for name in case.body.keys() & right.keys()})

    def _known(self, name: str, *, otherwise: str) -> str:
        """A value for the path parameter ``name``: the owner's most of the time, then the stranger's, one that nobody has, or as it was."""
        turn = next(self._turns)
        if turn == 3:
            return otherwise
        if name == "name":
            return "w64.webp"
        table = Base.metadata.tables.get("work_items" if name == "job_id" else name.removesuffix("_id") + "s")
        if table is None:
            return otherwise
        person = self.stranger if turn == 1 else self.owner
        shown = table.c.kind.in_(list(kinds.jobs())) if name == "job_id" else sa.true()
        found = self._rows(sa.select(table.c.id).where(_owner_of(table) == uuid.UUID(person.id), shown).order_by(table.c.id).limit(1))
        return UNKNOWN if turn == 2 or not found else str(found[0][0])

    def _assert_gone(self, case: Case[Any], caller: Person) -> None:
        """What has been deleted is not there for anything that its address could be asked for."""
        for method in ("GET", "DELETE", "PATCH"):
            if case.operation.schema.find_operation_by_label(f"{method} {case.path}") is not None:
                # 401 where it was the session that asks.
                answer = self.client.open(case.formatted_path, method=method, headers=caller.headers, json={}, buffered=True)
                assert answer.status_code in (401, 404, 422), f"{method} {case.formatted_path} after DELETE: {answer.status_code}"

    def _come_back(self, answer: Response, caller: Person, *, had_token: bool) -> None:
        if caller is not self.owner:
            return
        if answer.status_code == 401 and had_token:
            self._count += 1
            self.owner = self._joined(f"owner{self._count}")
        elif answer.request.method not in ("GET", "HEAD") and answer.status_code < 300:
            self._leave_things(self.owner)

    def _joined(self, name: str, **fields: str) -> Person:
        person = self._people.named(name)
        self._leave_things(person, **fields)
        return person

    def _leave_things(self, person: Person, **fields: str) -> None:
        images = Base.metadata.tables["images"]
        if not self._rows(sa.select(images.c.id).where(images.c.owner_id == uuid.UUID(person.id)).limit(1)):
            made = self._upload(None, f"{person.username}.jpg", person=person, describe="false", **fields)
            assert made.status_code == 201, made.text
            self._work()
        items = Base.metadata.tables["work_items"]
        if not self._rows(sa.select(items.c.id).where(items.c.owner_id == uuid.UUID(person.id), items.c.kind == ERRAND).limit(1)):
            # Done, since an answer about one that is not may be waited for.
            self._errands.ask_for(person.id)
            self._work()

    def _belongings(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row in which an id of the stranger's stands."""
        rows = {name: self._rows(sa.select(table)) for name, table in Base.metadata.tables.items()}
        return {name: sorted((row for row in found if self._stranger_ids & set(map(str, row))), key=repr) for name, found in rows.items()}

    def _ids_of(self, person: Person) -> set[str]:
        """The person's own id, and the id of every row that is theirs."""
        tables = [table for table in Base.metadata.tables.values() if "id" in table.c and _owner_of(table) is not table.c.id]
        found = (self._rows(sa.select(table.c.id).where(_owner_of(table) == uuid.UUID(person.id))) for table in tables)
        return {person.id, *(str(row[0]) for rows in found for row in rows)}

    def _rows(self, statement: sa.Select[Any]) -> list[tuple[Any, ...]]:
        with self.client.application.app_context(), db.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def _change(self, statement: sa.Update) -> None:
        with self.client.application.app_context(), db.engine.begin() as connection:
            connection.execute(statement)


def _is_negative_at(case: Case[Any], location: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(location)


def _has_outer_blanks(body: Any) -> bool:
    return isinstance(body, dict) and any(isinstance(value, str) and value != value.strip() for value in body.values())


def _owner_of(table: sa.Table) -> sa.Column[Any]:
    """The column that says whose a row is; that of users is their own."""
    return next((table.c[name] for name in ("owner_id", "user_id") if name in table.c), table.c.id)
