"""Open Inference Protocol v2: requests, responses or both in one body, as JSON or with binary tensors.

Tensors that are no tables are handed to a `Reducer`. Guarantee: every tensor counts on its own; one that cannot be used is left out and counted (`wrong_type`, `wrong_shape`,
`unsupported_rank`), and only a body without any other is refused. The number of rows is the first dimension that most
inputs share (outputs, when there are no inputs). The body is one request, unless facts of rows or its totals say otherwise.
Cost, binary: about 4 us a tensor and 0.5 us a column, nothing a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Flags, Floats, Requests, Tokens
from driftgauge.errors import DecodeError
from driftgauge.ingest.facts import EMBEDDING, TOLD, Violations, count_unknown, name_of, requests_of
from driftgauge.ingest.outputs import Outputs, add_columns, assign
from driftgauge.ingest.reducing import NoReducer, Reduced, Reducer
from driftgauge.ingest.reports import Totals, read_totals
from driftgauge.ingest.result import Decoded, Limits, Refusals, RowError
from driftgauge.ingest.segments import SEGMENT, segments_of
from driftgauge.ingest.specs import RESERVED, Specs, read_specs
from driftgauge.ingest.tensors import Spec, Tensor, read_tensor
from driftgauge.ingest.times import seconds_of, timestamps_of
from driftgauge.ingest.told import Told, told
from driftgauge.ingest.truth import as_ids, rows_of
from driftgauge.ingest.warned import warned_of

__all__ = ["decode_open_inference", "is_open_inference"]

_KNOWN = frozenset({"id", "model_name", "model_version", "parameters", "inputs", "outputs"})
_TS, _LATENCY, _STATUS = (RESERVED + name for name in ("ts", "latency_s", "status"))
_ID, _LABEL = RESERVED + "id", RESERVED + "label"
_TRUTH = frozenset({_ID, _LABEL})
_FACTS = frozenset({_TS, _LATENCY, _STATUS, *_TRUTH, *(RESERVED + name for name in TOLD)})
_EMBEDDING = RESERVED + EMBEDDING
#: numbers from which on it is a vector
LEAST_WIDTH = 2
_NAMES = sorted(_KNOWN | _FACTS | {_EMBEDDING})
_SEGMENT = RESERVED + SEGMENT
_MOST_ERRORS = 10
_NO_REDUCER = NoReducer()
#: what names of tensors with the tokens of texts begin with
_TOKENS = RESERVED + "tokens."
_VIOLATIONS = {"shape": "wrong_shape", "datatype": "wrong_type"}


def is_open_inference(body: Any) -> bool:
    """Tell whether a parsed body has this protocol's shape."""
    return isinstance(body, dict) and any(isinstance(body.get(role), list) for role in ("inputs", "outputs"))


def decode_open_inference(
    body: Mapping[str, Any],
    binary: memoryview | None,
    limits: Limits,
    prediction_output: str | None,
    reducer: Reducer | None = None,
) -> Decoded:
    """Decode a parsed body, with what follows it when its tensors are binary."""
    reducer = reducer or _NO_REDUCER
    model, version = _names_of(body)
    violations: Violations = Violations()
    count_unknown(violations, [name for name in body if name not in _KNOWN])
    totals = read_totals(_parameters_of(body, "parameters").get("driftgauge"), violations)
    if totals.given and not (body.get("inputs") or body.get("outputs")) and not binary:
        return _without_rows(totals, violations, model, version)
    specs = read_specs(body, binary, limits, violations, reducer)
    tensors = _read(specs, reducer.reduce(specs.deep), violations)
    refused = Refusals()
    tensors = _timed(tensors, refused)
    refused.check(tensors.rows)
    batch = _batch_of(tensors, prediction_output, violations)
    if not (tensors.inputs or tensors.outputs or tensors.vectors or specs.opaque or batch.failed is not None):
        raise specs.problems[0] if specs.problems else DecodeError("empty", "no tensor holds data")
    batch = replace(batch, requests=totals.over(batch.requests), violations=dict(+violations), report=totals.report)
    decoded = refused.decoded(batch, model=model, version=version)
    left_out = [RowError(None, error.field, reason, str(error)) for reason, error in tensors.reduced.refused]
    errors = (*decoded.errors, *totals.errors, *left_out[:_MOST_ERRORS])
    if len(errors) == len(decoded.errors) and not batch.violations:
        return decoded
    return replace(decoded, errors=errors, warnings=warned_of(batch.violations, errors, _NAMES))


def _without_rows(totals: Totals, violations: Violations, model: str | None, version: str | None) -> Decoded:
    """Return a body that only carries totals: their rows were sampled out, dropped or are still to come."""
    batch = Batch(0, requests=totals.over(Requests()), violations=dict(+violations), report=totals.report)
    return Decoded(batch, accepted=0, errors=tuple(totals.errors), model=model, version=version)


@dataclass(frozen=True, slots=True)
class _Tensors:
    """The tensors of a body, read; the values of facts by name, one a row or one for all; ids and labels as columns."""

    rows: int
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]
    facts: Mapping[str, Floats | Sequence[Any]]
    truth: Mapping[str, Column]
    timestamps: Floats | None = None
    vectors: Mapping[str, Floats] = field(default_factory=dict)
    reduced: Reduced = field(default_factory=Reduced)

    def take(self, rows: Flags) -> _Tensors:
        return _Tensors(
            int(np.count_nonzero(rows)),
            [tensor.take(rows) for tensor in self.inputs],
            [tensor.take(rows) for tensor in self.outputs],
            {name: _rows_of_fact(values, rows) for name, values in self.facts.items()},
            {name: rows_of(column, rows) for name, column in self.truth.items()},
            None if self.timestamps is None else self.timestamps[rows],
            {name: vectors[rows] for name, vectors in self.vectors.items()},
            self.reduced.take(rows),
        )


def _rows_of_fact(values: Floats | Sequence[Any], rows: Flags) -> Floats | Sequence[Any]:
    if len(values) != len(rows):
        return values
    if isinstance(values, np.ndarray):
        return values[rows]
    return [value for value, keep in zip(values, rows.tolist(), strict=True) if keep]


def _read(specs: Specs, reduced: Reduced, violations: Violations) -> _Tensors:
    violations.update((error.field or "", reason) for reason, error in reduced.refused)
    count_unknown(
        violations, [spec.name for spec in specs.facts if not _is_fact(spec.name) and spec.name != _EMBEDDING]
    )
    violations.update((spec.name, "wrong_shape") for spec in specs.facts if _is_fact(spec.name) and spec.shape[1] != 1)
    known = [spec for spec in specs.facts if _is_fact(spec.name) and spec.shape[1] == 1]
    facts = {fact.name: column for fact in _read_all(known, specs.problems, violations) for _, column in fact.columns()}
    truth = {name: facts.pop(name) for name in _TRUTH & facts.keys()}
    violations.update((name, "wrong_shape") for name, column in truth.items() if len(column) != specs.rows)
    return _Tensors(
        specs.rows,
        _read_all(specs.inputs, specs.problems, violations),
        _read_all(specs.outputs, specs.problems, violations),
        {name: _values_of(column) for name, column in facts.items()},
        {name: column for name, column in truth.items() if len(column) == specs.rows},
        vectors=_vectors_of(specs, violations) | reduced.vectors,
        reduced=reduced,
    )


def _vectors_of(specs: Specs, violations: Violations) -> dict[str, Floats]:
    """Return the embedding of the rows, where there is one."""
    tensors = _read_all([spec for spec in specs.facts if spec.name == _EMBEDDING], specs.problems, violations)
    found = {}
    for tensor in tensors:
        if isinstance(tensor.values, tuple) or len(tensor.values) != specs.rows or tensor.values.shape[1] < LEAST_WIDTH:
            violations[(tensor.name, "wrong_shape")] += 1
        else:
            found[EMBEDDING] = tensor.values
    return found


def _is_fact(name: str) -> bool:
    return name in _FACTS or name.startswith((_SEGMENT, _TOKENS))


def _read_all(specs: Iterable[Spec], problems: list[DecodeError], violations: Violations) -> list[Tensor]:
    tensors = []
    for spec in specs:
        try:
            tensors.append(read_tensor(spec, violations))
        except DecodeError as error:
            if error.reason not in _VIOLATIONS:
                raise
            violations[(spec.name, _VIOLATIONS[error.reason])] += 1
            problems.append(error)
    return tensors


def _values_of(column: Column) -> Floats | Sequence[Any]:
    if isinstance(column, Categories):
        texts = (*column.vocabulary, None)  # a missing value's code is -1: the last one
        return [texts[code] for code in column.codes.tolist()]
    assert isinstance(column, np.ndarray)
    return column


def _timed(tensors: _Tensors, refused: Refusals) -> _Tensors:
    """Return the tensors with event times, without the rows whose event time cannot be used."""
    values = tensors.facts.get(_TS)
    if values is None:
        return tensors
    if len(values) != tensors.rows:
        value = values[0]
        seconds = np.full(tensors.rows, seconds_of(value.item() if isinstance(value, np.generic) else value))
    else:
        seconds = timestamps_of(values, refused)
    tensors = replace(tensors, timestamps=None if np.isnan(seconds).all() else seconds)
    return tensors.take(~np.isinf(seconds)) if refused.errors else tensors


def _batch_of(tensors: _Tensors, prediction_output: str | None, violations: Violations) -> Batch:
    latency, status = (tensors.facts.get(name, ()) for name in (_LATENCY, _STATUS))
    by_row = tensors.rows > 1 and tensors.rows in {len(latency), len(status)}
    requests, failed = requests_of(
        rows=tensors.rows,
        count=tensors.rows if by_row else 1,
        latency=latency,
        status=status.tolist() if isinstance(status, np.ndarray) else status,
        violations=violations,
    )
    generated = _told(tensors, violations)
    inputs = dict(generated.inputs)
    for tensor in tensors.inputs:
        add_columns(inputs, tensor.columns(), violations)
    reduced = tensors.reduced
    add_columns(inputs, reduced.inputs.items(), violations)
    outputs = assign(tensors.outputs, failed=failed, prediction=prediction_output, violations=violations)
    outputs.columns.update((name, c) for name, c in generated.outputs.items() if name not in outputs.columns)
    add_columns(outputs.columns, reduced.outputs.items(), violations)
    outputs = (outputs.with_scores(reduced.scores) if reduced.answered else Outputs()).without(failed)
    return Batch(
        tensors.rows,
        inputs=inputs if reduced.whole else {},
        outputs=outputs.columns,
        vectors=tensors.vectors if reduced.whole else {},
        tokens=_tokens_of(tensors, violations) | reduced.tokens if reduced.whole else {},
        probabilities=outputs.probabilities,
        logits=outputs.logits,
        timestamps=tensors.timestamps,
        failed=failed,
        requests=replace(requests, generations=generated.generations, tensor_rows=dict(reduced.rows)),
        ids=None if _ID not in tensors.truth else as_ids(tensors.truth[_ID]),
        labels=tensors.truth.get(_LABEL),
        segments=segments_of(
            {
                name.removeprefix(_SEGMENT): values
                for name, values in tensors.facts.items()
                if name.startswith(_SEGMENT)
            },
            tensors.rows,
            violations,
        ),
    )


def _tokens_of(tensors: _Tensors, violations: Violations) -> dict[str, Tokens]:
    """Return the tokens of texts that the sender has reduced itself, by the text's name."""
    found = {}
    for name, values in tensors.facts.items():
        if not name.startswith(_TOKENS):
            continue
        if len(values) != tensors.rows:
            violations[(name, "wrong_shape")] += 1
            continue
        found[name.removeprefix(_TOKENS)], wrong = Tokens.unpacked(
            values.tolist() if isinstance(values, np.ndarray) else values
        )
        violations[(name, "wrong_type")] += wrong
    return found


def _told(tensors: _Tensors, violations: Violations) -> Told:
    """Return what the body says of generations; that is a fact of a row."""
    facts = {name.removeprefix(RESERVED): values for name, values in tensors.facts.items()}
    wrong = [name for name in TOLD if name in facts and len(facts[name]) != tensors.rows]
    violations.update((RESERVED + name, "wrong_shape") for name in wrong)
    return told({name: values for name, values in facts.items() if name not in wrong}, violations)


def _parameters_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    parameters = body.get(name)
    return parameters if isinstance(parameters, dict) else {}


def _names_of(body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the model and its version: what the parameters say goes before what the server calls itself."""
    parameters = _parameters_of(body, "parameters")
    model = name_of(parameters.get("model"), "model") or name_of(body.get("model_name"), "model_name")
    version = name_of(parameters.get("version"), "version") or name_of(body.get("model_version"), "model_version")
    return model, version
