"""Flown: the flights of the demo, its model and its fault, cut into the steps of a history and shared out over pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.demo import faults, flights
from driftgauge.demo.model import reference, seen, train
from driftgauge.profile import Reference
from driftgauge.sources import Roles, from_frame

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["START", "Flights", "load"]

#: midnight after the training, when the replay begins
START = flights.REPLAY_START

_ROLES = Roles(prediction="prediction", probabilities=("p_late",), features=flights.FEATURES)


@dataclass
class Flights:
    """Flights of one pod, in order, with the model's answers."""

    rows: DataFrame
    times: np.ndarray[tuple[int], np.dtype[np.float64]]
    seed: int = 0

    def __call__(self, start: float, end: float) -> Batch | None:
        """Return the flights scheduled between two times."""
        first, last = np.searchsorted(self.times, [start, end])
        if first == last:
            return None
        batch = next(from_frame(self.rows.iloc[first:last], _ROLES).batches())
        rng = np.random.default_rng([self.seed, int(end)])
        latencies = np.exp(rng.normal(np.log(0.009), 0.3, batch.rows))
        return Batch(
            batch.rows,
            batch.inputs,
            batch.outputs,
            probabilities=batch.probabilities,
            requests=Requests(batch.rows, latencies),
        )


def load(days: int, kilometres_at: float, pods: int) -> tuple[Reference, list[Flights]]:
    """Return the reference, and the flights of each pod with distances in kilometres from a time on."""
    every = flights.load()
    training = flights.training(every)
    classifier = train(training[seen(training)], seed=7)
    made = partial(faults.miles_to_kilometres, start=kilometres_at)
    flown = made(flights.replayed(every, days))
    answer = classifier.answer(flown)
    flown = flown.assign(prediction=list(answer.prediction), p_late=answer.probabilities[:, 1])
    owner = np.random.default_rng(3).integers(pods, size=len(flown))
    shares = [flown[owner == pod].reset_index(drop=True) for pod in range(pods)]
    of = reference(classifier, training, created=START)
    return of, [Flights(share, share[flights.TIME].to_numpy(np.float64), seed) for seed, share in enumerate(shares)]
