"""Applications with other settings than the usual ones, and a look at what they send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture
def client_with(make_app: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """A client of an application on the same database, with some settings changed."""

    def make(**changes: Any) -> FlaskClient:
        return make_app(**changes).test_client()

    return make
