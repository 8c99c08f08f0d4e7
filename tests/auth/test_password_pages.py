"""Until there is a frontend, the links of letters lead to pages of ours, which need nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

ASK, CHOOSE = "/forgot-password", "/reset-password"
both_pages = pytest.mark.parametrize("address", [ASK, CHOOSE])


def told(page: Any) -> dict[str, Any]:
    """What the script of the page goes by."""
    found = re.search(r'data-told="([^"]*)"', page.text)
    assert found
    answer: dict[str, Any] = json.loads(html.unescape(found[1]))
    return answer


@both_pages
def test_the_page_comes_whole_from_us_and_runs_nothing_but_its_own_script(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert not re.search(r"https?:|//[a-z]", page.text)
    policy = page.headers["Content-Security-Policy"]
    for kind in ("script", "style"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\son[a-z]+=|style=", page.text)
    assert page.headers["Referrer-Policy"] == "no-referrer"


@both_pages
def test_the_form_sends_what_its_address_of_the_api_takes(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    goes_by = told(page)
    names = set(re.findall(r'<input id="([^"]+)"', page.text)) - set(goes_by["repeats"])
    if goes_by["secret_field"]:
        names.add(goes_by["secret_field"])
    document = client.get("/api/v1/openapi.json").get_json()
    body = document["paths"][goes_by["posts_to"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert set(schema["required"]) == names


@both_pages
def test_every_field_has_a_label_a_place_for_its_error_and_a_word_for_password_managers(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    fields = re.findall(r'<input id="([^"]+)"[^>]*type="([^"]+)"[^>]*autocomplete="([^"]+)"[^>]*aria-describedby="([^"]+)"', page.text)
    assert len(fields) == page.text.count("<input")
    for name, kind, autocomplete, described in fields:
        assert f'<label for="{name}">' in page.text
        assert all(f'id="{each}"' in page.text for each in described.split())
        assert autocomplete == {"email": "username", "password": "new-password"}[kind]


def test_the_page_of_a_link_leads_to_the_one_that_sends_another(client: FlaskClient) -> None:
    assert f'href="{ASK}"' in client.get(CHOOSE).text
