"""Pictures among features: looked at on a grid where they are logged, reduced to facts in the thread, never sent.

A value of three axes or more in a dictionary of features is a picture, or a batch of them (`derive.images`). At most
128 x 128 of its pixels are copied, so that a camera's frames do not fill the buffer. Cost: 20 us a picture where it is
logged, 1 ms in the thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from driftgauge.batch import Floats
from driftgauge.client.copying import OwnCopy, copied, size_of
from driftgauge.client.values import array_of
from driftgauge.derive.images import channel_axis, image_facts, thinned

__all__ = ["Pictures", "with_pictures"]

Note = Callable[[str, str], None]


class Pictures(OwnCopy):
    """A copy of pixels on a grid, and what the grid does not tell.

    Args:
        value: an array or a tensor of three or four axes.

    Raises:
        ValueError: the shape is no picture's.
    """

    def __init__(self, value: Any) -> None:
        shape = tuple(value.shape)
        axis = channel_axis(shape)
        assert axis is not None  # of three axes or more one is the channels'
        self.single = len(shape) == 3
        self._layout = "HWC" if axis == len(shape) - 1 else "CHW"
        first = 0 if self.single else 1
        self._sides = tuple(side for place, side in enumerate(shape) if place >= first and place != axis)
        self._count = 1 if self.single else shape[0]
        seen = thinned(value, {axis} if self.single else {0, axis})
        self.size = size_of(seen)
        self._pixels = copied(seen)

    @property
    def ndim(self) -> int:
        """Axes as a column of features has them: none for one value, one for several."""
        return 0 if self.single else 1

    def __len__(self) -> int:
        return self._count

    def columns(self, name: str) -> Iterator[tuple[str, Floats]]:
        """Yield the columns of facts."""
        facts = image_facts(array_of(self._pixels), name, layout=self._layout)
        facts[f"{name}.height"], facts[f"{name}.width"] = (np.full(self._count, float(side)) for side in self._sides)
        yield from facts.items()


def with_pictures(features: Any, note: Note) -> Any:
    """Return *features* with their pictures reduced; a value of a shape that is no picture's is left out and noted."""
    if not isinstance(features, dict) or not any(getattr(value, "ndim", 0) > 2 for value in features.values()):
        return features
    found = {}
    for name, value in features.items():
        if getattr(value, "ndim", 0) <= 2:
            found[name] = value
            continue
        try:
            found[name] = Pictures(value)
        except ValueError as error:
            note("picture", f"feature {str(name)[:64]!r} is left out: {error}")
    return found
