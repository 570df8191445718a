"""Cards: made-up card payments and a model that looks for fraud among them; faults come in when they are told to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboards.preview.history import DAY
from driftgauge.batch import MISSING, Batch, Categories, Codes, Requests, concatenate
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build

__all__ = ["Cards", "Faults", "reference"]

Values = NDArray[np.float64]

COUNTRIES = ("DE", "FR", "IT", "ES", "NL", "PL", "AT", "BE")
CHANNELS = ("web", "app", "store")
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """When what goes wrong, seconds since 1970.

    Attributes:
        currency: amounts arrive in another currency, 1.8 times as large.
        unfilled: a sender no longer fills the age of the account in a seventh of the rows.
        country: rows from a country that the reference did not have.
        slow: requests take three times as long.
        errors: an hour and a half of timeouts.
    """

    currency: float = NEVER
    unfilled: float = NEVER
    country: float = NEVER
    slow: float = NEVER
    errors: float = NEVER


@dataclass
class Cards:
    """Payments of one pod: rows follow the hour of day, and so do amounts, a little.

    Attributes:
        rows: in a step of average traffic.
        faults: what goes wrong.
        strict: how much more often than usual the model says fraud.
        seed: of the pod.
    """

    rows: float
    faults: Faults = field(default_factory=Faults)
    strict: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def __call__(self, start: float, end: float) -> Batch | None:  # noqa: ARG002 - a feed's signature
        """Return the payments between two times."""
        day = np.sin(2 * np.pi * (end % DAY) / DAY - 2)
        rows = int(self._rng.poisson(self.rows * (1 + 0.5 * day)))
        return self._batch(rows, end, day) if rows else None

    def _batch(self, rows: int, now: float, day: float) -> Batch:
        rng, faults = self._rng, self.faults
        amount = np.exp(rng.normal(3.4 + 0.05 * day, 0.9, rows)) * (1.8 if now >= faults.currency else 1.0)
        age = rng.gamma(2.0, 200.0, rows)
        items = rng.poisson(2.2, rows) + 1.0
        weights = np.array([0.34, 0.2, 0.14, 0.1, 0.08, 0.07, 0.04, 0.03])
        country = rng.choice(len(COUNTRIES), rows, p=weights).astype(np.int32)
        channel = rng.choice(len(CHANNELS), rows, p=[0.5, 0.35, 0.15]).astype(np.int32)
        risk = 1 / (1 + np.exp(5.2 - 0.012 * amount - 0.4 * (channel == 0) + 0.002 * age))
        if now >= faults.unfilled:
            age = np.where(rng.random(rows) < 1 / 7, np.nan, age)
        vocabulary: tuple[str, ...] = COUNTRIES
        if now >= faults.country:
            vocabulary = (*COUNTRIES, "XK")
            country = np.where(rng.random(rows) < 0.04, len(COUNTRIES), country).astype(np.int32)
        fraud = (rng.random(rows) < np.minimum(risk * self.strict, 1)).astype(np.int32)
        return Batch(
            rows,
            inputs={
                "amount": amount,
                "account_age_days": age,
                "items": items,
                "country": Categories(country, vocabulary),
                "channel": Categories(channel, CHANNELS),
            },
            outputs={"prediction": Categories(fraud, ("ok", "fraud")), "risk": risk},
            timestamps=np.full(rows, now),
            requests=self._requests(rows, now),
            labels=Categories(self._truth(fraud, now), ("ok", "fraud")),
        )

    def _truth(self, fraud: Codes, now: float) -> Codes:
        """Return what turned out: 2 % were otherwise, and of a third of the payments nobody knows."""
        rng = np.random.default_rng([self.seed, int(now)])  # of its own, so that the payments stay as they are
        truth = np.where(rng.random(len(fraud)) < 0.02, 1 - fraud, fraud)
        return np.where(rng.random(len(fraud)) < 0.3, MISSING, truth).astype(np.int32)

    def _requests(self, rows: int, now: float) -> Requests:
        rng, faults = self._rng, self.faults
        slower = 3.0 if now >= faults.slow else 1.0
        latencies = np.exp(rng.normal(np.log(0.018 * slower), 0.45, rows))
        failing = faults.errors <= now < faults.errors + 5400
        failed = int(rng.binomial(rows, 0.06 if failing else 0.0008))
        return Requests(rows, latencies, {"timeout": failed} if failed else {})


def reference(start: float, *, days: int, rows: int) -> Reference:
    """Build the model's reference from the *days* before *start*, with the product's builder."""
    cards = Cards(rows / 24, seed=1)
    hours = (start - hour * 3600 for hour in range(days * 24, 0, -1))
    past = [batch for begin in hours if (batch := cards(begin, begin + 3600)) is not None]
    return build(lambda: [concatenate(past)], BuildOptions("payments of the weeks before", start, "card-fraud", "1"))
