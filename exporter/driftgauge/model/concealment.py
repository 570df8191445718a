"""Concealment: values of categorical columns as keyed digests, wherever they would be shown.

Guarantee: what is counted and scored is the same as without; only the names of categories and segments change, in the reference
itself and in what is told apart, so that labels, JSON, accepted baselines, learned references and checkpoints never hold the value. A digest is
HMAC-SHA-256 over the column and the value, cut to 48 bits: without the key it cannot be looked up, and the same value in
two columns looks different. With the key, values of a small set can be tried out. Time: 2 us for a value not seen lately.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings
from driftgauge.model.segments import OTHER, VALUE_CHARS
from driftgauge.profile import INPUT, OUTPUT, ColumnSchema, Reference

__all__ = ["Concealment"]

_REMEMBERED = 16_384
#: what a concealed value looks like; one that looks so already stays, so that nothing is concealed twice
_DIGEST = re.compile(r"#[0-9a-f]{12}")

Shown = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Concealment:
    """How a model's categories are shown.

    Attributes:
        settings: of the model.
        key: of the digests.
    """

    settings: ModelSettings
    key: bytes = b""
    _of_field: dict[str, Shown] = field(default_factory=dict, repr=False, compare=False)

    @property
    def identity(self) -> str:
        """What changes with the key; empty where nothing is concealed."""
        return hmac.digest(self.key, b"identity", "sha256").hex()[:16] if self.settings.conceals else ""

    def of(self, reference: Reference) -> Reference:
        """Return *reference* with its categories concealed; the same object where none is to be."""
        spec = reference.profile.spec
        if not self.settings.conceals:
            return reference
        shown = tuple(self._shown(column) for column in spec.schema.categorical)
        categories = replace(
            spec.categories,
            names=tuple(map(_all, shown, spec.categories.names)),
            tails=tuple(map(_all, shown, spec.categories.tails)),
            shown=shown,
        )
        counts = replace(reference.profile.categories, spec=categories)
        profile = replace(reference.profile, spec=replace(spec, categories=categories), categories=counts)
        outcomes = reference.outcomes
        if outcomes is not None:
            outcomes = replace(outcomes, names=_all(self.shown_class, outcomes.names))
        segments = {
            name: replace(known, values=self._segments(name, known.values))
            for name, known in reference.segments.items()
        }
        return replace(reference, profile=profile, outcomes=outcomes, segments=segments)

    def of_rows(self, batch: Batch) -> Batch:
        """Return *batch* with the segments of its rows concealed; its categories are when they are counted."""
        if not self.settings.conceals or not batch.segments:
            return batch
        segments = {
            name: replace(rows, vocabulary=self._segments(name, rows.vocabulary))
            for name, rows in batch.segments.items()
        }
        return replace(batch, segments=segments)

    @property
    def shown_class(self) -> Shown | None:
        """What turns a class of predictions and labels into what is shown; None where they are shown as they are."""
        return self._shown_of(OUTPUT, "")

    def _segments(self, name: str, values: Iterable[str]) -> tuple[str, ...]:
        """Return segments of a field as they are shown: as a column of that name would be."""
        shown = self._of_field.get(name)
        if shown is None:
            shown = self._of_field[name] = self._shown_of(INPUT, name) or str
        # What is no segment of its own stays so, and is told nowhere.
        return tuple(value if value == OTHER or len(value) > VALUE_CHARS else shown(value) for value in values)

    def _shown(self, column: ColumnSchema) -> Shown | None:
        # Classes are the same in every output, and in labels, which have no column.
        return self._shown_of(column.role, column.name if column.role == INPUT else "")

    def _shown_of(self, role: str, name: str) -> Shown | None:
        """Return what turns a column's values into what is shown; None where they are shown as they are."""
        settings = self.settings
        own = settings.features.get(name) if role == INPUT else None
        kind = (own.categories if own else "") or settings.categories
        if kind == "raw":
            return None
        allowed = frozenset((*settings.allowed_categories, *(own.allowed_categories if own else ())))
        start = f"{role}\0{name}\0".encode("utf-8", "surrogatepass")

        @lru_cache(_REMEMBERED)
        def show(value: str) -> str:
            if (kind == "allow" and value in allowed) or _DIGEST.fullmatch(value):
                return value
            text = start + value.encode("utf-8", "surrogatepass")
            return "#" + hmac.digest(self.key, text, hashlib.sha256).hex()[:12]

        return show


def _all(shown: Shown | None, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values) if shown is None else tuple(map(shown, values))
