"""Builds a reference from a data set in two passes over its batches.

The first pass surveys the columns: kinds, categories, and of the numbers a uniform sample of bounded size, from which the
edges are chosen. The second counts every row exactly with those edges. Two passes and a sample instead of one pass with a
quantile sketch, because the counts then are exact for any edges, and a sample knows ties, integers and offsets (timestamps,
kelvins) that sketches of relative precision blur. While the data has no more rows than the sample, quantiles are exact;
beyond, an edge is off by 0.1 % of the rows (standard deviation, 131,072 sampled rows). Streams that can be read only once
are for `Learner`.

Memory: the sample (16 million values at most) and one batch; independent of the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from driftgauge.batch import Batch, Floats
from driftgauge.derive import ANOMALY, RESIDUAL, Projection, with_texts, with_vectors
from driftgauge.derive.support import SupportVectors
from driftgauge.errors import SourceError
from driftgauge.profile.profile import Profile
from driftgauge.profile.reference import Provenance, Reference
from driftgauge.profile.schema import CATEGORICAL
from driftgauge.reference.anomaly import AnomalySurvey, survey_anomalies
from driftgauge.reference.calibration import TimedCounts
from driftgauge.reference.edges import BINS, needs_float64
from driftgauge.reference.embeddings import SketchTotals, VectorSample, survey_embeddings
from driftgauge.reference.joint import RowSample, survey_residual
from driftgauge.reference.learner import Cells
from driftgauge.reference.outcomes import OutcomeTotals
from driftgauge.reference.segments import SegmentTotals
from driftgauge.reference.spec import spec_of
from driftgauge.reference.survey import Survey

__all__ = ["BuildOptions", "build", "build_surveyed"]

#: rows sampled per column
SAMPLE = 131_072
#: values sampled of all columns together
SAMPLED_VALUES = 16 * 2**20
#: below it the reference's own noise blurs every later score (statistics.md 2)
FEW_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build a reference.

    Attributes:
        name: name of the data for the provenance.
        created: seconds since 1970.
        model: model that the profile is meant for.
        version: its version.
        bins: bins of a continuous column.
        kinds: kinds of columns that should not be inferred.
        strata: whether to count by hour of day: `auto` (where the data have a daily rhythm and rows enough), `always`
            (where there are timestamps), `never`.
        multivariate: whether to add the PCA residual of the numeric inputs as a column.
        cells: whether edges are chosen among the ends of cells 0.8 % wide, as a learned reference has them, so that profiles
            of different data can be compared by cells (`build_surveyed`).
        classes: the classes in the order of the probabilities, where they are not 0, 1, 2, ...
        texts: text columns of which facts and tokens are counted, and nothing else.
        embeddings: embeddings whose dimensions are the columns `NAME[0]`, `NAME[1]`, ...
        own_tokens: texts whose tokens are made by a tokenizer of their own, and not by splitting at white space.
        anomaly: kind of the detector whose score is added as a column, one of `detectors.DETECTORS`; "": none.
    """

    name: str
    created: float
    model: str = ""
    version: str = ""
    bins: int = BINS
    kinds: Mapping[str, str] = field(default_factory=dict)
    strata: Literal["auto", "always", "never"] = "auto"
    multivariate: bool = True
    cells: bool = False
    classes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    embeddings: tuple[str, ...] = ()
    anomaly: str = ""
    own_tokens: frozenset[str] = frozenset()

    def read(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield *batches* with texts and embeddings as such."""
        for batch in batches:
            yield with_vectors(with_texts(batch, self.texts), self.embeddings)


@dataclass(slots=True)
class Sample:
    """A uniform sample of a column: every value draws a key, the smallest keys stay."""

    size: int
    rng: np.random.Generator
    _values: list[Floats] = field(default_factory=list)
    _keys: list[Floats] = field(default_factory=list)
    _held: int = 0
    _limit: float = 1.0

    def add(self, values: Floats) -> None:
        """Take finite values in."""
        keys = self.rng.random(len(values))
        chosen = keys < self._limit
        self._values.append(values[chosen])
        self._keys.append(keys[chosen])
        self._held += int(np.count_nonzero(chosen))
        if self._held > 2 * self.size:
            self._shrink()

    @property
    def wide(self) -> bool:
        """Whether float32 would merge sampled values."""
        return needs_float64(self.values()[0])

    def _shrink(self) -> None:
        keys, values = np.concatenate(self._keys), np.concatenate(self._values)
        stay = np.argpartition(keys, self.size)[: self.size]
        self._keys, self._values, self._held = [keys[stay]], [values[stay]], self.size
        self._limit = float(self._keys[0].max())

    def values(self) -> tuple[Floats, Floats]:
        """Return the distinct values of the sample, ascending, and their counts."""
        if not self._values:
            return np.empty(0), np.empty(0)
        values, counts = np.unique(np.concatenate(self._values).astype(np.float64), return_counts=True)
        return values, counts.astype(np.float64)

    def floors(self) -> None:
        """Return nothing: sampled values stand for themselves."""


def build(batches: Callable[[], Iterable[Batch]], options: BuildOptions) -> Reference:
    """Build a reference; *batches* is called twice and must give the same rows both times.

    Raises:
        SourceError: there are no rows or no columns, or no anomaly detector can be fitted.
    """
    return build_surveyed(batches, options)[0]


def build_surveyed(batches: Callable[[], Iterable[Batch]], options: BuildOptions) -> tuple[Reference, Survey]:
    """Build a reference, and return what the first pass found too; arguments and errors as of `build`."""
    survey, sample, vectors, times = _survey(options.read(batches()), options)
    embedders = survey_embeddings(survey, vectors)
    if not survey.rows or not survey.columns:
        raise SourceError(f"{options.name}: no rows to build a profile from")
    projection = survey_residual(survey, sample) if options.multivariate else None
    anomalies = survey_anomalies(survey, sample, options.anomaly, options.name) if options.anomaly else None
    spec = replace(
        spec_of(survey, options.bins),
        projection=projection,
        embedders=embedders,
        texts=tuple(sorted(vectors.texts)),
        own_tokens=options.own_tokens,
    )
    spec = spec if anomalies is None else anomalies.spec(spec)
    profile, totals, segments = spec.zero(), SketchTotals(embedders), SegmentTotals(spec)
    turned_out = OutcomeTotals(spec, options.classes)
    by_time = None if times is None else TimedCounts(spec, *times)
    for batch in options.read(batches()):
        block = spec.read(batch).block
        if anomalies is not None:
            block = anomalies.scored(spec, block, int(profile.rows[0]))
        profile = profile.merge(spec.count(block))
        totals.add(batch)
        turned_out.add(batch)
        segments.add(batch, block)
        if by_time is not None and batch.timestamps is not None:
            by_time.add(block, batch.timestamps)
    if int(profile.rows[0]) != survey.rows:
        raise SourceError(f"{options.name}: {survey.rows} rows in the first pass, {profile.rows[0]} in the second")
    notes = (
        *_notes(survey, profile),
        *_time_notes(by_time, projection),
        *_anomaly_notes(anomalies, profile),
        *segments.notes(),
        *turned_out.performance.notes(),
    )
    provenance = Provenance(options.name, options.created, options.model, options.version, times, notes)
    strata = None if by_time is None else by_time.strata(profile, options.strata)
    calibration = {} if by_time is None else by_time.calibration(profile, strata)
    held = totals.sketches | turned_out.performance.sketches, turned_out.outcomes, segments.segments
    return Reference(profile, provenance, calibration, strata, *held), survey


def _time_notes(by_time: TimedCounts | None, projection: Projection | None) -> Iterator[str]:
    """Say what the data allow beyond single columns."""
    if by_time is None:
        yield "no timestamps: thresholds are the configured ones, and only windows of a day and longer judge"
    if projection is not None:
        yield f"column {RESIDUAL!r} was added: how far rows break the correlations of {len(projection.columns)} columns"


def _anomaly_notes(anomalies: AnomalySurvey | None, profile: Profile) -> Iterator[str]:
    if anomalies is None or profile.spec.scoring is None:
        return
    detector, (beyond, scored) = anomalies.detector, profile.spec.scoring.beyond(profile.histogram)
    yield (
        f"column {ANOMALY!r} was added: {detector.scorer.kind} over {len(detector.standard.columns)} columns, fitted on "
        f"{len(anomalies.fitted):,} rows; {scored:,} others were scored, {beyond:,} of them beyond {detector.threshold:.4g}"
    )
    if isinstance(detector.scorer, SupportVectors):
        yield f"{len(detector.scorer.weights)} rows of the data are in this profile as support vectors"


def _survey(
    batches: Iterable[Batch], options: BuildOptions
) -> tuple[Survey, RowSample, VectorSample, tuple[float, float] | None]:
    rng = np.random.default_rng(0)  # the same data give the same profile
    first, last = np.inf, -np.inf
    survey: Survey | None = None
    sample, vectors = RowSample(rng), VectorSample(rng)
    for batch in batches:
        if survey is None:
            columns = max(len(batch.inputs) + len(batch.outputs), 1)
            size = min(SAMPLE, SAMPLED_VALUES // columns)
            collector = Cells if options.cells else lambda size=size: Sample(size, rng)
            survey = Survey(collector, options.kinds)
        survey.add(batch)
        vectors.add(batch)
        if options.multivariate or options.anomaly:
            sample.add(batch)
        if batch.timestamps is not None and not np.all(np.isnan(batch.timestamps)):
            first = min(first, float(np.nanmin(batch.timestamps)))
            last = max(last, float(np.nanmax(batch.timestamps)))
    none = Survey(lambda: Sample(SAMPLE, rng))
    return survey or none, sample, vectors, (first, last) if first <= last else None


def _notes(survey: Survey, profile: Profile) -> tuple[str, ...]:
    """Say what a person should know before relying on this reference."""
    notes = []
    if survey.rows < FEW_ROWS:
        notes.append(f"only {survey.rows} rows: the noise floor of every score stays high; 10,000 are advised")
    for column in profile.spec.schema.columns:
        found = survey.columns[column.role, column.name]
        if not found.present:
            notes.append(f"column {column.name!r} is empty")
        elif column.kind == CATEGORICAL and found.identifying:
            notes.append(
                f"column {column.name!r} looks like an identifier or free text: none of its values is kept, so only missing ones"
                " can be judged; leave it out"
            )
        elif column.kind != CATEGORICAL and found.present > found.numbers:
            notes.append(
                f"column {column.name!r} is numeric, {found.present - found.numbers} values of text count as missing"
            )
    if survey.cut:
        notes.append(f"{len(survey.cut)} columns beyond the first {survey.limit} were left out")
    return tuple(notes)
