"""Requests and responses find each other in any order, in bounded memory."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.ingest.cloud_event import Event
from driftgauge.ingest.pairing import (
    ALONE,
    DUPLICATE,
    EVICTED,
    EXPIRED,
    LATE,
    OVERHEAD,
    PAIRED,
    REMEMBERED,
    Pairing,
)

FUZZ = settings(max_examples=300, deadline=None, derandomize=True)


def event(identity, kind, size=10, **facts):
    return Event(identity, kind, b"x" * size, **facts)


def pairing(seconds=60.0, most_bytes=10**6, **facts):
    return Pairing(seconds=seconds, most_bytes=most_bytes, **facts)


def reasons(settled):
    return [(one.reason, [half.kind for half in one.events]) for one in settled]


@pytest.mark.parametrize(
    "order", [("request", "response"), ("response", "request")], ids=["in order", "the other way round"]
)
def test_the_halves_are_paired_in_either_order(order):
    """What comes out is the request before the response, with the times at which they came."""
    pairs = pairing()
    assert reasons(pairs.add(event("1", order[0]), 10.0)) == []
    (settled,) = pairs.add(event("1", order[1]), 11.0)
    assert reasons([settled]) == [(PAIRED, ["request", "response"])]
    assert settled.arrived == ((10.0, 11.0) if order[0] == "request" else (11.0, 10.0))
    assert (len(pairs), pairs.bytes) == (0, 0)


def test_the_same_half_is_counted_once():
    """A sender that sends again is not believed twice, before and after its other half came."""
    pairs = pairing()
    kinds = ["request", "request", "response", "response", "request"]
    found = [reasons(pairs.add(event("1", kind), 0.0)) for kind in kinds]
    assert [[reason for reason, _ in settled] for settled in found] == [
        [],
        [DUPLICATE],
        [PAIRED],
        [DUPLICATE],
        [DUPLICATE],
    ]


@pytest.mark.parametrize(
    "facts",
    [{"namespace": "a"}, {"service": "a"}, {"endpoint": "canary"}, {"component": "transformer"}],
    ids=lambda facts: next(iter(facts)),
)
def test_other_parts_of_a_graph_may_use_the_same_id(facts):
    """A transformer that hands its id on does not pair with its predictor."""
    pairs = pairing()
    assert not [*pairs.add(event("1", "request"), 0.0), *pairs.add(event("1", "response", **facts), 0.0)]


def test_halves_expire_in_the_order_in_which_they_came():
    """A half is given up when its time is over, not before."""
    pairs = pairing(seconds=60)
    for identity, at in (("1", 0.0), ("2", 30.0)):
        list(pairs.add(event(identity, "request"), at))
    assert reasons(pairs.expire(59.9)) == []
    assert reasons(pairs.expire(60.0)) == [(EXPIRED, ["request"])]
    assert (len(pairs), pairs.bytes) == (1, 10 + OVERHEAD)


def test_what_comes_after_its_other_half_was_given_up_is_late():
    """It is settled at once: what it could wait for will not come."""
    pairs = pairing(seconds=60)
    list(pairs.add(event("1", "request"), 0.0))
    list(pairs.expire(60.0))
    assert reasons(pairs.add(event("1", "response"), 61.0)) == [(LATE, ["response"])]
    assert reasons(pairs.add(event("1", "response"), 62.0)) == [(DUPLICATE, ["response"])]


def test_the_oldest_give_way_when_memory_is_needed():
    """Bodies and what they cost beside them stay within the limit."""
    pairs = pairing(most_bytes=3 * OVERHEAD)
    found = [one for number in range(5) for one in pairs.add(event(str(number), "request", 100), 0.0)]
    assert [(one.reason, one.events[0].id) for one in found] == [(EVICTED, "0"), (EVICTED, "1"), (EVICTED, "2")]
    assert pairs.bytes == 2 * (OVERHEAD + 100)


def test_nothing_waits_where_only_one_half_is_logged():
    """A logger of requests alone sends nothing to wait for."""
    pairs = pairing(alone=frozenset({"request", "response"}))
    assert reasons(pairs.add(event("1", "request"), 0.0)) == [(ALONE, ["request"])]
    assert len(pairs) == 0


def test_what_has_been_settled_is_remembered_within_bounds():
    """The memory of duplicates does not grow."""
    pairs = pairing(alone=frozenset({"request", "response"}))
    for number in range(REMEMBERED + 10):
        list(pairs.add(event(str(number), "request"), 0.0))
    assert len(pairs._settled) == REMEMBERED
    assert reasons(pairs.add(event(str(REMEMBERED), "request"), 0.0)) == [(DUPLICATE, ["request"])]
    assert reasons(pairs.add(event("0", "request"), 0.0)) == [(ALONE, ["request"])]


steps = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["request", "response"]), st.integers(0, 2000), st.floats(0, 30)),
    max_size=40,
)


@FUZZ
@given(
    steps,
    st.floats(0.1, 60),
    st.integers(1024, 8000),
    st.sampled_from([frozenset(), frozenset({"request", "response"})]),
)
def test_every_event_comes_out_once_in_bounded_memory(steps, seconds, most_bytes, alone):
    """Whatever the order, duplicates, sizes and pauses: in = out + waiting, and nothing is paired with a stranger."""
    pairs = pairing(seconds, most_bytes, alone=alone)
    now, taken, given_up = 0.0, Counter(), Counter()
    for identity, kind, size, pause in steps:
        now += pause
        taken[str(identity), kind] += 1
        for settled in (*pairs.expire(now), *pairs.add(event(str(identity), kind, size), now)):
            given_up.update((half.id, half.kind) for half in settled.events)
            if settled.reason == PAIRED:
                assert [half.kind for half in settled.events] == ["request", "response"]
                assert len({half.id for half in settled.events}) == 1
            assert all(at <= now for at in settled.arrived)
        assert pairs.bytes <= most_bytes
        assert sum((taken - given_up).values()) == len(pairs) == (taken - given_up).total()
    given_up.update((half.id, half.kind) for settled in pairs.expire(now + seconds) for half in settled.events)
    assert (given_up, len(pairs), pairs.bytes) == (taken, 0, 0)
