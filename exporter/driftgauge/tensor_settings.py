"""Settings of tensors of the Open Inference Protocol: what one is, where its shape does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from driftgauge.setting import setting

__all__ = ["TensorSettings"]

#: the settings that mean something to each kind
_OF_POSITIONS = frozenset({"kind", "mask", "labels", "ignore_index"})
_OF_IMAGES = frozenset({"kind", "layout", "batched", "field"})
_OF_SCORES = _OF_POSITIONS | {"class_axis"}
_UNDERSTOOD = {
    "": _OF_IMAGES,
    "image": _OF_IMAGES,
    "logits": _OF_SCORES,
    "probabilities": _OF_SCORES,
    "embedding": _OF_POSITIONS | {"pooling", "field"},
    "token_ids": _OF_POSITIONS | {"field"},
    "ignore": frozenset({"kind"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSettings:
    """What a tensor is that cannot be columns as it is; docs/tensors.md."""

    kind: Literal["", "image", "logits", "probabilities", "embedding", "token_ids", "ignore"] = setting(
        "",
        "What it holds: pictures, class scores (before or after the softmax), vectors, numbers of tokens, or nothing that should be"
        " looked at; empty: told by its shape.",
    )
    layout: Literal["", "channels_first", "channels_last", "none"] = setting(
        "", "Where a picture's channels are, none: it has no such axis; empty: at the end that has 1, 3 or 4 of them."
    )
    batched: bool = setting(
        default=True, help_text="Whether the first axis counts rows; false: the tensor is one picture, one row."
    )
    class_axis: int = setting(-1, "Axis of the classes among those of class scores, counted as NumPy does.")
    mask: str = setting(
        "", "Tensor of the same inference, [rows, positions], whose zeros are padding, such as attention_mask."
    )
    labels: str = setting(
        "", "Tensor of the same inference, [rows, positions], where ignore_index stands at positions that do not count."
    )
    ignore_index: int = setting(-100, "The label of those positions.")
    pooling: Literal["mean", "cls"] = setting(
        "mean", "What stands for an embedding of many positions: their mean, or the first one."
    )
    field: str = setting("", "Its name among the columns, where the reference calls it otherwise; empty: its own.")

    def __post_init__(self) -> None:
        understood = _UNDERSTOOD[self.kind]
        for name, entry in self.__dataclass_fields__.items():
            if name not in understood and getattr(self, name) != entry.default:
                raise ValueError(f"{name}: means nothing to a tensor of kind {self.kind!r}")
        if self.class_axis == 0:
            raise ValueError("class_axis: expected an axis behind that of the rows, got 0")
