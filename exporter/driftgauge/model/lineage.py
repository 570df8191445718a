"""Lineage: which reference a model was given, which one it had before, and what of that a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from driftgauge.errors import StateError
from driftgauge.profile import Reference, dumps, loads
from driftgauge.state import State

__all__ = ["Lineage"]


@dataclass(slots=True)
class Lineage:
    """Where a model's reference comes from.

    Attributes:
        configured: whether the settings name a profile.
        given: digest of the profile that the model was given; None when it is to learn one.
        previous: the reference before the one that was accepted; None where none was.
    """

    configured: bool
    given: str | None
    previous: Reference | None = None
    _texts: dict[str, str] = field(default_factory=dict)

    def mode(self, current: Reference | None) -> str:
        """Return `file`, `learned` or `accepted`; an accepted one that was stored where it is configured comes from a file."""
        if self.previous is not None and current is not None and current.digest != self.given:
            return "accepted"
        return "file" if self.configured else "learned"

    def goes_on(self, current: Reference | None, digest: str | None) -> bool:
        """Tell whether a profile of *digest* is what the model was given, as it is once an accepted one was stored."""
        if self.previous is not None and current is not None and digest == current.digest:
            self.given = digest
        return digest == self.given

    def freeze(self, current: Reference) -> Mapping[str, Any]:
        """Return the facts that a checkpoint keeps; a reference from a file stays there."""
        own = self.mode(current) != "file"
        return {
            "given": self.given,
            "reference": self._text(current, current) if own else None,
            "previous": self._text(self.previous, current) if own and self.previous is not None else None,
        }

    def thaw(self, state: State) -> tuple[Reference | None, Lineage]:
        """Return the reference that *state* holds, None where it is the profile's, and the lineage that goes with it.

        Raises:
            StateError: the model has been given another profile since.
            ProfileError: a reference in it cannot be read.
        """
        reference, previous = (
            loads(state.fact(name, str), "checkpoint") if state.facts.get(name) is not None else None
            for name in ("reference", "previous")
        )
        stored = reference is not None and reference.digest == self.given
        if state.facts.get("given") != self.given and not stored:
            raise StateError("the profile is another one")
        return reference, Lineage(self.configured, self.given, previous)

    def _text(self, reference: Reference, current: Reference) -> str:
        """Return a reference as text; it is rendered once."""
        if reference.digest not in self._texts:
            self._texts = {kept.digest: dumps(kept) for kept in (current, self.previous) if kept is not None}
        return self._texts[reference.digest]
