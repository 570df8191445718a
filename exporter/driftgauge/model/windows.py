"""Windows: what is counted of a model's rows since its reference was set, and how that is judged.

    rows of a minute -> stage -> ring, and rings of rows -> collect -> evaluate

They begin empty with a reference, because its schema and edges say what is counted, and go on while the reference is
exchanged for one that counts the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Floats, Requests
from driftgauge.config import ModelSettings
from driftgauge.derive import with_vectors
from driftgauge.model.anomalies import AnomalySample, Waiting
from driftgauge.model.anytime import MINUTE
from driftgauge.model.embeddings import EmbeddingRing, embeddings_of
from driftgauge.model.evaluation import Evaluation
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.health import Health
from driftgauge.model.history import ColumnHistory, column_history
from driftgauge.model.labelling import Labelling
from driftgauge.model.level_watch import LevelWatch
from driftgauge.model.levels import SlotLevels, levels_of
from driftgauge.model.segment_scores import SegmentJudge
from driftgauge.model.segments import Segments
from driftgauge.model.stage import Stage
from driftgauge.model.sums import WindowSums, collect
from driftgauge.model.timeline import Placed
from driftgauge.model.tokens import TokenRing, tokens_of
from driftgauge.profile import HOUR_SECONDS, Block, CountRing, Profile, Reference, Ring, Window
from driftgauge.profile.scoring import MOST_SCORED
from driftgauge.reference.accept import Accepted
from driftgauge.state import State

__all__ = ["Windows"]

#: a clock that goes back by more than this starts the windows anew: their slots would lie ahead of it for as long
BACK_SECONDS = 600.0
#: minutes that have slots of their own, and have ended
_KEPT_MINUTES = 59


class Windows:
    """What is counted against a reference.

    Args:
        reference: what is compared with.
        settings: of the model.
    """

    def __init__(self, reference: Reference, settings: ModelSettings) -> None:
        self._ring = Ring(reference.profile.spec)
        self._counted = tuple(CountRing(reference.profile.spec, rows) for rows in settings.count_windows)
        self._stage = Stage(reference.profile.spec)
        self.segments = Segments(reference, settings) if settings.segments.fields else None
        self._embeddings = EmbeddingRing(reference, settings.count_windows) if embeddings_of(reference) else None
        self._tokens = TokenRing(reference) if tokens_of(reference) else None
        #: rows by what became of them when anomalies were looked for
        self.anomaly_rows: Counter[str] = Counter()
        self._newest = -math.inf
        self._lateness = settings.lateness_seconds
        self.levels: LevelWatch | None = None
        self.judge_by(reference, settings)

    def judge_by(self, reference: Reference, settings: ModelSettings) -> None:
        """Compare with *reference*, which counts the same, by *settings*; the statuses begin anew."""
        self.reference = reference
        self._evaluator = Evaluator(reference, settings)
        self._least = settings.drift.least_samples
        self._judge = SegmentJudge()
        self._health = Health(reference, settings)
        if self.segments is not None:
            self.segments.refer_to(reference)
        self._hour = -1
        wanted = settings.level_changes
        if not (wanted.detectors and wanted.series):
            self.levels = None
        elif self.levels is None or self.levels.settings != wanted:
            self.levels = LevelWatch(wanted, self._lateness)
        # On the event clock what waits came between two evaluations, however long those were.
        rows = settings.anomaly_rows_per_second if settings.clock == "wall" else MOST_SCORED
        scored = reference.profile.spec.scoring is not None and settings.anomaly_rows_per_second > 0
        self._anomalies = AnomalySample(reference.profile.spec, rows, self.anomaly_rows) if scored else None

    @property
    def total(self) -> Profile:
        """Everything counted."""
        return self._ring.total

    def enter(self, batch: Batch, placed: Sequence[Placed], suppressed: Counter[str]) -> Mapping[tuple[str, str], int]:
        """Count the rows minute by minute; return what in them broke the schema, count segments that are not told apart."""
        if self._embeddings is not None:
            batch = with_vectors(batch, self._ring.spec.embedders)
        reading = self._ring.spec.read(batch)
        latencies, segments = batch.requests.latencies, self.segments
        codes = None if segments is None else segments.codes(batch, suppressed)
        if self.levels is not None:
            self.levels.count(batch.requests, placed[0].time)
        for part in placed:
            block = reading.block.take(part.rows)
            self.add(block, latencies, part.time)
            if segments is not None and codes is not None:
                segments.add(block, codes[:, part.rows], part.time)
            if self._embeddings is not None:
                self._embeddings.add(batch.vectors, part.rows, part.time)
            if self._tokens is not None:
                self._tokens.add(batch.tokens, part.rows, part.time)
            latencies = latencies[:0]  # the requests belong to the batch, not to each of its minutes
        return reading.violations

    def add(self, block: Block, latencies: Floats, time: float) -> None:
        """Take rows of one minute in: stage them, or count them at once where they are more than the stage holds."""
        self._newest = max(self._newest, time)
        if not self._stage.takes(block.rows, time):
            self.flush()
        if self._stage.takes(block.rows, time):
            self._stage.add(block, latencies, time)
        else:
            if self._anomalies is not None:
                self._anomalies.add(block, time)
            self._count(self._ring.spec.count(block, latencies), time)

    def add_requests(self, requests: Requests, time: float) -> None:
        """Take requests in whose rows do not come."""
        if self.levels is not None:
            self.levels.count(requests, time)
        if len(requests.latencies):
            spec = self._ring.spec
            self._count(replace(spec.zero(), latency=spec.latency.of([requests.latencies])), time)

    def flush(self) -> None:
        """Count what is staged."""
        if self.segments is not None:
            self.segments.flush()
        if self._anomalies is not None and (staged := self._stage.staged) is not None:
            self._anomalies.add(*staged)
        if (flushed := self._stage.flush()) is not None:
            self._count(*flushed)

    def waiting(self) -> Waiting | None:
        """Return rows that `score` wants the anomaly scores of; None where there are none."""
        return None if self._anomalies is None else self._anomalies.take()

    def score(self, waiting: Waiting, scores: NDArray[np.float32]) -> None:
        """Count the *scores* of rows that waited."""
        if self._anomalies is not None:
            for profile, time in self._anomalies.counted(waiting, scores):
                self._count(profile, time)

    def _score_now(self) -> None:
        if (waiting := self.waiting()) is not None:
            self.score(waiting, waiting.scores())

    def keep_time(self, now: float) -> None:
        """Start anew, but for the totals, when the clock has gone far back."""
        if now >= self._newest - self._lateness - BACK_SECONDS:
            return
        self.flush()
        self._score_now()
        self._ring.forget_after(now)
        if self.segments is not None:
            self.segments.forget_after(now)
        if self._embeddings is not None:
            self._embeddings.forget_after(now)
        if self._tokens is not None:
            self._tokens.forget_after(now)
        self._newest = now

    def collect(self, now: float, labelling: Labelling) -> WindowSums:
        """Return the sums of the windows, to be evaluated, and the levels of slots with those of *labelling*; what is staged has been counted."""
        self._score_now()
        hour = int(now // HOUR_SECONDS)
        past, self._hour = hour != self._hour, hour
        sums = collect(self._ring, self._counted, now, past=past)
        if self._embeddings is not None:
            changes = self._embeddings.changes(now) if past else None
            sums = replace(sums, embeddings=self._embeddings.collect(now), embedding_changes=changes)
        if self._tokens is not None:
            sums = replace(sums, tokens=self._tokens.collect(now))
        if (anytime := self._health.anytime) is not None:
            sums = replace(sums, minutes=tuple(self._minutes(anytime.done, int(now // MINUTE))))
        if self.levels is not None:
            sums = replace(sums, levels=tuple(self._slot_levels(self.levels, labelling, now)))
        return sums if self.segments is None else replace(sums, segments=self.segments.collect(now, past=past))

    def _minutes(self, done: int | None, current: int) -> Iterator[tuple[int, Profile]]:
        """Yield the minutes with rows after *done* and before *current*, as far back as there are slots."""
        first = current - 1 if done is None else max(done + 1, current - _KEPT_MINUTES)
        for minute in range(first, current):
            profile = self._ring.past(MINUTE, (minute + 1) * MINUTE)
            if int(profile.rows[0]):
                yield minute, profile

    def _slot_levels(self, watch: LevelWatch, labelling: Labelling, now: float) -> Iterator[SlotLevels]:
        seconds = watch.settings.slot_seconds
        for slot, requests in watch.due(now):
            yield slot, levels_of(self._ring.slot(seconds, slot), labelling.slot(seconds, slot), requests)

    def evaluate(self, sums: WindowSums) -> Evaluation:
        """Score the windows and move the statuses."""
        evaluation = self._health.evaluate(self._evaluator.evaluate(sums), sums)
        if self.levels is not None:
            evaluation = replace(evaluation, levels=self.levels.take(sums.levels))
        if sums.segments is None:
            return evaluation
        return replace(evaluation, segments=self._judge.judge(sums.segments, evaluation, self._least))

    def acceptable(self, window: Window, now: float) -> Accepted:
        """Return what a window holds, as what could become the reference."""
        since = now if self._ring.since is None else self._ring.since
        hours = () if self.reference.strata is None else self._ring.by_hour(window, now)
        embeddings = {} if self._embeddings is None else self._embeddings.sketches(window, now)
        held = self._ring.window(window, now)
        return Accepted(window, held, now, max(since, now - window.seconds), hours, embeddings)

    def column(self, number: int, window: Window, now: float) -> ColumnHistory:
        """Return what is held of one column in *window*, as a whole and slot by slot."""
        return column_history(self._ring, self.reference, number, window, now)

    def freeze(self) -> State:
        """Return a copy of the windows and the statuses; what is staged has been counted."""
        self._score_now()
        counted = {f"rows_{ring.rows}": ring.freeze() for ring in self._counted}
        if self.segments is not None:
            counted["segments"] = self.segments.freeze()
        if self._embeddings is not None:
            counted["embeddings"] = self._embeddings.freeze()
        if self._tokens is not None:
            counted["tokens"] = self._tokens.freeze()
        if self.levels is not None:
            counted["levels"] = self.levels.freeze()
        counted["health"] = self._health.freeze()
        return State(parts={"ring": self._ring.freeze(), "evaluator": self._evaluator.freeze(), **counted})

    def thaw(self, state: State, now: float) -> None:
        """Go on from what *state* says; slots that lie ahead of *now* are forgotten.

        Raises:
            StateError: it is of other columns, bins or windows; these windows are of no use any more.
        """
        self._ring.thaw(state.part("ring"))
        for ring in self._counted:
            ring.thaw(state.part(f"rows_{ring.rows}"))
        self._evaluator.thaw(state.part("evaluator"))
        if self.segments is not None:
            self.segments.thaw(state.part("segments"))
            self.segments.refer_to(self.reference)
            self.segments.forget_after(now)
        if self._embeddings is not None and "embeddings" in state.parts:  # those of older versions have none
            self._embeddings.thaw(state.part("embeddings"))
            self._embeddings.forget_after(now)
        if self._tokens is not None and "tokens" in state.parts:
            self._tokens.thaw(state.part("tokens"))
            self._tokens.forget_after(now)
        if self.levels is not None and "levels" in state.parts:
            self.levels.thaw(state.part("levels"))
        if "health" in state.parts:
            self._health.thaw(state.part("health"))
        self._ring.forget_after(now)

    def _count(self, profile: Profile, time: float) -> None:
        self._ring.add(profile, time)
        for counted in self._counted:
            counted.add(profile, time)
