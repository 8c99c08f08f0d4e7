"""What opens an account besides its password, taken away at once."""

from __future__ import annotations

import uuid
from typing import Any

import sqlalchemy as sa

from aizen.auth import addresses, keys, one_time, sessions
from aizen.auth.models import OneTimeToken
from aizen.database import db, utc_now


def cut_off(user_id: uuid.UUID) -> dict[str, Any]:
    """In the open transaction the user's password is all that opens the account, if that does; the answer says what it was, in numbers.

    No session lives, no API key opens anything, no link that was sent is good, and a change of address that was asked for is dropped.
    Nothing brings them back.
    """
    is_live = (OneTimeToken.user_id == user_id, OneTimeToken.used_at.is_(None), OneTimeToken.expires_at > utc_now())
    links = db.session.scalar(sa.select(sa.func.count()).select_from(OneTimeToken).where(*is_live)) or 0
    ended, revoked = sessions.end_all(user_id), keys.revoke_all(user_id)
    addresses.drop_change(user_id)
    one_time.withdraw(user_id, "verify_email", "change_email", "reset_password")
    return {"sessions_ended": ended, "keys_revoked": revoked, "links_withdrawn": links}
