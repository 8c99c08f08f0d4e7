"""SIGTERM: what is at hand is finished, and the process ends with 0."""

from __future__ import annotations

import os
import signal

from tests import pictures
from tests.faults.client import User
from tests.faults.installation import Installation
from tests.faults.parts import family_of, is_running, sockets_of
from tests.faults.waiting import eventually

PICTURE = pictures.jpeg_of_bytes(2_000_000)


def test_the_web_server_finishes_its_uploads_after_sigterm_and_ends_with_0(installation: Installation, user: User) -> None:
    family = family_of(installation.web.pid)
    with user.begin_upload(PICTURE, share=0.5) as connection:
        eventually(installation.open_temporary_files, what="the upload arrives")
        installation.web.signal(signal.SIGTERM)
        # The master closes its listening socket, and passes the signal on.
        eventually(lambda: not sockets_of(installation.web.pid), what="the server has got the signal")
        connection.sendall(user.rest)
        assert connection.recv(1000).startswith(b"HTTP/1.1 201 ")
    assert installation.web.wait() == 0
    eventually(lambda: not any(map(is_running, family)), what="every process of the web server ends")
    installation.mend()
    [image] = user.request("GET", "/api/v1/images").json()
    user.wait_until("ready", image["id"])
    installation.assert_exact()


def test_a_worker_finishes_its_job_after_sigterm_begins_no_other_and_ends_with_0(installation: Installation, user: User) -> None:
    with installation.gates.held("variants-done"):
        first = user.upload()
        installation.gates.wait_for_one("variants-done")
        second = user.upload()
        installation.worker.signal(signal.SIGTERM)
    assert installation.worker.wait() == 0
    assert user.progress(first)["status"] == "ready"
    assert user.progress(first)["work"][0]["attempts"] == 1
    assert user.progress(second)["work"][0]["attempts"] == 0
    installation.worker.start()
    user.wait_until("ready", second)
    installation.assert_exact()


def test_a_worker_finishes_its_job_when_every_process_of_it_gets_sigterm(installation: Installation, user: User) -> None:
    """As systemd and Heroku stop a service."""
    with installation.gates.held("variants-done"):
        image = user.upload()
        installation.gates.wait_for_one("variants-done")
        family = family_of(installation.worker.pid)
        assert len(family) == 2
        for member in family:
            os.kill(member, signal.SIGTERM)
    assert installation.worker.wait() == 0
    assert user.progress(image)["status"] == "ready"
    assert user.progress(image)["work"][0]["attempts"] == 1
    installation.worker.start()
    user.wait_until("ready", image)
    installation.assert_exact()


def test_an_idle_worker_and_the_clock_end_with_0_after_sigterm(installation: Installation, user: User) -> None:
    user.wait_until("ready", user.upload())  # both run, then
    assert installation.worker.stop() == 0
    assert installation.clocks[0].stop() == 0
