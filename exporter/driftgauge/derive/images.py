"""Images as facts: numbers of each picture, from which no picture can be drawn.

    NAME.mean[c], NAME.std[c]    mean and standard deviation of each channel
    NAME.brightness              mean luminance
    NAME.brightness[q]           share of the pixels whose luminance is in quarter q of the range, q = 0 (dark) to 3
    NAME.contrast                standard deviation of the luminance
    NAME.height, NAME.width      pixels

Unsigned integers are divided by their largest value; floats are taken as they are, with the range 0 to 1 for the
quarters, so normalised pictures crowd the outer ones. Luminance of three or four channels is that of BT.709 (the fourth is
transparency and left out of it), else the mean of the channels. Pictures of more than 128 x 128 pixels are looked at on a
grid of at most so many, evenly spread: means move by under 1 % of a standard deviation, and so does every reference that was
made by the same rule.

Time: 1 ms a picture of 128 x 128 pixels or more in three channels (docs/model-health.md).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Floats

__all__ = ["channel_axis", "image_facts", "thinned"]

Float64s = NDArray[np.float64]

#: pixels of a side that are looked at
_GRID = 128
#: channels that a picture can have: grey, colours, colours with transparency
_CHANNELS = frozenset({1, 3, 4})
#: ITU-R BT.709
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_QUARTERS = 4
LAYOUTS = ("CHW", "HWC", "HW")


def image_facts(images: Any, name: str = "image", *, layout: str | None = None) -> dict[str, Floats]:
    """Reduce pictures to columns of facts.

    Args:
        images: one picture [C, H, W], [H, W, C] or [H, W], or a batch of them with one more axis in front.
        name: of the field, the start of the columns' names.
        layout: `CHW`, `HWC` or `HW`; None: the axis with 1, 3 or 4 entries is the channels'.

    Returns:
        name -> values, one a picture.

    Raises:
        ValueError: the shape is no picture's, or the channels could be at either end.

    >>> grey = image_facts(np.full((2, 8, 8), 128, dtype=np.uint8), layout="HW")
    >>> grey["image.brightness"].round(3).tolist(), grey["image.contrast"].tolist()
    ([0.502, 0.502], [0.0, 0.0])
    """
    given = np.asarray(images)
    if given.dtype.kind not in "fub" and not (given.dtype.kind == "i" and given.size and int(given.min()) >= 0):
        raise ValueError(f"{name}: expected an array of unsigned integers or floats, got {given.dtype}")
    axis = channel_axis(given.shape, name, layout)
    single = given.ndim == (2 if axis is None else 3)
    batch = given[None] if single else given
    place = None if axis is None else axis if single else axis - 1
    facts = [_facts(picture, place) for picture in batch]
    names = facts[0].keys() if facts else ()
    return {f"{name}.{fact}": np.array([found[fact] for found in facts], dtype=np.float64) for fact in names}


def channel_axis(shape: tuple[int, ...], name: str = "image", layout: str | None = None) -> int | None:
    """Return which axis of *shape* holds the channels, None for pictures without.

    Raises:
        ValueError: that cannot be told.
    """
    if layout is not None:
        if layout not in LAYOUTS:
            raise ValueError(f"{name}: layout {layout!r}, expected one of {list(LAYOUTS)}")
        if len(shape) not in {len(layout), len(layout) + 1}:
            raise ValueError(f"{name}: shape {shape} does not fit the layout {layout}")
        return {"CHW": len(shape) - 3, "HWC": len(shape) - 1, "HW": None}[layout]
    if len(shape) == 2:
        return None
    if len(shape) not in {3, 4}:
        raise ValueError(f"{name}: shape {shape}, expected [C, H, W], [H, W, C], [H, W] or a batch of those")
    first, last = shape[-3] in _CHANNELS, shape[-1] in _CHANNELS
    if first == last:
        why = "either end could be the channels" if first else "neither end can be the channels"
        raise ValueError(f"{name}: shape {shape}: {why}; say layout='CHW', 'HWC' or 'HW'")
    return len(shape) - 3 if first else len(shape) - 1


def thinned(picture: Any, whole: Collection[int | None]) -> Any:
    """Return an array or a tensor on a grid of at most 128 pixels a side, without copying; axes in *whole* stay as they are."""
    steps = [
        slice(None) if place in whole else slice(None, None, -(-side // _GRID))
        for place, side in enumerate(picture.shape)
    ]
    return picture[tuple(steps)]


def _facts(picture: NDArray[Any], axis: int | None) -> dict[str, float]:
    sides = [side for place, side in enumerate(picture.shape) if place != axis]
    seen = thinned(picture, {axis})
    planes = seen[None] if axis is None else np.moveaxis(seen, axis, 0)
    scale = float(np.iinfo(planes.dtype).max) if planes.dtype.kind in "iu" else 1.0
    pixels = planes.reshape(len(planes), -1).astype(np.float64) / scale
    means, spreads = pixels.mean(axis=1), pixels.std(axis=1)
    light = _LUMINANCE @ pixels[:3] if len(pixels) > 2 else pixels[0]
    found = {f"mean[{channel}]": float(value) for channel, value in enumerate(means)}
    found |= {f"std[{channel}]": float(value) for channel, value in enumerate(spreads)}
    quarters = np.clip(np.nan_to_num(light * _QUARTERS, nan=0.0, posinf=_QUARTERS, neginf=0.0), 0, _QUARTERS - 1)
    shares = np.bincount(quarters.astype(np.int64), minlength=_QUARTERS) / max(len(light), 1)
    found |= {"brightness": float(light.mean())}
    found |= {f"brightness[{quarter}]": float(share) for quarter, share in enumerate(shares)}
    return found | {"contrast": float(light.std()), "height": float(sides[0]), "width": float(sides[1])}
