"""Letters of a real worker to a real SMTP server: they arrive, and one that is refused is failed work with its reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.faults.client import PASSWORD, register
from tests.faults.installation import Build, Installation
from tests.faults.waiting import eventually
from tests.services import smtp
from tests.services.smtp import SmtpServer
from tests.services.valkey import Valkey


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    certificate = smtp.make_certificate(tmp_path_factory.mktemp("certificate"))
    with SmtpServer(security="starttls", certificate=certificate, wants_login=True) as running:
        yield running


@pytest.fixture(scope="module")
def writing(build: Build, server: SmtpServer) -> Iterator[Installation]:
    """An installation whose e-mails go to the server, in the mode that needs them."""
    changes = {
        "EMAIL_VERIFICATION": "optional",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port),
        "EMAIL_HOST_USER": smtp.USER,
        "EMAIL_HOST_PASSWORD": smtp.PASSWORD,
        "SSL_CERT_FILE": str(server.certificate),
        "JOB_ATTEMPTS": "2",
    }
    with Valkey() as valkey, build(valkey, changes=changes) as running:
        yield running


def test_a_new_user_gets_the_link_and_is_verified_by_it(writing: Installation, server: SmtpServer) -> None:
    user = register(writing.base_url)
    eventually(lambda: [[user.email]] == server.recipients, what="the letter arrives", story=writing.story)
    plain = server.letters[0].get_body(("plain",))
    assert plain is not None
    (link,) = [line for line in plain.get_content().splitlines() if line.startswith("http")]
    assert requests.get(link.replace("localhost", "127.0.0.1"), timeout=10).json() == {"email": user.email, "email_verified": True}
    assert user.request("GET", "/api/v1/user/info").json()["email_verified"] is True
    eventually(lambda: writing.rows("SELECT id FROM work_items WHERE state <> 'failed'") == [], what="no work is left", story=writing.story)
    assert not (writing.folder / "data" / "mail").exists()
    for part in writing.parts:
        told = part.log.read_text(encoding="utf-8")
        assert link.rpartition("/")[2] not in told
        assert smtp.PASSWORD not in told
        assert user.email not in told


def test_a_letter_that_is_refused_is_failed_work_with_its_reason(writing: Installation, server: SmtpServer) -> None:
    email = "nobody@example.org"
    server.will_refuse(email, "550 5.1.1 No such user")
    body = {"email": email, "password": PASSWORD}
    assert requests.post(f"{writing.base_url}/api/v1/auth/register", json=body, timeout=10).status_code == 201
    reason = "SELECT kind, state, error_code, error_detail FROM work_items"
    wanted = ("send_verification", "failed", "mail_address_refused", "The mail server refuses the recipient (550 5.1.1).")
    eventually(lambda: writing.rows(reason) == [wanted], what="the work is failed", story=writing.story)
