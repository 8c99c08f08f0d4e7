"""Links for a new password, as people get them."""

from __future__ import annotations

import re
from collections.abc import Callable

from aizen.mail import Letter
from tests.conftest import Backend


def token_in(letter: Letter) -> str:
    """The token of the link that stands in the letter."""
    found = re.search(r"#token=(\S+)", letter.text)
    assert found, letter.text
    return found[1]


def asked_for(backend: Backend, work: Callable[[], int], email: str) -> str:
    """The token of the link that is sent to whoever asks for a new password."""
    answer = backend.app.test_client().post("/api/v1/auth/password/reset/request", json={"email": email})
    assert answer.status_code == 202, answer.text
    work()
    return token_in(backend.mailer.to(email)[-1])
