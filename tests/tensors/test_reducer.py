"""Tensors of one inference as facts: those that the client makes of the same data, or a refusal with a reason."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.client.pictures import Pictures
from driftgauge.derive import confidence_of, token_facts
from driftgauge.ingest import Exchange, decode, decode_exchange
from tests.ingest.bodies import binary, decode_binary, decode_json
from tests.tensors.bodies import decoded, exchanged, reducer, tensor

RNG = np.random.default_rng(7)
UINT8 = RNG.integers(0, 256, (3, 16, 12, 3), dtype=np.uint8)
FLOATS = RNG.standard_normal((2, 3, 20, 9)).astype(np.float32)
LOGITS = RNG.standard_normal((4, 6, 5)).astype(np.float32)
MASK = np.array([[1] * 6, [1, 1, 1, 0, 0, 0], [0] * 6, [1, 0, 0, 0, 0, 0]])
NER = {"logits": {"kind": "logits", "mask": "attention_mask"}}


def same(found, expected):
    """Compare columns, bit by bit."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(np.asarray(found[name]), values, err_msg=name)


def masked(mask, scores=LOGITS, **options):
    return confidence_of(scores, labels=np.where(mask != 0, 0, -100), **options)


@pytest.mark.parametrize("form", ["binary", "flat", "nested"])
@pytest.mark.parametrize(
    "pictures",
    [UINT8, FLOATS, FLOATS.astype(np.float64), FLOATS.astype(np.float16)],
    ids=["UINT8", "FP32", "FP64", "FP16"],
)
def test_pictures_are_the_facts_that_the_client_sends(pictures, form):
    """The same pictures logged by the client give the same columns, of the same values."""
    batch = decoded({"image": pictures}, form=form).batch
    same(batch.inputs, dict(Pictures(pictures).columns("image")))
    assert (batch.rows, batch.violations) == (len(pictures), {})
    assert batch.requests.tensor_rows == {"reduced": len(pictures)}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.tuples(st.integers(1, 3), st.integers(8, 40), st.integers(8, 40), st.sampled_from([1, 3, 4])),
    st.booleans(), st.sampled_from(["u1", "f2", "f4", "f8"]), st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_any_picture_is_the_facts_that_the_client_sends(sizes, first, dtype, seed):
    """Whatever the size, the layout and the type."""
    rows, height, width, channels = sizes
    shape = (rows, channels, height, width) if first else (rows, height, width, channels)
    values = np.random.default_rng(seed).uniform(0, 255 if dtype == "u1" else 1, shape).astype(dtype)
    said = {"layout": "channels_first" if first else "channels_last"}
    same(decoded({"x": values}, settings={"x": said}).batch.inputs, dict(Pictures(values).columns("x")))


def test_bfloat16_pictures_are_read():
    """The upper halves of 32-bit floats are pixels too."""
    values = (FLOATS.view(np.uint32) & 0xFFFF0000).view(np.float32)
    content, length = binary([tensor("x", (values.view(np.uint32) >> 16).astype(np.uint16))])
    content = content.replace(b'"UINT16"', b'"BF16"  ')
    found = decode(content, content_type="application/octet-stream", header_length=length, reducer=reducer())
    same(found.batch.inputs, dict(Pictures(values).columns("x")))


@pytest.mark.parametrize(
    ("values", "said", "like"),
    [
        (UINT8[0], {"kind": "image", "batched": False}, UINT8[:1]),
        (UINT8[:, :, :, 0], {"kind": "image", "layout": "none"}, UINT8[:, :, :, :1]),
        (RNG.random((2, 3, 9, 3)), {"kind": "image", "layout": "channels_last"}, None),
        (UINT8[:, :5, :5], {"kind": "image"}, UINT8[:, :5, :5]),
    ],
    ids=["one without rows", "grey without channels", "ambiguous", "tiny"],
)
def test_settings_say_what_a_shape_does_not(values, said, like):
    """A picture without an axis of rows, without channels, with channels at either end, or a tiny one."""
    batch = decoded({"image": values}, settings={"image": said}).batch
    if like is None:
        assert (batch.rows, batch.inputs["image.height"].tolist()) == (2, [3.0, 3.0])
        return
    same(batch.inputs, dict(Pictures(like).columns("image")))


def test_a_tensor_may_be_called_what_the_reference_calls_it():
    """`field` is the name of the columns."""
    batch = decoded({"pixel_values": FLOATS}, settings={"pixel_values": {"field": "image"}}).batch
    same(batch.inputs, dict(Pictures(FLOATS).columns("image")))


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_scores_of_sequences_are_means_over_the_positions_that_count(kind):
    """Padding is left out; a row of nothing but padding has no confidence."""
    scores = LOGITS if kind == "logits" else np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)
    said = {"logits": {"kind": kind, "mask": "attention_mask"}}
    batch = decoded({"attention_mask": MASK}, {"logits": scores}, said).batch
    same(batch.outputs, masked(MASK, scores, logits=kind == "logits"))
    assert np.isnan(batch.outputs["confidence.top1"]).tolist() == [False, False, True, False]
    assert dict(batch.inputs) == {}


@pytest.mark.parametrize("value", [-100, 0])
def test_labels_say_which_positions_count(value):
    """Positions with the ignored label do not."""
    labels = np.where(MASK != 0, 3, value)
    said = {"logits": {"kind": "logits", "labels": "labels", "ignore_index": value}}
    batch = decoded({"labels": labels}, {"logits": LOGITS}, said, form="flat").batch
    same(batch.outputs, masked(MASK, logits=True))


def test_scores_may_have_the_classes_on_another_axis():
    """Segmentation models say the classes of every pixel, [rows, classes, height, width]."""
    pixels = RNG.standard_normal((2, 4, 5, 6)).astype(np.float32)
    batch = decoded({}, {"logits": pixels}, {"logits": {"kind": "logits", "class_axis": 1}}).batch
    same(batch.outputs, confidence_of(np.moveaxis(pixels, 1, -1).reshape(2, 30, 4), logits=True))


def test_a_mask_of_the_request_is_for_the_scores_of_the_response():
    """The two bodies of an inference are one to its reducer."""
    seen = exchanged({"input_ids": MASK * 7, "attention_mask": MASK}, {"logits": LOGITS}, reducer(NER))
    same(seen.batch.outputs, masked(MASK, logits=True))
    assert not any(name.startswith("attention_mask") for name in seen.batch.inputs)


def test_scores_of_rows_may_be_said_to_be_what_they_are():
    """Logits that happen to sum to one are logits where the settings say so."""
    scores = np.array([[0.25, 0.75], [1.0, 0.0]])
    batch = decoded({}, {"y": scores}, {"y": {"kind": "logits"}}).batch
    assert batch.probabilities is None
    np.testing.assert_array_equal(batch.logits, scores)


def test_token_numbers_are_texts():
    """Padding is left out of their length and of their tokens."""
    ids = RNG.integers(0, 30_000, MASK.shape)
    said = {"input_ids": {"kind": "token_ids", "mask": "attention_mask", "field": "text"}}
    batch = decoded({"input_ids": ids, "attention_mask": MASK}, settings=said).batch
    expected = token_facts([row[kept != 0] for row, kept in zip(ids, MASK, strict=True)], "text")
    same(batch.inputs, expected.columns)
    np.testing.assert_array_equal(batch.tokens["text"].buckets, expected.tokens.buckets)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_of_positions_are_pooled(pooling):
    """The embedding of a row is the mean of what counts, or the first position."""
    said = {"hidden": {"kind": "embedding", "mask": "mask", "pooling": pooling, "field": "embedding"}}
    batch = decoded({"mask": MASK}, {"hidden": LOGITS}, said).batch
    wanted = (
        LOGITS[:, 0] if pooling == "cls" else [LOGITS[0].mean(0), LOGITS[1, :3].mean(0), [np.nan] * 5, LOGITS[3, 0]]
    )
    np.testing.assert_allclose(batch.vectors["embedding"], np.array(wanted), rtol=1e-6)
    assert (dict(batch.outputs), batch.violations) == ({}, {})


def test_positions_that_do_not_count_may_hold_anything():
    """An infinite or missing number outside of the mask is none of the mean; within, it is."""
    vectors = LOGITS.copy()
    vectors[1, 3:], vectors[2] = np.inf, np.nan
    said = {"hidden": {"kind": "embedding", "mask": "mask", "field": "embedding"}}
    found = decoded({"mask": MASK}, {"hidden": vectors}, said).batch.vectors["embedding"]
    np.testing.assert_array_equal(found[1], LOGITS[1, :3].mean(axis=0, dtype=np.float64).astype(np.float32))
    assert np.isnan(found[2]).all()
    whole = decoded({}, {"hidden": vectors}, {"hidden": {"kind": "embedding", "field": "embedding"}}).batch
    assert np.isinf(whole.vectors["embedding"][1]).all()


def test_a_matrix_may_be_an_embedding():
    """Of a vector a row no columns are made."""
    batch = decoded({}, {"e": LOGITS[:, 0]}, {"e": {"kind": "embedding"}}).batch
    np.testing.assert_array_equal(batch.vectors["e"], LOGITS[:, 0])
    assert batch.logits is None


def test_what_is_to_be_ignored_is_neither_looked_at_nor_counted():
    """Kind `ignore` is the end of it, for tables too."""
    found = decoded({"x": FLOATS, "mask": MASK[:2]}, settings={"x": {"kind": "ignore"}, "mask": {"kind": "ignore"}})
    assert (dict(found.batch.inputs), found.batch.violations, found.errors) == ({}, {}, ())


LEFT_OUT = {
    "rank 3 unsaid": ({"bad": UINT8[:2, :, :, 0]}, {}, {}, "unsupported_rank"),
    "rank 5": ({"bad": np.zeros((2, 1, 8, 8, 3), np.uint8)}, {}, {}, "unsupported_rank"),
    "either end": ({"bad": RNG.random((2, 3, 8, 3))}, {}, {}, "unsupported_rank"),
    "neither end": ({"bad": RNG.random((2, 8, 8, 8))}, {}, {}, "unsupported_rank"),
    "small": ({"bad": RNG.random((2, 3, 4, 4))}, {}, {}, "unsupported_rank"),
    "a mask of pairs": ({"bad": np.ones((2, 1, 9, 9), np.int64)}, {}, {}, "unsupported_rank"),
    "a picture as output": ({}, {"bad": FLOATS}, {}, "unsupported_rank"),
    "scores unsaid": ({}, {"bad": LOGITS[:2]}, {}, "unsupported_rank"),
    "layout of another rank": ({"bad": FLOATS[:, 0]}, {}, {"kind": "image", "layout": "channels_first"}, "wrong_shape"),
    "layout unsaid": ({"bad": FLOATS[:, 0]}, {}, {"kind": "image"}, "wrong_shape"),
    "many channels": ({"bad": np.zeros((2, 8, 8, 99), np.uint8)}, {}, {"kind": "image", "layout": "channels_last"}, "wrong_shape"),
    "nothing in it": ({"bad": np.zeros((2, 0, 8, 3), np.uint8)}, {}, {"kind": "image"}, "wrong_shape"),
    "negative pixels": ({"bad": np.full((2, 8, 8, 3), -1, np.int8)}, {}, {"kind": "image"}, "wrong_type"),
    "scores of whole numbers": ({}, {"bad": np.ones((2, 3, 4), np.int64)}, {"kind": "logits"}, "wrong_type"),
    "scores as input": ({"bad": LOGITS[:2]}, {}, {"kind": "logits"}, "wrong_type"),
    "one class": ({}, {"bad": LOGITS[:2, :, :1]}, {"kind": "logits"}, "wrong_shape"),
    "no such axis": ({}, {"bad": LOGITS[:2]}, {"kind": "logits", "class_axis": 3}, "wrong_shape"),
    "no mask": ({}, {"bad": LOGITS[:2]}, {"kind": "logits", "mask": "m"}, "no_mask"),
    "mask of another shape": ({"m": MASK[:2, :3]}, {"bad": LOGITS[:2]}, {"kind": "logits", "mask": "m"}, "wrong_shape"),
    "tokens of fractions": ({"bad": LOGITS[:2, 0]}, {}, {"kind": "token_ids"}, "wrong_type"),
    "tokens of pictures": ({"bad": UINT8[:2]}, {}, {"kind": "token_ids"}, "wrong_shape"),
    "an embedding of pixels": ({"bad": FLOATS}, {}, {"kind": "embedding"}, "wrong_shape"),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_cannot_be_used_is_left_out_and_costs_nothing_else(case):
    """The good part of the body is kept, the bad one counted, and the answer says why and by which setting it would not be."""
    inputs, outputs, said, reason = LEFT_OUT[case]
    found = decoded({"age": np.array([41.0, 37.0]), **inputs}, outputs, {"bad": said} if said else {})
    assert found.batch.inputs["age"].tolist() == [41.0, 37.0]
    assert found.batch.violations == {("bad", reason): 1}
    assert found.batch.requests.tensor_rows == {}
    assert [(error.field, error.reason) for error in found.errors] == [("bad", reason)]
    assert "'bad'" in found.errors[0].message
    if reason == "unsupported_rank":
        assert "`tensors.bad`" in found.errors[0].message


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"datatype": "UINT8", "data": [300] * 384}, "wrong_type"),
        ({"datatype": "UINT8", "data": [None] * 384}, "wrong_type"),
        ({"datatype": "FP32", "data": ["a"] * 384}, "wrong_type"),
        ({"datatype": "FP32", "data": [1.0] * 383}, "wrong_shape"),
        ({"datatype": "FP32"}, "wrong_shape"),
    ],
    ids=["beyond the type", "nothing", "texts", "too few", "no data"],
)
def test_json_that_is_no_picture_is_left_out(bad, reason):
    """Values that the type cannot hold, or another number of them."""
    body = {
        "inputs": [
            {"name": "x", "shape": [2, 8, 8, 3], **bad},
            {"name": "y", "shape": [2], "datatype": "FP32", "data": [1, 2]},
        ]
    }
    batch = decode_json(body, reducer=reducer()).batch
    assert (list(batch.inputs), batch.violations) == (["y"], {("x", reason): 1})


def test_a_second_output_of_scores_is_ambiguous():
    """The first one counts."""
    said = {name: {"kind": "logits"} for name in ("a", "b")}
    batch = decoded({}, {"a": LOGITS, "b": LOGITS * 2}, said).batch
    same(batch.outputs, confidence_of(LOGITS, logits=True))
    assert batch.violations == {("b", "ambiguous"): 1}


def test_infinite_values_say_nothing_and_break_nothing():
    """Neither a warning nor a number comes of them."""
    pictures, scores = FLOATS.copy(), LOGITS[:2].copy()
    pictures[0, 0, 0, 0], scores[0, 0, 0], scores[1] = np.inf, np.nan, np.inf
    batch = decoded({"x": pictures}, {"y": scores}, {"y": {"kind": "logits"}}).batch
    assert batch.inputs["x.mean[0]"][0] == np.inf
    assert np.isnan(batch.outputs["confidence.top1"][1])


def test_rows_without_a_usable_time_are_left_out_of_the_facts_too():
    """Facts are rows as others."""
    stamps = np.array([1_790_000_000.0, np.inf])
    tensors = [tensor("driftgauge.ts", stamps), tensor("x", FLOATS), tensor("t", MASK[:2])]
    made = reducer({"t": {"kind": "token_ids"}})
    found = decode_binary(tensors, [tensor("y", LOGITS[:2])], options={"reducer": made})
    assert (found.accepted, found.rejected, len(found.batch.inputs["x.mean[0]"]), len(found.batch.tokens["t"])) == (
        1,
        1,
        1,
        1,
    )


def test_beyond_the_budget_inputs_are_not_observed():
    """No column of the request is missing: it has none, and says how many rows that were."""
    batch = decoded({"x": FLOATS, "age": np.array([4.0, 2.0])}, {"y": np.array([1, 0])}, admit=lambda _: False).batch
    assert (batch.rows, dict(batch.inputs), list(batch.outputs)) == (2, {}, ["prediction"])
    assert (batch.requests.count, batch.requests.tensor_rows) == (1, {"not_sampled": 2})


def test_one_decision_holds_for_the_request_and_the_response():
    """An inference is looked at as a whole, or not at all; each part is paid for."""
    asked = []

    def admit(cost):
        asked.append(cost)
        return len(asked) == 1

    seen = exchanged({"image": FLOATS}, {"logits": LOGITS[:2]}, reducer({"logits": {"kind": "logits"}}, admit=admit))
    assert {"image.contrast", "confidence.top1"} <= {*seen.batch.inputs, *seen.batch.outputs}
    assert seen.batch.requests.tensor_rows == {"reduced": 4}
    assert asked == [2, pytest.approx(2 * 6 * (5 + 32) / 32_768)]


def test_what_the_budget_leaves_out_has_no_embedding_either():
    """An embedding counts among the inputs, which would then be there in part."""
    said = {"e": {"kind": "embedding"}, "logits": {"kind": "logits"}}
    made = reducer(said, admit=lambda _: False)
    outputs = {"e": LOGITS[:2, 0], "logits": LOGITS[:2], "label": np.array([1, 2])}
    batch = exchanged({"image": FLOATS}, outputs, made).batch
    assert (dict(batch.inputs), dict(batch.outputs), dict(batch.vectors)) == ({}, {}, {})
    assert batch.requests.tensor_rows == {"not_sampled": 4}


def test_a_shape_that_no_body_could_hold_is_not_paid_for():
    """What is only claimed must not use the budget up."""
    body = {"inputs": [{"name": "x", "shape": [1, 3, 16_000, 16_000], "datatype": "FP32", "data": [1.0]}]}
    found = decode_json(body, reducer=reducer(admit=lambda _: pytest.fail("asked")))
    assert found.batch.violations == {("x", "unsupported_rank"): 1}


@pytest.mark.parametrize("named", [True, False], ids=["objects", "lists"])
@pytest.mark.parametrize("pictures", [UINT8, FLOATS.astype(np.float64)], ids=["whole numbers", "fractions"])
def test_nested_lists_of_v1_are_tensors(pictures, named):
    """Whole numbers up to 255 are bytes, everything else is floats; scores of sequences come with predictions."""
    rows, scores = len(pictures), LOGITS[: len(pictures)].astype(np.float64)
    instances = [{"image": picture.tolist(), "age": 4} for picture in pictures] if named else pictures.tolist()
    made = reducer({"predictions": {"kind": "logits"}})
    exchange = Exchange(
        json.dumps({"instances": instances}).encode(), json.dumps({"predictions": scores.tolist()}).encode()
    )
    batch = decode_exchange(exchange, reducer=made).batch
    found = {name: column for name, column in batch.inputs.items() if name != "age"}
    same(found, dict(Pictures(pictures).columns("image" if named else "instances")))
    same(batch.outputs, confidence_of(scores, logits=True))
    assert (batch.violations, batch.requests.tensor_rows) == ({}, {"reduced": 2 * rows})


@pytest.mark.parametrize(
    "instances",
    [[[[1.0], [2.0, 3.0]]], [[["a"]]], [[[1.0]], 2], [[[1.0]], [[1.0], [2.0]]], [[[{}]]], [[[1, 2], 3]]],
    ids=["ragged", "texts", "a value among lists", "rows of other lengths", "objects", "a value among rows"],
)
def test_nested_lists_that_are_no_tensor_count_as_rows(instances):
    """They are counted, and cost the rows nothing else."""
    body = json.dumps({"instances": [{"x": entry, "age": 1} for entry in instances]}).encode()
    batch = decode_exchange(Exchange(body), reducer=reducer({"x": {"kind": "image"}})).batch
    assert (list(batch.inputs), batch.rows) == (["age"], len(instances))
    assert [(name, count) for (name, _), count in batch.violations.items()] == [("x", 1)]


def test_v1_tokens_and_masks_are_what_the_settings_say():
    """Lists of numbers are token numbers and a mask, where that is said."""
    ids = RNG.integers(1, 30_000, MASK.shape)
    rows = [{"ids": row.tolist(), "keep": kept.tolist()} for row, kept in zip(ids, MASK, strict=True)]
    made = reducer({"ids": {"kind": "token_ids", "mask": "keep", "field": "text"}})
    batch = decode_exchange(Exchange(json.dumps({"instances": rows}).encode()), reducer=made).batch
    same(batch.inputs, token_facts([row[kept != 0] for row, kept in zip(ids, MASK, strict=True)], "text").columns)


def test_beyond_the_budget_v1_inputs_are_not_observed():
    """As with tensors."""
    body = json.dumps({"instances": [{"image": picture.tolist(), "age": 4} for picture in UINT8]}).encode()
    batch = decode_exchange(Exchange(body), reducer=reducer(admit=lambda _: False)).batch
    assert (batch.rows, dict(batch.inputs), batch.requests.tensor_rows) == (3, {}, {"not_sampled": 3})
