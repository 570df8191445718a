"""Content types, limits and everything that is refused as a whole."""

from __future__ import annotations

import gzip
import json
import math
import zlib

import pytest

from driftgauge.errors import REASONS, DecodeError
from driftgauge.ingest import DECODERS, Limits, NothingUsable, decode
from tests.ingest.bodies import binary, decode_binary, decode_json, decode_lines, tensor

ONE = {"features": {"age": 41}, "prediction": 1}
SMALL = Limits(body_bytes=400, rows=3, columns=4, values=8)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", " application/json ", "application/x-ndjson;x=y"],
)
def test_parameters_and_case_of_the_content_type_do_not_matter(content_type):
    """A content type is looked up without its parameters, whatever its case."""
    assert decode(json.dumps(ONE).encode(), content_type=content_type).accepted == 1


@pytest.mark.parametrize("name", ["application/x-ndjson", "application/ndjson", "application/jsonl"])
def test_ndjson_goes_by_three_names(name):
    """All names that are in use for one object a line are accepted."""
    assert decode(b'{"prediction": 1}\n{"prediction": 2}\n', content_type=name).accepted == 2


def test_an_unknown_content_type_is_answered_with_the_known_ones():
    """A refused content type tells which ones are accepted."""
    with pytest.raises(DecodeError, match="application/x-ndjson") as caught:
        decode(b"a,b", content_type="text/csv")
    assert (caught.value.reason, caught.value.status) == ("content_type", 415)
    assert all(name in str(caught.value) for name in DECODERS)


TENSOR = {"name": "x", "shape": [2], "datatype": "FP32", "data": [1.0, 2.0]}

BAD_JSON = [
    (b"", "empty", "the body is empty"),
    (b" \n", "empty", "the body is empty"),
    (b"[]", "empty", "no rows"),
    (b"{", "syntax", "not well-formed JSON"),
    (b"{} {}", "syntax", "trailing"),
    (b'{"features": {"a": NaN}', "syntax", "not well-formed JSON"),
    (b'{"prediction": "\xff\xfe"}', "syntax", "UTF-8"),
    (b'{"prediction": NaN, "id": "\xff\xfe"}', "syntax", "Unicode"),
    (b'{"prediction": "\\ud800"}', "syntax", "JSON"),
    (b'{"features": {"a": NaN}, "prediction": "\\ud800"}', "syntax", "Unicode"),
    (b"[" * 100_000, "nesting", "nested too deeply"),
    (b"[NaN," + b"[" * 100_000, "nesting", "nested too deeply"),
    (b"1", "structure", "expected an observation"),
    (b"null", "structure", "got null"),
    (b'"text"', "structure", "got 'text'"),
    (b"1" * 1_000_000, "structure", "got inf"),
    (b"{}", "empty", "neither features nor a prediction"),
    (b'{"features": [1, 2]}', "structure", "expected an object, got a list"),
    (b'{"features": {}, "latency_s": 1}', "empty", "neither features nor a prediction"),
    (b'{"prediction": [1, 2]}', "empty", "neither features nor a prediction"),
    (b'{"prediction": 1, "ts": "yesterday"}', "timestamp", "seconds since 1970, got 'yesterday'"),
    (b'{"prediction": 1, "model": [1]}', "structure", "expected model to be text"),
    (b'{"columns": [1]}', "structure", "expected an object of lists, got a list"),
    (b'{"columns": {}}', "empty", "no column"),
    (b'{"columns": {"a": 1}}', "empty", "no column"),
    (b'{"columns": {"a": []}}', "empty", "no rows"),
    (b'{"columns": {"a": [1, 2], "b": [1]}}', "ragged", "columns 'a' has 2 values, columns 'b' has 1"),
    (b'{"columns": {"a": [1, 2]}, "prediction": [1]}', "ragged", "prediction 'prediction' has 1"),
    (b'{"columns": {"a": [1, 2]}, "status": ["ok"]}', "ragged", "facts 'status' has 1"),
    (b'{"columns": {"a": [1, 2]}, "ts": [1]}', "ragged", "facts 'ts' has 1"),
    (b'{"columns": {"a": [1, 2]}, "ts": 1e300}', "timestamp", "got 1e+300"),
    (b'{"inputs": []}', "empty", "no tensor"),
    (b'{"inputs": [1]}', "structure", "inputs[0] is no tensor"),
    (b'{"inputs": [{"name": 1}]}', "structure", "inputs[0] is no tensor"),
    (b'{"inputs": [], "outputs": 5}', "structure", "expected a list of tensors"),
    (json.dumps({"inputs": [TENSOR | {"shape": [-1, 3]}]}).encode(), "shape", "'x' has the unusable shape [-1, 3]"),
    (json.dumps({"inputs": [TENSOR | {"shape": [10**12]}]}).encode(), "shape", "unusable shape"),
    (json.dumps({"inputs": [TENSOR | {"shape": [2**20, 2**20]}]}).encode(), "shape", "unusable shape"),
    (json.dumps({"inputs": [TENSOR | {"shape": [2**20, 2**20, 2]}]}).encode(), "too_large", "limits.rows"),
    (json.dumps({"inputs": [TENSOR | {"shape": "2"}]}).encode(), "shape", "unusable shape"),
    (json.dumps({"inputs": [TENSOR | {"shape": [True]}]}).encode(), "shape", "unusable shape"),
    (json.dumps({"inputs": [TENSOR | {"shape": [3]}]}).encode(), "shape", "of shape [3] has 2 values"),
    (json.dumps({"inputs": [TENSOR | {"shape": [0, 5]}]}).encode(), "empty", "no rows"),
    (json.dumps({"inputs": [TENSOR | {"datatype": "FP8"}]}).encode(), "datatype", "unknown datatype 'FP8'"),
    (json.dumps({"inputs": [TENSOR | {"datatype": ["FP32"]}]}).encode(), "datatype", "unknown datatype a list"),
    (json.dumps({"inputs": [TENSOR | {"data": ["a", "b"]}]}).encode(), "datatype", "not FP32"),
    (json.dumps({"inputs": [{"name": "x", "shape": [2], "datatype": "FP32"}]}).encode(), "shape", "has 0 values"),
    (json.dumps({"inputs": [TENSOR], "model_name": {}}).encode(), "structure", "expected model_name to be text"),
]


@pytest.mark.parametrize(("body", "reason", "fragment"), BAD_JSON, ids=lambda value: str(value)[:40])
def test_a_json_body_that_cannot_be_used_says_why(body, reason, fragment):
    """Every refusal of a JSON body has a reason of the table and names what was found."""
    with pytest.raises(DecodeError) as caught:
        decode_json(body)
    assert caught.value.reason == reason
    assert fragment in str(caught.value)
    assert len(str(caught.value)) < 200


HEADER = b'{"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": %d}}]}'
TEXTS = b'{"inputs": [{"name": "x", "shape": [2], "datatype": "BYTES", "parameters": {"binary_data_size": %d}}]}'

BAD_BINARY = [
    (None, HEADER % 8 + bytes(8), "header_length", "got null"),
    ("", HEADER % 8 + bytes(8), "header_length", "got ''"),
    ("-1", HEADER % 8 + bytes(8), "header_length", "got '-1'"),
    ("1e3", HEADER % 8 + bytes(8), "header_length", "got '1e3'"),
    ("\N{ARABIC-INDIC DIGIT ONE}", HEADER % 8 + bytes(8), "header_length", "got"),
    ("9" * 5000, HEADER % 8 + bytes(8), "header_length", "got '9999"),
    ("0", HEADER % 8 + bytes(8), "empty", "the body is empty"),
    ("5", HEADER % 8 + bytes(8), "syntax", "not well-formed JSON"),
    ("2", b"{}" + bytes(8), "structure", "expected an object with inputs or outputs"),
    ("fit", HEADER % 8 + bytes(9), "tensor_size", "the binary part has 9 bytes, its tensors need 8"),
    ("fit", HEADER % 8 + bytes(7), "tensor_size", "binary_data_size of tensor 'x' is 8, 7 bytes are left"),
    ("fit", HEADER % -4 + bytes(8), "tensor_size", "is -4"),
    ("fit", HEADER % 12 + bytes(12), "tensor_size", "needs 8 bytes, binary_data_size is 12"),
    ("fit", TEXTS % 8 + bytes(7) + b"\1", "tensor_size", "needs 2 elements"),
    ("fit", TEXTS % 12 + bytes(12), "tensor_size", "needs 2 elements"),
    ("fit", TEXTS % 6 + bytes(6), "tensor_size", "needs 2 elements"),
    ("fit", TEXTS % 8 + b"\xff" * 8, "tensor_size", "needs 2 elements"),
]


@pytest.mark.parametrize(("length", "body", "reason", "fragment"), BAD_BINARY, ids=lambda value: str(value)[:30])
def test_a_binary_body_that_cannot_be_used_says_why(length, body, reason, fragment):
    """Sizes that do not add up refuse the whole body, because nothing after them can be trusted."""
    fitting = str(body.rindex(b"}") + 1)
    with pytest.raises(DecodeError) as caught:
        decode(body, content_type="application/octet-stream", header_length=fitting if length == "fit" else length)
    assert caught.value.reason == reason
    assert fragment in str(caught.value)


OVER = [
    ([ONE] * 4, "rows"),
    ({"columns": {"a": [1] * 4}}, "rows"),
    ({"inputs": [TENSOR | {"shape": [4]}]}, "rows"),
    ([{"features": dict.fromkeys("abcde", 1)}], "columns"),
    ([{"features": {"a": 1, "b": 1}}, {"features": {"c": 1, "d": 1, "e": 1}}], "columns"),
    ({"features": dict.fromkeys("abc", 1), "prediction": {"x": 1, "y": 2}}, "columns"),
    ({"columns": {name: [1] for name in "abcde"}}, "columns"),
    ({"inputs": [TENSOR | {"shape": [1, 5]}]}, "columns"),
    ({"inputs": [{"name": "x"}] * 5}, "columns"),
    ({"prediction": 1, "proba": [0.2] * 5}, "columns"),
    ([{"features": dict.fromkeys("abc", 1)}] * 3, "values"),
    ({"inputs": [TENSOR | {"shape": [3, 3]}]}, "values"),
    ({"outputs": [TENSOR | {"shape": [1, 9]}]}, "values"),
    ({"prediction": "x" * 500}, "body_bytes"),
]


@pytest.mark.parametrize(("body", "limit"), OVER, ids=lambda value: str(value)[:40])
def test_every_limit_has_an_error_that_names_it(body, limit):
    """A body over a limit is refused as too large, and the message says which limit it was."""
    with pytest.raises(DecodeError, match=f"limits.{limit}") as caught:
        decode_json(body, limits=SMALL)
    assert (caught.value.reason, caught.value.status, caught.value.field) == ("too_large", 413, limit)


def test_lines_are_counted_before_they_are_parsed():
    """A body of line ends alone is refused by its number of lines."""
    with pytest.raises(DecodeError, match=r"limits\.rows"):
        decode(b"\n" * 5, content_type="application/x-ndjson", limits=SMALL)


def test_gzip_is_recognised_by_its_first_bytes():
    """A compressed body needs no header to be understood."""
    assert decode(gzip.compress(json.dumps(ONE).encode()), content_type="application/json").accepted == 1


def test_a_header_length_counts_decompressed_bytes():
    """The JSON part of a compressed binary body is measured after decompression."""
    content, length = binary([tensor("x", b"ab".decode().split("b"))])
    decoded = decode(gzip.compress(content), content_type="application/octet-stream", header_length=length)
    assert decoded.accepted == 2


def test_several_gzip_members_and_zero_padding_are_one_body():
    """Members that follow each other are joined; zeros after the last one mean nothing."""
    body = gzip.compress(b'[{"prediction": 1},') + gzip.compress(b'{"prediction": 2}]') + bytes(10)
    assert decode(body, content_type="application/json").accepted == 2


ZIPPED = gzip.compress(json.dumps([ONE] * 50).encode(), mtime=0)


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        (ZIPPED[:-9], "cut off"),
        (ZIPPED[:5], "cut off"),
        (b"\x1f\x8b", "cut off"),
        (ZIPPED[:40] + b"\0\0\0" + ZIPPED[43:], "damaged"),
        (ZIPPED[:-6] + b"\1\2" + ZIPPED[-4:], "damaged"),
        (ZIPPED + b"more", "something else follows"),
        (gzip.compress(b"", mtime=0) * 1100, "more than 1024 gzip members"),
    ],
)
def test_a_damaged_gzip_stream_is_refused(body, fragment):
    """A gzip stream that is cut off, damaged or followed by something else is no body."""
    with pytest.raises(DecodeError, match=fragment) as caught:
        decode(body, content_type="application/json")
    assert caught.value.reason == "compression"


def test_a_decompression_bomb_is_refused_at_the_limit():
    """What decompresses to more than the limit is refused without being held."""
    stream = zlib.compressobj(9, wbits=31)
    bomb = b"".join(stream.compress(bytes(2**20)) for _ in range(40)) + stream.flush()
    with pytest.raises(DecodeError, match=r"limits\.body_bytes") as caught:
        decode(bomb, content_type="application/json")
    assert caught.value.reason == "too_large"


def test_a_bomb_of_many_members_is_refused_at_the_limit():
    """The limit holds for all members together."""
    with pytest.raises(DecodeError, match=r"limits\.body_bytes"):
        decode(gzip.compress(b" " * 300) * 2, content_type="application/json", limits=SMALL)


def test_a_decompressed_body_may_fill_the_limit():
    """A body of exactly the allowed size is accepted."""
    body = json.dumps(ONE).encode().ljust(SMALL.body_bytes)
    assert decode(gzip.compress(body), content_type="application/json", limits=SMALL).accepted == 1


def test_nan_and_infinity_are_missing_and_infinite():
    """The words that are no JSON, but common, are read as what they mean."""
    decoded = decode_json(b'{"features": {"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}}')
    values = {name: column[0] for name, column in decoded.batch.inputs.items()}
    assert math.isnan(values.pop("a"))
    assert values == {"b": math.inf, "c": -math.inf, "d": math.inf}


@pytest.mark.parametrize("digits", [400, 4_000, 5_000, 1_000_000])
def test_huge_integers_become_infinities(digits):
    """An integer that no float can hold lands in the outer bin, in time linear in its digits."""
    decoded = decode_json(b'{"features": {"a": %b, "b": -%b}}' % (b"9" * digits, b"9" * digits))
    assert [column[0] for column in decoded.batch.inputs.values()] == [math.inf, -math.inf]


def test_the_words_nan_and_infinity_in_text_are_text():
    """A feature whose value is the text NaN keeps it."""
    assert decode_json(b'{"features": {"a": "NaN"}}').batch.inputs["a"].vocabulary == ("NaN",)


def test_of_a_name_given_twice_the_last_value_counts():
    """Duplicate names are legal JSON; the last one wins, as in most parsers."""
    assert decode_json(b'{"features": {"a": 1, "a": 2}}').batch.inputs["a"].tolist() == [2.0]


def test_a_byte_order_mark_is_skipped():
    """A body that begins with a byte order mark is read like any other."""
    assert decode_json(b'\xef\xbb\xbf{"prediction": 1}').accepted == 1


def test_an_error_carries_the_refused_rows():
    """When no row is left, the error holds what the answer says about them, at most ten rows in full."""
    with pytest.raises(NothingUsable) as caught:
        decode_json([{"prediction": 1, "ts": "soon"}] * 12 + [1])
    assert caught.value.reason == "timestamp"
    assert caught.value.rejected == 13
    assert caught.value.rejected_reasons == {"timestamp": 12, "structure": 1}
    assert [error.row for error in caught.value.errors] == list(range(10))


def test_messages_never_repeat_long_values():
    """Of a value that cannot be used a message shows a few characters."""
    with pytest.raises(DecodeError) as caught:
        decode_json({"prediction": 1, "ts": "secret" * 1000})
    assert "secretsecretsec…" in str(caught.value)
    assert len(str(caught.value)) < 150


def test_every_reason_is_in_the_table():
    """The reasons that the tables above expect are label values of the refusal counter."""
    assert {reason for _, reason, _ in BAD_JSON} | {reason for _, _, reason, _ in BAD_BINARY} <= set(REASONS)


def test_a_bad_line_of_ndjson_is_one_refused_row():
    """A line that is no JSON is refused with its index among the lines that hold something; blank lines are none."""
    decoded = decode_lines(ONE, b"", b"{oops", b"[" * 100_000, b"\r", ONE)
    assert (decoded.accepted, decoded.rejected) == (2, 2)
    assert [(error.row, error.reason) for error in decoded.errors] == [(1, "syntax"), (2, "nesting")]


def test_a_prediction_output_option_reaches_binary_bodies():
    """The configured name of the prediction is used for the binary form too."""
    decoded = decode_binary(
        outputs=[tensor("a", ["x", "y"]), tensor("b", ["u", "v"])], options={"prediction_output": "b"}
    )
    assert set(decoded.batch.outputs) == {"a", "prediction"}
