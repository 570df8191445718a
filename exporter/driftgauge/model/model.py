"""One version of a model: observations in, windows and evaluations out.

    observe -> derive -> place in time -> stage -> ring -> collect -> evaluate

Until there is a reference the rows go to the learner instead of the ring. Nothing here knows a thread or a clock: the
wall time is an argument, and the caller sees to it that only one call runs at a time (`evaluate` may run beside the
others once `collect` has returned).
"""

from __future__ import annotations

import math
from dataclasses import replace

from driftgauge.batch import Batch
from driftgauge.config import LimitSettings, ModelSettings
from driftgauge.errors import StateError
from driftgauge.model.concealment import Concealment
from driftgauge.model.evaluation import Evaluation, ModelView
from driftgauge.model.fingerprint import fingerprint
from driftgauge.model.history import ColumnHistory
from driftgauge.model.labelling import Labelling
from driftgauge.model.learning import Learning
from driftgauge.model.lineage import Lineage
from driftgauge.model.preparation import prepared, with_names
from driftgauge.model.segments import with_segments
from driftgauge.model.sums import WindowSums
from driftgauge.model.tally import Tally
from driftgauge.model.timeline import Timeline
from driftgauge.model.windows import Windows
from driftgauge.profile import Reference, Window
from driftgauge.reference import without
from driftgauge.reference.accept import Accepted
from driftgauge.state import State

__all__ = ["Model"]


class Model:
    """The state of one version of a model.

    Args:
        name: of the model.
        version: of the model.
        settings: of the model.
        reference: the profile to compare with; None to learn one, or when the configured one cannot be read.
        limits: bounds.
        key: of the digests that stand for concealed categories.
    """

    def __init__(
        self,
        name: str,
        version: str,
        settings: ModelSettings,
        reference: Reference | None = None,
        limits: LimitSettings | None = None,
        *,
        key: bytes = b"",
    ) -> None:
        self.name = name
        self.version = version
        self.settings = settings
        self._concealment = Concealment(settings, key)
        self._lineage = Lineage(bool(settings.reference.path), None if reference is None else reference.digest)
        self._tally = Tally()
        self._timeline = Timeline(event=settings.clock == "event", lateness_seconds=settings.lateness_seconds)
        self.labelling = Labelling(settings.labels, self._concealment.shown_class)
        self._next_tick: float | None = None
        self._evaluation: Evaluation | None = None
        self._windows: Windows | None = None
        #: grows with whatever a checkpoint would keep
        self.revision = 0
        self._ignored = frozenset(name for name, column in settings.features.items() if column.ignore)
        self._learning: Learning | None = None
        self._known: frozenset[str] = frozenset()
        if reference is not None:
            self.refer_to(reference)
        elif not settings.reference.path:
            self._learning = Learning(settings, limits or LimitSettings())

    def refer_to(self, reference: Reference) -> None:
        """Compare with *reference* from now on, in empty windows."""
        self._refer(Windows(self._concealment.of(without(reference, self._ignored)), self.settings))

    @property
    def reference(self) -> Reference | None:
        """What is compared with; None while there is none."""
        return None if self._windows is None else self._windows.reference

    @property
    def windows(self) -> Windows | None:
        """What is counted against the reference; None while there is none."""
        return self._windows

    @property
    def learning(self) -> bool:
        """Whether a reference is being learned from the traffic."""
        return self._learning is not None

    @property
    def last_observation(self) -> float:
        """When something was last observed; minus infinity before that."""
        last = self._tally.counters.last_observation
        return -math.inf if last is None else last

    def window(self, window: Window, wall: float) -> Accepted:
        """Return what a window holds now, as what could become the reference; there must be one."""
        self.flush(wall)
        assert self._windows is not None
        return self._windows.acceptable(window, self._timeline.now(wall))

    def column(self, number: int, window: Window, wall: float) -> ColumnHistory:
        """Return what a window holds of a column of the reference, as a whole and slot by slot; there must be one."""
        self.flush(wall)
        assert self._windows is not None
        return self._windows.column(number, window, self._timeline.now(wall))

    def accept(self, reference: Reference, wall: float) -> None:
        """Compare with *reference*, which counts the same, from now on; the windows stay, the statuses begin anew."""
        assert self._windows is not None
        self.revision += 1
        self._lineage.previous = self._windows.reference
        self._windows.judge_by(reference, self.settings)
        if (sums := self.collect(wall)) is not None:
            self.evaluate(sums)

    def goes_on(self, digest: str | None) -> bool:
        """Tell whether a profile of *digest* is what the model was given, as it is once an accepted one was stored."""
        return self._lineage.goes_on(self.reference, digest)

    def resettle(self, settings: ModelSettings) -> None:
        """Take settings that change how windows are judged, but not what is counted; the windows stay."""
        self.settings = settings
        self.labelling.resettle(settings.labels)
        self._next_tick = None
        if self._windows is not None:
            self._windows.judge_by(self._windows.reference, settings)

    def observe(self, batch: Batch, wall: float) -> None:
        """Take a batch in that arrived at *wall* (seconds since 1970)."""
        self.revision += 1
        self._tally.observe(batch, wall)
        if not batch.rows:
            self._observe_totals(batch, wall)
            return
        if self._windows is None and self._learning is None:
            self.labelling.observe(batch, self._timeline.now(wall))
            return
        given = batch = with_names(batch, self.settings.columns)
        batch = self._concealment.of_rows(with_segments(batch, self.settings.segments.fields, self._known))
        batch = prepared(batch, self._ignored, self.reference)
        # Counted here, because a batch is cut into minutes and its violations belong to the whole.
        self._tally.violated(batch.violations, self._known)
        batch = replace(batch, violations={}) if batch.violations else batch
        if self._windows is not None:
            self._windows.keep_time(self._timeline.now(wall))
        placed = list(self._timeline.place(batch, wall))
        self.labelling.observe(given, self._timeline.now(wall))  # on the event clock these rows have moved it
        for refused in placed:
            if refused.reason:
                self._tally.late(refused.reason, len(refused.rows))
        if not (good := [part for part in placed if not part.reason]):
            return
        if self._windows is not None:
            violations = self._windows.enter(batch, good, self._tally.suppressed_segments)
            self._tally.violated(violations, self._known)
        elif self._learning is not None and self._learning.add(batch, good):
            self._learn(self._learning, good[-1].time)

    def label(self, batch: Batch, wall: float) -> None:
        """Take labels in that arrived at *wall*: a batch of ids and labels."""
        self.revision += 1
        self._tally.violated(batch.violations, self._known)
        self.labelling.label(batch, self._timeline.now(wall))

    def take_labels(self, other: Model) -> None:
        """Go on with the labels that waited in *other*, which has not been observed."""
        self.revision += 1
        self.labelling = other.labelling
        if self.reference is not None:
            self.labelling.refer_to(self.reference)

    def _observe_totals(self, batch: Batch, wall: float) -> None:
        """Take in what a body without rows says of requests."""
        self._tally.violated(batch.violations, self._known)
        if self._windows is not None:
            self._windows.add_requests(batch.requests, self._timeline.now(wall))

    def flush(self, wall: float) -> None:
        """Count what is staged, and notice clients that have gone."""
        self._tally.clients.sweep(wall)
        if self._learning is not None:
            self._learn(self._learning, self._timeline.now(wall))
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
        return self._windows.collect(now, self.labelling)

    def evaluate(self, sums: WindowSums) -> Evaluation:
        """Score the windows and remember the result for `view`."""
        assert self._windows is not None
        self._evaluation = self._windows.evaluate(sums)
        return self._evaluation

    def freeze(self, wall: float) -> State | None:
        """Return a copy of what a restart must not lose; None while there is nothing yet.

        Running totals are not in it: they are counters of a process, and Prometheus expects them to begin at zero. Neither
        is a reference that is being learned; meanwhile the labels alone are kept.
        """
        self.flush(wall)
        parts = {} if (labels := self.labelling.freeze()) is None else {"labels": labels}
        # Where a profile cannot be read now, an older checkpoint is worth more than what little there is.
        if self._windows is None and (self._learning is None or not parts):
            return None
        facts = {
            "name": self.name,
            "version": self.version,
            "counting": fingerprint(self.settings) + self._concealment.identity,
            "last_observation": self._tally.counters.last_observation,
        }
        parts["timeline"] = self._timeline.freeze()
        if self._windows is not None:
            facts |= self._lineage.freeze(self._windows.reference)
            parts["windows"] = self._windows.freeze()
        return State(facts, parts=parts)

    def thaw(self, state: State, wall: float) -> bool:
        """Go on from what *state* says of this model; slots that lie ahead of *wall* are forgotten.

        A model whose profile could not be read does not, and returns False: its profile may be readable next time.

        Raises:
            StateError: the settings or the profile say now that something else is counted; nothing has changed.
            ProfileError: the reference in it cannot be read; nothing has changed.
        """
        if self._windows is None and self._learning is None:
            return False
        if state.fact("counting", str) != fingerprint(self.settings) + self._concealment.identity:
            raise StateError("the settings that say what is counted have changed")
        timeline = Timeline(event=self.settings.clock == "event", lateness_seconds=self.settings.lateness_seconds)
        timeline.thaw(state.part("timeline"))
        last = state.moment("last_observation")
        windows, lineage = (
            self._thawed(state, timeline.now(wall)) if "windows" in state.parts else (None, self._lineage)
        )
        labelling = Labelling(self.settings.labels, self._concealment.shown_class)
        if (reference := self.reference if windows is None else windows.reference) is not None:
            labelling.refer_to(reference)
        if "labels" in state.parts:
            labelling.thaw(state.part("labels"), timeline.now(wall))
        self.labelling, self._timeline, self._lineage = labelling, timeline, lineage
        if windows is not None:
            self._refer(windows)
        self._tally.seen(last)
        return True

    def _thawed(self, state: State, now: float) -> tuple[Windows, Lineage]:
        """Return windows and lineage as *state* has them."""
        reference, lineage = self._lineage.thaw(state)
        wanted = reference or self.reference
        if wanted is None:
            raise StateError("there is no reference")
        windows = Windows(self._concealment.of(without(wanted, self._ignored)), self.settings)
        windows.thaw(state.part("windows"), now)
        return windows, lineage

    def tick(self, wall: float) -> Evaluation | None:
        """Collect and evaluate, if that is due; return the latest evaluation."""
        if self.due(wall) and (sums := self.collect(wall)) is not None:
            self.evaluate(sums)
        return self._evaluation

    def view(self, wall: float) -> ModelView:
        """Flush, and return all that can be told of the model now."""
        self.flush(wall)
        learning = self._learning
        state = "learning" if learning is not None else "ready" if self._windows is not None else "no_reference"
        return ModelView(
            self.name,
            self.version,
            state,
            self._lineage.mode(self.reference),
            self._tally.recently(wall),
            (0, 0) if learning is None else learning.progress,
            self.reference,
            None if self._windows is None else self._windows.total,
            self._evaluation,
            self.settings,
            self._lineage.previous,
            self.labelling.view(self._timeline.now(wall)),
            {} if self._windows is None else dict(self._windows.anomaly_rows),
        )

    def _refer(self, windows: Windows) -> None:
        self._windows = windows
        self._learning = None
        self._known = frozenset(column.name for column in windows.reference.profile.spec.schema.columns)
        self.labelling.refer_to(windows.reference)
        self._evaluation = None

    def _learn(self, learning: Learning, now: float) -> None:
        """Learn from the rows that wait, and compare with what was learned once it is enough."""
        if (reference := learning.learn(now)) is not None:
            self.refer_to(reference)
