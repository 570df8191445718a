"""Facts of images."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.derive import image_facts


def colours(shape, means):
    """Return pictures [H, W, C] around these channel means."""
    return np.clip(np.random.default_rng(4).normal(means, 0.1, (*shape, len(means))), 0, 1)


def test_facts_of_one_picture():
    """Means, deviations, size, contrast and quarters of brightness of a picture that is half black, half white."""
    picture = np.zeros((10, 20, 3), dtype=np.uint8)
    picture[:, 10:] = 255
    facts = {name: values.tolist() for name, values in image_facts(picture).items()}
    assert facts == {
        **{f"image.mean[{c}]": [0.5] for c in range(3)},
        **{f"image.std[{c}]": [0.5] for c in range(3)},
        "image.brightness": [pytest.approx(0.5)],
        **{f"image.brightness[{q}]": [0.5 if q in {0, 3} else 0.0] for q in range(4)},
        "image.contrast": [pytest.approx(0.5)],
        "image.height": [10.0],
        "image.width": [20.0],
    }


@pytest.mark.parametrize("kind", ["float", "uint8", "batch", "torch"])
def test_layouts_and_types_agree(kind):
    """Channels first or last, floats or bytes, one or many, array or tensor: the same facts."""
    picture = colours((40, 30), (0.5, 0.3, 0.7))
    expected = image_facts(picture, layout="HWC")
    given, tolerance = np.moveaxis(picture, -1, 0), 1e-9
    if kind == "uint8":
        given, tolerance = np.round(given * 255).astype(np.uint8), 3e-3
    elif kind == "batch":
        given = given[None]
    elif kind == "torch":
        given = pytest.importorskip("torch").tensor(given)
    found = image_facts(given)
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=max(tolerance, 1e-9), err_msg=name)


def test_large_pictures_are_looked_at_on_a_grid():
    """Of a million pixels a grid is read; its means are near those of all, and the size is the picture's."""
    picture = np.random.default_rng(1).random((1000, 900))
    facts = image_facts(picture)
    assert facts["image.mean[0]"][0] == pytest.approx(0.5, abs=0.02)
    assert (facts["image.height"][0], facts["image.width"][0]) == (1000.0, 900.0)


@pytest.mark.parametrize(
    ("images", "layout", "message"),
    [
        (np.zeros((3, 8, 3)), None, "either end could be the channels; say layout="),
        (np.zeros((8, 8, 8)), None, "neither end can be"),
        (np.zeros(8), None, "expected \\[C, H, W\\]"),
        (np.zeros((8, 8)), "CHW", "does not fit the layout CHW"),
        (np.zeros((8, 8)), "WHC", "expected one of"),
        (np.array([["a", "b"]]), None, "expected an array of"),
        (np.array([[-1, 2]]), None, "expected an array of"),
    ],
    ids=["both ends", "no end", "one axis", "layout of three", "unknown layout", "texts", "negative"],
)
def test_what_is_no_picture_is_refused(images, layout, message):
    """The error names the field, the shape and what to say."""
    with pytest.raises(ValueError, match=f"image.*{message}"):
        image_facts(images, layout=layout)


def test_no_pictures():
    """An empty batch has no facts."""
    assert image_facts(np.zeros((0, 3, 8, 8))) == {}
