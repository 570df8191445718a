"""A state as bytes and back, and everything that must be refused."""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from driftgauge.errors import StateError
from driftgauge.serve.state_file import FORMAT_VERSION, decode, encode
from driftgauge.state import Stack, State

FACTS = st.dictionaries(st.text(max_size=8), st.none() | st.integers(-(2**53), 2**53) | st.text(max_size=8), max_size=3)
KINDS = ("int8", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64", "bool")
ARRAYS = st.dictionaries(
    st.text(max_size=8),
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays(kind, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    ),
    max_size=3,
)
STATES = st.recursive(
    st.builds(State, FACTS, ARRAYS),
    lambda inner: st.builds(State, FACTS, ARRAYS, st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=4,
)
SMALL = State({"name": "m"}, {"ids": np.arange(5)}, {"part": State({}, {"sums": np.ones((2, 3))})})


def assert_same(left: State, right: State) -> None:
    assert dict(left.facts) == dict(right.facts)
    assert set(left.arrays) == set(right.arrays)
    for name, array in left.arrays.items():
        assert array.dtype == right.arrays[name].dtype
        assert array.shape == right.arrays[name].shape
        assert array.tobytes() == right.arrays[name].tobytes()
    assert set(left.parts) == set(right.parts)
    for name, part in left.parts.items():
        assert_same(part, right.parts[name])


@settings(deadline=None, max_examples=60)
@given(STATES)
def test_what_is_written_is_read(state):
    """Facts, arrays of every type and shape, and parts at any depth come back as they were."""
    assert_same(decode(encode(state)), state)


def test_a_stack_is_written_as_the_array_that_it_is():
    """Rows that are made one after another give the bytes of the array, none too, and are read as it."""
    for array in (np.arange(12, dtype=np.uint32).reshape(4, 3), np.empty((0, 3), dtype=np.float32)):
        state = State(arrays={"x": Stack(array.dtype, array.shape, lambda array=array: iter(array))})
        assert encode(state) == encode(State(arrays={"x": array}))
        assert state.array("x", array.dtype, (None, 3)).tolist() == array.tolist()


def test_same_state_same_bytes():
    """Two files of one state are equal."""
    assert encode(SMALL) == encode(decode(encode(SMALL)))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_changed_byte_is_noticed(data):
    """Whichever bit of a file is turned over, it is refused."""
    content = bytearray(encode(SMALL))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(StateError):
        decode(bytes(content))


@pytest.mark.parametrize("length", [0, 10, 40, 60, 100])
def test_a_torn_file_is_noticed(length):
    """A file that ends too early is refused."""
    with pytest.raises(StateError):
        decode(encode(SMALL)[:length])


def test_other_versions_are_named():
    """A file of another format version says which one it is, and which can be read."""
    content = encode(SMALL).replace(b"state 1\n", b"state 7\n", 1)
    with pytest.raises(StateError, match=f"version '7', this driftgauge reads version {FORMAT_VERSION}"):
        decode(content)


@pytest.mark.parametrize(
    "table",
    [
        b"[]",
        b"{}",
        b'{"facts": {}, "arrays": {"x": ["float64", [9]]}, "parts": {}}',
        b'{"facts": {}, "arrays": {"x": ["float64", [-1]]}, "parts": {}}',
        b'{"facts": {}, "arrays": {"x": ["object", [1]]}, "parts": {}}',
        b'{"facts": {}, "arrays": {}, "parts": {"p": 3}}',
        b"\xff",
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table):
    """A right checksum does not make a wrong table usable."""
    content = zlib.compress(len(table).to_bytes(8, "little") + table)
    with pytest.raises(StateError):
        decode(b"driftgauge state 1\n" + hashlib.sha256(content).digest() + content)


def test_bytes_too_many_are_refused():
    """What no array accounts for is not ignored."""
    table = b'{"facts": {}, "arrays": {}, "parts": {}}'
    content = zlib.compress(len(table).to_bytes(8, "little") + table + b"more")
    with pytest.raises(StateError, match="4 bytes too many"):
        decode(b"driftgauge state 1\n" + hashlib.sha256(content).digest() + content)


def test_objects_are_not_kept():
    """An array of Python objects is a mistake of ours and said so."""
    with pytest.raises(TypeError, match="object"):
        encode(State(arrays={"x": np.array([None])}))
