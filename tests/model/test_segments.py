"""Segments of a model's traffic: which there are, what each is compared with, and when it has a status."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Categories, Requests
from driftgauge.config import ModelSettings, ReferenceSettings, SegmentSettings
from driftgauge.errors import StateError
from driftgauge.model import Model
from driftgauge.model.segments import VALUE_CHARS
from driftgauge.profile import Provenance, Reference, dumps, loads
from driftgauge.reference import BuildOptions, build, without
from driftgauge.state import State
from tests.model.examples import DAY, HOUR, SPEC, START, batch, reference

COUNTRIES = ("de", "fr", "it")


def rows(count, seed=0, *, shift=0.0, countries=COUNTRIES, **changes):
    """Make rows, in turns of each country; *shift* moves the ages of the first one."""
    made = batch(count, seed=seed, requests=Requests(count), **changes)
    codes = (np.arange(count) % len(countries)).astype(np.int32)
    ages = made.inputs["age"] + np.where(codes == 0, shift, 0.0)
    return replace(made, inputs={**made.inputs, "age": ages}, segments={"country": Categories(codes, countries)})


def model(of=None, **segments):
    settings = SegmentSettings(**({"fields": ("country",), "columns": ("age", "plan", "prediction")} | segments))
    return Model(
        "fraud",
        "1",
        ModelSettings(
            name="fraud", segments=settings, reference=ReferenceSettings(path="p.json"), lateness_seconds=DAY
        ),
        of or reference(),
    )


def with_segments():
    """Return a reference that knows the segments, one of which differs from the others."""
    data = [rows(6_000, seed, shift=-15.0) for seed in range(5)]
    return build(lambda: iter(data), BuildOptions("train", START - 30 * DAY, multivariate=False))


def live(of, hours, *, start=START, count=300, shift=0.0, **changes):
    """Let hours pass; return the last evaluation."""
    evaluation = None
    for hour in range(hours):
        at = start + hour * HOUR
        of.observe(rows(count, int(at) % 1_000_003, shift=shift, **changes), at + 60)
        evaluation = of.evaluate(of.collect(at + HOUR - 1))
    return evaluation


def of_column(evaluation, name, column, what="status"):
    parts = evaluation.segments
    place = parts.names.index(name), [c.name for c in parts.columns].index(column)
    return (parts.status if what == "status" else getattr(parts.scores, what))[place]


def test_without_fields_there_are_no_segments():
    """Nothing is counted that nobody asked for."""
    assert live(model(fields=()), 2).segments is None


def test_segments_are_counted_as_their_rows():
    """A segment's samples are its rows of the last day; columns are the chosen ones, or the outputs."""
    evaluation = live(model(), 3)
    parts = evaluation.segments
    assert parts.names == ("country=de", "country=fr", "country=it")
    assert [column.name for column in parts.columns] == ["age", "plan", "prediction"]
    assert (parts.scores.samples == 300).all()
    chosen = live(model(columns=()), 1).segments
    assert [column.name for column in chosen.columns] == ["prediction"]


def test_a_known_segment_is_compared_with_itself():
    """What makes a segment differ from the others is no drift; what changes in it is."""
    known = with_segments()
    of = model(known)
    evaluation = live(of, 30, shift=-15.0)
    assert set(evaluation.segments.against) == {"reference"}
    assert (evaluation.segments.status == 0).all()
    evaluation = live(of, 24, start=START + 30 * HOUR, shift=0.0)
    assert of_column(evaluation, "country=de", "age") == 2
    assert of_column(evaluation, "country=fr", "age") == 0
    assert of_column(evaluation, "country=de", "plan") == 0


def test_an_unknown_segment_is_compared_with_its_own_past():
    """It has no status before it has a past of a day; then a change within it shows, and it alone."""
    of = model()
    evaluation = live(of, 40, shift=-15.0)
    assert set(evaluation.segments.against) == {"past"}
    assert (evaluation.segments.status == -1).all()
    evaluation = live(of, 60, start=START + 40 * HOUR, shift=-15.0)
    assert (evaluation.segments.status == 0).all()
    evaluation = live(of, 20, start=START + 100 * HOUR, shift=10.0)
    assert of_column(evaluation, "country=de", "age") == 2
    assert of_column(evaluation, "country=fr", "age") == 0


def test_few_rows_have_no_status():
    """A segment is judged as any window is: with enough rows."""
    evaluation = live(model(with_segments()), 30, count=9, shift=-15.0)
    assert (evaluation.segments.scores.samples < 100).all()
    assert (evaluation.segments.status == -1).all()


def test_the_evidence_needed_grows_with_the_segments():
    """Each segment is one more chance of a false alarm."""
    evaluation = live(model(), 1)
    own = evaluation.evidence_threshold[[w.name for w in evaluation.windows].index("24h")]
    assert evaluation.segments.evidence_threshold == pytest.approx(own + np.log10(3))


def test_values_are_bounded():
    """Beyond the budget, and for words that are too long, rows count as `_other`, and are counted as suppressed."""
    of = model(values=2)
    many = tuple(f"c{number}" for number in range(10))
    evaluation = live(of, 1, countries=many)
    assert evaluation.segments.names == ("country=c0", "country=c1", "country=_other")
    assert evaluation.segments.scores.samples[:, 0].tolist() == [30, 30, 240]
    assert of.view(START).counters.suppressed_segments == {"country": 240}
    of = model()
    live(of, 1, countries=("x" * (VALUE_CHARS + 1), "_other", "de"))
    assert of.view(START).counters.suppressed_segments == {"country": 200}


def test_values_of_the_reference_have_their_place():
    """Whoever comes first cannot push them out."""
    of = model(with_segments(), values=3)
    evaluation = live(of, 1, countries=("us", "uk", "de"))
    assert evaluation.segments.names == ("country=de", "country=fr", "country=it", "country=_other")


def test_what_was_not_seen_for_a_week_makes_room():
    """A place is given to another value, whose memory begins anew."""
    of = model(values=2)
    live(of, 2, countries=("old", "kept"))
    for day in range(1, 10):
        live(of, 1, start=START + day * DAY, countries=("kept",))
    evaluation = live(of, 2, start=START + 10 * DAY, countries=("new", "kept"))
    assert evaluation.segments.names == ("country=kept", "country=new")
    assert evaluation.segments.status[1, 0] == -1


def test_an_input_column_may_be_the_field():
    """It stays a feature if the reference has it, and is no unknown column if not."""
    of = model(fields=("plan",), columns=("age",))
    evaluation = live(of, 1)
    assert evaluation.segments.names == ("plan=basic", "plan=plus", "plan=pro")
    assert evaluation.scores.samples[-1, 2] == 300
    of = model(fields=("tenant",), columns=("age",))
    data = rows(100)
    tenants = np.repeat([7.0, 8.0, np.nan, 9.5], 25)
    of.observe(replace(data, inputs={**data.inputs, "tenant": tenants}), START)
    assert of.evaluate(of.collect(START + 1)).segments.names == ("tenant=7", "tenant=8", "tenant=9.5")
    assert of.view(START).counters.violations == {}


def test_small_batches_are_counted_together():
    """Rows that come one by one, in any hour, count as those that come at once."""
    single, whole = model(), model()
    data = rows(200, timestamps=START + 60.0 * np.arange(200))
    whole.observe(data, START + 12_000)
    for row in range(200):
        single.observe(data.take(np.array([row])), START + 12_000)
    first, second = (of.evaluate(of.collect(START + 12_001)).segments for of in (single, whole))
    np.testing.assert_array_equal(first.scores.score, second.scores.score)
    np.testing.assert_array_equal(first.scores.samples, second.scores.samples)


def test_rows_without_outputs_say_nothing_of_them():
    """Inputs alone count for the inputs."""
    of = model()
    of.observe(replace(rows(300), outputs={}), START)
    parts = of.evaluate(of.collect(START + 1)).segments
    assert parts.scores.samples[0].tolist() == [100, 100, 0]


def test_segments_survive_a_restart():
    """What was counted and the places of the values come back; other fields are refused."""
    of = model()
    live(of, 50, shift=-15.0)
    state = of.freeze(START + 50 * HOUR)
    again = model()
    assert again.thaw(state, START + 50 * HOUR)
    first, second = (m.evaluate(m.collect(START + 50 * HOUR + 1)).segments for m in (of, again))
    np.testing.assert_array_equal(first.scores.score, second.scores.score)
    assert first.names == second.names
    with pytest.raises(StateError):
        model(fields=("tenant",)).thaw(state, START)
    broken = state.part("windows").part("segments")
    bad = State({"places": {"country": {"de": 0, "fr": 0}}}, broken.arrays, broken.parts)
    with pytest.raises(StateError, match="places"):
        model()._windows.segments.thaw(bad)


def test_segments_of_a_profile_survive_its_text():
    """Counts by segment are written with the profile, and follow its columns when some are left out."""
    known = with_segments()
    again = loads(dumps(known))
    part = known.segments["country"]
    assert part.values == again.segments["country"].values == ("de", "fr", "it")
    for found in (again, without(again, {"nothing"})):
        np.testing.assert_array_equal(found.segments["country"].numeric, part.numeric)
        np.testing.assert_array_equal(found.segments["country"].categorical, part.categorical)
    np.testing.assert_array_equal(part.numeric.sum(axis=0), known.profile.histogram.counts)
    less = without(again, {"age", "plan"})
    assert less.segments["country"].numeric.shape[1:] == less.profile.histogram.counts.shape
    assert less.segments["country"].categorical.shape[1:] == less.profile.categories.counts.shape


def test_an_identifier_makes_no_profile_of_thousands():
    """Of a field the most frequent values are kept, and the profile says so."""
    data = rows(1_000)
    ids = Categories(np.arange(1_000, dtype=np.int32) % 500, tuple(f"t{n}" for n in range(500)))
    found = build(lambda: iter([replace(data, segments={"tenant": ids})]), BuildOptions("train", START))
    assert len(found.segments["tenant"].values) == 20
    assert any("segments of 'tenant'" in note for note in found.provenance.notes)


def test_a_learned_reference_knows_no_segments():
    """Then every segment is compared with its own past."""
    assert Reference(SPEC.of(batch(10)), Provenance("learned", START)).segments == {}
