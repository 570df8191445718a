"""Play: the demo from the first row to the last line: data, model, profile, exporter, replay, report.

One event loop holds the model server, the replay and the report; the exporter, and Prometheus where it is wanted, are
processes of their own. Everything is on loopback or in one temporary directory, which is gone at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import ClientSession, web

from driftgauge.demo import flights as data
from driftgauge.demo.faults import Fault, faults, inject
from driftgauge.demo.findings import Findings
from driftgauge.demo.model import CLASSES, MODEL, VERSION, Classifier, reference, seen, train
from driftgauge.demo.model_server import INFER, model_app
from driftgauge.demo.observer import Observer
from driftgauge.demo.processes import exporter, free_port
from driftgauge.demo.prometheus import binary, prometheus, query_url
from driftgauge.demo.replay import replay
from driftgauge.demo.report import Screen, all_found, final_report
from driftgauge.demo.truth import Truth
from driftgauge.profile import dumps

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Options", "play"]

#: shares of the replay after which the faults begin: day 10 and day 17 of 24, so each has a warm week before it
_KILOMETRES_FROM, _FROZEN_FROM = 10 / 24, 17 / 24
#: single days of the training data differ by so much in how often the model is right, and in how well it knows that: the weather
_DAY_DIFFERENCE = 0.1
#: the exporter evaluates at most every 15 minutes of event time
_TICK_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Options:
    """How the demo runs.

    Attributes:
        days: of flights to replay.
        pace: wall-clock seconds per day of flights.
        seed: of the training.
        metrics_port: of the exporter; 0 for a free one.
        keep: leave everything running at the end, until interrupted.
        with_prometheus: start Prometheus too.
        quiet: print the report only.
    """

    days: int
    pace: float
    seed: int
    metrics_port: int
    keep: bool = False
    with_prometheus: bool = False
    quiet: bool = False


async def play(options: Options) -> bool:
    """Run the demo; return whether every fault was found."""
    if options.with_prometheus:
        binary()  # before anything is started
    say = _Voice(quiet=options.quiet)
    with tempfile.TemporaryDirectory(prefix="driftgauge-demo-") as name, _cancelled_by_sigterm():
        directory = Path(name)
        classifier, rows, injected = await asyncio.to_thread(_prepare, options, directory, say)
        port = options.metrics_port or free_port()
        metrics_url = f"http://127.0.0.1:{port}"
        config = _write_config(directory, port)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(exporter(config, metrics_url))
            observer = await stack.enter_async_context(Observer(str(directory / "ingest.sock")))
            teller = await stack.enter_async_context(Observer(str(directory / "ingest.sock"), "labels"))
            model_url = await stack.enter_async_context(_model_server(classifier, observer))
            say(f"  model     {model_url}{INFER}  (Open Inference Protocol v2)")
            say(f"  exporter  {metrics_url}/  {metrics_url}/metrics  {metrics_url}/api/v1/models")
            if options.with_prometheus:
                prometheus_url = await stack.enter_async_context(prometheus(directory, port))
                say(f"  status    {query_url(prometheus_url)}")
            say("")
            screen = Screen(sys.stdout, injected, options.days, quiet=options.quiet)
            requests = replay(rows, f"{model_url}{INFER}", seconds_per_day=options.pace)
            truth = Truth(rows)
            findings = await _watch(_with_labels(requests, observer, teller, truth), metrics_url, screen)
            print("\n".join(final_report(findings, injected)))
            print(f"\n{observer.sent} requests observed, {observer.dropped} dropped, {observer.refused} refused.")
            print(f"{truth.told:,} labels told when the flights had landed, {teller.refused} bodies of them refused.")
            if options.keep:
                print("Everything keeps running; Ctrl-C ends it.", flush=True)
                await asyncio.Event().wait()
            else:
                print("Everything ends here; `driftgauge demo --keep` leaves it running, to look around.", flush=True)
    return all_found(findings, injected)


async def _with_labels(
    requests: AsyncIterator[float], observer: Observer, teller: Observer, truth: Truth
) -> AsyncIterator[float]:
    """Let the requests happen, and tell after each what has become of the flights before."""
    async for reached in requests:
        # The model's server does not wait for the exporter; whoever wants to see every evaluation has to.
        await observer.drain()
        if (labels := truth.until(reached)) is not None:
            teller.offer(labels)
            await teller.drain()
        yield reached


async def _watch(requests: AsyncIterator[float], metrics_url: str, screen: Screen) -> Findings:
    """Let the requests happen, and look at the exporter after each."""
    findings = Findings()
    api = f"{metrics_url}/api/v1/models/{MODEL}/versions/{VERSION}"
    async with ClientSession() as session:
        async for _ in requests:
            async with session.get(api) as answer:
                answer.raise_for_status()
                findings.see(await answer.json())
            screen.show(findings)
    return findings


def _prepare(options: Options, directory: Path, say: _Voice) -> tuple[Classifier, DataFrame, tuple[Fault, ...]]:
    """Load, train and write the profile; return the model, the rows to replay and the faults in them."""
    started = time.monotonic()
    flights = data.load()
    training = data.training(flights)
    known = training[seen(training)]
    classifier = train(known, seed=options.seed)
    profile = reference(classifier, training, created=time.time())
    (directory / "profile.json").write_text(dumps(profile), "utf-8")
    rows = data.replayed(flights, options.days)
    starts = (round(share * options.days) * data.DAY_SECONDS for share in (_KILOMETRES_FROM, _FROZEN_FROM))
    injected = faults(*(data.REPLAY_START + start for start in starts))
    say(
        f"{len(flights):,} flights loaded, model trained on {len(known):,} of January and February,"
        f" profile {profile.digest} built ({time.monotonic() - started:.0f} s)."
    )
    say(f"Replaying {len(rows):,} flights of {options.days} days from 1 March on:")
    return classifier, inject(rows, injected), injected


def _write_config(directory: Path, port: int) -> Path:
    """Write the exporter's configuration; JSON is YAML."""
    config = directory / "driftgauge.yaml"
    settings = {
        "listen": {"socket": str(directory / "ingest.sock"), "metrics": f"127.0.0.1:{port}"},
        "models": [
            {
                "name": MODEL,
                "version": VERSION,
                "reference": {"path": str(directory / "profile.json")},
                "clock": "event",
                "tick_seconds": _TICK_SECONDS,
                "labels": {
                    "classes": CLASSES,
                    "accuracy_drop": _DAY_DIFFERENCE,
                    "calibration_error": _DAY_DIFFERENCE,
                },
            }
        ],
    }
    config.write_text(json.dumps(settings, indent=2), "utf-8")
    return config


@asynccontextmanager
async def _model_server(classifier: Classifier, observer: Observer) -> AsyncIterator[str]:
    """Serve the model on loopback; yield the server's URL."""
    runner = web.AppRunner(model_app(classifier.answer, observer.offer), access_log=None)
    await runner.setup()
    try:
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@contextmanager
def _cancelled_by_sigterm() -> Iterator[None]:
    """End in order on SIGTERM, as on Ctrl-C: the processes started here must not stay behind."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows; another thread
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.remove_signal_handler(signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Voice:
    """Prints what is going on, unless that is not wanted."""

    quiet: bool

    def __call__(self, text: str) -> None:
        if not self.quiet:
            print(text, flush=True)
