"""docs/signed-addresses.md and its vectors say what is so: the snippets are executed, and every vector opens."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from aizen.delivery import address, addressing, schemas
from aizen.settings import Settings
from aizen.web.problems import STATUS
from tests.workshop import signed_addresses

PAGE = signed_addresses.FILE.with_name("signed-addresses.md").read_text(encoding="utf-8")
VECTORS: dict[str, list[dict[str, Any]]] = json.loads(signed_addresses.FILE.read_text(encoding="utf-8"))
ADDRESSES = [f"/i/{each['signature']}{each['path']}" for each in VECTORS["signatures"]]
NODE = shutil.which("node")


def executed(language: str) -> str:
    """The block in that language that the page says is executed here."""
    mark = "<!-- Executed by tests/delivery/test_documents.py. -->"
    (found,) = re.findall(rf"{re.escape(mark)}\n```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_vectors_are_what_the_code_signs() -> None:
    assert signed_addresses.FILE.read_text(encoding="utf-8") == signed_addresses.rendered(), "stale: run make pictures"
    # This one is published elsewhere too: it stays what it is, whatever the code says.
    first = VECTORS["signatures"][0]
    assert (first["key"], first["signature"]) == ("aizen-test-key-0001", "jVyS24-OeaUPSfwoRaSI839HEh1joD8Jk1uPo1GpCCQ")
    assert ADDRESSES[0] in PAGE


def test_every_vector_is_an_address() -> None:
    keys = [each["key"] for each in VECTORS["signatures"]]
    read = [address.read(each, keys) for each in ADDRESSES]
    assert {each.format for each in read} == {"webp", "avif", "jpeg", "png", None}
    assert (sum(each.is_meta for each in read), sum(each.download for each in read), sum(each.expires is not None for each in read)) == (
        1,
        1,
        2,
    )


def test_the_python_of_the_page_signs_so() -> None:
    told: dict[str, Any] = {}
    exec(executed("python"), told)
    assert [told["signed"](each["path"], each["key"]) for each in VECTORS["signatures"]] == ADDRESSES
    for each in VECTORS["versions"]:
        assert told["version"](each["sha256"], each["focal_point"]) == each["version"]
    assert len({each["version"] for each in VECTORS["versions"]}) == len(VECTORS["versions"])


@pytest.mark.skipif(NODE is None, reason="node is not installed: the TypeScript of docs/signed-addresses.md is not executed")
def test_the_typescript_of_the_page_signs_so() -> None:
    # Older Nodes do not take the types away by themselves; there are none but these.
    script = executed("ts").replace(": string", "")
    pairs = json.dumps([[each["path"], each["key"]] for each in VECTORS["signatures"]])
    script += f"\nconsole.log(JSON.stringify({pairs}.map(([path, key]) => signed(path, key))));"
    ran = subprocess.run(
        [str(NODE), "--input-type=module"], input=script, capture_output=True, text=True, check=False, timeout=60, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == ADDRESSES


def test_the_page_names_fields_settings_and_errors_that_exist() -> None:
    (body,) = re.findall(r"-d '(\{.*?\})'", PAGE)
    schemas.SignSchema().load(json.loads(body.replace("'$ID'", "0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55")))
    fields = PAGE.partition("## Get one")[2].partition("## Who")[0]
    assert re.findall(r"^\| `(\w+)` \|", fields, re.MULTILINE) == list(schemas.SignSchema().fields)
    for number in (schemas.MOST_IDS, schemas.MOST_RECIPES, schemas.MOST_ADDRESSES, addressing.SHORTEST_LIFE, addressing.LONGEST_LIFE):
        assert re.search(rf"\b{number}\b", fields), number

    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)[=`]", PAGE)) <= {variable for variable, *_ in Settings.table()}
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)`", PAGE, re.MULTILINE)
    assert [int(status) for status, _ in rows] == [400, 403, 404, 409, 410, 422, 422, 429, 503]
    source = "\n".join(file.read_text(encoding="utf-8") for file in (signed_addresses.FILE.parents[1] / "aizen").rglob("*.py"))
    for status, code in rows:
        assert f'"{code}"' in source, code
        assert int(status) in STATUS.values()


def test_the_links_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", line[1]).lower().replace(" ", "-") for line in re.finditer(r"^#+ (.*)$", PAGE, re.MULTILINE)}
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", PAGE):
        assert not target or signed_addresses.FILE.with_name(target).exists(), target
        assert target or anchor in headings, anchor
