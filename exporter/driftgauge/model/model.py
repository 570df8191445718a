"""One version of a model: observations in, windows and evaluations out.

    observe -> derive -> place in time -> stage -> ring -> collect -> evaluate

Until there is a reference the rows go to the learner instead of the ring. Nothing here knows a thread or a clock: the
wall time is an argument, and the caller sees to it that only one call runs at a time (`evaluate` may run beside the
others once `collect` has returned).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch, concatenate
from driftgauge.config import LimitSettings, ModelSettings
from driftgauge.derive import with_score_columns
from driftgauge.model.evaluation import Evaluation, ModelView
from driftgauge.model.sums import WindowSums
from driftgauge.model.tally import Tally
from driftgauge.model.timeline import Placed, Timeline
from driftgauge.model.windows import Windows
from driftgauge.profile import Reference, Window
from driftgauge.reference import Learner, without
from driftgauge.reference.accept import Accepted

__all__ = ["Model"]

#: rows that wait for the learner, which like the sketches costs the same for one row as for many
PENDING_ROWS = 1_024
#: longest name of a column: it is part of every series of the column
NAME_CHARS = 256


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
        self._windows: Windows | None = None
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
        self._learner = None
        self._known = frozenset(column.name for column in reference.profile.spec.schema.columns)
        self._windows = Windows(reference, self.settings)
        self._evaluation = None

    @property
    def reference(self) -> Reference | None:
        """What is compared with; None while there is none."""
        return None if self._windows is None else self._windows.reference

    @property
    def learning(self) -> bool:
        """Whether a reference is being learned from the traffic."""
        return self._learner is not None

    def window(self, window: Window, wall: float) -> Accepted:
        """Return what a window holds now, as what could become the reference; there must be one."""
        self.flush(wall)
        assert self._windows is not None
        return self._windows.acceptable(window, self._timeline.now(wall))

    def accept(self, reference: Reference, wall: float) -> None:
        """Compare with *reference*, which counts the same, from now on; the windows stay, the statuses begin anew."""
        assert self._windows is not None
        self._previous = self._windows.reference
        self._windows.judge_by(reference, self.settings)
        if (sums := self.collect(wall)) is not None:
            self.evaluate(sums)

    def goes_on(self, digest: str | None) -> bool:
        """Tell whether a profile of *digest* is what the model was given, as it is once an accepted one was stored."""
        if self._previous is not None and self.reference is not None and digest == self.reference.digest:
            self.given_digest = digest
        return digest == self.given_digest

    def resettle(self, settings: ModelSettings) -> None:
        """Take settings that change how windows are judged, but not what is counted; the windows stay."""
        self.settings = settings
        self._next_tick = None
        if self._windows is not None:
            self._windows.judge_by(self._windows.reference, settings)

    def observe(self, batch: Batch, wall: float) -> None:
        """Take a batch in that arrived at *wall* (seconds since 1970)."""
        self._tally.observe(batch, wall)
        if not batch.rows:
            self._observe_totals(batch, wall)
            return
        if self._windows is None and self._learner is None:
            return
        batch = self._prepared(batch)
        # Counted here, because a batch is cut into minutes and its violations belong to the whole.
        self._tally.violated(batch.violations, self._known)
        batch = replace(batch, violations={}) if batch.violations else batch
        if self._windows is not None:
            self._windows.keep_time(self._timeline.now(wall))
        placed = list(self._timeline.place(batch, wall))
        for refused in placed:
            if refused.reason:
                self._tally.late(refused.reason, len(refused.rows))
        good = [part for part in placed if not part.reason]
        if not good:
            return
        if self._windows is not None:
            self._enter(self._windows, batch, good)
        else:
            self._learn(batch, good)

    def _observe_totals(self, batch: Batch, wall: float) -> None:
        """Take in what a body without rows says of requests."""
        self._tally.violated(batch.violations, self._known)
        if self._windows is not None and len(batch.requests.latencies):
            self._windows.add_latencies(batch.requests.latencies, self._timeline.now(wall))

    def flush(self, wall: float) -> None:
        """Count what is staged, and notice clients that have gone."""
        self._tally.clients.sweep(wall)
        if self._learner is not None:
            self._learn_pending(self._timeline.now(wall))
        elif self._windows is not None:
            self._windows.flush()

    def due(self, wall: float) -> bool:
        """Tell whether an evaluation is due on the model's clock."""
        now, tick = self._timeline.now(wall), self.settings.tick_seconds
        # A clock that went back must not stop the evaluations until it is where it was.
        return self._next_tick is None or not self._next_tick - tick <= now < self._next_tick

    def collect(self, wall: float) -> WindowSums | None:
        """Flush, and return the windows for `evaluate`; None while there is no reference."""
        self.flush(wall)
        now, tick = self._timeline.now(wall), self.settings.tick_seconds
        self._next_tick = (now // tick + 1) * tick
        if self._windows is None:
            return None
        self._windows.keep_time(now)
        return self._windows.collect(now)

    def evaluate(self, sums: WindowSums) -> Evaluation:
        """Score the windows and remember the result for `view`."""
        assert self._windows is not None
        self._evaluation = self._windows.evaluate(sums)
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
        state = "learning" if learner is not None else "ready" if self._windows is not None else "no_reference"
        return ModelView(
            self.name,
            self.version,
            state,
            self._mode,
            self._tally.counters,
            (0, 0) if learner is None else (learner.rows, learner.wanted),
            self.reference,
            None if self._windows is None else self._windows.total,
            self._evaluation,
            self.settings,
            self._previous,
        )

    @property
    def _mode(self) -> str:
        """Where the reference comes from; an accepted one that was stored where it is configured comes from a file."""
        if self._previous is not None and self.reference is not None and self.reference.digest != self.given_digest:
            return "accepted"
        return "file" if self.settings.reference.path else "learned"

    def _prepared(self, batch: Batch) -> Batch:
        """Add derived columns; leave out those that are ignored, and names that no series should carry."""
        batch = with_score_columns(batch)
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

    def _enter(self, windows: Windows, batch: Batch, placed: list[Placed]) -> None:
        """Count the rows minute by minute."""
        reading = windows.read(batch)
        self._tally.violated(reading.violations, self._known)
        latencies = batch.requests.latencies
        for part in placed:
            windows.add(reading.block.take(part.rows), latencies, part.time)
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
