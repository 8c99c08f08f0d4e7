"""Makes the pictures of the page that README.md and docs/page.md show: ``python -m tests.workshop.screenshots``.

Of a real installation in the browser of the system, with pictures that are drawn here and belong to nobody else.
"""

from __future__ import annotations

import colorsys
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import REMEMBER, SWITCHES
from tests.browser.serving import Served, served
from tests.faults.client import PASSWORD, User
from tests.faults.waiting import eventually
from tests.workshop.sample import lake

SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
DESK, PHONE = (1280, 800), (390, 780)


@dataclass(frozen=True)
class Scene:
    """A part of the lake in the light of another hour: ``hue`` is turned by that much of a circle, ``light`` multiplies."""

    title: str
    tags: tuple[str, ...]
    part: tuple[float, float, float, float]
    hue: float
    light: float


SCENES = (
    Scene("The lake before the others are up", ("lake", "dawn"), (0, 0, 1, 1), 0.0, 1.0),
    Scene("Ridge behind ridge", ("mountains",), (0.1, 0.15, 0.62, 0.6), 0.55, 1.0),
    Scene("Reeds", ("lake", "reeds"), (0.0, 0.55, 0.42, 1), 0.92, 1.05),
    Scene("The boat, not moved since June", ("boat", "lake"), (0.12, 0.42, 0.6, 0.86), 0.08, 1.0),
    Scene("Sun on the water", ("dawn", "water"), (0.45, 0.1, 1, 0.95), 0.02, 1.1),
    Scene("Blue hour", ("night", "mountains"), (0, 0.05, 0.9, 0.75), 0.62, 0.75),
    Scene("The far shore", ("mountains",), (0.3, 0.3, 1, 0.68), 0.05, 0.95),
    Scene("Evening, looking west", ("evening",), (0.35, 0, 0.95, 1), 0.96, 0.95),
    Scene("A cold morning", ("lake",), (0, 0.2, 0.75, 0.9), 0.52, 1.05),
    Scene("Everything in violet", ("evening", "water"), (0.2, 0, 1, 0.8), 0.78, 0.95),
    Scene("Night at the reeds", ("night", "reeds"), (0, 0.35, 0.55, 1), 0.6, 0.6),
    Scene("The sun alone", ("dawn",), (0.5, 0.15, 0.86, 0.63), 0.03, 1.1),
)
PROMPTS = ("A lighthouse on a quiet coast, morning fog", "Terraced fields under a pink sky", "A harbour at night in the rain")


def drawn(scene: Scene) -> bytes:
    """The scene as a JPEG."""
    picture = lake()
    width, height = picture.size
    left, top, right, bottom = scene.part
    cut = picture.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))
    hue, saturation, value = cut.convert("HSV").split()
    turned = hue.point([round(level + scene.hue * 255) % 256 for level in range(256)])
    lit = value.point([min(255, round(level * scene.light)) for level in range(256)])
    file = io.BytesIO()
    Image.merge("HSV", (turned, saturation, lit)).convert("RGB").resize((cut.width * 2, cut.height * 2)).save(file, "JPEG", quality=88)
    return file.getvalue()


def colour_of(scene: Scene) -> str:
    """The scene's hue as the web writes colours, for file names that tell them apart."""
    return "".join(f"{round(part * 255):02x}" for part in colorsys.hsv_to_rgb(scene.hue, 0.5, 0.9))


def furnished(aizen: Served) -> tuple[User, dict[str, str]]:
    """An administrator's library with all scenes, by title; some of them public, and pictures made from words beside them."""
    admin = aizen.administrator("grace")
    ids = {}
    for scene in reversed(SCENES):
        ids[scene.title] = admin.upload(drawn(scene), name=f"lake-{colour_of(scene)}.jpg", describe="true", title=scene.title)
        changed: dict[str, object] = {"tags": list(scene.tags), "alt": f"{scene.title}: a lake between mountains."}
        if "lake" in scene.tags or "dawn" in scene.tags:
            changed["visibility"] = "public"
        assert admin.request("PATCH", f"/api/v1/images/{ids[scene.title]}", json=changed).ok
    for seed, prompt in enumerate(PROMPTS):
        answer = admin.request("POST", "/api/v1/generate", json={"prompt": prompt, "seed": seed + 4, "width": 1024, "height": 768})
        ids[prompt] = answer.json()["id"]
    for image_id in ids.values():
        eventually(lambda image_id=image_id: admin.is_settled(image_id), what="all work is done", interval=0.2)  # type: ignore[misc]
    return admin, ids


def screens(ids: dict[str, str]) -> Iterator[tuple[str, str, tuple[int, int], str]]:
    """Name of the picture, address, size of the window and colours."""
    boat = ids["The boat, not moved since June"]
    yield "library", "/library", DESK, "light"
    yield "library-dark", "/library", DESK, "dark"
    yield "image", f"/library/{boat}", DESK, "light"
    yield "editor", f"/library/{boat}/edit", DESK, "dark"
    yield "generate", "/generate", DESK, "light"
    yield "explore", "/explore", DESK, "light"
    yield "admin", "/admin", DESK, "light"
    yield "library-phone", "/library", PHONE, "light"
    yield "image-phone", f"/library/{boat}", PHONE, "dark"


def main() -> None:
    """The pictures lie in docs/screenshots/."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("This needs chromium.")
    with tempfile.TemporaryDirectory(prefix="aizen-") as folder, served(Path(folder) / "data", EMAIL_VERIFICATION="off") as aizen:
        admin, ids = furnished(aizen)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(SWITCHES))
            for name, path, size, scheme in screens(ids):
                take(browser, aizen, admin, path, size=size, scheme=scheme, into=SCREENSHOTS / f"{name}.webp")
            browser.close()


def take(browser: Browser, aizen: Served, user: User, path: str, *, size: tuple[int, int], scheme: str, into: Path) -> None:
    """The screen at ``path`` is in the file, as ``user`` sees it."""
    width, height = size
    dark = scheme == "dark"
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if width < 600 else 1.25,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.request.post(
        f"{aizen.address}/api/v1/auth/login",
        headers={"Aizen-Session": "cookie", "Content-Type": "application/json"},
        data=json.dumps({"email": user.email, "password": PASSWORD}),
    )
    context.add_init_script(REMEMBER)
    page = context.new_page()
    page.goto(aizen.address + path)
    settle(page)
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.save(into, "WEBP", quality=82, method=6)
    context.close()


def settle(page: Page) -> None:
    """Every picture that is to be seen is there."""
    expect(page.locator("h1").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every((image) => image.complete)")


if __name__ == "__main__":
    main()
