"""Benchmark P14: the page by Lighthouse's measure, for a desk, and how it scrolls, on what `make run` runs.

    python benchmarks/page/run.py [--runs 3]

Each run starts with an empty cache. Lighthouse simulates the network and a slower machine from what it has traced; each figure is the
median of the runs. It prints a table and writes benchmarks/results/page.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import BrowserContext, expect, sync_playwright

from benchmarks.installing import node_with
from benchmarks.recording import at_least, at_most, beside, record
from tests import pictures
from tests.browser.conftest import SWITCHES, sign_in
from tests.browser.serving import Served, served
from tests.faults.client import PASSWORD
from tests.faults.installation import free_port
from tests.workshop.screenshots import furnished

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / "peers" / "page"
CONTENDERS = {"aizen": "`make run` with 15 images, gunicorn with 2 processes, loopback; Chromium headless, Lighthouse 12.8.2 for a desk"}
MANY = 2000
FRAMES = 600
# As fast as a finger throws it: 60 pixels a frame, over some 160 rows.
SCROLL = """
(frames) => new Promise((resolve) => {
  const intervals = [], tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: 'longtask' });
  let last;
  const step = (now) => {
    if (last !== undefined) intervals.push(now - last);
    last = now;
    if (intervals.length === frames) return resolve({ intervals, longest_task_ms: Math.max(0, ...tasks) });
    window.scrollBy({ top: 60, behavior: 'instant' });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})
"""
Figures = Mapping[str, float]


def main() -> None:
    runs = _arguments().runs
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    lighthouse = node_with(HERE / "package.json", HERE / "measure.mjs", PEERS)
    if chromium is None or lighthouse is None:
        sys.exit("This needs chromium and Node.js.")
    with tempfile.TemporaryDirectory(prefix="aizen-") as folder, served(Path(folder) / "data", EMAIL_VERIFICATION="off") as aizen:
        admin, ids = furnished(aizen)
        picture = ids["The boat, not moved since June"]
        screens = {"sign-in": "/sign-in", "explore": "/explore", "public image": f"/explore/{picture}", "library": "/library"}
        port = free_port()
        with sync_playwright() as playwright:
            context = playwright.chromium.launch_persistent_context(
                f"{folder}/profile", executable_path=chromium, args=[*SWITCHES, f"--remote-debugging-port={port}"]
            )
            measured = {
                name: [_measured(lighthouse, port, aizen.address + path) for _ in range(runs)] for name, path in list(screens.items())[:3]
            }
            page = context.new_page()
            page.goto(f"{aizen.address}/sign-in")
            page.get_by_label("E-mail address").fill(admin.email)
            page.get_by_label("Password", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", name="Library")).to_be_visible()
            page.close()
            measured["library"] = [_measured(lighthouse, port, f"{aizen.address}/library") for _ in range(runs)]
            context.close()
            # Lighthouse leaves a browser that draws more slowly.
            browser = playwright.chromium.launch(executable_path=chromium, args=list(SWITCHES))
            scrolled = _scrolled(browser.new_context(viewport={"width": 1280, "height": 800}), aizen)
            browser.close()
    rows = []
    for name, figures in measured.items():
        middle = {key: median(each[key] for each in figures) for key in figures[0]}
        rows += [
            at_least(0.95, "P14", f"Lighthouse performance, {name}", measured=middle["performance"]),
            at_least(1, "P14", f"Lighthouse accessibility, {name}", measured=middle["accessibility"]),
            at_most(0.02, "P14", f"layout shift (CLS), {name}", measured=middle["layout_shift"]),
            beside("P14", f"largest contentful paint, {name}, simulated, ms", measured=middle["largest_contentful_paint_ms"]),
            beside("P14", f"bytes on the wire, {name}", measured=middle["bytes"]),
        ]
    through = f"while {MANY:,} images are scrolled through, ms"
    rows += [
        at_most(34, "P14", f"95th percentile of frames {through}", measured=scrolled["frame_p95_ms"]),
        at_most(
            50,
            "P14",
            f"longest task of the page's thread while {MANY:,} images are scrolled through, ms",
            measured=scrolled["longest_task_ms"],
        ),
    ]
    measured["scrolling"] = [scrolled]
    record("page", rows, contenders=CONTENDERS, figures=measured)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The page by Lighthouse's measure")
    parser.add_argument("--runs", type=int, default=3)
    return parser.parse_args()


def _scrolled(context: BrowserContext, aizen: Served) -> Figures:
    """What a library of MANY images is like to scroll through from its top, while page after page of it comes."""
    user = aizen.join("scroller")
    image = user.upload(pictures.jpeg(640, 480))
    user.wait_until("ready", image)
    aizen.multiply(image, MANY - 1)
    sign_in(page := context.new_page(), aizen, user)
    page.goto(f"{aizen.address}/library")
    expect(page.get_by_text(f"{MANY:,} images", exact=True)).to_be_visible()
    expect(page.locator("[data-loaded] img").first).to_be_visible()
    seen = page.evaluate(SCROLL, FRAMES)
    return {"frame_p95_ms": quantiles(seen["intervals"], n=20)[-1], "longest_task_ms": seen["longest_task_ms"]}


def _measured(lighthouse: tuple[str, str], port: int, address: str) -> Figures:
    done = subprocess.run([*lighthouse, str(port), address], cwd=PEERS, capture_output=True, text=True, check=True, timeout=180)
    figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
