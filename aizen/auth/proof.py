"""Who is signed in proves once more who they are: a token that was stolen neither closes an account nor takes it over."""

from __future__ import annotations

import uuid

import structlog

from aizen.auth import passwords, sessions, throttles
from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import WrongPassword

log = structlog.get_logger(__name__)


def prove(user_id: uuid.UUID, password: str, *, network: str, session_id: uuid.UUID | None, pointer: str = "/password") -> User:
    """The user, whose password this is. One hash is computed outside any transaction, and a failure counts like a failed sign-in.

    Whoever writes afterwards does it where ``password_hash`` is still that of the answer: it may be changed meanwhile.
    Raises WrongPassword, which names ``pointer``, TooMany, and Unauthenticated (session_ended) for an account that is gone or disabled.
    """
    with reading():
        user = db.session.get(User, user_id, populate_existing=True)
    if user is None or user.disabled_at is not None:
        raise sessions.ended()
    with throttles.try_of(user.email, network, session_id=session_id):
        if not passwords.is_right(password, user.password_hash):
            log.info("password refused", user=str(user_id), network=network)
            raise WrongPassword(pointer=pointer)
    return user
