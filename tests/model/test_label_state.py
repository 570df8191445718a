"""Labels across a restart: what waited still meets its other half, and what was counted is still in the windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories
from driftgauge.config import LabelSettings, ModelSettings
from driftgauge.errors import StateError
from driftgauge.model import Model
from driftgauge.model.id_table import IdTable
from driftgauge.serve.state_file import decode, encode
from driftgauge.state import State
from tests.model.examples import DAY, HOUR, START, batch, learning, ready

WORDS = ("no", "yes")


def ids(first, rows):
    return Categories(np.arange(rows, dtype=np.int32), tuple(str(first + row) for row in range(rows)))


def predicted(rows=200, first=0):
    return batch(rows, ids=ids(first, rows))


def truth(rows=200, first=0, word=1):
    return Batch(rows, ids=ids(first, rows), labels=Categories(np.full(rows, word, dtype=np.int32), WORDS))


def restarted(model: Model, now: float, settings: ModelSettings | None = None) -> Model:
    """Return another process's model, after a checkpoint and back from its bytes."""
    state = model.freeze(now)
    assert state is not None
    learns = not model.settings.reference.path
    other = Model("fraud", "1", settings or model.settings, None if learns else model.reference)
    assert other.thaw(decode(encode(state)), now)
    return other


def told(model, now):
    view = model.view(now).labels
    assert view is not None
    return view


def accounts(model, now):
    counters = told(model, now).counters
    return counters.matched, counters.waiting, counters.unlabelled, counters.duplicates


@pytest.mark.parametrize("make", [ready, learning], ids=["profile", "learning"])
def test_a_restart_between_prediction_and_label_still_matches(make):
    """Also while the reference is still being learned; the delay goes on counting from the prediction."""
    model = make()
    model.observe(predicted(), START)
    after = restarted(model, START + 10)
    assert accounts(after, START + 10) == (0, 0, 200, 0)
    after.label(truth(), START + HOUR)
    assert accounts(after, START + HOUR) == (200, 0, 0, 0)
    assert told(after, START + HOUR).counters.delay_sum == 200 * HOUR


def test_a_restart_between_label_and_prediction_still_matches():
    """A label that came early waits over the restart."""
    model = ready()
    model.observe(predicted(100), START)
    model.label(truth(200), START)
    after = restarted(model, START)
    assert accounts(after, START) == (0, 100, 0, 0)
    after.observe(predicted(100, first=100), START + 60)
    assert accounts(after, START + 60) == (100, 0, 0, 0)


def test_a_label_that_comes_again_after_a_restart_is_a_duplicate():
    """What was matched before is remembered, so a sender that repeats itself counts nothing twice."""
    model = ready()
    model.observe(predicted(), START)
    model.label(truth(), START + 60)
    after = restarted(model, START + 60)
    after.label(truth(), START + 120)
    assert accounts(after, START + 120) == (0, 0, 0, 200)
    figures = told(model, START + 120).figures["accuracy"], told(after, START + 120).figures["accuracy"]
    np.testing.assert_array_equal(*figures)


def test_figures_and_classes_come_back():
    """Accuracy, coverage and the confusion matrix of every window are the same, and go on with the same classes."""
    model = learning()
    model.observe(predicted(), START)
    model.label(truth(100), START + 60)
    after = restarted(model, START + 60)
    before = told(model, START + 60)
    for _ in range(2):
        held = told(after, START + 60)
        assert held.classes == before.classes
        for name, values in before.figures.items():
            np.testing.assert_array_equal(held.figures[name], values, err_msg=name)
        model.label(truth(100, first=100, word=0), START + 60)
        after.label(truth(100, first=100, word=0), START + 60)
        before = told(model, START + 60)


def test_what_waited_too_long_meanwhile_is_given_up():
    """The time to wait includes the time in which nothing ran."""
    model = ready(labels=LabelSettings(ttl_seconds=HOUR))
    model.observe(predicted(), START)
    state = model.freeze(START)
    after = ready(labels=LabelSettings(ttl_seconds=HOUR))
    assert after.thaw(state, START + 2 * HOUR)
    counters = told(after, START + 2 * HOUR).counters
    assert (counters.unlabelled, counters.forgotten) == (0, {"expired": 200})


def test_a_clock_that_went_back_holds_nothing_for_longer():
    """What lies ahead of the clock waits from now on, and has left the windows."""
    model = ready(labels=LabelSettings(ttl_seconds=HOUR))
    model.observe(predicted(), START)
    after = ready(labels=LabelSettings(ttl_seconds=HOUR))
    assert after.thaw(model.freeze(START), START - DAY)
    assert accounts(after, START - DAY) == (0, 0, 200, 0)
    assert accounts(after, START - DAY + 2 * HOUR) == (0, 0, 0, 0)


def test_other_settings_of_labels_begin_the_labels_anew():
    """The windows of drift stay; what waited by other settings does not."""
    model = ready()
    model.observe(predicted(), START)
    after = restarted(model, START, replace(model.settings, labels=LabelSettings(most_classes=5)))
    assert after.view(START).labels is None
    sums = after.collect(START)
    assert sums is not None
    assert int(sums.profiles[-1].rows[0]) == 200


def test_a_checkpoint_without_labels_is_taken():
    """One that was written before there were labels brings everything else back."""
    model = ready()
    model.observe(predicted(), START)
    state = model.freeze(START)
    assert state is not None
    parts = {name: part for name, part in state.parts.items() if name != "labels"}
    after = ready()
    assert after.thaw(State(state.facts, parts=parts), START)
    assert after.view(START).labels is None


def test_a_profile_that_cannot_be_read_leaves_the_checkpoint_alone():
    """Labels alone must not take the place of windows that come back once the profile does."""
    model = Model("fraud", "1", ready().settings)
    model.observe(predicted(), START)
    assert model.view(START).labels is not None
    assert model.freeze(START) is None


def altered(state, path, **arrays):
    """Return *state* with other arrays in one of its parts."""
    if not path:
        return State(state.facts, {**state.arrays, **arrays}, state.parts)
    name, *rest = path
    return State(state.facts, state.arrays, {**state.parts, name: altered(state.parts[name], rest, **arrays)})


@pytest.mark.parametrize(
    ("path", "arrays"),
    [
        (("join", "predictions"), {"keys": np.zeros(3, dtype=np.uint64)}),
        (("join", "labels"), {"done": np.zeros(3)}),
        (("join", "labels"), {"salary": np.zeros(0)}),
        (("windows", "classes"), {"codes": np.zeros(7, dtype=np.uint64)}),
        (("windows", "coverage", "slots", "60"), {"ids": np.array([-3])}),
    ],
    ids=["lengths", "kind", "field", "classes", "slots"],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(path, arrays):
    """The model is as it was, and can go on."""
    model = ready()
    model.observe(predicted(), START)
    model.label(truth(100), START)
    state = altered(model.freeze(START), ("labels", *path), **arrays)
    after = ready()
    with pytest.raises(StateError):
        after.thaw(state, START)
    assert after.view(START).labels is None
    assert after.thaw(model.freeze(START), START)


def test_a_smaller_table_takes_the_newest_rows():
    """Of a table that was allowed more, the rows that would have been pushed out last are held."""
    large, small = IdTable(2**20, {"value": "f8"}), IdTable(2**12, {"value": "f8"})
    keys = np.arange(1, 1_001, dtype=np.uint64)
    large.append(keys, value=keys.astype(float))
    small.thaw(large.freeze())
    assert len(small) == small.capacity < len(keys)
    assert (small.find(keys) >= 0).tolist() == [False] * (1_000 - small.capacity) + [True] * small.capacity


def test_an_id_that_came_twice_is_found_as_it_came_last():
    """A table with an older row of the same id gives the newer one, as before."""
    join = IdTable(2**16, {"value": "f8"})
    for value in (1.0, 2.0):
        join.append(np.array([7], dtype=np.uint64), value=np.array([value]))
    other = IdTable(2**16, {"value": "f8"})
    other.thaw(join.freeze())
    assert other.read("value", other.find(np.array([7], dtype=np.uint64))).tolist() == [2.0]


def test_a_full_join_is_kept_in_megabytes():
    """What waits takes less in a file than in memory."""
    settings = LabelSettings(bytes=2**20)
    model = ready(labels=settings)
    model.observe(predicted(20_000), START)
    state = model.freeze(START)
    assert state is not None
    assert len(encode(state.part("labels"))) < settings.bytes
