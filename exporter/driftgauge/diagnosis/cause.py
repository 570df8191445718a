"""Cause: a likely reason of what was found, with the figures that its test rests on; and what tests look at.

Law: a cause exists only where its own test has passed on the counts at hand. Nothing is listed because it is common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import WARN
from driftgauge.drift.profiles import missing_ratios
from driftgauge.model import Evaluation, ModelView
from driftgauge.model.batch_job import WINDOW_NAME
from driftgauge.profile import INPUT, NUMERIC, ColumnSchema, Profile

__all__ = ["CONTEXT", "MECHANISM", "SYMPTOM", "Cause", "Sight", "number", "percent"]

Float64s = NDArray[np.float64]

#: how much a cause explains: what exactly was done to the values; what is wrong with them; what was different around them
MECHANISM, SYMPTOM, CONTEXT = 1, 2, 3
#: drifting columns that are looked at, the worst first
_MOST = 24
#: rows of a window below which its values tell nothing of causes
LEAST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Cause:
    """A likely reason.

    Attributes:
        name: stable, for programs.
        title: for people.
        said: the evidence, in words with figures.
        check: what to look at next.
        columns: in which it shows, (role, name); none where it is about the model as a whole.
        figures: of the test, by name.
        tier: `MECHANISM`, `SYMPTOM` or `CONTEXT`; the first are listed first.
        weight: how much drift it accounts for, as a distance; ranks causes of a tier.
    """

    name: str
    title: str
    said: str
    check: str
    columns: tuple[tuple[str, str], ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    tier: int = SYMPTOM
    weight: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the tests look at: the status window of an evaluation against its reference.

    Attributes:
        view: the model.
        evaluation: the last one.
        debiased: distances in the status window, 0 where undefined, [columns].
        samples: rows of the status window, [columns].
        drifting: numbers of the columns in warning or alert, the worst first.
        missing: share of missing values of the reference and of the window, each [columns].
        spellings: share of a categorical column's new values that are known ones in another spelling, by its name; empty
            where nobody has looked at the values themselves.
        newcomers: the most frequent new categories of a column and their shares, by its name; None where nobody has looked.
    """

    view: ModelView
    evaluation: Evaluation
    debiased: Float64s
    samples: Float64s
    drifting: tuple[int, ...]
    missing: tuple[Float64s, Float64s]
    spellings: Mapping[str, float]
    newcomers: Mapping[str, Mapping[str, float]] | None = None

    @classmethod
    def of(
        cls,
        view: ModelView,
        spellings: Mapping[str, float],
        newcomers: Mapping[str, Mapping[str, float]] | None = None,
    ) -> Sight | None:
        """Look at *view*; None before its first evaluation, and while the window has hardly any rows."""
        evaluation = view.evaluation
        if evaluation is None:
            return None
        place = evaluation.windows.index(evaluation.status_window)
        debiased, samples = np.nan_to_num(evaluation.scores.debiased[place]), evaluation.scores.samples[place]
        if samples.max(initial=0) < LEAST_ROWS:
            return None
        order = np.argsort(-debiased, kind="stable").tolist()
        drifting = [number for number in order if evaluation.status[number] >= WARN and samples[number] >= LEAST_ROWS]
        missing = tuple(
            np.nan_to_num(missing_ratios(side)) for side in (evaluation.reference.profile, evaluation.current)
        )
        return cls(
            view, evaluation, debiased, samples, tuple(drifting[:_MOST]), (missing[0], missing[1]), spellings, newcomers
        )

    @property
    def columns(self) -> tuple[ColumnSchema, ...]:
        """The columns, in the order of the arrays."""
        return self.evaluation.columns

    @property
    def reference(self) -> Profile:
        """What the reference counted."""
        return self.evaluation.reference.profile

    @property
    def current(self) -> Profile:
        """What the status window counted."""
        return self.evaluation.current

    @property
    def of_file(self) -> bool:
        """Whether a file is looked at, not traffic."""
        return self.evaluation.status_window.name == WINDOW_NAME

    @property
    def rhythm(self) -> bool:
        """Whether the hours of the day may matter: nobody has said that they do not."""
        return self.of_file or self.view.settings.seasonality != "none"

    @property
    def window(self) -> str:
        """What the figures are about: `last 24h`, `the file`."""
        return "the file" if self.of_file else f"the last {self.evaluation.status_window.name}"

    def key(self, number: int) -> tuple[str, str]:
        """Return role and name of a column."""
        return self.columns[number].role, self.columns[number].name

    def numeric(self, number: int) -> bool:
        """Tell whether a column is numeric: its number is then its row in the histograms."""
        return self.columns[number].kind == NUMERIC

    def inputs(self) -> list[int]:
        """Return the numbers of the inputs."""
        return [number for number, column in enumerate(self.columns) if column.role == INPUT]


def percent(share: float) -> str:
    """Return a share for people: `12 %`, `0.4 %`."""
    value = 100 * share
    return f"{value:.0f} %" if abs(value) >= 9.95 else f"{value:.2g} %"


def number(value: float) -> str:
    """Return a number with up to four significant digits, thousands apart."""
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", " ") if abs(value) < 1e15 else f"{value:.3g}"
    return f"{value:.4g}"
