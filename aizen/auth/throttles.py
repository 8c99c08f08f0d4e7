"""The throttles of accounts: guessing is slow, and nobody can lock the owner of an account out by it, or flood anybody with e-mails.

Of tries of a password only failures count, since many people may share one address: by client, by account and client network
(RATE_LIMIT_LOGIN), and by account (RATE_LIMIT_ACCOUNT). Past the last of these the account may still be tried from networks that it was
signed in from before, or where a link from its mailbox gave it a new password.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from aizen.auth import sessions
from aizen.auth.folding import fold
from aizen.errors import Invalid, Unauthenticated, WrongPassword
from aizen.web.limits import admit, client, count, look


@contextmanager
def try_of(email: str, network: str, *, session_id: uuid.UUID | None = None) -> Iterator[None]:
    """The block is a try at the password of the account of ``email`` from ``network``; when it raises Unauthenticated, it has counted.

    So has one that raises WrongPassword: where somebody signed in is asked for the password again, whoever has stolen a token can guess.

    Raises TooMany, before the block is run, when account and network, or the account by itself, have failed too often. That is decided by
    the address that was typed and by ``network``; whether there is such an account makes a difference to its own former networks only.
    Who is signed in, with ``session_id``, has that session's own count in the place of the account's: strangers cannot keep them from
    changing their password, and the thief of a session has no more tries in a thousand networks than in one.

    A failure is known when the hash has been computed. Of tries that run side by side at the very limit, as many as the web servers have
    threads may therefore be looked at beyond it; those beyond RATE_LIMIT_LOGIN that fail are answered TooMany all the same.
    """
    account = _digest(email)
    _admit_try(account, email=email, network=network, session_id=session_id)
    try:
        yield
    except (Unauthenticated, WrongPassword):
        _count_failure(account, network=network, session_id=session_id)
        raise


def _admit_try(account: str, *, email: str, network: str, session_id: uuid.UUID | None) -> None:
    here = look("login", _both(account, network))
    if not here.passes:
        admit(here)
    anywhere = look("account", account if session_id is None else _of_session(session_id))
    if not anywhere.passes and (session_id is not None or not sessions.has_begun(email, network)):
        admit(anywhere)


def _count_failure(account: str, *, network: str, session_id: uuid.UUID | None) -> None:
    here, of_client = count("login", _both(account, network)), count("login", client())
    count("account", account)
    if session_id is not None:
        count("account", _of_session(session_id))
    if not here.passes:
        admit(here)
    # Told is the client's own count alone: the others say what somebody else did with this account, and so that somebody has it.
    admit(of_client)


def _both(account: str, network: str) -> str:
    return f"{account}|{network}"


def _of_session(session_id: uuid.UUID) -> str:
    return f"session {session_id}"


def _digest(email: str) -> str:
    # Keys of counters are nowhere treated as personal data.
    return hashlib.sha256(fold(email).encode()).hexdigest()


def admit_letter(kind: str, email: str, *, network: str = "") -> None:
    """One more e-mail of that kind may go to that address, whoever has it, if anybody. Raises TooMany.

    With ``network`` its requests alone are counted: whoever asks for somebody else's letters does not keep them from asking.
    """
    to_address = count("email_address", f"{kind}|{_digest(email)}|{network}")
    # Told is a refusal alone: what is left says how often others have asked.
    if not to_address.passes:
        admit(to_address)


def has_room(kind: str, email: str) -> bool:
    """Whether one more e-mail of that kind may go to that address; it has counted.

    For what anybody may ask for: where there is no room, nothing is sent or told, for a 429 would let strangers keep the owner of
    an address from being answered.
    """
    return count("email_address", f"{kind}|{_digest(email)}").passes


def admit_letter_of_client() -> None:
    """The client of the current request may cause one more e-mail. Raises TooMany."""
    admit(count("email", client()))


@contextmanager
def try_of_token() -> Iterator[None]:
    """The block is a try to use a token of an e-mail; when that is not valid, it has counted as one of its client's guesses."""
    try:
        yield
    except Invalid as error:
        if error.code == "token_not_valid":
            admit(count("one_time_token", client()))
        raise
