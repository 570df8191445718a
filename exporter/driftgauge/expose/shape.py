"""Shape: all that the set of a model's series depends on. Two views of the same shape have the same prefixes."""

from __future__ import annotations

from dataclasses import dataclass

from driftgauge.ingest import FAILURES
from driftgauge.model import ModelView
from driftgauge.profile import ColumnSchema

__all__ = ["LATE", "UNDECIDED", "VIOLATIONS", "LabelShape", "Shape"]

#: reasons of rows left out because of their event time
LATE = ("late", "future")
#: reasons of a status that is undecided
UNDECIDED = ("no_samples", "too_few", "warming", "too_variable", "no_window", "no_reference", "muted")
#: ways in which a column of the schema can break it
VIOLATIONS = ("missing_column", "wrong_type")


@dataclass(frozen=True, slots=True)
class LabelShape:
    """What series labels give a model.

    Attributes:
        figures: names of the figures.
        classes: with counts of their own.
        windows: names of the windows.
        positive: the only class with figures of its own; "": every one.
    """

    figures: tuple[str, ...]
    classes: tuple[str, ...]
    windows: tuple[str, ...]
    positive: str

    @classmethod
    def of(cls, view: ModelView) -> LabelShape | None:
        """Return the shape of a view's labels; None where it has none."""
        labels = view.labels
        if labels is None:
            return None
        windows = tuple(window.name for window in labels.windows)
        return cls(tuple(labels.figures), labels.classes, windows, labels.settings.positive)


@dataclass(frozen=True, slots=True)
class Shape:
    """What series a model has.

    Attributes:
        name: of the model.
        version: of the model.
        learning: whether a reference is being learned.
        mode: `file`, `learned` or `accepted`.
        digest: of the reference; "" without one.
        columns: of the reference.
        windows: names of the evaluated windows; none before the first evaluation.
        status_window: name of the window that display measures are about.
        measures: further measures.
        changes: (mode, window) of the comparisons with the model's own past.
        classes: categorical outputs with their classes.
        failures: reasons of failed requests, the known ones first.
        late: reasons of late rows, the known ones first.
        violations: (column, reason), those of the schema first.
        undecided: reasons of undecided statuses, the known ones first.
        fleet_bins: most bins of a column in the fleet's counters.
        clients: whether client processes have reported.
        segments: name of each segment and what it is compared with.
        segment_columns: columns that are judged by segment.
        segment_fields: fields that make segments.
        generates: whether it is a language model that has generated.
        labels: what labels give; None where neither ids nor labels have come.
        estimates: task of the model whose performance is estimated without labels; "" where it is not.
        embeddings: whose means are compared.
        texts: whose tokens are compared.
        embedding_changes: (mode, window) of the comparisons of mean embeddings with the model's own past.
        anytime: whether columns have evidence by e-CUSUM.
        levels: (series, detector) that are watched for changes of level.
        stuck: whether columns are looked at for stuck values.
        anomalies: whether rows are scored for anomalies.
        tensors: whether pictures or sequences are reduced here.
        time_windows: those windows that are of time, which come first.
    """

    name: str
    version: str
    learning: bool
    mode: str
    digest: str
    columns: tuple[ColumnSchema, ...]
    windows: tuple[str, ...]
    status_window: str
    measures: tuple[str, ...]
    changes: tuple[tuple[str, str], ...]
    classes: tuple[tuple[ColumnSchema, tuple[str, ...]], ...]
    failures: tuple[str, ...]
    late: tuple[str, ...]
    violations: tuple[tuple[str, str], ...]
    undecided: tuple[str, ...]
    fleet_bins: int
    clients: bool
    segments: tuple[tuple[str, str], ...]
    segment_columns: tuple[ColumnSchema, ...]
    segment_fields: tuple[str, ...]
    generates: bool = False
    labels: LabelShape | None = None
    estimates: str = ""
    embeddings: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    anytime: bool = False
    levels: tuple[tuple[str, str], ...] = ()
    stuck: bool = False
    anomalies: bool = False
    embedding_changes: tuple[tuple[str, str], ...] = ()
    tensors: bool = False
    time_windows: tuple[str, ...] = ()

    @classmethod
    def of(cls, view: ModelView) -> Shape:
        """Return the shape of *view*."""
        evaluation, counters = view.evaluation, view.counters
        parts = None if evaluation is None else evaluation.segments
        columns = () if view.reference is None else view.reference.profile.spec.schema.columns
        # An input and an output may have the same name.
        own = dict.fromkeys((column.name, reason) for column in columns for reason in VIOLATIONS)
        return cls(
            view.name,
            view.version,
            view.state == "learning",
            view.mode,
            "" if view.reference is None else view.reference.digest,
            columns,
            () if evaluation is None else tuple(window.name for window in evaluation.windows),
            "" if evaluation is None else evaluation.status_window.name,
            () if evaluation is None else tuple(evaluation.measures),
            () if evaluation is None else tuple((change.mode, change.window.name) for change in evaluation.changes),
            () if evaluation is None else tuple((shares.column, shares.classes) for shares in evaluation.classes),
            tuple(dict.fromkeys((*FAILURES, *sorted(counters.failures)))),
            tuple(dict.fromkeys((*LATE, *sorted(counters.late)))),
            tuple(dict.fromkeys((*own, *sorted(counters.violations)))),
            tuple(dict.fromkeys((*UNDECIDED, *sorted(set(() if evaluation is None else evaluation.undecided) - {""})))),
            int(view.settings.drift.fleet_bins),
            counters.clients is not None,
            () if parts is None else tuple(zip(parts.names, parts.against, strict=True)),
            () if parts is None else parts.columns,
            tuple(view.settings.segments.fields),
            counters.generations is not None,
            LabelShape.of(view),
            "" if evaluation is None or evaluation.performance is None else evaluation.performance.task,
            () if evaluation is None or evaluation.embeddings is None else evaluation.embeddings.names,
            () if evaluation is None or evaluation.tokens is None else evaluation.tokens.names,
            evaluation is not None and evaluation.log_e is not None,
            () if evaluation is None else tuple((level.series, level.detector) for level in evaluation.levels),
            evaluation is not None and evaluation.stuck is not None,
            evaluation is not None and evaluation.anomalies is not None,
            ()
            if evaluation is None
            else tuple((change.mode, change.window.name) for change in evaluation.embedding_changes),
            bool(counters.tensor_rows),
            () if evaluation is None else tuple(window.name for window in evaluation.windows if not window.rows),
        )
