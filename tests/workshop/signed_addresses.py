"""docs/signed-addresses.vectors.json: paths and their signatures, for whoever signs in another language.

``python -m tests.workshop.signed_addresses`` writes it; ``tests/delivery/test_documents.py`` holds it against the code.
"""

from __future__ import annotations

import json
from pathlib import Path

from aizen.delivery import signing
from aizen.images.models import Image
from aizen.transformations import planning

FILE = Path(__file__).resolve().parents[2] / "docs" / "signed-addresses.vectors.json"
KEY, SECOND_KEY = "aizen-test-key-0001", "aizen-test-key-0002"
OBJECT = "0192f3a1-7c2e-7b31-8f00-2a6c1d9e4b55@9f86d081"
SHA256 = "9b344e9f0c869d8637ea22e672df9451d8d3cc1d2d0b291af3b284e538e5f124"
PATHS = (
    ("a recipe of three steps", KEY, f"/w=800,h=600,fit=cover,g=auto/fx=sepia:80/q=75/{OBJECT}.webp"),
    ("the same by another key", SECOND_KEY, f"/w=800,h=600,fit=cover,g=auto/fx=sepia:80/q=75/{OBJECT}.webp"),
    ("a key that is not ASCII, in UTF-8", "schlüssel-ключ-鍵-0001", f"/w=800/{OBJECT}.webp"),
    ("no recipe", KEY, f"/{OBJECT}.avif"),
    ("no extension: the format follows Accept", KEY, f"/w=800/{OBJECT}"),
    ("what would come of it", KEY, f"/w=800/{OBJECT}/meta"),
    ("an end, and a file to be saved", KEY, f"/w=800/q=75,exp=4102444800,dl=1/{OBJECT}.jpeg"),
    ("an end alone", KEY, f"/t=thumb/exp=4102444800/{OBJECT}.png"),
    ("a text as a watermark", KEY, f"/w=320/wm=b64:wqkgQWl6ZW4,wx=16,wy=16,wo=0.6/{OBJECT}.webp"),
    ("an image as a watermark, with its version", KEY, f"/w=320/wm=0192f3a1-9f10-7a02-9c41-5d2e8b7a6f30@2c26b46b,ws=0.2/{OBJECT}.webp"),
)
FOCAL_POINTS = (None, (0.5, 0.3), (0.0, 1.0), (0.123456789, 2 / 3))


def rendered() -> str:
    """The vectors, as the code has them."""
    vectors = {
        "signatures": [{"says": says, "key": key, "path": path, "signature": signing.signature(path, key)} for says, key, path in PATHS],
        "versions": [
            {
                "sha256": SHA256,
                "focal_point": {"x": point[0], "y": point[1]} if point else None,
                "version": planning.version_of(
                    Image(sha256=SHA256, focal_x=point[0] if point else None, focal_y=point[1] if point else None)
                ),
            }
            for point in FOCAL_POINTS
        ],
    }
    return json.dumps(vectors, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
