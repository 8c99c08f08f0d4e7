"""The writing of JSON answers."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, jsonify

NAME = uuid.UUID("0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"b": 1, "a": [None, True, 1.5]}, {"b": 1, "a": [None, True, 1.5]}),
        ({"text": "Überfahrt 渡し舟 🛶 \x00 \u2028"}, {"text": "Überfahrt 渡し舟 🛶 \x00 \u2028"}),
        ({"id": NAME, "share": Decimal("0.5")}, {"id": str(NAME), "share": "0.5"}),
        ([], []),
        # What the quick writer refuses, and Python's own does not.
        ({"count": 2**80}, {"count": 2**80}),
        ({"text": "half \ud83d a pair"}, {"text": "half \ud83d a pair"}),
    ],
)
def test_an_answer_is_json_in_the_order_in_which_it_was_put_together(app: Flask, value: Any, told: Any) -> None:
    with app.app_context():
        answer = jsonify(value)
    assert answer.content_type == "application/json"
    found = json.loads(answer.get_data())
    assert found == told
    assert not isinstance(told, dict) or list(found) == list(told)
    assert answer.content_length == len(answer.get_data())
