"""Open Inference Protocol v2 bodies, JSON and binary."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.ingest import decode
from tests.calls import calls
from tests.ingest.bodies import binary, decode_binary, decode_json, tensor

X = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)


def spec(name, data, shape=None, datatype="FP32", **parameters):
    shape = [len(data)] if shape is None else shape
    return {"name": name, "shape": shape, "datatype": datatype, "data": data, "parameters": parameters}


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_binary_floats_keep_their_type_and_bits(dtype):
    """Columns of a float matrix are bit-exact views of the body."""
    matrix = X.astype(dtype)
    batch = decode_binary([tensor("x", matrix)]).batch
    assert list(batch.inputs) == ["x[0]", "x[1]", "x[2]"]
    for j, column in enumerate(batch.inputs.values()):
        assert column.dtype == np.dtype(dtype)
        assert column.base is not None
        np.testing.assert_array_equal(column, matrix[:, j])


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_binary_integers_become_floats_that_hold_them(dtype):
    """Integers are floats afterwards, 8 and 16 bits in 32, wider ones in 64."""
    info = np.iinfo(dtype)
    values = np.array([info.min, 0, 1, info.max], dtype)
    column = decode_binary([tensor("x", values)]).batch.inputs["x"]
    assert column.dtype == (np.float32 if values.itemsize < 4 else np.float64)
    np.testing.assert_array_equal(column, values.astype(np.float64))


def test_bfloat16_is_the_upper_half_of_a_float():
    """BF16 values are read exactly."""
    values = np.array([1.0, -2.5, np.inf, 0.15625], np.float32)
    content, length = binary([tensor("x", (values.view(np.uint32) >> 16).astype(np.uint16))])
    content = content.replace(b'"UINT16"', b'"BF16"  ')
    column = decode(content, content_type="application/octet-stream", header_length=length).batch.inputs["x"]
    np.testing.assert_array_equal(column, values)


def test_binary_booleans_become_categories():
    """BOOL is the categories false and true; any byte but zero is true."""
    column = decode_binary([tensor("x", np.array([True, False]))]).batch.inputs["x"]
    assert (column.vocabulary, column.codes.tolist()) == (("false", "true"), [1, 0])


def test_binary_texts_become_categories():
    """BYTES elements are text; what is no UTF-8 is replaced."""
    content, length = binary([tensor("x", ["de", "", "fr", "de", "größe"])])
    content = content.replace(b"\2\0\0\0fr", b"\2\0\0\0\xff\xfe")
    column = decode(content, content_type="application/octet-stream", header_length=length).batch.inputs["x"]
    assert column.vocabulary == ("de", "", "��", "größe")
    assert column.codes.tolist() == [0, 1, 2, 0, 3]


def test_dictionary_codes_become_categories():
    """An integer tensor with a vocabulary is categorical; codes outside of it are missing and counted, -1 is missing."""
    codes = np.array([0, 1, -1, 2, -5], np.int32)
    batch = decode_binary([tensor("plan", codes, categories=["basic", "pro"])]).batch
    assert batch.inputs["plan"].vocabulary == ("basic", "pro")
    assert batch.inputs["plan"].codes.tolist() == [0, 1, -1, -1, -1]
    assert batch.violations == {("plan", "wrong_type"): 2}


def test_a_matrix_of_codes_may_have_a_vocabulary_a_column():
    """Vocabularies are one for all columns or one each; unsigned codes work too."""
    codes = np.array([[0, 1], [1, 2]], np.uint64)
    names = {"columns": ["a", "b"]}
    batch = decode_binary([tensor("x", codes, categories=[["u", "v"], ["w", "x", "y"]], **names)]).batch
    assert {name: column.vocabulary for name, column in batch.inputs.items()} == {"a": ("u", "v"), "b": ("w", "x", "y")}
    assert batch.inputs["b"].codes.tolist() == [1, 2]
    batch = decode_binary([tensor("x", codes, categories=["u", "v"], **names)]).batch
    assert batch.violations == {("b", "wrong_type"): 1}


@pytest.mark.parametrize("categories", ["abc", [1, 2], [["a"], ["b"]], {}])
def test_an_unusable_vocabulary_leaves_the_tensor_out(categories):
    """Codes without a vocabulary mean nothing, so they are left out and counted."""
    codes = np.zeros((2, 3), np.int32)
    batch = decode_binary([tensor("x", codes, categories=categories), tensor("y", np.zeros(2))]).batch
    assert list(batch.inputs) == ["y"]
    assert batch.violations == {("x", "wrong_type"): 1}


def test_column_names_are_taken_from_the_parameters():
    """A matrix may name its columns."""
    assert list(decode_binary([tensor("x", X, columns=["a", "b", "c"])]).batch.inputs) == ["a", "b", "c"]


@pytest.mark.parametrize("columns", [["a"], "abc", [1, 2, 3], {}])
def test_unusable_column_names_are_counted(columns):
    """Names that do not fit give way to the numbered ones."""
    batch = decode_binary([tensor("x", X, columns=columns)]).batch
    assert list(batch.inputs) == ["x[0]", "x[1]", "x[2]"]
    assert batch.violations == {("x", "wrong_shape"): 1}


def test_a_width_of_one_is_a_column():
    """Shapes [n] and [n, 1] are the same column."""
    batch = decode_binary([tensor("a", X[:, 0].copy()), tensor("b", X[:, :1].copy())]).batch
    np.testing.assert_array_equal(batch.inputs["a"], batch.inputs["b"])


def test_two_columns_of_one_name_are_counted():
    """The first column of a name counts; a second one is left out and counted."""
    batch = decode_binary([tensor("a", X[:, 0].copy()), tensor("a", X[:, 1].copy())]).batch
    np.testing.assert_array_equal(batch.inputs["a"], X[:, 0])
    assert batch.violations == {("a", "duplicate"): 1}


def test_json_and_binary_give_the_same_batch():
    """The two encodings of a tensor differ in nothing but their size."""
    one = decode_binary([tensor("x", X)], [tensor("y", X[:, 0].copy())]).batch
    two = decode_json(
        {
            "inputs": [spec("x", X.astype(float).ravel().tolist(), [7, 3])],
            "outputs": [spec("y", X[:, 0].astype(float).tolist())],
        }
    ).batch
    for name, column in one.inputs.items():
        assert two.inputs[name].dtype == np.float32
        np.testing.assert_array_equal(column, two.inputs[name])
    np.testing.assert_array_equal(one.outputs["prediction"], two.outputs["prediction"])


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]], [[[1], [2], [3]], [[4], [5], [6]]]])
def test_nested_data_is_row_major(data):
    """JSON data may be flat or nested."""
    batch = decode_json({"inputs": [spec("x", data, [2, 3])]}).batch
    assert batch.inputs["x[2]"].tolist() == [3.0, 6.0]


def test_null_and_nan_in_json_data_are_missing():
    """Values that are not there are missing, in numbers, booleans and texts."""
    body = {
        "inputs": [
            spec("x", [1, None]),
            spec("b", [None, True], datatype="BOOL"),
            spec("t", [None, "a"], datatype="BYTES"),
            spec("u", [None, None], datatype="BYTES"),
            spec("n", [float("nan"), 1]),
        ]
    }
    batch = decode_json(body).batch
    np.testing.assert_array_equal(batch.inputs["x"], [1.0, np.nan])
    np.testing.assert_array_equal(batch.inputs["n"], [np.nan, 1.0])
    assert [batch.inputs[name].codes.tolist() for name in "btu"] == [[-1, 1], [-1, 0], [-1, -1]]


def test_json_numbers_beyond_the_datatype_become_infinities():
    """A number that its datatype cannot hold lands in the outer bin without a warning."""
    body = {"inputs": [spec("a", [1e300, -1e300]), spec("b", [1e5, 10**400], datatype="FP16")]}
    batch = decode_json(body).batch
    assert batch.inputs["a"].tolist() == [np.inf, -np.inf]
    assert batch.inputs["b"].tolist() == [np.inf, np.inf]


LEFT_OUT = [
    (spec("bad", ["a", "b"]), "wrong_type"),
    (spec("bad", [True, False]), "wrong_type"),
    (spec("bad", [1, 2], datatype="BYTES"), "wrong_type"),
    (spec("bad", ["x", True], datatype="BOOL"), "wrong_type"),
    (spec("bad", [1, 2], datatype="FP8"), "wrong_type"),
    (spec("bad", [1, 2], datatype=None), "wrong_type"),
    (spec("bad", [1, 2, 3], [2]), "wrong_shape"),
    (spec("bad", [1, 2], [-1, 2]), "wrong_shape"),
    (spec("bad", [1, 2], [1e3]), "wrong_shape"),
    (spec("bad", [1, 2, 3]), "wrong_shape"),
    (spec("bad", "12", [2]), "wrong_shape"),
    (spec("bad", [[[[[1]]]], 2], [2]), "wrong_type"),
    ({"name": "bad", "shape": [2], "datatype": "FP32"}, "wrong_shape"),
    (spec("bad", [1] * 8, [2, 2, 2]), "unsupported_rank"),
]


@pytest.mark.parametrize(("bad", "reason"), LEFT_OUT, ids=str)
def test_one_bad_tensor_does_not_hurt_the_others(bad, reason):
    """A tensor that cannot be used is left out and counted."""
    batch = decode_json({"inputs": [spec("x", [1, 2]), bad, spec("y", [3, 4])]}).batch
    assert list(batch.inputs) == ["x", "y"]
    assert batch.violations == {("bad", reason): 1}


def test_binary_tensors_after_one_of_unknown_type_still_count():
    """The size of an unknown datatype is known, so what follows it is not lost."""
    content, length = binary([tensor("x", np.zeros(2, np.int16)), tensor("y", np.ones(2))])
    content = content.replace(b'"INT16"', b'"FANCY"')
    batch = decode(content, content_type="application/octet-stream", header_length=length).batch
    assert batch.inputs["y"].tolist() == [1.0, 1.0]
    assert batch.violations == {("x", "wrong_type"): 1}


def test_a_body_of_images_counts_as_rows_and_a_request():
    """Tensors of higher rank are ignored and counted; that inferences happened is still known."""
    batch = decode_binary([tensor("image", np.zeros((4, 8, 8), np.uint8))]).batch
    assert (batch.rows, batch.requests.count, dict(batch.inputs)) == (4, 1, {})
    assert batch.violations == {("image", "unsupported_rank"): 1}


def test_the_rows_are_what_most_inputs_have():
    """One tensor of another length does not decide how many rows there are."""
    batch = decode_json({"inputs": [spec("k", [1]), spec("x", [1, 2]), spec("y", [1, 2])]}).batch
    assert batch.rows == 2
    assert batch.violations == {("k", "wrong_shape"): 1}


def test_outputs_that_a_request_asks_for_are_no_data():
    """The outputs of a request only name what is wanted."""
    wanted = [{"name": "y"}, {"name": "z", "parameters": {"binary_data": True}}]
    batch = decode_json({"inputs": [spec("x", [1, 2])], "outputs": wanted}).batch
    assert (dict(batch.outputs), batch.violations) == ({}, {})


def test_a_response_alone_is_enough():
    """A body of outputs only is decoded."""
    batch = decode_json({"outputs": [spec("y", [1, 2])]}).batch
    assert (batch.rows, batch.outputs["prediction"].tolist()) == (2, [1.0, 2.0])


PROBABLE = [0.25, 0.75, 1.0, 0.0]

OUTPUTS = [
    ([spec("y", [1, 2])], None, {"prediction"}, None, None),
    ([spec("y", [1, 2], [2, 1])], None, {"prediction"}, None, None),
    ([spec("a", [1, 2]), spec("b", [1, 2])], None, {"a", "b"}, None, None),
    ([spec("a", [1, 2]), spec("b", [1, 2])], "b", {"a", "prediction"}, None, None),
    ([spec("a", [1, 2]), spec("b", [1, 2])], "absent", {"a", "b"}, None, None),
    ([spec("a", [1, 2]), spec("label", [1, 2])], None, {"a", "prediction"}, None, None),
    ([spec("output_label", [1, 2]), spec("p", PROBABLE, [2, 2])], None, {"prediction"}, "p", None),
    ([spec("p", PROBABLE, [2, 2])], None, set(), "p", None),
    ([spec("p", [0.25, 0.752, 1, 0], [2, 2])], None, set(), None, "p"),
    ([spec("p", [-1, 2, 1, 0], [2, 2])], None, set(), None, "p"),
    ([spec("p", [None, None, 0.5, 0.5], [2, 2])], None, set(), "p", None),
    ([spec("p", [None] * 4, [2, 2])], None, set(), None, "p"),
    ([spec("e", [3, 4, 5, 6], [2, 2]), spec("p", PROBABLE, [2, 2])], None, set(), "p", None),
    ([spec("e", [3, 4, 5, 6], [2, 2], columns=["u", "v"])], None, {"u", "v"}, None, None),
    ([spec("i", [1, 2, 3, 4], [2, 2], "INT64")], None, {"i[0]", "i[1]"}, None, None),
]


@pytest.mark.parametrize(
    ("outputs", "configured", "columns", "probabilities", "logits"),
    OUTPUTS,
    ids=lambda value: str(sorted(value)) if isinstance(value, set) else str(value),
)
def test_outputs_get_their_roles(outputs, configured, columns, probabilities, logits):
    """Prediction, probabilities and logits are told apart by name, width and sum."""
    batch = decode_json({"outputs": outputs}, prediction_output=configured).batch
    data = {entry["name"]: np.array(entry["data"], float).reshape(entry["shape"]) for entry in outputs}
    assert set(batch.outputs) == columns
    for name, found in ((probabilities, batch.probabilities), (logits, batch.logits)):
        if name is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, data[name])


def test_a_second_matrix_of_scores_is_counted():
    """Of two matrices one is the class scores; the other one has no role and is counted."""
    body = {"outputs": [spec("a", [3, 4, 5, 6], [2, 2]), spec("b", PROBABLE, [2, 2]), spec("b", PROBABLE, [2, 2])]}
    assert decode_json(body).batch.violations == {("a", "ambiguous"): 1, ("b", "duplicate"): 1}


def test_many_classes_are_no_columns():
    """Class scores are bounded by values, not by columns: a language model has 50,000 of them."""
    batch = decode_binary(outputs=[tensor("logits", np.ones((2, 50_000), np.float32))]).batch
    assert batch.logits.shape == (2, 50_000)


def test_a_binary_column_costs_no_calls_to_decode():
    """As a guard of speed: what a further named column of a tensor adds is next to nothing, and a row nothing."""

    def decoding(rows: int, columns: int):
        names = [f"c{number}" for number in range(columns)]
        content, length = binary([tensor("x", np.zeros((rows, columns), np.float32), columns=names)])
        return lambda: decode(content, content_type="application/octet-stream", header_length=length)

    few = calls(decoding(10, 10))
    assert calls(decoding(10, 60)) - few < 50
    assert calls(decoding(500, 10)) == few


@pytest.mark.parametrize(("beside", "keeps"), [(0, True), (2, True), (100, False)])
def test_a_small_tensor_does_not_keep_a_large_body(beside, keeps):
    """Columns are views of a body that is mostly theirs, and copies of one that is mostly a picture's."""
    body, header = binary([tensor("age", np.arange(64.0)), tensor("opaque", np.zeros((64, beside, 8), np.uint8))])
    column = decode(body, content_type="application/octet-stream", header_length=header).batch.inputs["age"]
    base = column
    while isinstance(base, np.ndarray):
        base = base.base
    assert (memoryview(base).obj is body) is keeps
    assert column.tolist() == np.arange(64.0).tolist()
