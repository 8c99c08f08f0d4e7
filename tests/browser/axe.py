"""What axe finds wrong with what a page shows at this moment."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def faults_on(page: Page) -> list[str]:
    """Each with the first places that are wrong by it, once the page has come to rest."""
    page.wait_for_load_state("networkidle")
    return [
        f"{page.url}: {fault['id']}: {fault['help']} ({'; '.join(_place(node) for node in fault['nodes'][:3])})"
        for fault in Axe().run(page).response["violations"]
    ]


def _place(node: dict[str, Any]) -> str:
    return f"{node['target']}: {' '.join(node['failureSummary'].split())}"
