"""One version of a model: observations in, windows and evaluations out.

    observe -> derive -> place in time -> stage -> ring -> collect -> evaluate

Until there is a reference the rows go to the learner instead of the ring. Nothing here knows a thread or a clock: the
wall time is an argument, and the caller sees to it that only one call runs at a time (`evaluate` may run beside the
others once `collect` has returned).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, concatenate
from driftgauge.config import LimitSettings, ModelSettings
from driftgauge.derive import with_probability_columns
from driftgauge.model.evaluation import Evaluation, ModelView
from driftgauge.model.evaluator import Evaluator
from driftgauge.model.stage import Stage
from driftgauge.model.sums import WindowSums, collect
from driftgauge.model.tally import Tally
from driftgauge.model.timeline import Placed, Timeline
from driftgauge.profile import HOUR_SECONDS, CountRing, Profile, Reference, Ring, Window
from driftgauge.reference import Learner, without
from driftgauge.reference.accept import Accepted

__all__ = ["Model"]

#: rows that wait for the learner, which like the sketches costs the same for one row as for many
PENDING_ROWS = 1_024
#: longest name of a column: it is part of every series of the column
NAME_CHARS = 256
#: a clock that goes back by more than this starts the windows anew: their slots would lie ahead of it for as long
BACK_SECONDS = 600.0


class Model:
    """The state of one version of a model.

    Args:
        name: of the model.
        version: of the model.
        settings: of the model.
        reference: the profile to compare with; None to learn one, or when the configured one cannot be read.
        limits: bounds.
    """

    def __init__(
        self,
        name: str,
        version: str,
        settings: ModelSettings,
        reference: Reference | None = None,
        limits: LimitSettings | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.settings = settings
        self._limits = limits or LimitSettings()
        #: digest of the reference it was given; None when it is to learn one
        self.given_digest = None if reference is None else reference.digest
        self._tally = Tally()
        self._timeline = Timeline(event=settings.clock == "event", lateness_seconds=settings.lateness_seconds)
        self._pending: list[Batch] = []
        self._next_tick: float | None = None
        self._evaluation: Evaluation | None = None
        self._reference: Reference | None = None
        self._previous: Reference | None = None
        self._ignored = frozenset(name for name, column in settings.features.items() if column.ignore)
        kinds: dict[str, str] = {name: column.kind for name, column in settings.features.items() if column.kind}
        wanted = settings.reference.learn_rows
        self._learner: Learner | None = None
        self._known: frozenset[str] = frozenset()
        if reference is not None:
            self.refer_to(reference)
        elif not settings.reference.path:
            self._learner = Learner(wanted, bins=settings.reference.bins, kinds=kinds, limit=self._limits.columns)

    def refer_to(self, reference: Reference) -> None:
        """Compare with *reference* from now on, in empty windows."""
        reference = without(reference, self._ignored)
        self._reference = reference
        self._learner = None
        self._known = frozenset(column.name for column in reference.profile.spec.schema.columns)
        self._ring = Ring(reference.profile.spec)
        self._counted = tuple(CountRing(reference.profile.spec, rows) for rows in self.settings.count_windows)
        self._stage = Stage(reference.profile.spec)
        self._newest = -math.inf
        self._evaluator = Evaluator(reference, self.settings)
        self._hour = -1
        self._evaluation = None

    @property
    def reference(self) -> Reference | None:
        """What is compared with; None while there is none."""
        return self._reference

    @property
    def learning(self) -> bool:
        """Whether a reference is being learned from the traffic."""
        return self._learner is not None

    def window(self, window: Window, wall: float) -> Accepted:
        """Return what a window holds now, as what could become the reference; there must be one."""
        self.flush(wall)
        assert self._reference is not None
        now = self._timeline.now(wall)
        since = now if self._ring.since is None else self._ring.since
        hours = () if self._reference.strata is None else self._ring.by_hour(window, now)
        return Accepted(window, self._ring.window(window, now), now, max(since, now - window.seconds), hours)

    def accept(self, reference: Reference, wall: float) -> None:
        """Compare with *reference*, which counts the same, from now on; the windows stay, the statuses begin anew."""
        self._previous, self._reference = self._reference, reference
        self._evaluator = Evaluator(reference, self.settings)
        self._hour = -1
        if (sums := self.collect(wall)) is not None:
            self.evaluate(sums)

    def goes_on(self, digest: str | None) -> bool:
        """Tell whether a profile of *digest* is what the model was given, as it is once an accepted one was stored."""
        if self._previous is not None and self._reference is not None and digest == self._reference.digest:
            self.given_digest = digest
        return digest == self.given_digest

    def resettle(self, settings: ModelSettings) -> None:
        """Take settings that change how windows are judged, but not what is counted; the windows stay."""
        self.settings = settings
        self._next_tick = None
        if self._reference is not None:
            self._evaluator = Evaluator(self._reference, settings)
            self._hour = -1

    def observe(self, batch: Batch, wall: float) -> None:
        """Take a batch in that arrived at *wall* (seconds since 1970)."""
        self._tally.observe(batch, wall)
        if self._reference is None and self._learner is None:
            return
        batch = self._prepared(batch)
        # Counted here, because a batch is cut into minutes and its violations belong to the whole.
        self._tally.violated(batch.violations, self._known)
        batch = replace(batch, violations={}) if batch.violations else batch
        self._keep_time(self._timeline.now(wall))
        placed = list(self._timeline.place(batch, wall))
        for refused in placed:
            if refused.reason:
                self._tally.late(refused.reason, len(refused.rows))
        good = [part for part in placed if not part.reason]
        if not good:
            return
        if self._learner is not None:
            self._learn(batch, good)
        else:
            self._enter(batch, good)

    def flush(self, wall: float) -> None:
        """Count what is staged."""
        if self._learner is not None:
            self._learn_pending(self._timeline.now(wall))
        elif self._reference is not None and (flushed := self._stage.flush()) is not None:
            self._add(*flushed)

    def due(self, wall: float) -> bool:
        """Tell whether an evaluation is due on the model's clock."""
        now, tick = self._timeline.now(wall), self.settings.tick_seconds
        # A clock that went back must not stop the evaluations until it is where it was.
        return self._next_tick is None or not self._next_tick - tick <= now < self._next_tick

    def collect(self, wall: float) -> WindowSums | None:
        """Flush, and return the windows for `evaluate`; None while there is no reference."""
        self.flush(wall)
        now, tick = self._timeline.now(wall), self.settings.tick_seconds
        self._keep_time(now)
        self._next_tick = (now // tick + 1) * tick
        if self._reference is None:
            return None
        hour = int(now // HOUR_SECONDS)
        past, self._hour = hour != self._hour, hour
        return collect(self._ring, self._counted, now, past=past)

    def evaluate(self, sums: WindowSums) -> Evaluation:
        """Score the windows and remember the result for `view`."""
        self._evaluation = self._evaluator.evaluate(sums)
        return self._evaluation

    def tick(self, wall: float) -> Evaluation | None:
        """Collect and evaluate, if that is due; return the latest evaluation."""
        if self.due(wall) and (sums := self.collect(wall)) is not None:
            self.evaluate(sums)
        return self._evaluation

    def view(self, wall: float) -> ModelView:
        """Flush, and return all that can be told of the model now."""
        self.flush(wall)
        learner = self._learner
        state = "learning" if learner is not None else "ready" if self._reference is not None else "no_reference"
        return ModelView(
            self.name,
            self.version,
            state,
            self._mode,
            self._tally.counters,
            (0, 0) if learner is None else (learner.rows, learner.wanted),
            self._reference,
            None if self._reference is None else self._ring.total,
            self._evaluation,
            self.settings,
            self._previous,
        )

    @property
    def _mode(self) -> str:
        """Where the reference comes from; an accepted one that was stored where it is configured comes from a file."""
        if self._previous is not None and self._reference is not None and self._reference.digest != self.given_digest:
            return "accepted"
        return "file" if self.settings.reference.path else "learned"

    def _add(self, profile: Profile, time: float) -> None:
        self._ring.add(profile, time)
        for counted in self._counted:
            counted.add(profile, time)

    def _keep_time(self, now: float) -> None:
        """Start the windows anew, but not the totals, when the clock has gone far back."""
        if self._reference is None or now >= self._newest - self.settings.lateness_seconds - BACK_SECONDS:
            return
        if (flushed := self._stage.flush()) is not None:
            self._add(*flushed)
        self._ring.forget_after(now)
        self._newest = now

    def _prepared(self, batch: Batch) -> Batch:
        """Add derived columns; leave out those that are ignored, and names that no series should carry."""
        batch = with_probability_columns(batch)
        unwanted = {name for name in (*batch.inputs, *batch.outputs) if len(name) > NAME_CHARS}
        ignored = self._ignored.intersection(batch.inputs)
        if not unwanted and not ignored:
            return batch
        return replace(
            batch,
            inputs={name: column for name, column in batch.inputs.items() if name not in unwanted | ignored},
            outputs={name: column for name, column in batch.outputs.items() if name not in unwanted},
            violations={key: count for key, count in batch.violations.items() if key[0] not in ignored}
            | {(name, "long_name"): batch.rows for name in unwanted},
        )

    def _enter(self, batch: Batch, placed: list[Placed]) -> None:
        """Stage the rows minute by minute, or count them at once where they are more than the stage holds."""
        reading = self._ring.spec.read(batch)
        self._tally.violated(reading.violations, self._known)
        latencies = batch.requests.latencies
        for part in placed:
            block = reading.block.take(part.rows)
            self._newest = max(self._newest, part.time)
            if not self._stage.takes(block.rows, part.time) and (flushed := self._stage.flush()) is not None:
                self._add(*flushed)
            if self._stage.takes(block.rows, part.time):
                self._stage.add(block, latencies, part.time)
            else:
                self._add(self._ring.spec.count(block, latencies), part.time)
            latencies = latencies[:0]  # the requests belong to the batch, not to each of its minutes

    def _learn(self, batch: Batch, placed: list[Placed]) -> None:
        rows = np.sort(np.concatenate([part.rows for part in placed]))
        self._pending.append(batch if len(rows) == batch.rows else batch.take(rows))
        if sum(pending.rows for pending in self._pending) >= PENDING_ROWS:
            self._learn_pending(placed[-1].time)

    def _learn_pending(self, now: float) -> None:
        if self._learner is None or not self._pending:
            return
        pending, self._pending = self._pending, []
        self._learner.observe(concatenate(pending))
        if self._learner.ready:
            self.refer_to(self._learner.finish(now))
