"""Cursors and the links that carry them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aizen.errors import Malformed
from aizen.web.pagination import Page, Position, cut, next_link, read_cursor, write_cursor

MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
FILTERS = st.dictionaries(st.sampled_from(["sort", "status", "search"]), st.none() | st.text(max_size=20))
POSITION = Position(datetime(2026, 3, 1, 12, tzinfo=UTC), uuid.UUID(int=7))


@given(position=st.builds(Position, MOMENTS, st.uuids()), filters=FILTERS)
def test_a_cursor_leads_back_to_its_position(position: Position, filters: dict[str, str | None]) -> None:
    cursor = write_cursor(position, filters)
    assert read_cursor(cursor, filters) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(cursor) <= 500


@given(filters=FILTERS, others=FILTERS)
def test_a_cursor_is_of_use_with_its_own_filters_only(filters: dict[str, str | None], others: dict[str, str | None]) -> None:
    def given_ones(some: dict[str, str | None]) -> dict[str, str]:
        return {name: value for name, value in some.items() if value is not None}

    cursor = write_cursor(POSITION, filters)
    if given_ones(filters) == given_ones(others):
        assert read_cursor(cursor, others) == POSITION
    else:
        with pytest.raises(Malformed) as found:
            read_cursor(cursor, others)
        assert found.value.code == "cursor_mismatch"


@given(cursor=st.text(max_size=60))
def test_any_other_text_is_told_to_be_none(cursor: str) -> None:
    with pytest.raises(Malformed) as found:
        read_cursor(cursor, {})
    assert found.value.code in ("malformed_cursor", "cursor_mismatch")


def test_a_position_is_told_in_utc() -> None:
    elsewhere = POSITION.created_at.astimezone(timezone(timedelta(hours=5)))
    assert read_cursor(write_cursor(Position(elsewhere, POSITION.id), {}), {}) == POSITION


def test_a_page_is_cut_after_its_last_row_and_knows_what_follows() -> None:
    rows = [Position(POSITION.created_at + timedelta(hours=number), uuid.UUID(int=number)) for number in range(4)]
    page = cut(rows, limit=3, filters={})
    assert page.rows == rows[:3]
    assert page.cursor is not None
    assert read_cursor(page.cursor, {}) == rows[2]
    assert cut(rows, limit=4, filters={}) == Page(rows, None)
    assert cut([], limit=4, filters={}) == Page([], None)


def test_the_link_carries_cursor_and_arguments_in_a_form_that_an_address_can_hold() -> None:
    link = next_link("/api/v1/images", Page([], "abc"), {"sort": "-uploaded_at", "search": 'a b&"c', "status": None})
    assert link == {"Link": '</api/v1/images?sort=-uploaded_at&search=a+b%26%22c&cursor=abc>; rel="next"'}
    assert next_link("/api/v1/images", Page([], None), {}) == {}
