"""Monitor: the object a model server keeps for each model version.

Guarantee: no method raises, waits for the exporter or takes a lock; whatever is wrong with the arguments is told once in
the log and counted as `invalid`. Only `flush` and `close` wait, as long as they are told to; a `with` block closes at its end.
Cost of `log`: about 0.4 us for an array row of 50 floats, copy included. Memory: `buffer_bytes`, 16 MiB by default,
whatever happens to the exporter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar, Unpack

import numpy as np

from driftgauge.client import lifecycle
from driftgauge.client.copying import FIXED, OVERHEAD
from driftgauge.client.entries import Facts
from driftgauge.client.intake import Intake
from driftgauge.client.mistakes import Mistakes
from driftgauge.client.options import options_of
from driftgauge.client.request import Request
from driftgauge.client.sender import Sender

__all__ = ["Monitor"]

F = TypeVar("F", bound=Callable[..., Any])
_ndarray = np.ndarray
_NEVER = 2**62  # more bytes than there is ever room for


class Monitor:
    """Tells the exporter what a model sees and answers.

    Args:
        model: name of the model.
        version: of the model.
        columns: names of the columns of array rows; without them they are `x[0]`, `x[1]`...
        options: `endpoint`, `enabled`, `sample`, `buffer_bytes`, `flush_seconds`, `timeout_seconds`,
            `shutdown_seconds`, `texts`, `token`; each also as a variable, such as `DRIFTGAUGE_CLIENT_SAMPLE`.

    >>> monitor = Monitor("flight-delay", version="3", enabled=False)
    >>> with monitor.request() as r:
    ...     r.log(features={"age": 41, "plan": "basic"}, prediction=1, proba=[0.2, 0.8])
    """

    def __init__(self, model: str, version: str = "0", columns: Iterable[str] | None = None, **options: Any) -> None:
        mistakes = Mistakes()
        chosen = options_of(options, mistakes)
        names = _names(columns, mistakes)
        if _name(model) == "_":
            mistakes("model", "the model has no name and is called '_': expected Monitor(\"fraud\") or the like")
        self._sender = Sender(_name(model), _name(version), names, chosen, mistakes)
        self._intake = Intake(self._sender, chosen, mistakes)
        self._buffer = self._sender.buffer
        self._all = chosen.sample >= 1
        self._dtype: Any = None
        self._shutdown_seconds = chosen.shutdown_seconds
        mistakes.report()
        if chosen.enabled:
            lifecycle.look_after(self._sender, chosen.shutdown_seconds)

    def log(
        self,
        features: Any = None,
        prediction: Any = None,
        proba: Any = None,
        *surplus: Any,
        latency_s: Any = None,
        **facts: Unpack[Facts],
    ) -> None:
        """Log one request: one row, or a table of rows.

        Args:
            features: an array (one dimension: one row), a DataFrame, a dictionary of values or of columns, a list of
                dictionaries, a tensor.
            prediction: a class or a number, or one for each row.
            proba: class probabilities, of one row or of each; a single number is the second of two classes'.
            surplus: nothing; further arguments are told to be a mistake, as unknown facts are, instead of raising.
            latency_s: how long the request took; one for each row makes every row a request.
            facts: `logits`: class scores instead of probabilities; `status`: other than "ok" counts a failed request;
                `id`: what `label` will call the row; `ts`: when it happened, if not now (seconds since 1970, a datetime,
                RFC 3339); `label`: the truth, when it is known already; `segment`: which parts of the traffic it belongs
                to, such as `{"country": "de"}`.
        """
        try:
            if (
                type(features) is _ndarray
                and features.ndim == 1
                and type(prediction) in FIXED
                and type(latency_s) in FIXED
                and not facts
                and not surplus
            ):
                # a packed row: see `entries`
                dtype = features.dtype
                size = features.nbytes + OVERHEAD
                if proba is not None:
                    fits = type(proba) is _ndarray and proba.dtype is dtype and proba.ndim == 1
                    size = size + proba.nbytes if fits else _NEVER
                buffer = self._buffer
                if buffer.calm > size and (dtype is self._dtype or self._packs(dtype)):
                    scores = None if proba is None else proba.tobytes()
                    entry = (features.tobytes(), prediction, scores, latency_s, dtype, size)
                    buffer.calm -= size
                    buffer.append(entry)
                    return
            intake = self._intake
            call = intake.call(
                features, prediction, proba, {**facts, "latency_s": latency_s}, surplus, drawn=intake.drawn()
            )
            intake.append_call(call)
        except Exception as error:  # noqa: BLE001 - nothing may reach the model
            self._intake.unusable(error)

    def _packs(self, dtype: Any) -> bool:
        """Tell whether rows of this type are packed; not where a part of the calls is drawn."""
        if not self._all or dtype.kind not in "fiub":
            return False
        self._dtype = dtype
        return True

    def request(self) -> Request:
        """Return a context manager that times one request; log its rows with its own `log`."""
        return Request(self._intake)

    def label(self, id: Any, label: Any, ts: Any = None) -> None:  # noqa: A002 - the name of the field on the wire
        """Tell the truth about the row that was logged with this *id*."""
        self._intake.append_label(id, label, ts)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything logged so far was answered, for at most *timeout* seconds.

        Return whether all that was logged since the last flush was taken: False where a part is unanswered, was refused or dropped.
        """
        return self._sender.flush(timeout)

    def close(self, timeout: float | None = None) -> bool:
        """Send what waits, for at most *timeout* seconds, and take nothing more; tell whether all of it was answered."""
        return self._sender.close(self._shutdown_seconds if timeout is None else timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _part(self) -> None:
        """Send what waits as at the end of the process; calls may follow all the same."""
        self._sender.part(self._shutdown_seconds)

    def watch(self, function: F | None = None, *, extract: Callable[..., Any] | None = None) -> Any:
        """Decorate a function, sync or async: each call is a request, timed, counted, and failed when it raises.

        Args:
            function: what to watch.
            extract: gets the returned value and the call's arguments, returns the arguments of `log` as a dictionary.
        """
        from driftgauge.client.watch import watched  # noqa: PLC0415 - integrations load when they are used

        return watched(self, extract) if function is None else watched(self, extract)(function)

    def wrap(self, estimator: Any) -> Any:
        """Return a scikit-learn estimator whose `predict` and `predict_proba` are logged."""
        from driftgauge.client.estimator import Watched  # noqa: PLC0415 - same

        return Watched(estimator, self)

    def hook(self, module: Any, **options: Any) -> Any:
        """Log what a torch module returns; return a handle with `remove`. Options as for `torch_hook.attach`."""
        from driftgauge.client.torch_hook import attach  # noqa: PLC0415 - same

        return attach(self, module, **options)

    def asgi(self, app: Any, **options: Any) -> Any:
        """Wrap an ASGI application; its inference calls are logged. Options as for `asgi.Middleware`."""
        from driftgauge.client.asgi import Middleware  # noqa: PLC0415 - same

        return Middleware(app, self, **options)

    def wsgi(self, app: Any, **options: Any) -> Any:
        """Wrap a WSGI application; its inference calls are logged. Options as for `wsgi.Middleware`."""
        from driftgauge.client.wsgi import Middleware  # noqa: PLC0415 - same

        return Middleware(app, self, **options)


def _name(value: Any) -> str:
    try:
        return str(value) or "_"
    except Exception:  # noqa: BLE001 - see `Monitor`
        return "_"


def _names(columns: Any, mistakes: Mistakes) -> tuple[str, ...]:
    if columns is None:
        return ()
    try:
        names = tuple(map(str, columns))
    except Exception:  # noqa: BLE001 - see `Monitor`
        names = ("", "")
    if isinstance(columns, str) or len(set(names)) < len(names):
        mistakes("columns", "columns must be a list of different names; they are not used")
        return ()
    return names
