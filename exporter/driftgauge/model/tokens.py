"""Tokens of live texts: hashed tokens counted by time, and how far they are from the reference's.

    tokens of a minute -> stage -> counts of hash buckets -> ring -> windows -> distance, noise floor, evidence, overlap, status

Texts wait as numbers of hash buckets, because counting 256 of them costs little more than counting one. No token is kept.

Memory: 564 slots of 12 KB for a text; the stage holds 256 texts or 65,536 tokens. Time: 1.5 us a text of 20 tokens,
30 ns a token beyond; 0.5 ms a text and window when they are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as midnight
from typing import cast

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Tokens
from driftgauge.config import ColumnSettings, ModelSettings
from driftgauge.derive import text_of
from driftgauge.drift import UNDECIDED, Hysteresis, Rule
from driftgauge.drift.token_drift import OVERLAP_DRIFT, token_drift
from driftgauge.model.timeline import SLOT_SECONDS
from driftgauge.profile import TOKENS, WINDOWS, Reference, SketchRing, sketch_name
from driftgauge.sketch import TokenCounts, TokenSpec
from driftgauge.state import State
from driftgauge.tokens import joined_tokens

__all__ = ["TokenJudge", "TokenRing", "TokenScores", "token_columns", "tokens_of"]

Float64s = NDArray[np.float64]
#: text -> its token counts in a window
Counts = Mapping[str, TokenCounts]

#: texts, and tokens, that wait
STAGED, STAGED_TOKENS = 256, 65_536
_NONE = ColumnSettings()
#: design effect of texts that are all the same, but for rounding: how unevenly nothing scatters need not be known
_NO_SCATTER = 1e-6


def token_columns(reference: Reference, name: str) -> tuple[int, ...]:
    """Return the places of the columns of facts of the text *name* among the numeric ones."""
    columns = reference.profile.spec.schema.numeric
    return tuple(place for place, column in enumerate(columns) if text_of(column.name) == name)


def tokens_of(reference: Reference) -> tuple[str, ...]:
    """Return the texts whose tokens the reference has, in order of name."""
    return tuple(
        name
        for name in sorted(reference.profile.spec.texts)
        if isinstance(found := reference.sketches.get(sketch_name(TOKENS, name)), TokenCounts)
        and found.total
        and token_columns(reference, name)
    )


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Distances of the tokens, arrays [windows, texts]; NaN where there are none.

    Attributes:
        names: of the texts, in the order of the arrays.
        debiased: Jensen-Shannon distance of the hashed tokens without the noise's share, 0..1.
        noise_floor: to be expected without drift.
        evidence: -log10 of the probability of such a distance without drift, 0 to 300.
        samples: texts with tokens.
        overlap: share of the most frequent tokens that both sides have; NaN with too few tokens to tell.
        top: how many most frequent ones that is, 0 with too few tokens to tell.
        status: -1 undecided, 0 ok, 1 warn, 2 alert.
    """

    names: tuple[str, ...]
    debiased: Float64s
    noise_floor: Float64s
    evidence: Float64s
    samples: NDArray[np.int64]
    overlap: Float64s
    top: NDArray[np.int64]
    status: NDArray[np.int8]


class TokenRing:
    """Token counts by time.

    Args:
        reference: whose texts they are; it must have some (`tokens_of`).
    """

    def __init__(self, reference: Reference) -> None:
        self.names = tokens_of(reference)
        self._spec = TokenSpec()
        self._ring = SketchRing(dict.fromkeys(self.names, self._spec))
        self._staged: list[tuple[int, Mapping[str, Tokens]]] = []
        self._rows = self._tokens = 0
        self._time = 0.0

    def add(self, tokens: Mapping[str, Tokens], rows: NDArray[np.int64], time: float) -> None:
        """Take the tokens of the chosen rows in, observed at *time*."""
        if self._rows and self._time // SLOT_SECONDS != time // SLOT_SECONDS:
            self.flush()
        self._time = time
        found = {name: tokens[name] for name in self.names if name in tokens}
        if not found:
            return
        if any(len(text) != len(rows) for text in found.values()):
            found = {name: text.take(rows) for name, text in found.items()}
        self._staged.append((len(rows), found))
        self._rows += len(rows)
        self._tokens += sum(len(text.buckets) for text in found.values())
        if self._rows >= STAGED or self._tokens >= STAGED_TOKENS:
            self.flush()

    def flush(self) -> None:
        """Count what is staged."""
        if not self._rows:
            return
        joined = joined_tokens([tokens for _, tokens in self._staged], [rows for rows, _ in self._staged])
        self._staged, self._rows, self._tokens = [], 0, 0
        self._ring.add({name: self._spec.of(tokens) for name, tokens in joined.items()}, self._time)

    def collect(self, now: float) -> tuple[Counts, ...]:
        """Return the counts of the windows of time."""
        self.flush()
        return tuple(self._ring.window(window, now) for window in WINDOWS)

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self.flush()
        self._ring.forget_after(now)

    def freeze(self) -> State:
        """Return a copy of the slots."""
        self.flush()
        return self._ring.freeze()

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of other texts.
        """
        self._ring.thaw(state)


class TokenJudge:
    """Compares token counts with a reference's; remembers the statuses.

    A status needs the evidence of a column, and a distance over the column's threshold or, for an alert, fewer than half of the
    most frequent tokens in common and a distance that would warn, at the model's threshold at most: where words are about equally
    frequent, which of them are the most frequent changes with a trifle. A reference of an older version, which does not say how
    unevenly its texts scatter, decides nothing: a few live texts at a time do not tell it either, and templates would alert by chance.

    Args:
        reference: what is compared with.
        settings: of the model; those of the feature that is the text hold for its tokens.
        windows: that will be judged, of time first.
    """

    def __init__(self, reference: Reference, settings: ModelSettings, windows: int) -> None:
        self.names = tokens_of(reference)
        self._known = [cast("TokenCounts", reference.sketches[sketch_name(TOKENS, name)]) for name in self.names]
        self._columns = [list(token_columns(reference, name)) for name in self.names]
        self._hysteresis = Hysteresis((windows, len(self.names)))
        drift, own = settings.drift, [settings.features.get(name, _NONE) for name in self.names]
        self._least = drift.least_samples
        warn = np.array([drift.warn if one.warn is None else one.warn for one in own])
        self._alert = np.array([max(drift.alert, one.warn or 0.0) if one.alert is None else one.alert for one in own])
        self._warn = np.minimum(warn, self._alert)
        self._noticed = np.minimum(self._warn, drift.warn)
        self._told = np.array(
            [known.spectrum[0] > 0 or known.design_effect < _NO_SCATTER for known in self._known], dtype=bool
        )
        self._muted_until = np.array(
            [
                -np.inf if one.mute_until is None else datetime.combine(one.mute_until, midnight.min, UTC).timestamp()
                for one in own
            ]
        )

    def judge(
        self,
        counts: Sequence[Counts],
        judges: NDArray[np.bool_],
        evidence: Float64s,
        dispersion: Float64s,
        time: float,
    ) -> TokenScores:
        """Score and move the statuses.

        Args:
            counts: of the windows; those beyond (windows of rows) have none.
            judges: which windows may judge which columns, [windows, columns].
            evidence: that a status needs, [windows].
            dispersion: factor by which columns scatter more widely than independent rows, [windows, columns].
            time: seconds since 1970, which ends a mute.
        """
        shape = len(judges), len(self.names)
        debiased, floor, sure, overlap = (np.full(shape, np.nan) for _ in range(4))
        samples, top = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        judging = np.stack([judges[:, columns].any(axis=1) for columns in self._columns], axis=1)
        judging &= self._told
        for row, window in enumerate(counts):
            for place, (name, known) in enumerate(zip(self.names, self._known, strict=True)):
                # sessions: rows that come together count for fewer
                spread = max(float(dispersion[row, self._columns[place]].max()), 1.0)
                found = token_drift(known, window[name], spread)
                debiased[row, place], floor[row, place] = found.debiased, found.noise_floor
                sure[row, place], overlap[row, place] = found.evidence, found.overlap
                samples[row, place], top[row, place] = int(window[name].texts[0]), found.k
        rule = Rule(self._warn, self._alert, evidence[:, None], self._least)
        lost = (overlap < OVERLAP_DRIFT) & (debiased >= self._noticed)
        size = np.where(lost, np.fmax(debiased, self._alert), debiased)
        status = self._hysteresis.update(rule, size, sure, np.where(judging, samples, 0))
        status = np.where(time < self._muted_until, UNDECIDED, status).astype(np.int8)
        return TokenScores(self.names, debiased, floor, sure, samples, overlap, top, status)

    def freeze(self) -> State:
        """Return a copy of the statuses."""
        return self._hysteresis.freeze()

    def thaw(self, state: State) -> None:
        """Take statuses back.

        Raises:
            StateError: they are of other texts or windows.
        """
        self._hysteresis.thaw(state)
