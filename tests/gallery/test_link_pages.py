"""/s/{slug}: what whoever has a share link sees, and what ends it."""

from __future__ import annotations

import html
import io
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aizen.auth.models import User
from aizen.database import db, utc_now
from aizen.gallery.models import ShareLink
from aizen.images.models import Variant
from aizen.settings import Settings
from tests import pictures
from tests.auth.conftest import log
from tests.conftest import Backend, People
from tests.gallery.conftest import Change, Image, Share
from tests.images.conftest import opened

__all__ = ["log"]

JSON = {"Accept": "application/json"}


def page_of(client: FlaskClient, link: Any) -> TestResponse:
    return client.get(f"/s/{link['slug']}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})


def metadata(page: TestResponse) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page.text)
    return {name: html.unescape(value) for name, value in found}


def assert_runs_nothing_and_loads_nothing_from_elsewhere(page: TestResponse, *, own: str) -> None:
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script|\son[a-z]+=|\sstyle=", page.text)
    loaded = re.findall(r'(?:src|srcset|href|action)="([^"]*)"', page.text)
    for each in (address for text in loaded for address in re.split(r" \d+w,? ?", text) if address):
        assert each.startswith(own) or each in ("data:,", "/"), each
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert metadata(page)["robots"] == "noindex"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_shows_the_picture_and_what_its_owner_says_of_it(
    client: FlaskClient, image: Image, share: Share, settings: Settings, people: People
) -> None:
    link = share(image)
    page, own = page_of(client, link), f"/s/{link['slug']}"
    assert (page.status_code, page.mimetype, page.headers["Cache-Control"]) == (200, "text/html", "private, no-cache")
    assert "Accept" in page.headers["Vary"]
    assert_runs_nothing_and_loads_nothing_from_elsewhere(page, own=f"{own}/")
    assert "<title>Picos de Europa · Aizen</title>" in page.text
    assert "First light.\nSeen from Sotres.</p>" in page.text
    assert f">{people.owner.username}</strong>" in page.text
    assert f'srcset="{own}/w160.webp 160w, {own}/w320.webp 320w, {own}/w400.webp 400w"' in page.text
    assert f'<img src="{own}/w400.jpeg"' in page.text
    assert 'width="400" height="300" alt="Grey peaks"' in page.text
    told, address = metadata(page), settings.base_url + own
    assert {name: value for name, value in told.items() if name.startswith("og:")} == {
        "og:type": "website",
        "og:site_name": "Aizen",
        "og:url": address,
        "og:title": "Picos de Europa",
        "og:description": "First light. Seen from Sotres.",
        "og:image": f"{address}/w400.jpeg",
        "og:image:type": "image/jpeg",
        "og:image:width": "400",
        "og:image:height": "300",
        "og:image:alt": "Grey peaks",
    }
    assert told["twitter:card"] == "summary_large_image"
    assert told["twitter:image"] == told["og:image"]
    # Programs that take anything are messengers, which make a preview.
    assert client.get(own, headers={"Accept": "*/*"}).mimetype == "text/html"
    assert client.get(own).mimetype == "text/html"
    assert client.get(own, headers={"Accept": "application/json, text/plain, */*"}).mimetype == "application/json"


def test_what_the_owner_writes_is_text_and_what_nobody_approved_is_not_told(
    client: FlaskClient, ready: Callable[..., Image], share: Share, people: People
) -> None:
    nasty = '"><script>alert(1)</script>{style}&amp;'
    page = page_of(client, share(ready(pictures.png(200, 100), title=nasty, description=nasty, alt=nasty)))
    assert "<script" not in page.text
    assert page.text.count(html.escape(nasty)) >= 5
    assert metadata(page)["og:title"] == nasty
    assert metadata(page)["og:image"].endswith("/w200.png")
    bare = page_of(client, share(ready(pictures.jpeg(200, 100))))
    assert "alt=" not in re.findall("<img[^>]*>", bare.text)[0]
    assert "<h1" not in bare.text
    assert metadata(bare)["og:title"] == f"A picture by {people.owner.username}"


def test_viewers_are_told_of_words_and_origin_what_the_gallery_tells_everybody(
    client: FlaskClient, ready: Callable[..., Image], share: Share, change: Change, people: People
) -> None:
    image = ready(pictures.jpeg(400, 300), title="Peaks", visibility="public")
    link, address = share(image), f"/api/v1/images/{image['id']}"
    nobody, by_model, with_model = None, ["Made by an AI model"], ["Made with the help of an AI model"]
    told_of: list[tuple[dict[str, str], str | None, str | None, list[str]]] = [
        ({"alt": "Grey peaks"}, "Grey peaks", "trainedAlgorithmicMedia", by_model),
        ({"alt_status": "decorative", "alt": ""}, "", "compositeWithTrainedAlgorithmicMedia", with_model),
        ({"alt_status": "missing"}, nobody, "compositeSynthetic", with_model),
        ({"alt_status": "missing"}, nobody, "digitalCapture", []),
        ({"alt_status": "missing"}, nobody, None, []),
    ]
    for words, alt, term, said in told_of:
        assert client.patch(address, headers=people.owner.headers, json=words).status_code == 200, words
        change(image["id"], rights={"creator": "Ada", "copyright": None, "digital_source_type": term} if term else None)
        viewed, everybody = client.get(f"/s/{link['slug']}", headers=JSON).get_json(), client.get(f"/api/v1/images/public/{image['id']}")
        assert (viewed["alt"], viewed["digital_source_type"]) == (alt, term)
        theirs_alone = {"url", "image_url", "variants", "expires_at"}
        assert {name: viewed[name] for name in viewed.keys() - theirs_alone}.items() <= everybody.get_json().items()
        page = page_of(client, link).text
        assert re.findall(' alt="([^"]*)"', page) == ([] if alt is None else [alt])
        assert re.findall('<p class="origin">([^<]*)</p>', page) == said


def test_an_animation_moves_unless_its_viewer_wants_less_motion(client: FlaskClient, ready: Callable[..., Image], share: Share) -> None:
    link = share(ready(pictures.gif(), "moving.gif"))
    page, own = page_of(client, link), f"/s/{link['slug']}"
    still = f'<source media="(prefers-reduced-motion: reduce)" srcset="{own}/poster.jpeg">'
    assert f'{still}\n<source type="image/webp" srcset="{own}/animated.webp">\n<img src="{own}/poster.jpeg"' in page.text
    assert metadata(page)["og:image"].endswith("/poster.jpeg")


@pytest.mark.every_backend
def test_json_names_the_files_which_open_and_never_the_original(
    client: FlaskClient, image: Image, share: Share, settings: Settings, backend: Backend
) -> None:
    link = share(image)
    address = f"{settings.base_url}/s/{link['slug']}"
    answer = client.get(f"/s/{link['slug']}", headers=JSON)
    body = answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")
    variants = body.pop("variants")
    assert body == {
        "url": address,
        "title": "Picos de Europa",
        "description": "First light.\nSeen from Sotres.",
        "alt": "Grey peaks",
        "width": 400,
        "height": 300,
        "thumbhash": image["thumbhash"],
        "dominant_color": image["dominant_color"],
        "digital_source_type": None,
        "image_url": f"{address}/w400.jpeg",
        "user": {"username": "owner"},
        "expires_at": link["expires_at"],
    }
    assert [each["name"] for each in variants] == [f"w{width}.{form}" for width in (160, 320, 400) for form in ("webp", "jpeg")]
    for each in variants:
        path = each["url"].removeprefix(settings.base_url)
        sent = opened(client, path)
        assert sent.headers["X-Robots-Tag"] == "noindex"
        if backend.settings.storage == "s3":
            assert (sent.status_code, sent.headers["Cache-Control"]) == (302, "private, no-store")
            # The page's policy is held against where it leads.
            assert re.match(r"https?://[^/]+", sent.headers["Location"])[0] in page_of(client, link).headers["Content-Security-Policy"]  # type: ignore[index]
        else:
            assert (sent.status_code, len(sent.data)) == (200, each["bytes"])
            assert sent.headers["Cache-Control"] == f"public, max-age={settings.public_seconds}"
            assert sent.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert opened(client, path, headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304
            assert "http" not in page_of(client, link).headers["Content-Security-Policy"]
    with backend.app.app_context(), db.engine.connect() as connection:
        inner = connection.scalars(sa.select(Variant.name).where(Variant.role == "mezzanine")).all()
    assert inner
    for name in (*inner, "file", "w999.webp", image["file_name"], f"..%2f{link['slug']}"):
        assert opened(client, f"/s/{link['slug']}/{name}").status_code == 404, name


def test_a_file_is_kept_by_no_cache_beyond_the_end_of_its_link(client: FlaskClient, image: Image, share: Share) -> None:
    link = share(image, expires_in=90)
    with time_machine.travel(utc_now() + timedelta(seconds=50)):
        kept = opened(client, f"/s/{link['slug']}/w160.webp").headers["Cache-Control"]
    assert 30 <= int(kept.removeprefix("public, max-age=")) <= 40


Ending = Callable[[], Any]


def test_what_ends_a_link_ends_it_at_once_and_whoever_is_a_stranger_to_it_learns_nothing(
    client: FlaskClient, people: People, ready: Callable[..., Image], share: Share, backend: Backend
) -> None:
    headers = people.owner.headers

    def disable(since: datetime | None) -> None:
        with backend.app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.update(User).where(User.id == uuid.UUID(people.owner.id)).values(disabled_at=since))

    def outcome(link: Any) -> tuple[int, int, int, dict[str, str]]:
        answer, file = client.get(f"/s/{link['slug']}", headers=JSON), opened(client, f"/s/{link['slug']}/w160.webp")
        told = {name: value for name, value in answer.get_json().items() if name not in ("request_id",)}
        return answer.status_code, page_of(client, link).status_code, file.status_code, told

    image = ready(pictures.jpeg(400, 300), visibility="public")
    nothing = outcome({"slug": "0" * 26})
    assert nothing[:3] == (404, 404, 404)
    assert nothing[3]["instance"] == "/s/[removed]"

    revoked, lasting = share(image), share(image)
    client.delete(f"/api/v1/links/{revoked['id']}", headers=headers)
    assert outcome(revoked) == nothing
    assert outcome({"slug": "No slug at all"}) == nothing
    # Withdrawn from the gallery, an image is still shown by its links.
    client.patch(f"/api/v1/images/{image['id']}", headers=headers, json={"visibility": "private"})
    assert outcome(lasting)[:3] == (200, 200, 200)
    assert client.post(f"/api/v1/images/{image['id']}/trash", headers=headers).status_code == 200
    assert outcome(lasting) == nothing
    assert client.post(f"/api/v1/images/{image['id']}/restore", headers=headers).status_code == 200
    assert outcome(lasting)[:3] == (200, 200, 200)
    disable(utc_now())
    assert outcome(lasting) == nothing
    disable(None)
    with time_machine.travel(utc_now() + timedelta(days=30, seconds=1)):
        assert outcome(lasting)[:3] == (410, 410, 410)
        assert outcome(lasting)[3]["code"] == "link_expired"
    assert client.delete(f"/api/v1/images/{image['id']}", headers=headers).status_code == 204
    assert outcome(lasting) == nothing


def test_a_picture_that_is_not_ready_yet_is_told_as_such(
    client: FlaskClient, upload: Callable[..., TestResponse], share: Share, work: Callable[[], int], change: Change
) -> None:
    image = upload(pictures.jpeg(400, 300)).get_json()
    link = share(image, max_views=1)
    for answer in (page_of(client, link), client.get(f"/s/{link['slug']}", headers=JSON)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    # Where they could not be made, waiting is no use.
    change(image["id"], status="failed")
    assert [page_of(client, link).status_code, client.get(f"/s/{link['slug']}", headers=JSON).status_code] == [404, 404]
    change(image["id"], status=image["status"])
    work()
    assert client.get(f"/s/{link['slug']}", headers=JSON).status_code == 200


def test_what_is_refused_is_a_page_for_people(client: FlaskClient, image: Image, share: Share) -> None:
    for slug in ("0" * 26, "%00", "x" * 3000):
        page = page_of(client, {"slug": slug})
        assert (page.status_code, page.headers["Cache-Control"]) == (404, "no-store")
        assert page.mimetype in ("text/html", "application/problem+json")
    page = page_of(client, {"slug": "0" * 26})
    assert_runs_nothing_and_loads_nothing_from_elsewhere(page, own="/s/")
    assert "<h1>Nothing here</h1>" in page.text
    answer = client.put(f"/s/{share(image)['slug']}", headers=JSON)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD", "OPTIONS", "POST"})


def test_each_look_at_an_open_link_counts_and_a_head_does_not(client: FlaskClient, people: People, image: Image, share: Share) -> None:
    link = share(image)
    for method, headers in (("GET", {}), ("GET", JSON), ("HEAD", {}), ("HEAD", JSON), ("POST", {})):
        answer = client.open(f"/s/{link['slug']}", method=method, headers=headers)
        assert answer.status_code == (200 if method != "POST" else 303), (method, headers)
    sent = client.post(f"/s/{link['slug']}", data={"password": "whatever"})
    assert (sent.status_code, sent.headers["Location"], "Set-Cookie" in sent.headers) == (303, f"/s/{link['slug']}", False)
    opened(client, f"/s/{link['slug']}/w160.webp")
    assert client.get(f"/api/v1/links/{link['id']}", headers=people.owner.headers).get_json()["views"] == 2


def test_an_open_link_is_shown_though_its_look_cannot_be_counted(
    client: FlaskClient, people: People, image: Image, share: Share, backend: Backend, log: io.StringIO
) -> None:
    link = share(image)
    with backend.app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.select(ShareLink.id).with_for_update())
        assert page_of(client, link).status_code == 200
    assert "a view of a share link could not be counted" in log.getvalue()
    assert client.get(f"/api/v1/links/{link['id']}", headers=people.owner.headers).get_json()["views"] == 0


def test_a_slug_is_written_to_no_log_and_told_in_no_problem(
    client: FlaskClient, people: People, image: Image, share: Share, log: io.StringIO
) -> None:
    link = share(image, password="1234")
    slug = link["slug"]
    answers = [
        client.get(f"/s/{slug}", headers=JSON),
        client.get(f"/s/{slug}x", headers=JSON),
        client.get(f"/s//{slug}", headers=JSON),
        client.get(f"/S/{slug}", headers=JSON),
        client.get(f"/api/v1/s/{slug}", headers=JSON),
        client.get(f"/s/{slug}/w160.webp"),
        client.get(f"/s/{slug}/"),
        client.post(f"/s/{slug}", json={"password": "1235"}),
        client.post(f"/s/{slug}", json={"password": "1234"}),
        client.delete(f"/s/{slug}", headers=JSON),
    ]
    assert [answer.status_code for answer in answers] == [403, 404, 308, 404, 404, 403, 404, 403, 200, 405]
    assert all(slug not in answer.text for answer in answers if answer.is_json and answer.status_code >= 400)
    written = log.getvalue()
    assert "password of a share link refused" in written
    assert slug not in written
    assert "1234" not in written.replace(link["id"], "")
