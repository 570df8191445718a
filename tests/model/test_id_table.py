"""The table of ids against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.model.id_table import IdTable


def keys(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint64)


def test_it_agrees_with_a_dictionary():
    """After many appends, evictions and losses every id has the newest row that is still held, or none."""
    rng = np.random.default_rng(3)
    table = IdTable(4_096, {"value": "f8"})
    held: list[tuple[int, float]] = []
    for step in range(200):
        # Few buckets, so that chains grow long, and ids that come again.
        chosen = rng.choice(400, size=int(rng.integers(1, table.capacity)), replace=False).astype(np.uint64) * 8
        values = rng.random(len(chosen))
        gone = table.overflow(len(chosen))
        assert len(gone) == max(len(held) + len(chosen) - table.capacity, 0)
        table.append(chosen, value=values)
        held = (held + list(zip(chosen.tolist(), values.tolist(), strict=True)))[-table.capacity :]
        if step % 5 == 0:
            limit = 0.2
            old = table.older("value", limit)
            expected = next((i for i, (_, value) in enumerate(held) if value >= limit), len(held))
            assert len(old) == expected
            table.forget(old)
            held = held[expected:]
        newest = dict(held)
        asked = np.arange(400, dtype=np.uint64) * 8
        found = table.find(asked)
        assert len(table) == len(held)
        for key, serial in zip(asked.tolist(), found.tolist(), strict=True):
            assert (serial >= 0) == (key in newest)
            if serial >= 0:
                assert table.read("value", np.array([serial]))[0] == newest[key]


def test_fields_can_be_changed():
    """What is written of a row is read of it, and of no other."""
    table = IdTable(4_096, {"done": "?"})
    table.append(keys(1, 2, 3), done=np.zeros(3, dtype=bool))
    table.write("done", table.find(keys(2)), value=True)
    assert table.read("done", table.find(keys(1, 2, 3))).tolist() == [False, True, False]


@pytest.mark.parametrize("size", [2**16, 2**20, 10**6, 3 * 2**23])
def test_its_memory_is_what_was_allowed(size):
    """Rows, links and buckets together stay within the size, and use most of it."""
    table = IdTable(size, {"arrived": "f8", "done": "?"})
    arrays = [table._heads, table._before, table._keys, *table._fields.values()]
    assert size * 0.9 < sum(array.nbytes for array in arrays) <= size


def test_nothing_is_found_in_an_empty_table():
    """An id that was never seen has no row."""
    table = IdTable(4_096, {"done": "?"})
    assert table.find(keys(0, 1)).tolist() == [-1, -1]
    assert len(table.older("done", 1.0)) == 0
