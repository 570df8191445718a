"""Kinds: what a tensor is, by the settings of its model or, where that is safe, by its shape.

Of itself only a picture is recognised: an input of rank 4, of unsigned 8-bit integers or floats, with 1, 3 or 4 channels at one end
and not at the other, and `LEAST_PIXELS` or more on both sides. Everything else has to be said.
"""

from __future__ import annotations

from collections.abc import Mapping

from driftgauge.derive.images import channel_axis
from driftgauge.errors import DecodeError
from driftgauge.ingest.reducing import UNSUPPORTED, Deep, refused_rank
from driftgauge.tensor_settings import TensorSettings

__all__ = ["LEAST_PIXELS", "RefusedTensor", "axes_of", "kind_of", "layout_of"]

#: pixels of a side: what is smaller is no picture, unless the settings say so
LEAST_PIXELS = 8
#: channels that have columns of their own
_MOST_CHANNELS = 16
_PIXELS = frozenset({"UINT8", "FP16", "BF16", "FP32", "FP64"})
#: layout by its usual name -> the axes, as `derive.images` calls them
_AXES = {"channels_first": "CHW", "channels_last": "HWC", "none": "HW"}
_IMAGE = TensorSettings(kind="image")


class RefusedTensor(Exception):  # noqa: N818 - named for what it says
    """A tensor that is left out.

    Args:
        reason: of the violation.
        error: why.
    """

    def __init__(self, reason: str, error: DecodeError) -> None:
        super().__init__(str(error))
        self.reason, self.error = reason, error


def kind_of(tensor: Deep, settings: Mapping[str, TensorSettings]) -> TensorSettings:
    """Return what a tensor is; raise `RefusedTensor` where nothing tells."""
    given = settings.get(tensor.name)
    if given is not None and given.kind:
        return given
    why = _why_no_picture(tensor, given or _IMAGE)
    if why:
        raise RefusedTensor(UNSUPPORTED, refused_rank(tensor.name, tensor.shape, why))
    return _IMAGE if given is None else TensorSettings(kind="image", layout=given.layout, field=given.field)


def layout_of(tensor: Deep, settings: TensorSettings) -> str:
    """Return the layout of pictures, `CHW`, `HWC` or `HW`; raise `RefusedTensor` where the shape does not fit or does not tell."""
    if settings.layout:
        layout = _AXES[settings.layout]
        if len(tensor.shape) != len(layout) + 1:
            why = f"expected the {len(layout)} axes of {settings.layout} behind that of the rows"
            raise RefusedTensor("wrong_shape", refused_rank(tensor.name, tensor.shape, why))
    else:
        layout = _layout_by_shape(tensor)
    channels = tensor.shape[layout.index("C") + 1] if "C" in layout else 1
    if channels > _MOST_CHANNELS:
        why = f"{channels} channels are more than {_MOST_CHANNELS}"
        raise RefusedTensor("wrong_shape", refused_rank(tensor.name, tensor.shape, why))
    return layout


def axes_of(tensor: Deep, settings: TensorSettings) -> int:
    """Return which axis of class scores holds the classes; raise `RefusedTensor` where there is no such axis."""
    rank = len(tensor.shape)
    axis = settings.class_axis + (rank if settings.class_axis < 0 else 0)
    if 0 < axis < rank and tensor.shape[axis] > 1:
        return axis
    why = f"expected two classes or more on axis {settings.class_axis}"
    raise RefusedTensor("wrong_shape", refused_rank(tensor.name, tensor.shape, why))


def _why_no_picture(tensor: Deep, settings: TensorSettings) -> str:
    """Return why a tensor is not taken for pictures; empty where it is."""
    if tensor.role != "inputs":
        return "nothing says what this output is"
    if tensor.spec.datatype not in _PIXELS:
        return "nothing says what it is, and pictures are UINT8 or floats"
    if settings.layout:
        return ""
    if len(tensor.shape) != 4:
        return "nothing says what it is, and only rank 4 is taken for pictures"
    try:
        layout = _layout_by_shape(tensor)
    except RefusedTensor:
        return "either end could be the channels of pictures, or neither"
    sides = [side for axis, side in zip(layout, tensor.shape[1:], strict=True) if axis != "C"]
    return "" if min(sides) >= LEAST_PIXELS else "nothing says what it is, and it is too small for pictures"


def _layout_by_shape(tensor: Deep) -> str:
    try:
        if len(tensor.shape) == 4:
            return "CHW" if channel_axis(tensor.shape) == 1 else "HWC"
    except ValueError:  # either end, or neither
        pass
    why = "its shape does not tell where the channels are"
    raise RefusedTensor("wrong_shape", refused_rank(tensor.name, tensor.shape, why))
