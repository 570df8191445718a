"""Profiles as text: what is refused, what fits."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from driftgauge.batch import Batch, column_of
from driftgauge.errors import ProfileError
from driftgauge.profile import FORMAT_VERSION, Reference, dumps, loads
from driftgauge.reference import BuildOptions, build


def reference_of(**columns: Any) -> Reference:
    rows = len(next(iter(columns.values())))
    return build(lambda: [Batch(rows, inputs=columns)], BuildOptions("rows.csv", 1.7e9, "churn", "3"))


@pytest.fixture
def document() -> dict[str, Any]:
    """A good profile of one numeric and one categorical column, as parsed JSON."""
    ages = np.random.default_rng(1).normal(40, 10, 500)
    plans, _ = column_of(["basic", "plus", None, "basic"] * 125)
    return json.loads(dumps(reference_of(age=ages, plan=plans)))


def refused(document: Any, match: str) -> None:
    with pytest.raises(ProfileError, match=match):
        loads(document if isinstance(document, str) else json.dumps(document), "churn.json")


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(record for record in document["columns"] if record["name"] == name)


def test_the_file_is_named(document):
    """Every error begins with the file."""
    document["format_version"] = 9
    refused(document, "^churn.json: ")


def test_a_file_cut_off_anywhere_is_refused(document):
    """No prefix of a profile is a profile."""
    text = json.dumps(document)
    for end in range(0, len(text) - 1, 97):
        refused(text[:end], "not a complete JSON document")


def test_other_json_is_refused():
    """JSON that is no profile is refused with what was expected."""
    for text in ("[]", "{}", "3", '{"format": "other"}'):
        refused(text, "driftgauge-profile")


@pytest.mark.parametrize("version", [0, FORMAT_VERSION + 1, "x", None])
def test_another_version_is_refused(document, version):
    """The message says which version was found and which can be read."""
    document["format_version"] = version
    refused(document, f"version {version!r}.*version {FORMAT_VERSION}")


@pytest.mark.parametrize("field", ["rows", "created", "columns", "name"])
def test_a_missing_field_is_named(document, field):
    """A header without one of its fields is refused by the field's name."""
    del document[field]
    refused(document, field)


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("edges", [3.0, 2.0, 5.0], "counts|edges"),
        ("counts", [1, 2], "'age'.*counts"),
        ("sums", [1.0], "'age'.*sums"),
        ("infinite", [5], "'age'.*infinite"),
        ("infinite", [0, -1], "'age'.*infinite.*-1"),
        ("missing", -1, "'age'.*counts.*-1"),
        ("missing", 1.5, "'age'.*counts.*1.5"),
        ("missing", True, "'age'.*counts.*True"),
        ("missing", 1_000, "'age'.*rows"),
        ("mean", "forty", "forty"),
        ("kind", "text", "'age'.*kind"),
        ("role", "target", "'age'.*role"),
        ("name", "plan", "plan|listed twice"),
    ],
)
def test_a_wrong_numeric_column_is_named(document, field, value, match):
    """The message names the column, the field or the value."""
    column(document, "age")[field] = value
    refused(document, match)


def test_edges_must_ascend(document):
    """Edges that fall, repeat or are not finite are refused by their column."""
    for first in (1e9, column(document, "age")["edges"][1], float("nan"), float("-inf")):
        column(document, "age")["edges"][0] = first
        refused(document, "'age': edges must be finite and ascending")


def test_negative_counts_are_refused(document):
    """A negative count is refused by its column."""
    column(document, "age")["counts"][3] = -4
    refused(document, "'age'.*-4")


@pytest.mark.parametrize(
    ("field", "value", "match"),
    [
        ("categories", {str(i): 1 for i in range(63)}, "'plan'.*63.*62"),
        ("categories", {"basic": -1}, "'plan'.*-1"),
        ("other", "few", "'plan'.*few"),
        ("missing", 501, "'plan'.*rows"),
    ],
)
def test_a_wrong_categorical_column_is_named(document, field, value, match):
    """The message names the column and what is wrong with it."""
    column(document, "plan")[field] = value
    refused(document, match)


def test_a_column_listed_twice_is_refused(document):
    """Each column has one record."""
    document["columns"].append(column(document, "age"))
    refused(document, "listed twice")


@pytest.mark.parametrize("field", ["edges", "counts", "sums", "squares", "low"])
def test_a_missing_column_field_is_named(document, field):
    """A record without one of its fields is refused by the field's name."""
    del column(document, "age")[field]
    refused(document, field)


@pytest.mark.parametrize("rows", [-1, 2.5, "many", 10**30])
def test_wrong_rows_are_refused(document, rows):
    """Rows are a whole number that fits."""
    document["rows"] = rows
    refused(document, "rows|OverflowError")


def test_deep_nesting_is_refused():
    """A document that nests beyond the parser's depth is an error like any other."""
    refused("[" * 100_000, "complete JSON")


def test_bytes_are_text():
    """A profile may be read from bytes; bytes that are no UTF-8 are refused."""
    reference = reference_of(age=np.arange(10.0))
    assert loads(dumps(reference).encode()).digest == reference.digest
    with pytest.raises(ProfileError):
        loads(b"\xff\xfe\x00")


def test_columns_may_be_edited_by_hand(document):
    """A column taken out of the file is gone from the profile, the rest stays."""
    document["columns"] = [record for record in document["columns"] if record["name"] != "plan"]
    assert [column.name for column in loads(json.dumps(document)).profile.spec.schema.columns] == ["age"]


def test_unusual_names_survive():
    """Names and categories may be any text."""
    plans, _ = column_of(['say "hi"', "größe", "a\nb", ""] * 5)
    reference = reference_of(**{'pl"än': plans})
    again = loads(dumps(reference))
    assert again.profile.spec == reference.profile.spec
    assert again.digest == reference.digest


def test_three_hundred_columns_fit_in_a_config_map():
    """300 numeric columns of full precision take less than 1 MiB."""
    values = np.random.default_rng(2).normal(size=(300, 1000))
    text = dumps(reference_of(**{f"feature_with_a_long_name_{i}": row for i, row in enumerate(values)}))
    assert len(text.encode()) < 2**20


def test_the_digest_tells_references_apart():
    """Equal data have equal digests wherever they are counted; other bins, counts or names give others."""
    values = np.random.default_rng(3).normal(size=100)
    other = values + 0.1
    assert reference_of(x=values).digest == reference_of(x=values).digest != reference_of(x=other).digest
    assert reference_of(x=values).digest != reference_of(y=values).digest
