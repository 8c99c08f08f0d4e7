"""A batch is carried out image by image: what becomes of one makes no difference to the others."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from aizen.batch import actions
from aizen.batch.actions import Asked, Outcome, Terms
from aizen.errors import AizenError, Invalid, TooMany
from aizen.web.problems import FRAMEWORK_CODES
from aizen.work import tracking

log = structlog.get_logger(__name__)

STATUSES = ("done", "accepted", "unchanged", "failed")
NOT_BEGUN = "not_begun"
RATE_LIMITED = "rate_limited"
_NOT_BEGUN = "The time for one batch was over before this image was come to. Nothing was done to it: send it again."


@dataclass(frozen=True)
class Result:
    """What has come of it for one image; ``error_code`` and ``error_detail`` where it failed."""

    image_id: uuid.UUID
    outcome: Outcome
    error_code: str | None = None
    error_detail: str = ""


def carry_out(image_ids: Sequence[uuid.UUID], asked: Asked, terms: Terms) -> list[Result]:
    """A result for each of the images, in their order. After BATCH_SECONDS no further image is begun with: not_begun."""
    ends = time.monotonic() + terms.adapters.settings.batch_seconds
    return [
        _result(image_id, asked, terms) if time.monotonic() < ends else _failed(image_id, NOT_BEGUN, _NOT_BEGUN) for image_id in image_ids
    ]


def _result(image_id: uuid.UUID, asked: Asked, terms: Terms) -> Result:
    try:
        return Result(image_id, actions.act(image_id, asked, terms))
    except TooMany as error:
        return _failed(image_id, RATE_LIMITED, error.detail)
    except Invalid as error:
        # A result has one code and one sentence: those of the first field.
        first = error.errors[0] if error.errors else error
        return _failed(image_id, first.code, first.detail)
    except AizenError as error:
        return _failed(image_id, error.code, error.detail)
    except Exception:
        # Those that were done before stand: whoever asked has to be told of them.
        log.exception("an image of a batch broke off")
        return _failed(image_id, *FRAMEWORK_CODES[500])


def _failed(image_id: uuid.UUID, code: str, detail: str) -> Result:
    return Result(image_id, Outcome("failed"), code, detail)


def as_json(results: Sequence[Result], *, action: str, dry_run: bool) -> dict[str, Any]:
    """The results, as ``BatchResultSchema`` documents them."""
    counted = Counter(each.outcome.status for each in results)
    return {
        "action": action,
        "dry_run": dry_run,
        "counts": {status: counted[status] for status in STATUSES},
        "results": [
            {
                "id": str(each.image_id),
                "status": each.outcome.status,
                "error": {"code": each.error_code, "detail": each.error_detail} if each.error_code else None,
                "warnings": list(each.outcome.warnings),
                "job": tracking.address(each.outcome.job_id) if each.outcome.job_id else None,
            }
            for each in results
        ],
    }
