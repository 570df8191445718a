"""Write pictures of every view of the exporter's page: light, dark, and on a phone. `make screenshots` runs it.

`--docs` writes those that the documents show to docs/images instead, cut to what fits a page.

The exporters are real ones, fed with the scenes of the tests, and that of the demo; the browser is a headless Chromium.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driftgauge.demo.processes import free_port
from tests.page import signals
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

#: of the scene of what is watched beside columns
SIGNALS = {
    "signals": "#/models/reviews/1",
    "errors": "#/models/eta/1",
    "stuck": "#/models/reviews/1/input/channel",
}

#: what is put behind the name of the view, scheme, width, and whether it is a phone
Look = tuple[str, str, int, bool]
LOOKS: tuple[Look, ...] = (("", "light", 1200, False), ("-dark", "dark", 1200, False), ("-phone", "light", 390, True))
REPORT = "api/v1/models/card-fraud/versions/3/report"
#: what the documents show: name -> address, look, and how high the picture is at most
DOCS = {
    "models": ("#/", LOOKS[0], 760),
    "model": (VIEWS["model"], LOOKS[0], 1_200),
    "model-dark": (VIEWS["model"], LOOKS[1], 1_200),
    "model-phone": (VIEWS["model"], LOOKS[2], 1_400),
    "feature": (VIEWS["feature"], LOOKS[0], 860),
    "exporter": (VIEWS["exporter"], LOOKS[0], 1_000),
    "report": (REPORT, ("", "light", 1_000, False), 1_200),
}


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
        for name, address, look, most in pictures(docs=wanted.docs):
            if (
                address == REPORT
            ):  # as somebody opens the file that was saved: where it was made, no script may run in it
                saved = Path(scratch) / "report.html"
                saved.write_bytes(exporter.get(f"/{REPORT}").body)
                show(browser, saved.as_uri(), look)
            else:
                show(browser, f"http://127.0.0.1:{exporter.metrics_port}/{address}", look)
            browser.screenshot(folder / f"page-{name}.png", most)
        if wanted.docs:
            with demo() as address:
                show(browser, f"{address}/#/models/flight-delay/1", LOOKS[0])
                browser.screenshot(folder / "page-demo.png", part=".grid")
                browser.open("about:blank")
        else:
            with signals.play() as other:
                signals.live(other)
                for view, path in SIGNALS.items():
                    for look in LOOKS:
                        show(browser, f"http://127.0.0.1:{other.metrics_port}/{path}", look)
                        browser.screenshot(folder / f"page-{view}{look[0]}.png")
        for problem in browser.problems:
            print(problem, file=sys.stderr)  # noqa: T201
        return 1 if browser.problems else 0


def pictures(*, docs: bool) -> list[tuple[str, str, Look, float]]:
    """Return the pictures to make: name, address, look, greatest height."""
    if docs:
        return [(name, *one) for name, one in DOCS.items()]
    every = [(f"{view}{look[0]}", address, look, 10_000) for view, address in VIEWS.items() for look in LOOKS]
    return [*every, ("report", REPORT, LOOKS[0], 10_000)]


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo to its end, as fast as it goes; yield the address of its exporter."""
    port = free_port()
    options = ("--pace", "0", "--keep", "--quiet", "--metrics-port", str(port))
    command = (sys.executable, "-m", "driftgauge.cli.main", "demo", *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        while "keeps running" not in (line := process.stdout.readline()):
            assert line, "the demo has ended"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def show(browser: Browser, address: str, look: Look) -> None:
    """Open a view as somebody with such a screen sees it."""
    _, scheme, width, phone = look
    browser.open("about:blank")
    browser.scheme(scheme)
    browser.size(width, 800, phone=phone)
    browser.open(address)
    browser.until("document.querySelector('h1') !== null && !document.body.innerText.includes('Asking the exporter')")
    browser.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


if __name__ == "__main__":
    sys.exit(main())
