"""What a data set is for: which of its fields go into the model, what it should answer, and of which kind they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from driftgauge.errors import ProfileError

__all__ = ["MODALITIES", "TaskSpec", "task_of"]

MODALITIES = ("text", "vision", "tabular")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """A task, by which a data set's fields are routed.

    Attributes:
        name: of the task; profiles are found again by it.
        task_type: such as `classification`, `regression`, `generation`.
        model_family: such as `transformer`, `cnn`, `gbdt`; kept with the profile.
        input_fields: names of the fields that the model sees; of rows that are tuples, in order.
        target_field: name of the field that it should answer; empty where there is none.
        loss_type: such as `cross_entropy`; kept with the profile.
        metrics: what the model is judged by; kept with the profile.
        modality: `text`, `vision` or `tabular`: how input fields become numbers.

    Raises:
        ValueError: the modality is another one, or there is no input field.

    >>> TaskSpec(name="reviews", modality="text", input_fields=("review",), target_field="stars").modality
    'text'
    """

    name: str
    modality: str
    input_fields: Sequence[str]
    target_field: str = ""
    task_type: str = "classification"
    model_family: str = ""
    loss_type: str = ""
    metrics: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.modality not in MODALITIES:
            raise ValueError(f"modality {self.modality!r}, expected one of {list(MODALITIES)}")
        if isinstance(self.input_fields, str) or not self.input_fields:
            raise ValueError(f"input_fields: expected a sequence of one name or more, got {self.input_fields!r}")
        object.__setattr__(self, "input_fields", tuple(self.input_fields))
        object.__setattr__(self, "metrics", tuple(self.metrics))

    @property
    def record(self) -> dict[str, Any]:
        """The task as plain values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def task_of(record: Mapping[str, Any], source: str) -> TaskSpec:
    """Read what `TaskSpec.record` wrote.

    Raises:
        ProfileError: the record is no task.
    """
    try:
        return TaskSpec(**record)
    except (TypeError, ValueError) as error:
        raise ProfileError(f"{source}: damaged task: {error}") from error
