"""Preparation: what of a batch is counted, before it is placed in time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from driftgauge.batch import Batch
from driftgauge.derive import with_score_columns, with_texts
from driftgauge.profile import Reference

__all__ = ["prepared", "with_names"]

_POSITION = re.compile(r"(?P<of>.+)\[(?P<place>[0-9]{1,6})\]")
#: longest name of a column: it is part of every series of the column
NAME_CHARS = 256


def prepared(batch: Batch, ignore: frozenset[str], reference: Reference | None = None) -> Batch:
    """Return *batch* with its derived columns, without the inputs to *ignore* and names that no series should carry.

    Texts that *reference* counts become facts and tokens, others are let go: nothing behind this holds `Batch.texts`.
    """
    batch = _with_facts(with_score_columns(batch), ignore, reference)
    unwanted = {name for name in (*batch.inputs, *batch.outputs) if len(name) > NAME_CHARS}
    ignored = ignore.intersection(batch.inputs)
    if not unwanted and not ignored:
        return batch
    return replace(
        batch,
        inputs={name: column for name, column in batch.inputs.items() if name not in unwanted | ignored},
        outputs={name: column for name, column in batch.outputs.items() if name not in unwanted},
        violations={key: count for key, count in batch.violations.items() if key[0] not in ignored}
        | {(name, "long_name"): batch.rows for name in unwanted},
    )


def _with_facts(batch: Batch, ignore: frozenset[str], reference: Reference | None) -> Batch:
    spec = None if reference is None else reference.profile.spec
    if spec is None or not spec.texts:
        return replace(batch, texts={}) if batch.texts else batch
    names = [name for name in spec.texts if name not in ignore]
    return with_texts(batch, names, spec.answered_texts, spec.own_tokens)


def with_names(batch: Batch, columns: Sequence[str]) -> Batch:
    """Return *batch* with *columns* as the names of the inputs that come by position, such as `x[0]`, `x[1]`.

    Where several inputs come so nobody knows which is meant, and they stay as they are; so does what has no name.
    """
    found = {name: match for name in batch.inputs if (match := _POSITION.fullmatch(name))} if columns else {}
    if len({match["of"] for match in found.values()}) != 1:
        return batch
    places = {name: int(match["place"]) for name, match in found.items()}
    names = {name: columns[place] for name, place in places.items() if place < len(columns)}
    return replace(batch, inputs={names.get(name, name): column for name, column in batch.inputs.items()})
