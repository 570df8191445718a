"""Torch hook: confidence of a classifier, from its logits, where they are.

Softmax, the best class and the columns of `derive.confidence` are computed on the module's device; only these few numbers
a row (and the probabilities of up to 20 classes) are copied, and the thread waits for them, not the model. Scores of
sequences, [batch, sequence, classes], are a row each, with the means over their positions. Guarantee: the output is
untouched; nothing is logged in training or while a graph is traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any

from driftgauge.client.copying import OnDevice, copied, size_of
from driftgauge.client.pictures import with_pictures
from driftgauge.derive import CONFIDENCE, MOST_CLASSES
from driftgauge.derive.confidence import confidence_names
from driftgauge.derive.torch_confidence import confidence_tensor, softmax_tensor

if TYPE_CHECKING:
    from driftgauge.client.monitor import Monitor

__all__ = ["Hook", "attach"]

#: the class, then the columns of confidence
_CLASS = 1


def attach(
    monitor: Monitor,
    module: Any,
    *,
    features: Callable[..., Any] | None = None,
    logits: Callable[[Any], Any] | None = None,
    classes: list[str] | None = None,
) -> Hook:
    """Log every call of *module* as a request.

    Args:
        monitor: to be told.
        module: a `torch.nn.Module` that returns class scores, or a number a row.
        features: gets the arguments of the call, returns the features to log.
        logits: gets the output, returns the scores; by default the output, its `logits`, or the first of a tuple.
        classes: names of the classes; by default their numbers.
    """
    return Hook(monitor, module, features, logits or _logits_of, classes)


class Hook:
    """A pair of hooks on a module; `remove` takes them off."""

    def __init__(
        self,
        monitor: Monitor,
        module: Any,
        features: Callable[..., Any] | None,
        logits: Callable[[Any], Any],
        classes: list[str] | None,
    ) -> None:
        self._torch: Any = import_module("torch")  # whoever has a module has it
        self._intake = monitor._intake  # noqa: SLF001 - the integrations are the monitor's other half
        self._features = features
        self._logits = logits
        self._classes = classes
        self._started = 0.0
        self._handles = [module.register_forward_pre_hook(self._before), module.register_forward_hook(self._after)]

    def remove(self) -> None:
        """Take the hooks off the module."""
        for handle in self._handles:
            handle.remove()

    def _before(self, *_: Any) -> None:
        self._started = perf_counter()

    def _after(self, module: Any, args: tuple[Any, ...], output: Any) -> None:
        if module.training or self._torch.compiler.is_compiling() or self._torch.jit.is_tracing():
            return
        try:
            self._log(args, output, perf_counter() - self._started)
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self._intake.unusable(error)

    def _log(self, args: tuple[Any, ...], output: Any, seconds: float) -> None:
        scores = self._logits(output).detach()
        features = None if self._features is None else with_pictures(self._features(*args), self._intake.mistakes)
        size = size_of(features)
        features = copied(features)
        if scores.ndim == 1 or scores.shape[-1] == 1:
            numbers = OnDevice(scores.reshape(-1))
            read = _reader(lambda: {"prediction": numbers.fetch()}, features)
        else:
            classes, sequences = scores.shape[-1], scores.ndim == 3
            scores = scores if sequences else scores.reshape(-1, classes)
            table = OnDevice(self._table(scores), own=True)
            read = _reader(lambda: self._rows_of(table.fetch().numpy(), classes, sequences=sequences), features)
        size += 8 * scores.shape[0] * (_CLASS + len(CONFIDENCE) + MOST_CLASSES)
        # on an accelerator the call has returned, the computation has not: its duration says nothing
        latency = seconds if scores.device.type == "cpu" else None
        self._intake.buffer.in_flight += 1
        self._intake.append_deferred(read, size, latency, None)

    def _table(self, scores: Any) -> Any:
        """Return of each row its class and confidence, then the probabilities of few classes; of sequences confidence only."""
        torch = self._torch
        with torch.no_grad():
            p = softmax_tensor(scores)
            confidence = confidence_tensor(p, logits=False)
            if scores.ndim == 3:
                return confidence
            columns = [p.argmax(dim=-1, keepdim=True).to(p.dtype), confidence]
            return torch.cat([*columns, p] if p.shape[1] <= MOST_CLASSES else columns, dim=1)

    def _rows_of(self, table: Any, classes: int, *, sequences: bool) -> Mapping[str, Any]:
        names = confidence_names(classes)
        if sequences:
            return {"prediction": {name: table[:, CONFIDENCE.index(name)] for name in names}}
        outputs: dict[str, Any] = {"prediction": table[:, 0]}
        if self._classes is not None:
            outputs["prediction"] = [self._classes[int(number)] for number in table[:, 0]]
        outputs |= {name: table[:, _CLASS + CONFIDENCE.index(name)] for name in names}
        proba = table[:, _CLASS + len(CONFIDENCE) :]
        return {"prediction": outputs, "proba": proba if proba.shape[1] else None}


def _reader(rows: Callable[[], Mapping[str, Any]], features: Any) -> Callable[[], Mapping[str, Any]]:
    return lambda: {"features": features, **rows()}


def _logits_of(output: Any) -> Any:
    if hasattr(output, "logits"):
        return output.logits
    return output[0] if isinstance(output, tuple | list) else output
