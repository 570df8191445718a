"""Write pictures of every view of the exporter's page: light, dark, and on a phone. `make screenshots` runs it.

`--docs` writes those that the documents show to docs/images instead, cut to what fits a page.

The exporter is a real one, fed with the scene of the tests; the browser is a headless Chromium.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.page.browser import Browser, chromium
from tests.page.scene import CONFIG, play
from tests.serve.harness import Exporter

VIEWS = {
    "models": "#/",
    "model": "#/models/card-fraud/3",
    "regression": "#/models/demand/12",
    "language": "#/models/assistant/7",
    "feature": "#/models/card-fraud/3/input/amount_eur",
    "category": "#/models/card-fraud/3/input/plan",
    "exporter": "#/exporter",
}


LOOKS = (("", "light", 1200, False), ("-dark", "dark", 1200, False), ("-phone", "light", 390, True))
#: what the documents show, and how high the pictures are
DOCS = {"models": 760, "model": 1_130, "feature": 860}


def main() -> int:
    """Write the pictures; tell of whatever the browser complains of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/screenshots"))
    parser.add_argument("--docs", action="store_true")
    wanted = parser.parse_args()
    if chromium() is None:
        print("there is no Chromium here; scripts/setup-tools.sh installs one where it may", file=sys.stderr)  # noqa: T201
        return 1
    folder = Path("docs/images") if wanted.docs else wanted.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Exporter(CONFIG) as exporter, Browser(Path(scratch)) as browser:
        play(exporter)
        for view in DOCS if wanted.docs else VIEWS:
            for look in LOOKS[:1] if wanted.docs else LOOKS:
                show(browser, exporter.metrics_port, VIEWS[view], look)
                browser.screenshot(folder / f"page-{view}{look[0]}.png", DOCS[view] if wanted.docs else 10_000)
        for problem in browser.problems:
            print(problem, file=sys.stderr)  # noqa: T201
        return 1 if browser.problems else 0


def show(browser: Browser, port: int, address: str, look: tuple[str, str, int, bool]) -> None:
    """Open a view as somebody with such a screen sees it."""
    _, scheme, width, phone = look
    browser.open("about:blank")
    browser.scheme(scheme)
    browser.size(width, 800, phone=phone)
    browser.open(f"http://127.0.0.1:{port}/{address}")
    browser.until("document.querySelector('main h1') !== null")
    browser.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


if __name__ == "__main__":
    sys.exit(main())
