"""Each fault is named for what it is, with its figures; what is no fault has no cause."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Categories, Mixed
from driftgauge.diagnosis import diagnose
from driftgauge.diagnosis.cause import Sight
from driftgauge.diagnosis.values import change_of
from tests.diagnosis.examples import NOW, reference, rows, seen

ROWS = 4_000


def diagnosed(columns, **more):
    view, counters = seen(columns)
    return diagnose(replace(view, counters=counters), **more)


def mangled(name, make, share=1.0):
    """Return fresh rows of which the last *share* have one column changed."""
    columns = rows(ROWS, 2)
    values = columns[name].copy() if columns[name].dtype.kind == "f" else columns[name].astype(object)
    cut = round((1 - share) * ROWS)
    values[cut:] = make(values[cut:])
    return {**columns, name: values if columns[name].dtype.kind == "f" else values.astype(str)}


def answers(diagnosis):
    return {one.question: one.answer for one in diagnosis.findings}


def test_what_has_not_changed_has_no_cause():
    """Four questions are answered, and nothing is listed."""
    found = diagnosed(rows(ROWS, 2))
    assert found.causes == ()
    assert answers(found) == {
        "data_drift": "no",
        "prediction_drift": "no",
        "data_quality": "no",
        "concept_drift": "unknown",
    }


@pytest.mark.parametrize(
    ("name", "make", "cause", "amount"),
    [
        ("amount", lambda x: x * 1.609344, "unit_change", 1.609344),
        ("amount", lambda x: x * 1000, "unit_change", 1000),
        ("amount", lambda x: x / 100, "unit_change", 0.01),
        ("balance", lambda x: x / 2.204623, "unit_change", 1 / 2.204623),
        ("celsius", lambda x: 1.8 * x + 32, "unit_change", 1.8),
        ("amount", lambda x: -x, "sign_change", -1),
        ("hour", lambda x: (x + 5) % 24, "clock_shift", 5),
        ("amount", lambda x: np.full_like(x, 40.0), "one_value", 40.0),
        ("balance", lambda x: np.full_like(x, -1.0), "one_value", -1.0),
        ("amount", lambda x: x * 7.7, "scale_change", 7.7),
        ("celsius", lambda x: x + 8.0, "offset", 8.0),
    ],
    ids=[
        "miles",
        "thousands",
        "hundredths",
        "pounds",
        "fahrenheit",
        "sign",
        "clock",
        "stuck",
        "default",
        "scale",
        "offset",
    ],
)
def test_what_was_done_to_values_is_told(name, make, cause, amount):
    """The kind of change, its amount, and nothing but that column."""
    first, *others = diagnosed(mangled(name, make)).causes
    assert first.name == cause, first
    assert first.figures["amount"] == pytest.approx(amount, rel=0.06)
    assert first.columns == (("input", name),)
    assert not others


def test_some_of_the_senders_are_enough():
    """A share of the rows is told as such: it began within the window, or concerns a few."""
    (found,) = diagnosed(mangled("balance", lambda x: x * 100, share=0.6)).causes
    assert found.name == "unit_change"
    assert found.figures["amount"] == pytest.approx(100)
    assert found.figures["share"] == pytest.approx(0.6, abs=0.08)


@pytest.mark.parametrize(
    ("name", "factor", "share", "also"),
    [
        ("amount", 1.5, 0.6, "miles to kilometres"),
        ("amount", 1.609344, 0.6, "miles to kilometres"),
        ("celsius", 3.6, 0.6, "metres a second to kilometres an hour"),
        ("celsius", 1.4, 0.5, None),
    ],
)
def test_a_factor_that_many_others_fit_as_well_as_has_no_name(name, factor, share, also):
    """Share and factor make up for each other: a range of factors is told, and the conversions in it as what else fits."""
    (found,) = diagnosed(mangled(name, lambda x: x * factor, share=share)).causes
    assert found.name == "scale_change"
    assert found.figures["least"] <= factor <= found.figures["most"]
    assert "times as large" in found.said
    assert "Factors from " in found.said
    assert "look converted" not in found.said
    if also is None:
        assert not found.figures["also"]
    else:
        assert f"Also fits: {also}" in found.said or also in found.said


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x + np.random.default_rng(5).normal(0, 2 * x.std(), len(x)),
        lambda x: np.where(x > np.median(x), x * 1.3, x),
        lambda x: np.random.default_rng(6).gamma(1.2, 40.0, len(x)),
    ],
    ids=["noise", "half", "another"],
)
def test_a_change_of_shape_is_no_unit(make):
    """It drifts, and no test for what was done to the values passes."""
    found = diagnosed(mangled("amount", make))
    assert answers(found)["data_drift"] == "yes"
    assert not {cause.name for cause in found.causes} & {"unit_change", "sign_change", "one_value", "offset"}, (
        found.causes
    )


def test_columns_that_lose_values_together_are_a_join():
    """Each would be missing values; three at once by the same share come from one place."""
    columns, lost = rows(ROWS, 3), np.random.default_rng(3).random(ROWS) < 0.25
    for name in ("amount", "celsius", "children"):
        columns[name] = np.where(lost, np.nan, columns[name])
    found = diagnosed(columns)
    assert found.causes[0].name == "broken_join"
    assert {name for _, name in found.causes[0].columns} == {"amount", "celsius", "children"}
    assert answers(found)["data_quality"] == "yes"


def test_one_that_loses_values_is_told_alone():
    columns = rows(ROWS, 3)
    columns["amount"][:600] = np.nan
    (cause,) = diagnosed(columns).causes
    assert (cause.name, cause.figures["missing_ratio"]) == ("missing_values", pytest.approx(0.15))


@pytest.mark.parametrize(("arrives", "cause"), [({}, "absent_column"), ({"amount_eur": 1.0}, "renamed_column")])
def test_a_column_that_is_gone_is_told_with_what_came_instead(arrives, cause):
    columns = rows(ROWS, 3)
    gone = columns.pop("amount")
    found = diagnosed({**columns, **dict.fromkeys(arrives, gone)}).causes
    assert found[0].name == cause
    assert found[0].figures["unknown_columns"] == list(arrives)


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_text_in_place_of_numbers_is_told(share):
    """A decimal comma makes values text, all of them or some: with the share, and never as a column that was dropped."""
    columns = rows(ROWS, 3)
    texts = np.char.replace(np.round(columns["amount"] + 0.001, 3).astype(str), ".", ",").astype(object)
    cut = round(share * ROWS)
    numbers = np.where(np.arange(ROWS) < cut, np.nan, columns["amount"])
    codes = np.where(np.arange(ROWS) < cut, np.arange(ROWS), -1).astype(np.int32)
    columns["amount"] = Mixed(numbers, Categories(codes, tuple(map(str, texts))))
    view, counters = seen(columns)
    counters = replace(counters, predictions=ROWS)
    found = diagnose(replace(view, counters=counters))
    (cause, *others) = found.causes
    assert cause.name == "text_in_numbers"
    assert cause.columns == (("input", "amount"),)
    assert cause.figures["ratio"] == pytest.approx(share)
    assert answers(found)["data_quality"] == "yes"
    assert not others


@pytest.mark.parametrize(
    ("make", "spellings", "cause"),
    [
        (lambda x: np.char.upper(x.astype(str)), {"plan": 1.0}, "spelling"),
        (lambda x: np.char.upper(x.astype(str)), {}, "recoded"),
        (lambda x: np.where(np.arange(len(x)) % 9 == 0, "student", x), {}, "new_categories"),
        (lambda x: np.full(len(x), "gold"), {}, "one_value"),
        (lambda x: np.where(np.arange(len(x)) % 3 == 0, "gold", x), {}, "mix_shift"),
    ],
    ids=["spelling", "recoded", "new", "stuck", "mix"],
)
def test_what_happened_to_categories_is_told(make, spellings, cause):
    found = diagnosed(mangled("plan", make), spellings=spellings).causes
    assert [one.name for one in found] == [cause], found
    assert found[0].columns == (("input", "plan"),)


def test_outputs_that_move_alone_are_the_models():
    """With the versions of the profile and of what is served, where they differ."""
    view, counters = seen(mangled("score", np.sqrt), version="2")
    found = diagnose(replace(view, counters=counters))
    (cause,) = [one for one in found.causes if one.name == "model_change"]
    assert "version 1, version 2 is served" in cause.said
    assert answers(found)["prediction_drift"] == "yes"


def test_inputs_that_move_too_absolve_the_model():
    columns = mangled("score", np.sqrt) | {"amount": rows(ROWS, 2)["amount"] * 1000}
    assert "model_change" not in {cause.name for cause in diagnosed(columns).causes}


@pytest.mark.parametrize(("days", "told"), [(20.0, False), (180.0, True), (365.0, False), (545.0, True)])
def test_a_season_that_was_never_seen_is_told(days, told):
    """Where the reference covers a month: half a year later, not a year later, and only where something drifts."""
    known = reference()
    known = replace(known, provenance=replace(known.provenance, time_range=(NOW - 30 * 86_400, NOW)))
    later = NOW + days * 86_400
    shape = mangled("amount", lambda x: np.random.default_rng(6).gamma(1.2, 40.0, len(x)))
    for columns, drifts in ((shape, True), (rows(ROWS, 2), False)):
        view, counters = seen(columns, known, time_range=(later - 3_600, later))
        causes = {cause.name for cause in diagnose(replace(view, counters=counters)).causes}
        assert ("season" in causes) == (told and drifts)


def test_values_outside_the_range_are_told_where_nothing_else_explains_them():
    columns = rows(ROWS, 2)
    columns["celsius"][:200] = np.random.default_rng(1).uniform(100, 300, 200)
    (cause,) = diagnosed(columns).causes
    assert (cause.name, cause.figures["above"]) == ("out_of_range", 200)


def test_values_outside_the_range_are_bad_data_whatever_explains_them():
    """A unit that changed puts values outside the range: that is said, with what explains it."""
    found = diagnosed(mangled("amount", lambda x: x * 1000))
    (quality,) = [one for one in found.findings if one.question == "data_quality"]
    assert quality.answer == "yes"
    assert "Outside the reference's range: 100 % of amount (see: a changed unit)" in quality.said


def test_what_was_done_to_values_comes_first():
    """What exactly was done to values goes before what is wrong with them, and that before what was around them."""
    columns = mangled("plan", lambda x: np.where(np.arange(len(x)) % 3 == 0, "gold", x))
    columns["amount"] = columns["amount"] * 1000
    columns["balance"][:400] = np.nan
    found = diagnosed(columns).causes
    assert [cause.name for cause in found] == ["unit_change", "missing_values", "mix_shift"]
    assert all(cause.check for cause in found)


def test_too_few_rows_tell_nothing():
    columns = {name: values[:60] for name, values in mangled("amount", lambda x: x * 1000).items()}
    found = diagnosed(columns)
    assert found.causes == ()
    assert answers(found)["data_drift"] == "unknown"


def test_what_was_done_to_a_column_is_worked_out_once_for_an_evaluation():
    """Whoever asks again is told the same; of another evaluation it is worked out anew, and nothing outlives one."""
    columns = rows(5_000, 2)
    columns["amount"] = columns["amount"] * 1.609344
    view, _ = seen(columns)
    sight = Sight.of(view, {})
    assert sight is not None
    amount = [column.name for column in sight.columns].index("amount")
    first = change_of(sight, amount)
    assert first is not None
    assert change_of(Sight.of(view, {}), amount) is first
    again = replace(view, evaluation=replace(view.evaluation))
    other = change_of(Sight.of(again, {}), amount)
    assert other == first
    assert other is not first
    kept = weakref.ref(again.evaluation)
    del again
    gc.collect()
    assert kept() is None
