"""Stories: which pods there are and what happens to them; a long one to look at, a short one to test with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.preview import cards
from dashboards.preview.cards import Cards, Faults
from dashboards.preview.chats import Chats
from dashboards.preview.history import DAY, Feed, Pod
from driftgauge.batch import Batch
from driftgauge.config import LatencySettings, ModelSettings, ReferenceSettings, SegmentSettings
from driftgauge.model import Model
from driftgauge.profile import Reference

__all__ = ["STORIES", "Story"]

#: midnight (UTC) before the flights' replay begins
START = 1_362_096_000.0
#: past traffic from which the made-up model was trained
TRAINED_DAYS = 14
#: seconds between two evaluations of a model: scores of hours and days do not need more
TICK = 900


@dataclass(frozen=True, slots=True)
class Story:
    """A history to be made: its pods, from when to when."""

    pods: tuple[Pod, ...]
    start: float
    end: float


def short() -> Story:
    """Most of a day: amounts drift in the morning, a canary runs in the last hours. No optional package is needed."""
    end = START + 20 * 3600
    faults = Faults(currency=START + 4 * 3600, country=START + 12 * 3600)
    of = cards.reference(START, days=TRAINED_DAYS, rows=500)
    pods = (
        _fraud("card-fraud-0", of, Cards(40, faults, seed=10)),
        _fraud("card-fraud-1", of, Cards(40, faults, seed=11)),
        _fraud("card-fraud-canary", of, Cards(25, faults, 2.5, seed=12), version="2", born=end - 8 * 3600),
    )
    for pod in pods[:2]:
        pod.warm(START - 2 * DAY, START)
    return Story((*pods, _assistant(START + 10 * 3600)), START, end)


def weeks(days: int = 12) -> Story:
    """Three models: one drifts for three reasons and gets a canary, one has real flights, one falls silent."""
    from dashboards.preview import flown  # noqa: PLC0415 - needs the packages of the demo

    at = _moment
    faults = Faults(
        errors=at(days - 7, 12),
        currency=at(days - 6, 10),
        slow=at(days - 5, 9),
        unfilled=at(days - 3, 14),
        country=at(days - 2, 8),
    )
    of = cards.reference(START, days=TRAINED_DAYS, rows=1000)
    scheduled, flights = flown.load(days, at(days - 5, 5), pods=2)
    travel = ModelSettings(name="flight-delay", tick_seconds=TICK, reference=ReferenceSettings(path="flights.json"))
    learned = ModelSettings(name="search-ranker", tick_seconds=TICK, reference=ReferenceSettings(learn_rows=5000))
    pods = (
        _fraud("card-fraud-0", of, Cards(60, faults, seed=10)),
        _fraud("card-fraud-1", of, Cards(60, faults, seed=11), dropped=(at(days - 4, 3), "queue_full", 3)),
        _fraud("card-fraud-canary", of, Cards(15, faults, 2.5, seed=12), version="2", born=at(days - 2, 6)),
        *(
            Pod(f"flight-delay-{number}", "travel", Model("flight-delay", "1", travel, scheduled), share, START)
            for number, share in enumerate(flights)
        ),
        Pod(
            "search-ranker-0",
            "search",
            Model("search-ranker", "5", learned),
            _until(at(days - 1, 6), Cards(30, seed=20)),
            START,
        ),
    )
    return Story((*pods, _assistant(at(days - 1, 8))), START, START + days * DAY)


STORIES: dict[str, Callable[[], Story]] = {"short": short, "weeks": weeks}


def _moment(day: int, hour: int) -> float:
    return START + day * DAY + hour * 3600


def _fraud(
    name: str,
    of: Reference,
    feed: Cards,
    *,
    version: str = "1",
    born: float = START,
    dropped: tuple[float, str, int] | None = None,
) -> Pod:
    settings = ModelSettings(
        name="card-fraud",
        tick_seconds=TICK,
        reference=ReferenceSettings(path="payments.json"),
        latency=LatencySettings(warn_seconds=0.08, alert_seconds=0.15),
        segments=SegmentSettings(fields=("country",), columns=("amount",)),
    )
    return Pod(name, "payments", Model("card-fraud", version, settings, of), feed, born, dropped)


def _assistant(worse: float) -> Pod:
    settings = ModelSettings(name="assistant", tick_seconds=TICK, reference=ReferenceSettings(learn_rows=1000))
    return Pod("assistant-0", "chat", Model("assistant", "1", settings), Chats(20, worse, seed=30), START, proxied=True)


def _until(last: float, feed: Cards) -> Feed:
    def until(start: float, end: float) -> Batch | None:
        return feed(start, end) if end < last else None

    return until
