"""History: pods with the real engine inside, scraped on a clock of their own, as OpenMetrics text with timestamps.

Time: about 6 ms a pod and scrape. Memory: the models' own; text goes to the file at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from driftgauge.batch import Batch
from driftgauge.expose import CheckpointView, ExporterView, Exposition, Family, Prefixes, Samples
from driftgauge.expose.proxy import ProxyView
from driftgauge.model import Model
from driftgauge.report import Report

__all__ = ["DAY", "JOB", "STEP", "Feed", "Pod", "write"]

#: seconds between two scrapes, and between two evaluations of a rule
STEP = 240
DAY = 86_400
JOB = "driftgauge"

_FORMAT = "application/json"
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class Feed(Protocol):
    """Traffic of one model in one pod."""

    def __call__(self, start: float, end: float) -> Batch | None:
        """Return what is observed between two times."""


@dataclass
class Pod:
    """An exporter beside a model: what it sees, and what is told of it.

    Attributes:
        name: of the pod.
        namespace: where it runs.
        model: the one it watches.
        feed: the model's traffic.
        born: when it starts, seconds since 1970.
        dropped: bodies that it refuses in each step, by reason, from a time on.
        proxied: whether it sees the traffic as a proxy.
    """

    name: str
    namespace: str
    model: Model
    feed: Feed
    born: float = 0.0
    dropped: tuple[float, str, int] | None = None
    proxied: bool = False
    _exposition: Exposition = field(default_factory=Exposition)
    _prefixes: dict[int, tuple[Prefixes, Prefixes]] = field(default_factory=dict)
    _bodies: int = 0
    _rows: int = 0
    _refused: int = 0

    def warm(self, start: float, end: float) -> None:
        """Let the model see what happened before anybody scraped, an hour at a time."""
        for hour in range(int(start), int(end), 3600):
            batch = self.feed(hour, hour + 3600)
            if batch is not None:
                self.model.observe(batch, hour + 3600)
                self.model.tick(hour + 3600)

    def step(self, start: float, end: float) -> None:
        """Observe what happens between two times, and evaluate at the end."""
        batch = self.feed(start, end)
        if batch is not None:
            self.model.observe(replace(batch, report=self._report(end)), end)
            self._bodies += max(1, batch.requests.count)
            self._rows += batch.rows
        if self.dropped is not None and end >= self.dropped[0]:
            self._refused += self.dropped[2]
        self.model.tick(end)

    def _report(self, at: float) -> Report:
        """Return what the worker of the model's server says with its rows."""
        queue = zlib.crc32(f"{at}{self.name}".encode()) % 5
        lost = {} if self.dropped is None or at < self.dropped[0] else {"unsent": self.dropped[2]}
        return Report(f"{self.name}-worker", 1.0, queue, lost)

    def scrape(self, at: float) -> Iterator[str]:
        """Yield the lines of a scrape, without their time."""
        for family in self._exposition.families([self.model.view(at)], self._view(at)):
            for text in Family(family.metric, tuple(map(self._labelled, family.samples))).texts():
                yield from text[:-1].split("\n")
        own = f"{{{self._labels}}} "
        busy = zlib.crc32(f"{self.name}{at}".encode()) % 1000 / 1000
        yield f"up{own}1"
        yield f"process_resident_memory_bytes{own}{95e6 + 4e6 * busy:.0f}"
        yield f"process_cpu_seconds_total{own}{2.0 * self._bodies / 1000 + 0.012 * (at - self.born):.3f}"
        yield f"process_open_fds{own}{14 + int(6 * busy)}"

    @property
    def _labels(self) -> str:
        return f'namespace="{self.namespace}",pod="{self.name}",job="{JOB}"'

    def _labelled(self, samples: Samples) -> Samples:
        """Add the labels of the scrape; prefixes stay the same object while the model keeps its shape."""
        known = self._prefixes.get(id(samples.prefixes))
        if known is None or known[0] is not samples.prefixes:
            known = samples.prefixes, Prefixes(tuple(_with(prefix, self._labels) for prefix in samples.prefixes))
            if isinstance(samples.prefixes.own, tuple):
                self._prefixes[id(samples.prefixes)] = known
        return Samples(known[1], samples.values)

    def _view(self, at: float) -> ExporterView:
        busy = zlib.crc32(f"{at}{self.name}".encode()) % 1000 / 1000
        fast = int(self._bodies * 0.9)
        return ExporterView(
            version="0.1.0",
            batches={_FORMAT: self._bodies},
            rows={_FORMAT: self._rows},
            dropped={} if self.dropped is None else {self.dropped[1]: self._refused},
            queue_bytes=int(200_000 * busy**4),
            queue_limit_bytes=64 * 2**20,
            ingest_bounds=_BOUNDS,
            ingest_counts=(fast // 2, fast - fast // 2, self._bodies - fast, 0, 0, 0, 0, 0, 0),
            ingest_seconds=0.002 * self._bodies,
            collect_seconds=0.006 + 0.003 * busy,
            config_reload_time=self.born,
            checkpoints=self._checkpoints(at, busy),
            proxy=self._proxy(busy) if self.proxied else None,
        )

    def _checkpoints(self, at: float, busy: float) -> CheckpointView:
        return CheckpointView(
            time=at - 60 * busy,
            size=1_400_000,
            seconds=0.05,
            failures={"no_space": 0},
            restored=1,
            rejected={"damaged": 0},
        )

    def _proxy(self, busy: float) -> ProxyView:
        return ProxyView(
            requests={"inference": self._bodies, "other": self._bodies // 10},
            failures={"status": self._bodies // 200},
            unobserved={"too_large": self._bodies // 300},
            disconnects=self._bodies // 20,
            in_flight=int(8 * busy),
        )


def write(pods: Iterable[Pod], start: float, end: float, path: Path) -> None:
    """Let time pass from *start* to *end* and write every scrape to *path*."""
    pods = tuple(pods)
    with path.open("w", encoding="utf-8") as file:
        for at in range(int(start), int(end), STEP):
            for pod in pods:
                if at < pod.born:
                    continue
                pod.step(at - STEP, at)
                time = f" {at}\n"
                file.write(time.join(pod.scrape(at)))
                file.write(time)
        file.write("# EOF\n")


def _with(prefix: str, labels: str) -> str:
    name, brace, rest = prefix.partition("{")
    return f"{name}{{{labels},{rest}" if brace else f"{name.rstrip()}{{{labels}}} "
