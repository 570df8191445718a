"""Warned: what the answer to a body says of its content that could not be used though its rows count.

It is made of the counted violations, and of the values behind them as long as these are at hand, so that a body without any
costs a look. Guarantee: a warning names the field, the kind of what was found and what is expected, never a value; at most
`MOST` are given, whatever was sent. The counters know them all (`driftgauge_schema_violations_total`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from driftgauge.generations import FINISH_REASONS, finish_reason_of
from driftgauge.ingest.assemble import Table
from driftgauge.ingest.excerpt import short
from driftgauge.ingest.facts import EMBEDDING, FIELDS, NUMBERS
from driftgauge.ingest.result import RowError, Warned
from driftgauge.ingest.segments import MOST_FIELDS, SEGMENT
from driftgauge.ingest.truth import id_of

__all__ = ["MOST", "warned_of", "warned_of_table"]

#: warnings of one answer
MOST = 10
#: how far a row's probabilities may be from one in sum: those of a thousand classes with three digits are
_TOLERANCE = 0.01
#: how alike a name must be to be meant
_ALIKE = 0.75
_MEANT = {
    "input": "features",
    "inputs": "features",
    "instances": "features",
    "output": "prediction",
    "probability": "proba",
    "probabilities": "proba",
    "scores": "proba",
    "target": "label",
    "time": "ts",
    "timestamp": "ts",
}
_VECTOR = "a list of two or more numbers, as many in every row"
_NUMBER = "a number from 0 on"
_EXPECTED: Mapping[str, str] = {
    **dict.fromkeys(("proba", "logits", EMBEDDING), _VECTOR),
    **dict.fromkeys(("latency_s", "ttft_s", "tokens_in", "tokens_out"), _NUMBER),
    "status": "a word or a number",
    "id": "text or a number",
    "label": "text, a number or a boolean",
    "segment": "an object of words and numbers",
}
_FINITE = frozenset({int, float})
_VALUE = "a number, text or a boolean"
#: reasons without a value at hand -> what is said
_SAID: Mapping[str, str] = {
    "wrong_shape": "its shape does not fit the rows of the body",
    "unsupported_rank": "it has more dimensions than a table, and nothing says what it is (tensors)",
    "duplicate": "its name is taken by another column",
    "unknown_field": f"a body may name {MOST_FIELDS} fields of segments",
    "ambiguous": "it is not clear which of several outputs it is (outputs.prediction)",
}
_KINDS: Mapping[type, str] = {bool: "a boolean", str: "text", list: "a list", dict: "an object", type(None): "null"}


def warned_of_table(
    table: Table, violations: Mapping[tuple[str, str], int], texts: Iterable[str]
) -> tuple[Warned, ...]:
    """Return what is to be said of a body in JSON.

    Args:
        table: what was read of it.
        violations: (column, reason) -> values that could not be used.
        texts: columns of lists that may be texts.
    """
    facts = table.facts
    if not violations and "proba" not in facts and "finish_reason" not in facts:
        return ()
    said = [*_of_values(facts)]
    for (name, reason), count in violations.items():
        if reason != "wrong_type" or name not in texts:
            said.append(Warned(short(name), reason, count, _message(name, reason, _found(name, table), FIELDS)))
    return tuple(said[:MOST])


def warned_of(
    violations: Mapping[tuple[str, str], int], errors: Sequence[RowError] = (), known: Iterable[str] = ()
) -> tuple[Warned, ...]:
    """Return what is to be said of any other body, of which *errors* are told already; its fields are *known* ones."""
    if not violations:
        return ()
    told = " ".join(error.message for error in errors)
    return tuple(
        Warned(short(name), reason, count, _message(name, reason, "", known))
        for (name, reason), count in violations.items()
        if short(name).removeprefix("driftgauge.") not in told
    )[:MOST]


def _of_values(facts: Mapping[str, Sequence[Any]]) -> Iterator[Warned]:
    """Yield what counts, and most likely not as it was meant."""
    if _is_off(next(iter(facts.get("proba", ())), None)):
        message = (
            "expected probabilities that sum to one in each row, those of the first row do not; raw scores are logits"
        )
        yield Warned("proba", "sum", 1, message)
    others = sum(value != "other" and finish_reason_of(value) == "other" for value in facts.get("finish_reason", ()))
    if others:
        message = f"expected one of {', '.join(FINISH_REASONS)}, or a word that means one; it counts as other"
        yield Warned("finish_reason", "unknown_value", others, message)


def _is_off(row: Any) -> bool:
    """Tell whether a row of probabilities sums to something else than one."""
    if type(row) is not list or len(row) < 2 or not _FINITE.issuperset(map(type, row)):
        return False
    try:
        return abs(sum(row) - 1) > _TOLERANCE
    except OverflowError:  # integers that are no float
        return True


def _message(name: str, reason: str, found: str, known: Iterable[str]) -> str:
    if reason == "unknown_field" and not name.startswith(SEGMENT):
        meant = _meant(short(name), tuple(known))
        return f"there is no such field, it is left out{f'; did you mean {meant!r}?' if meant else ''}"
    if reason != "wrong_type":
        return f"{_SAID.get(reason, 'it cannot be used')}; it is left out"
    plain = name.removeprefix("driftgauge.")
    expected = _EXPECTED.get("segment" if plain.startswith(SEGMENT) else plain, _VALUE)
    if expected is _VALUE and not found:
        return "its values are of no type that can be used; they count as missing"
    return f"expected {expected}{f', got {found}' if found else ''}; it counts as missing"


@lru_cache(256)
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    """Return which of the *known* fields was meant by a name, most likely."""
    word = name.lower().replace("-", "_")
    if (meant := _MEANT.get(word)) in known:
        return meant
    return next(iter(get_close_matches(word, known, 1, _ALIKE)), None)


def _found(name: str, table: Table) -> str:
    """Return the kind of the first value that could not be used; empty where it is not at hand."""
    for group in (table.facts, table.outputs, table.inputs):
        if name in group and isinstance(group[name], list | tuple):
            unusable = _UNUSABLE.get(name, _is_no_value) if group is table.facts else _is_no_value
            wrong = [value for value in group[name] if value is not None and unusable(value)]
            return _kind(wrong[0]) if wrong else "a list of another length" if _EXPECTED.get(name) is _VECTOR else ""
    return "a list" if name == "prediction" else ""


def _kind(value: Any) -> str:
    if isinstance(value, list):
        odd = next((item for item in value if type(item) not in NUMBERS), None)
        return f"a list with {_kind(odd)}" if odd is not None and not isinstance(odd, list) else "a list"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a negative number" if value < 0 else "a number that is too large" if value >= 2**53 else "a number"
    return _KINDS.get(type(value), "something else")


def _is_no_value(value: Any) -> bool:
    return isinstance(value, list | dict)


def _is_no_number(value: Any) -> bool:
    return type(value) not in NUMBERS or not 0 <= value < math.inf


def _is_no_vector(value: Any) -> bool:
    return not isinstance(value, list) or len(value) < 2 or not NUMBERS.issuperset(map(type, value))


_UNUSABLE: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("proba", "logits", EMBEDDING), _is_no_vector),
    **dict.fromkeys(("latency_s", "ttft_s"), _is_no_number),
    **dict.fromkeys(("tokens_in", "tokens_out"), lambda value: _is_no_number(value) or value >= 2**53),
    "id": lambda value: id_of(value) is None,
}
