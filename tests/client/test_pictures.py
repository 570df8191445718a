"""Pictures among the features: reduced in the client."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.derive import image_facts


def pictures(rows):
    return np.random.default_rng(2).integers(0, 256, (rows, 300, 200, 3), dtype=np.uint8)


def test_one_picture_is_a_row_of_facts(monitor, exporter):
    """Facts are sent, pixels are not; the size is the picture's, not the grid's."""
    picture = pictures(1)[0]
    for _ in range(2):
        monitor.log(features={"image": picture, "age": 41}, prediction=1)
    assert monitor.flush()
    expected = image_facts(picture)
    for name, values in expected.items():
        assert exporter.column(name) == pytest.approx([float(values[0])] * 2), name
    assert exporter.column("age") == [41, 41]
    assert exporter.column("image.height") == [300, 300]
    assert not set(exporter.batches[0].inputs) - set(expected) - {"age"}


@pytest.mark.parametrize("kind", ["array", "torch"])
def test_a_batch_is_rows(monitor, exporter, kind):
    """Channels first in a batch, as an array or a tensor, beside a column of as many rows."""
    given = np.moveaxis(pictures(3), -1, 1).astype(np.float32) / 255
    value = given if kind == "array" else pytest.importorskip("torch").tensor(given)
    monitor.log(features={"image": value, "age": [1, 2, 3]}, prediction=[0, 1, 0])
    given[:] = 0  # a server reuses its buffers
    assert monitor.flush()
    expected = image_facts(pictures(3))
    np.testing.assert_allclose(exporter.column("image.mean[2]"), expected["image.mean[2]"], rtol=1e-5)
    np.testing.assert_allclose(exporter.column("image.contrast"), expected["image.contrast"], rtol=1e-4)
    assert exporter.total("predictions") == 3


def test_large_pictures_fit_in_a_small_buffer(make, exporter):
    """What waits is a grid of the pixels: a picture larger than the whole buffer is logged."""
    monitor = make(exporter, buffer_bytes=2**20)
    monitor.log(features={"image": np.zeros((2_000, 2_000, 3), dtype=np.uint8)}, prediction=0)
    assert monitor.flush()
    assert exporter.column("image.width") == [2_000]


def test_what_is_no_picture_is_left_out(make, exporter, caplog):
    """A tensor whose shape is none is told once; the other features are sent."""
    monitor = make(exporter)
    monitor.log(features={"hidden": np.zeros((7, 12, 9)), "age": 3}, prediction=0)
    assert monitor.flush()
    assert exporter.column("age") == [3]
    assert "neither end can be the channels" in caplog.text
