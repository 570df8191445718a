"""The stage is invisible: gathering rows and flushing them equals counting them at once."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.batch import Batch
from driftgauge.model.stage import Stage
from tests.model.examples import SPEC, START, batch, ready

NOTHING = np.empty(0)


def same(one, other):
    """Whether two profiles hold the same: counts exactly, float sums but for the order of adding."""
    return all(
        np.array_equal(a, b) if a.dtype == np.int64 else np.allclose(a, b, rtol=1e-9, atol=1e-9)
        for a, b in zip(one.arrays, other.arrays, strict=True)
    )


def random_cuts(rows, chance):
    return np.split(np.arange(rows), np.sort(chance.integers(0, rows + 1, 7)))


@pytest.mark.parametrize("seed", range(5))
def test_flushing_equals_observing(seed):
    """For any way to split the rows, parts of one kind of role among them."""
    chance = np.random.default_rng(seed)
    whole = batch(800, seed=seed)
    stage, direct = Stage(SPEC), SPEC.zero()
    for rows in random_cuts(800, chance):
        part = whole.take(rows)
        kind = chance.integers(3)
        part = (
            part
            if not kind
            else Batch(part.rows, **({"inputs": part.inputs} if kind == 1 else {"outputs": part.outputs}))
        )
        latencies = chance.exponential(0.01, part.rows)
        block = SPEC.read(part).block
        assert stage.takes(block.rows, START)
        stage.add(block, latencies, START)
        direct = direct.merge(SPEC.count(block, latencies))
    flushed, time = stage.flush()
    assert time == START
    assert same(flushed, direct)


def test_flush_leaves_nothing_behind():
    stage = Stage(SPEC)
    block = SPEC.read(batch(10)).block
    stage.add(block, np.array([0.1]), START)
    first, _ = stage.flush()
    assert stage.empty
    assert stage.flush() is None
    stage.add(block, NOTHING, START + 60)
    second, time = stage.flush()
    assert time == START + 60
    assert np.array_equal(first.histogram.counts, second.histogram.counts)
    assert int(second.latency.arrays["counts"].sum()) == 0 if "counts" in second.latency.arrays else True


def test_stage_takes_rows_of_one_minute_only():
    stage = Stage(SPEC)
    stage.add(SPEC.read(batch(1)).block, NOTHING, START + 59)
    assert stage.takes(1, START)
    assert not stage.takes(1, START + 60)
    assert not stage.takes(1, START - 1)


def test_stage_is_bounded():
    stage = Stage(SPEC)
    assert not stage.takes(stage.rows + 1, START)
    stage.add(SPEC.read(batch(stage.rows)).block, NOTHING, START)
    assert not stage.takes(1, START)


@pytest.mark.parametrize("seed", range(3))
def test_model_counts_the_same_however_its_rows_are_split(seed):
    """Small batches, large ones beyond the stage, across minutes: the windows are those of one batch."""
    chance = np.random.default_rng(seed)
    rows = 12_000
    whole = batch(rows, seed=seed, timestamps=START + np.sort(chance.uniform(0, 240, rows)))
    at_once, bit_by_bit = ready(), ready()
    at_once.observe(whole, START + 240)
    for part in random_cuts(rows, chance):
        if len(part):
            bit_by_bit.observe(whole.take(part), START + 240)
    one, other = (model.collect(START + 240) for model in (at_once, bit_by_bit))
    for a, b in zip(one.profiles, other.profiles, strict=True):
        assert np.array_equal(a.histogram.counts, b.histogram.counts)
        assert np.array_equal(a.categories.counts, b.categories.counts)
        assert int(a.rows[0]) == int(b.rows[0]) == rows


def test_batch_larger_than_the_stage_keeps_the_order_of_minutes():
    model = ready()
    model.observe(batch(10), START)
    model.observe(batch(20_000), START + 1)
    model.observe(batch(10), START + 61)
    view = model.view(START + 61)
    assert int(view.total.rows[0]) == 20_020


def test_latencies_of_a_batch_that_spans_minutes_are_counted_once():
    model = ready()
    model.observe(batch(100, timestamps=START + np.linspace(0, 200, 100)), START + 200)
    model.flush(START + 200)
    assert model.view(START + 200).counters.latency_counts.sum() == 100
    total = model.view(START + 200).total
    assert sum(int(array.sum()) for array in total.latency.arrays.values() if array.dtype == np.int64) == 100
