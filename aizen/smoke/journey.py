"""What a user does, step by step, with a line for each: from joining to a picture that is gone."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import struct
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from aizen.smoke.instance import Answer, Failure, Instance, Unreachable, origin

API = "/api/v1"
LONGEST_WAIT_SECONDS = 10
POLL_SECONDS = 0.25
CLEANING_SECONDS = 10.0
GONE = (404, 410)
SIGNATURES = {
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}
# A cut, a filter, and a format that no variant has.
TRANSFORMATION = "w=300,h=300/fx=grayscale/f=avif"
TRANSFORMED_SIZE = (300, 300)
SIGNED = "w=200/fx=sepia"
OTHER_ACCOUNT = "Or use an account that exists: --email, with its password asked for or in the variable that --password-env names."


@dataclass
class Step:
    """A step under way; ``note`` is what its line says when it went well."""

    note: str = ""


class Report:
    """One line a step."""

    def __init__(self, say: Callable[[str], None], *, is_plain: bool) -> None:
        self._say = say
        self._good, self._bad = ("ok  ", "FAIL") if is_plain else ("✓", "✗")
        self._is_plain = is_plain

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """The step's line has been said, with its time; a Failure passes through."""
        begun = time.monotonic()
        step = Step()
        try:
            yield step
        except Failure as failure:
            self._line(self._bad, name, begun, str(failure))
            raise
        self._line(self._good, name, begun, step.note)

    def _line(self, mark: str, name: str, begun: float, note: str) -> None:
        self.say(f"{mark} {name:<10}{(time.monotonic() - begun) * 1000:>7.0f} ms  {note}".rstrip())

    def say(self, text: str) -> None:
        self._say(text.encode("ascii", "backslashreplace").decode() if self._is_plain else text)


@dataclass(frozen=True)
class Credentials:
    """The account that is used: one of the operator's, or one that is made for this run."""

    email: str
    password: str
    is_new: bool

    @classmethod
    def made(cls) -> Credentials:
        # RFC 2606 keeps example.org for such: nobody gets the mail.
        return cls(f"smoke-{secrets.token_hex(8)}@example.org", secrets.token_urlsafe(24), is_new=True)


class Journey:
    """One run. ``run`` goes through the steps; ``clean`` takes back what an unfinished one has left."""

    def __init__(self, instance: Instance, credentials: Credentials, report: Report) -> None:
        self._instance = instance
        self._credentials = credentials
        self._report = report
        self._picture = picture()
        self._refresh: str | None = None
        self._may_be_there = False

    def run(self) -> None:
        """Every step went well. Raises Failure at the first that did not."""
        self._sign_in()
        path = self._upload()
        self._wait("ready", path, "status", good="ready", bad=("failed",))
        self._wait("described", path, "ai_status", good="done", bad=("failed", "skipped"))
        self._open_original(path)
        addresses = self._open_variants(path)
        addresses.append(self._transform(path))
        addresses.append(self._sign(path))
        self._delete(path, addresses)
        if self._credentials.is_new:
            self._close()

    def clean(self) -> None:
        """The picture is not there, the session has ended, an account that was made is closed, as far as the instance lets us.

        What remains is said. An account that was given is never closed.
        """
        self._instance.grant(CLEANING_SECONDS)
        if self._may_be_there:
            try:
                self._remove_picture()
            except Failure as failure:
                self._report.say(f"The picture could not be removed: {failure}")
        if self._refresh is not None and self._credentials.is_new:
            try:
                self._close_account()
            except Failure as failure:
                self._report.say(f"The account {self._credentials.email} remains: {failure}")
        if self._refresh is not None:
            with contextlib.suppress(Failure):
                self._instance.call("POST", f"{API}/auth/logout", expect=(200,), json={"refresh": self._refresh})

    def _sign_in(self) -> None:
        is_new = self._credentials.is_new
        kind = "register" if is_new else "login"
        body = {"email": self._credentials.email, "password": self._credentials.password}
        with self._report.step(kind) as step:
            answer = self._instance.call("POST", f"{API}/auth/{kind}", expect=(200, 201, 202, 401, 403, 409, 422, 429), json=body)
            if answer.status == 202:
                self._take_back_account()
            if answer.status not in (200, 201):
                raise Failure(answer.told() + (f". {_advice(answer)}" if is_new else ""))
            tokens = answer.json["tokens"] if is_new else answer.json
            self._instance.bearer.access, self._refresh = tokens["access"], tokens["refresh"]
            step.note = self._credentials.email

    def _take_back_account(self) -> None:
        """The account that was made without signing in is gone again, if it can be: it would be of no use to anybody."""
        with contextlib.suppress(Failure):
            body = {"email": self._credentials.email, "password": self._credentials.password}
            tokens = self._instance.call("POST", f"{API}/auth/login", expect=(200,), json=body).json
            self._instance.bearer.access, self._refresh = tokens["access"], tokens["refresh"]
            self._close_account()

    def _upload(self) -> str:
        with self._report.step("upload") as step:
            self._may_be_there = True
            files = {"image": ("smoke.png", self._picture, "image/png")}
            image = self._instance.call("POST", f"{API}/images", expect=(201,), files=files, data={"title": "flask smoke"}).json
            if image["sha256"] != self._checksum:
                raise Failure("The instance tells another SHA-256 than that of the picture which was sent.")
            step.note = f"{image['width']} x {image['height']} {image['format']}, {image['bytes']} bytes"
        return f"{API}/images/{image['id']}"

    @property
    def _checksum(self) -> str:
        return hashlib.sha256(self._picture).hexdigest()

    def _wait(self, name: str, path: str, field: str, *, good: str, bad: Collection[str]) -> None:
        with self._report.step(name) as step:
            progress = self._progress(path, field, until=(good, *bad))
            image = self._instance.call("GET", path, expect=(200,)).json
            if progress[field] in bad:
                raise Failure(f"{field} is {progress[field]}: {_reasons(progress, image)}")
            if field == "ai_status":
                step.note = _who_described(image["ai"])

    def _progress(self, path: str, field: str, *, until: Collection[str]) -> dict[str, Any]:
        """The first progress whose field has one of these values."""
        progress: dict[str, Any] = {}
        headers: dict[str, str] = {}
        while True:
            answer = self._instance.call("GET", f"{path}/status", expect=(200, 304), headers=headers)
            progress = answer.json if answer.status == 200 else progress
            if progress[field] in until:
                return progress
            if self._instance.left < 2 * POLL_SECONDS:
                raise Failure(_not_yet(field, progress, seconds=self._instance.seconds))
            wait = min(LONGEST_WAIT_SECONDS, int(self._instance.left) - 1)
            if wait < 1 or (headers and "Preference-Applied" not in answer.headers):
                time.sleep(POLL_SECONDS)
            headers = {"Prefer": f"wait={max(wait, 0)}", "If-None-Match": answer.headers.get("ETag", "")}

    def _open_original(self, path: str) -> None:
        with self._report.step("original") as step:
            answer = self._instance.call("GET", f"{path}/file", expect=(200, 302))
            if answer.status == 302:  # the storage sends it itself, and must not see our token
                place = urljoin(self._instance.base_url, answer.headers["Location"])
                answer = self._instance.open(place)
                step.note = f"from {origin(place)}"
            if answer.status != 200:
                raise Failure(answer.told())
            if answer.body != self._picture:
                raise Failure(f"{answer.request} answered other bytes than those that were uploaded.")

    def _open_variants(self, path: str) -> list[str]:
        with self._report.step("variants") as step:
            variants = self._instance.call("GET", path, expect=(200,)).json["variants"]
            if not variants:
                raise Failure("The image is ready and has no variants.")
            for variant in variants:
                self._open_variant(variant)
            step.note = f"{len(variants)} opened at {origin(variants[0]['url'])}"
            return [variant["url"] for variant in variants]

    def _transform(self, path: str) -> str:
        with self._report.step("transformed") as step:
            made = self._instance.call("POST", f"{path}/transform", expect=(200,), json={"recipe": TRANSFORMATION}).json
            self._open_variant(made)
            if (made["width"], made["height"]) != TRANSFORMED_SIZE:
                raise Failure(f"The recipe {TRANSFORMATION} made {made['width']} x {made['height']} pixels.")
            step.note = f"{made['width']} x {made['height']} {made['format']}, {made['bytes']} bytes"
            return str(made["url"])

    def _sign(self, path: str) -> str:
        with self._report.step("signed") as step:
            asked = {"ids": [path.rpartition("/")[2]], "recipes": [SIGNED], "format": "webp"}
            (made,) = self._instance.call("POST", f"{API}/images/sign", expect=(200,), json=asked).json
            # Once made, once from the cache.
            for _ in range(2):
                answer = self._instance.open(made["url"])
                if answer.status != 200:
                    raise Failure(answer.told())
                if not SIGNATURES["webp"].match(answer.body):
                    raise Failure(f"{answer.request} answered no webp image.")
            step.note = f"{SIGNED} webp, {len(answer.body)} bytes, opened twice"
            return str(made["url"])

    def _open_variant(self, variant: Mapping[str, Any]) -> None:
        public = origin(variant["url"])
        elsewhere = public != origin(self._instance.base_url)
        try:
            answer = self._instance.open(variant["url"])
        except Unreachable as error:
            if not elsewhere or error.place != public:
                raise
            raise Failure(
                f"The instance writes its addresses with PUBLIC_URL={public}, and that cannot be reached from here: {error.reason}. "
                "Set PUBLIC_URL to the address that people use."
            ) from None
        if answer.status != 200:
            hint = f" The instance writes its addresses with PUBLIC_URL={public}: does that lead to it?" if elsewhere else ""
            raise Failure(answer.told() + hint)
        signature = SIGNATURES.get(variant["format"])
        media_type = answer.headers.get("Content-Type", "none")
        if media_type != f"image/{variant['format']}" or len(answer.body) != variant["bytes"]:
            raise Failure(
                f"{answer.request} answered {len(answer.body)} bytes of type {media_type} instead of {variant['bytes']} of "
                f"image/{variant['format']}."
            )
        if signature is not None and not signature.match(answer.body):
            raise Failure(f"{answer.request} answered no {variant['format']} image.")

    def _delete(self, path: str, addresses: Collection[str]) -> None:
        with self._report.step("delete"):
            self._instance.call("DELETE", path, expect=(204,))
            self._may_be_there = False
        with self._report.step("gone") as step:
            self._instance.call("GET", path, expect=GONE)
            for address in addresses:
                answer = self._instance.open(address)
                if answer.status not in GONE:
                    raise Failure(f"{answer.request} still answers {answer.status} after the image was deleted.")
            step.note = f"the image and its {len(addresses)} addresses"

    def _close(self) -> None:
        with self._report.step("closed") as step:
            self._close_account()
            self._instance.call("GET", f"{API}/user/info", expect=(401,))
            step.note = f"the account {self._credentials.email}"

    def _close_account(self) -> None:
        """Our account is no more, and our session with it."""
        self._instance.call("DELETE", f"{API}/auth/profile", expect=(204,), json={"password": self._credentials.password})
        self._refresh = None

    def _remove_picture(self) -> None:
        """Also where the upload's answer never came: then it is found by its bytes."""
        listed = self._instance.call("GET", f"{API}/images?limit=50", expect=(200,)).json
        for image in listed:
            if image["sha256"] == self._checksum:
                self._instance.call("DELETE", f"{API}/images/{image['id']}", expect=(204, *GONE))
                self._report.say("The picture has been removed.")


def _advice(answer: Answer) -> str:
    if answer.status == 429:
        return f"RATE_LIMIT_REGISTER is used up: wait {answer.headers.get('Retry-After', 'some')} s. {OTHER_ACCOUNT}"
    if answer.status == 202:
        return f"New accounts confirm their e-mail address first, here (EMAIL_VERIFICATION=required). {OTHER_ACCOUNT}"
    return f"This instance does not let a throw-away account join. {OTHER_ACCOUNT.removeprefix('Or u').capitalize()}"


def _not_yet(field: str, progress: Mapping[str, Any], *, seconds: float) -> str:
    what = "ready" if field == "status" else "described"
    work = ", ".join(f"{each['kind']} is {each['state']}" for each in progress["work"])
    begun = any(each["attempts"] for each in progress["work"])
    hint = "Give it more --seconds, or look into the worker's log." if begun else "No work has begun: it may be that no worker is running."
    return f"The picture is not {what} within {seconds:g} s ({work}). {hint}"


def _reasons(progress: Mapping[str, Any], image: Mapping[str, Any]) -> str:
    failures = [f"{each['kind']}: {each['error']['code']}: {each['error']['detail']}" for each in progress["work"] if each["error"]]
    return "; ".join(failures) or image["ai"]["error"] or "no reason told"


def _who_described(ai: Mapping[str, Any]) -> str:
    model = f", {ai['model']}" if ai["model"] and ai["model"] != ai["provider"] else ""
    return f"by {ai['provider']}{model}" + (": no model has looked" if ai["provider"] == "offline" else "")


def picture() -> bytes:
    """A PNG of 1280 x 800 pixels: squares in random colours, another one at each call."""
    side, columns, rows = 160, 8, 5
    lines = b"".join(
        # Each line of pixels begins with the number of its filter: none.
        (b"\0" + b"".join(secrets.token_bytes(3) * side for _ in range(columns))) * side
        for _ in range(rows)
    )
    header = struct.pack(">IIBBBBB", side * columns, side * rows, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
