"""The decorator."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest


def test_a_watched_function_is_itself(monitor, exporter):
    """Value, name and exception are the function's; calls and failures are counted."""

    @monitor.watch
    def predict(x: int) -> float:
        """Predict."""
        return 1 / x

    assert (predict(2), predict.__name__, predict.__doc__) == (0.5, "predict", "Predict.")
    with pytest.raises(ZeroDivisionError):
        predict(0)
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("failures")) == (2, {"error": 1})
    assert len(exporter.latencies()) == 2


def test_extract_finds_the_rows(monitor, exporter):
    """`extract` gets the value and the arguments."""

    @monitor.watch(extract=lambda value, rows, **_: {"features": rows, "prediction": value, "id": ["a", "b"]})
    def predict(rows, scale=1):
        return rows.sum(axis=1) * scale

    assert predict(np.ones((2, 3)), scale=2).tolist() == [6, 6]
    assert monitor.flush()
    assert exporter.column("prediction", "outputs") == [6, 6]
    assert (exporter.total("requests"), exporter.column("x[2]")) == (1, [1, 1])


def test_a_bad_extract_hurts_nobody(monitor, exporter, caplog):
    """What `extract` raises is told; the call counts."""

    @monitor.watch(extract=lambda value: value.nothing)
    def predict():
        return 1

    assert [predict(), predict()] == [1, 1]
    assert not monitor.flush()
    assert exporter.total("requests") == 2
    assert "nothing" in caplog.text


def test_coroutines(monitor, exporter):
    """An async function stays one; a cancelled call is a cancelled request."""

    @monitor.watch(extract=lambda value, x: {"features": [x], "prediction": value})
    async def predict(x):
        await asyncio.sleep(x)
        return 7

    async def main():
        assert await predict(0) == 7
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(predict(60), 0.01)

    asyncio.run(main())
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("failures"), exporter.rows) == (2, {"cancelled": 1}, 1)
