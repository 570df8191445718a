"""Truth: what became of the flights, told when they had landed, as an airline's own systems would tell it, hours after the model.

Diverted flights have no arrival of their own, so nothing is ever told of them. Memory: two numbers and an id a flight.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from driftgauge.demo.flights import ID, KNOWN, TARGET
from driftgauge.demo.model import words

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Truth"]


class Truth:
    """The labels of flights in the order in which they become known.

    Args:
        flights: those that the model is asked about.
    """

    def __init__(self, flights: DataFrame) -> None:
        landed = flights[flights[TARGET].notna() & flights[KNOWN].notna()].sort_values(KNOWN, kind="stable")
        self._times = landed[KNOWN].to_numpy()
        self._ids = landed[ID].tolist()
        self._labels = words(landed[TARGET])
        #: how many have been told
        self.told = 0

    def until(self, time: float) -> bytes | None:
        """Return the labels that are new by *time* as a body for the exporter, None without any."""
        first, self.told = self.told, max(self.told, int(np.searchsorted(self._times, time, side="right")))
        chosen = slice(first, self.told)
        if first == self.told:
            return None
        times = self._times[chosen].tolist()
        return json.dumps({"id": self._ids[chosen], "label": self._labels[chosen], "ts": times}).encode()
