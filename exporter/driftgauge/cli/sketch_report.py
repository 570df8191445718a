"""What a comparison says of tokens and embeddings, as lines for people and as a list for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from driftgauge.drift.mmd import mean_discrepancy
from driftgauge.drift.token_drift import token_drift
from driftgauge.profile import EMBEDDING, Reference, sketch_name
from driftgauge.sketch import MeanVector, Sketch, TokenCounts

__all__ = ["sketch_document", "sketch_lines"]


def sketch_document(reference: Reference, current: Mapping[str, Sketch]) -> list[dict[str, Any]]:
    """Return the scores of what both sides count beside columns; undefined ones are None."""
    return [
        {name: None if value != value else value for name, value in record.items()}  # noqa: PLR0124 - not a number
        for record in _records(reference, current)
    ]


def sketch_lines(reference: Reference, current: Mapping[str, Sketch]) -> Iterator[str]:
    """Yield a line for each."""
    for record in _records(reference, current):
        shared = f", {record['overlap']:.0%} of the top {record['k']} shared" if record.get("k") else ""
        yield (
            f"{record['name']}: distance {record['distance']:.3f} without chance's {record['noise_floor']:.3f},"
            f" evidence {record['evidence']:.1f}{shared}"
        )


def _records(reference: Reference, current: Mapping[str, Sketch]) -> Iterator[dict[str, Any]]:
    for name in sorted(reference.sketches.keys() & current.keys()):
        mine, theirs = reference.sketches[name], current[name]
        if isinstance(mine, TokenCounts) and isinstance(theirs, TokenCounts):
            tokens = token_drift(mine, theirs)
            facts = {"distance": tokens.debiased, "noise_floor": tokens.noise_floor, "evidence": tokens.evidence}
            yield {"name": name, **facts, "samples": theirs.total, "overlap": tokens.overlap, "k": tokens.k}
        elif isinstance(mine, MeanVector) and isinstance(theirs, MeanVector) and mine.spec == theirs.spec:
            embedder = reference.profile.spec.embedders[name.removeprefix(sketch_name(EMBEDDING, ""))]
            mmd = mean_discrepancy(mine, theirs, embedder.square, embedder.cube)
            facts = {"distance": mmd.relative, "noise_floor": mmd.noise_floor, "evidence": mmd.evidence}
            yield {"name": name, **facts, "samples": mmd.samples}
