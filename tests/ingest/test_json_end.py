"""The end of the first JSON object, found without parsing it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.ingest.json_end import json_end

FUZZ = settings(max_examples=200, deadline=None, derandomize=True)
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", '}"{', '\\"}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@FUZZ
@given(st.dictionaries(st.text(max_size=4), values, max_size=4), st.binary(max_size=40), st.booleans())
def test_the_end_is_where_the_object_ends_whatever_follows(value, rest, escaped):
    """Strings with braces, quotes and backslashes do not move the end, nor does what follows."""
    text = json.dumps(value, ensure_ascii=escaped).encode()
    assert json_end(text + rest) == len(text)
    assert json_end(b" \r\n" + text + rest) == len(text) + 3


@FUZZ
@given(st.dictionaries(st.text(max_size=4), values, max_size=4))
def test_an_object_that_is_cut_off_has_no_end(value):
    """No beginning of an object is taken for one."""
    text = json.dumps(value).encode()
    assert [json_end(text[:size]) for size in range(len(text))] == [None] * len(text)


@pytest.mark.parametrize("body", [b"", b"[1]", b"1{}", b'"{}"', b"\x00{}", b"}", b"{", b'{"', b'{"\\'])
def test_what_does_not_begin_with_an_object_has_no_end(body):
    """Lists, texts and binary data are no header."""
    assert json_end(body) is None


def test_a_megabyte_of_open_strings_takes_linear_time():
    """Quotes and escapes without an end are looked at once: otherwise this would take hours."""
    assert json_end(b'{"' + b'\\"' * 500_000) is None
    assert json_end(b'{"a":' * 200_000) is None
