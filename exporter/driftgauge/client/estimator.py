"""Estimator: a scikit-learn estimator or pipeline whose predictions are logged.

Guarantee: `predict` and `predict_proba` return what the estimator returns; every other attribute is the estimator's.
Pickling, copying and cloning give the estimator itself, because a monitor belongs to its process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftgauge.client.monitor import Monitor

__all__ = ["Watched"]


class Watched:
    """An estimator with a monitor; made by `Monitor.wrap`.

    Args:
        estimator: to be asked.
        monitor: to be told.
    """

    def __init__(self, estimator: Any, monitor: Monitor) -> None:
        self._estimator = estimator
        self._monitor = monitor

    def predict(self, X: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Predict, and log the rows with their predictions as one request."""
        with self._monitor.request() as request:
            prediction = self._estimator.predict(X, *args, **kwargs)
            request.log(_features_of(X), prediction)
        return prediction

    def predict_proba(self, X: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N803 - same
        """Predict probabilities, and log the rows with these and the likeliest classes as one request."""
        with self._monitor.request() as request:
            proba = self._estimator.predict_proba(X, *args, **kwargs)
            request.log(_features_of(X), self._likeliest(proba), proba)
        return proba

    def fit(self, *args: Any, **kwargs: Any) -> Watched:
        """Fit the estimator."""
        self._estimator.fit(*args, **kwargs)
        return self

    def __getattr__(self, name: str) -> Any:
        if name in {"_estimator", "_monitor"}:  # half made, as while copying
            raise AttributeError(name)
        return getattr(self._estimator, name)

    def __getitem__(self, key: Any) -> Any:
        return self._estimator[key]

    def __len__(self) -> int:
        return len(self._estimator)

    def __repr__(self) -> str:
        return f"Watched({self._estimator!r})"

    def __reduce__(self) -> Any:
        return _itself, (self._estimator,)

    def __sklearn_clone__(self) -> Any:
        from sklearn.base import clone  # noqa: PLC0415 - only scikit-learn calls this

        return clone(self._estimator)

    def _likeliest(self, proba: Any) -> Any:
        try:
            return self._estimator.classes_[proba.argmax(axis=1)]
        except Exception:  # noqa: BLE001 - several outputs, or no classes: the probabilities alone are logged
            return None


def _itself(estimator: Any) -> Any:
    return estimator


def _features_of(table: Any) -> Any:
    """Return what can be monitored of an estimator's input: sparse matrices and texts are only counted."""
    return None if hasattr(table, "toarray") else table
