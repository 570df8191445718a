"""Calls of OpenAI-compatible servers: their figures are those that follow from the recorded bodies by hand."""

from __future__ import annotations

import base64
import json
import math
import struct

import numpy as np
import pytest

from driftgauge.batch import Categories
from driftgauge.errors import DecodeError
from driftgauge.ingest.openai import Arrivals, OpenAICall, decode_openai
from tests.ingest.recorded_calls import CHAT, CHAT_REQUEST, arriving, chunk, decoded, scored, stream, usage


def words(column):
    """Return the values of a column of categories."""
    assert isinstance(column, Categories)
    return [column.vocabulary[code] if code >= 0 else None for code in column.codes]


def entropy(*logprobs):
    """Return the entropy in bits, the rest of the probability being one outcome."""
    chances = [math.exp(value) for value in logprobs]
    chances.append(1 - sum(chances))
    return -sum(p * math.log2(p) for p in chances)


def test_a_stream_gives_the_figures_of_its_tokens():
    """Tokens, log-probabilities, entropy, perplexity and times are those computed by hand."""
    body = stream(*CHAT)
    # The role arrives after 0.1 s, the tokens after 0.2, 0.3 and 0.4 s.
    found = decoded("chat", CHAT_REQUEST, body, seconds=0.7, arrivals=arriving(body, 0.1, 0.1))
    batch, generations = found.batch, found.batch.requests.generations
    assert (found.model, batch.rows, batch.requests.count) == ("qwen", 1, 1)
    assert {name: column.tolist() for name, column in batch.inputs.items()} == {
        "llm.prompt_tokens": [11.0],
        "llm.prompt_chars": [19.0],
        "llm.messages": [2.0],
        "llm.tools": [0.0],
    }
    mean = -(0.5 + 1.0 + 0.25) / 3
    bits = (entropy(-0.5, -1.5) + entropy(-1.0, -2.0) + entropy(-0.25, -3.0)) / 3
    numbers = {name: column[0] for name, column in batch.outputs.items() if isinstance(column, np.ndarray)}
    assert numbers == pytest.approx(
        {
            "llm.completion_tokens": 3,
            "llm.completion_chars": 9,
            "llm.tool_calls": 0,
            "llm.mean_logprob": mean,
            "llm.min_logprob": -1.0,
            "llm.perplexity": math.exp(-mean),
            "llm.entropy_bits": bits,
            "llm.time_to_first_token_seconds": 0.2,
            "llm.time_per_output_token_seconds": (0.4 - 0.2) / 2,
        }
    )
    assert words(batch.outputs["llm.finish_reason"]) == ["stop"]
    assert words(batch.outputs["llm.refusal"]) == words(batch.outputs["llm.empty"]) == ["false"]
    assert batch.requests.latencies.tolist() == [0.7]
    assert generations.tokens == {"prompt": 11, "completion": 3}
    assert generations.finish_reasons == {"stop": 1}
    assert generations.kinds == {"text": 1}
    assert generations.first_token_seconds == pytest.approx([0.2])
    assert generations.output_token_seconds == pytest.approx([0.1])


def test_a_whole_body_gives_the_same_figures_as_its_stream():
    """What is no matter of time is the same, streamed or not."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "Good day!"},
        "logprobs": scored((-0.5, -0.5, -1.5), (-1.0, -1.0, -2.0), (-0.25, -0.25, -3.0)),
        "finish_reason": "stop",
    }
    whole = decoded("chat", CHAT_REQUEST, {"model": "qwen", "choices": [choice], "usage": usage(11, 3)}).batch
    parts = decoded("chat", CHAT_REQUEST, stream(*CHAT)).batch
    assert whole.outputs.keys() == parts.outputs.keys()
    for name, column in whole.outputs.items():
        if isinstance(column, np.ndarray):
            np.testing.assert_allclose(parts.outputs[name], column)
    assert whole.requests.generations.tokens == parts.requests.generations.tokens


FORMS = {
    "crlf": stream(*CHAT, end="\r\n"),
    "cr": stream(*CHAT, end="\r"),
    "comments": stream(b": ping", CHAT[0], b"event: message\nid: 7\nretry: 10", *CHAT[1:]),
    "no done": stream(*CHAT, done=False),
    "no last newline": stream(*CHAT).rstrip(b"\n"),
    "no space": stream(*CHAT).replace(b"data: ", b"data:"),
    "usage on every chunk": stream(*({**event, "usage": usage(11, n)} for n, event in enumerate(CHAT[:-1])), CHAT[-1]),
    "byte order mark": b"\xef\xbb\xbf" + stream(*CHAT),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_stream_are_one_stream(form):
    """Line ends, comments, other fields, a missing end and repeated usage change no figure."""
    found, plain = (decoded("chat", CHAT_REQUEST, body).batch for body in (FORMS[form], stream(*CHAT)))
    assert found.requests.generations.tokens == plain.requests.generations.tokens == {"prompt": 11, "completion": 3}
    assert found.requests.generations.kinds == {"text": 1}
    assert found.outputs["llm.mean_logprob"] == plain.outputs["llm.mean_logprob"]


def test_several_answers_are_several_rows():
    """With n = 2 each answer has its own figures; the usage, which adds them up, is counted once."""
    body = stream(
        chunk(0, content="a", logprobs=scored((-1.0,))),
        chunk(1, content="b", logprobs=scored((-2.0,))),
        chunk(0, content="c", finish="length", logprobs=scored((-3.0,))),
        chunk(1, content="d"),
        chunk(1, content="e", finish="stop", logprobs=scored((-4.0,), (-6.0,))),
        {"choices": [], "usage": usage(5, 5)},
    )
    found = decoded("chat", {**CHAT_REQUEST, "n": 2}, body, arrivals=arriving(body, 1.0, 0.1)).batch
    assert (found.rows, found.requests.count) == (2, 1)
    assert words(found.outputs["llm.finish_reason"]) == ["length", "stop"]
    assert found.outputs["llm.mean_logprob"].tolist() == [-2.0, -4.0]
    assert found.outputs["llm.min_logprob"].tolist() == [-3.0, -6.0]
    assert found.outputs["llm.completion_tokens"].tolist() == [2.0, 3.0]
    assert found.requests.generations.tokens == {"prompt": 5, "completion": 5}
    assert found.requests.generations.finish_reasons == {"length": 1, "stop": 1}
    # The first answer's two tokens come 0.2 s apart, the second one's three over 0.3 s.
    assert found.requests.generations.output_token_seconds == pytest.approx([0.2, 0.15])
    assert found.requests.generations.first_token_seconds == pytest.approx([1.0])


def test_completions_have_their_own_form_of_logprobs():
    """Parallel lists, whose first entry is null for an echoed prompt, give the same figures."""
    logprobs = {
        "tokens": ["A", "b", "c"],
        "token_logprobs": [None, -0.5, -1.5],
        "top_logprobs": [None, {"b": -0.5, "x": -1.0}, {"c": -1.5, "d": -0.75}],
        "text_offset": [0, 1, 2],
    }
    response = {"choices": [{"index": 0, "text": "bc", "logprobs": logprobs, "finish_reason": "length"}]}
    batch = decoded("completions", {"model": "m", "prompt": "A"}, response).batch
    assert batch.outputs["llm.mean_logprob"].tolist() == [-1.0]
    assert batch.outputs["llm.entropy_bits"] == pytest.approx([(entropy(-0.5, -1.0) + entropy(-1.5, -0.75)) / 2])
    assert batch.outputs["llm.completion_tokens"].tolist() == [2.0]  # counted, because there is no usage
    assert batch.inputs["llm.prompt_chars"].tolist() == [1.0]
    assert words(batch.outputs["llm.finish_reason"]) == ["length"]


def test_several_prompts_keep_their_lengths():
    """Answers come prompt by prompt, and each row has the length of its own prompt."""
    choices = [{"index": index, "text": "x", "finish_reason": "stop"} for index in range(4)]
    request = {"model": "m", "prompt": ["a", "bcd"], "n": 2}
    batch = decoded("completions", request, {"choices": choices, "usage": usage(4, 4)}).batch
    assert batch.inputs["llm.prompt_chars"].tolist() == [1.0, 1.0, 3.0, 3.0]
    assert "llm.prompt_tokens" not in batch.inputs
    assert batch.requests.generations.tokens == {"prompt": 4, "completion": 4}


def test_token_ids_are_a_prompt_without_characters():
    batch = decoded("completions", {"model": "m", "prompt": [1, 2, 3]}, {"choices": [{"text": "x"}]}).batch
    assert batch.inputs == {}
    assert words(batch.outputs["llm.finish_reason"]) == ["unknown"]


KINDS = {
    "refused by the server": ({"content": None, "refusal": "No."}, "stop", "refusal"),
    "filtered": ({"content": "Well"}, "content_filter", "refusal"),
    "apologetic": ({"content": "I'm sorry, but I can't assist with that request."}, "stop", "refusal"),
    "typographic": ({"content": "I\u2019m sorry, I cannot provide that."}, "stop", "refusal"),
    "helpful": ({"content": "I can help. First, sorry the table by name."}, "stop", "text"),
    "empty": ({"content": ""}, "stop", "empty"),
    "blank": ({"content": " \n"}, "stop", "empty"),
    "tools": ({"content": None, "tool_calls": [{"id": "1", "function": {"name": "f"}}]}, "tool_calls", "tool_calls"),
    "function": ({"content": None, "function_call": {"name": "f"}}, "function_call", "tool_calls"),
}


@pytest.mark.parametrize("name", KINDS)
def test_answers_are_of_a_kind(name):
    """An answer is text, a call of tools, a refusal or nothing."""
    message, finish, kind = KINDS[name]
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    batch = decoded("chat", CHAT_REQUEST, {"choices": [choice]}).batch
    assert batch.requests.generations.kinds == {kind: 1}
    assert words(batch.outputs["llm.refusal"]) == [str(kind == "refusal").lower()]
    assert words(batch.outputs["llm.empty"]) == [str(kind == "empty").lower()]


def test_tools_of_a_stream_are_counted_once():
    """The parts of one call share their index; arguments are generated too, so they have a time."""
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
    body = stream(
        chunk(role="assistant", content=None, tool_calls=[call]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"a":'}}]),
        chunk(tool_calls=[{"index": 1, "id": "c2", "function": {"name": "g", "arguments": "{}"}}]),
        chunk(finish="tool_calls"),
    )
    batch = decoded("chat", {**CHAT_REQUEST, "tools": [{}, {}]}, body, arrivals=arriving(body, 0.5, 0.25)).batch
    assert batch.outputs["llm.tool_calls"].tolist() == [2.0]
    assert batch.inputs["llm.tools"].tolist() == [2.0]
    assert batch.requests.generations.first_token_seconds == pytest.approx([0.5])


def test_thinking_is_generated():
    """The first token of a reasoning model is the first one of its reasoning."""
    body = stream(chunk(role="assistant"), chunk(reasoning_content="Hm"), chunk(content="Yes", finish="stop"))
    generations = decoded("chat", CHAT_REQUEST, body, arrivals=arriving(body, 1.0, 1.0)).batch.requests.generations
    assert generations.first_token_seconds == pytest.approx([2.0])
    assert generations.output_token_seconds == pytest.approx([1.0])  # two parts, counted for want of anything better


def test_durations_of_the_server_stand_in_where_nothing_was_streamed():
    """VLLM's `metrics` give the times of an answer that arrived at once."""
    response = {
        "choices": [{"index": 0, "message": {"content": "x y"}, "finish_reason": "stop"}],
        "usage": usage(4, 2),
        "metrics": {"time_to_first_token_ms": 85.0, "mean_itl_ms": 9.5, "queue_time_ms": 1.0},
    }
    generations = decoded("chat", CHAT_REQUEST, response, seconds=0.2).batch.requests.generations
    assert generations.first_token_seconds == pytest.approx([0.085])
    assert generations.output_token_seconds == pytest.approx([0.0095])


def test_what_arrives_at_once_has_no_time_between_its_tokens():
    body = stream(*CHAT)
    generations = decoded("chat", CHAT_REQUEST, body, arrivals=Arrivals([len(body)], [0.5])).batch.requests.generations
    assert generations.first_token_seconds == pytest.approx([0.5])
    assert generations.output_token_seconds.size == 0


def test_an_error_in_a_stream_is_a_failed_request():
    """What was asked counts, what was answered before the error does not; its tokens were spent all the same."""
    body = stream(*CHAT[:3], {"error": {"message": "out of memory", "type": "InternalServerError", "code": 503}})
    batch = decoded("chat", CHAT_REQUEST, body).batch
    assert batch.requests.failures == {"overloaded": 1}
    assert batch.failed.tolist() == [True]
    assert batch.outputs == {}
    assert batch.inputs["llm.messages"].tolist() == [2.0]
    assert batch.requests.generations.tokens == {"completion": 2}


def test_a_bare_error_line_in_a_stream_is_an_error():
    body = stream(*CHAT[:2], done=False) + b'{"error": {"message": "boom"}}\n'
    assert decoded("chat", CHAT_REQUEST, body).batch.requests.failures == {"error": 1}


@pytest.mark.parametrize(("status", "reason"), [(500, "error"), (429, "overloaded"), (404, "invalid_input")])
def test_a_refused_call_is_a_failed_request(status, reason):
    batch = decoded("chat", CHAT_REQUEST, {"error": {"message": "no"}}, status=status).batch
    assert batch.requests.failures == {reason: 1}
    assert batch.outputs == {}


def test_a_stream_that_was_cut_off_was_cancelled():
    """Half an event at the end is no fault of the sender; a stream that was complete but for its end is complete."""
    cut = stream(*CHAT)[:-300]
    batch = decoded("chat", CHAT_REQUEST, cut, whole=False).batch
    assert batch.requests.failures == {"cancelled": 1}
    complete = decoded("chat", CHAT_REQUEST, stream(*CHAT, done=False), whole=False).batch
    assert complete.requests.failures == {}


def test_embeddings_have_norms():
    """Lists and base64 of the same vector give one norm; a vector that is none is missing."""
    packed = base64.b64encode(struct.pack("<2f", 3.0, 4.0)).decode()
    data = [{"index": i, "embedding": vector} for i, vector in enumerate(([3.0, 4.0], packed, "%%%", ["x"]))]
    request = {"model": "bge", "input": ["a", "bc", "d", "e"]}
    batch = decoded("embeddings", request, {"data": data, "usage": {"prompt_tokens": 6}}).batch
    np.testing.assert_array_equal(batch.outputs["llm.embedding_norm"], [5.0, 5.0, np.nan, np.nan])
    np.testing.assert_array_equal(batch.outputs["llm.embedding_dimensions"], [2.0, 2.0, np.nan, np.nan])
    assert batch.inputs["llm.prompt_chars"].tolist() == [1.0, 2.0, 1.0, 1.0]
    assert batch.requests.generations.tokens == {"prompt": 6}


REFUSED = {
    "request is no JSON": (b"{", {"choices": []}),
    "request is a list": ([], {"choices": []}),
    "response is no JSON": (CHAT_REQUEST, b"<html>"),
    "response is a list": (CHAT_REQUEST, []),
    "response is something else": (CHAT_REQUEST, {"object": "list"}),
    "an event is no JSON": (CHAT_REQUEST, b"data: {oops\n\n"),
    "an empty stream": (CHAT_REQUEST, b""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_call_is_refused(name):
    request, response = REFUSED[name]
    with pytest.raises(DecodeError) as refused:
        decoded("chat", request, response)
    assert refused.value.reason in {"syntax", "structure", "empty"}


def test_answers_are_bounded():
    """A response of more answers than a body may have rows keeps as many as that."""
    from driftgauge.ingest import Limits

    choices = [{"index": index, "text": "x"} for index in range(50)]
    call = OpenAICall(request=b'{"prompt": ""}', response=json.dumps({"choices": choices}).encode())
    assert decode_openai("completions", call, Limits(rows=7)).batch.rows == 7


def test_texts_go_with_their_rows():
    """All messages of a chat are one prompt, the pieces of a stream one completion; what has no text says so."""
    parts = [{"type": "text", "text": "and this"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    asked = {
        "n": 2,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}, {"role": "x"}],
    }
    body = stream(
        chunk(0, content="Hel"), chunk(0, content="lo"), chunk(1, content="Bye"), chunk(1, "stop"), chunk(0, "stop")
    )
    batch = decoded("chat", asked, body).batch
    assert batch.texts == {"llm.prompt": ("Be brief.\nand this",) * 2, "llm.completion": ("Hello", "Bye")}
    refused = {"choices": [{"message": {"content": None, "refusal": "I can't."}, "finish_reason": "stop"}]}
    assert decoded("chat", asked, refused).batch.texts["llm.completion"] == ("I can't.",)


def test_prompts_of_every_form_are_texts():
    """Texts and token numbers, one or many, with several answers each; what is neither is none."""
    told = {"choices": [{"index": place, "text": "x"} for place in range(4)]}
    for prompt, expected in (
        ("a b", ("a b", None, None, None)),
        (["a b", "c"], ("a b", "c", None, None)),
        ([7, 12], ([7, 12], None, None, None)),
        ([[7, 12], [9], {"no": "text"}], ([7, 12], [9], None, None)),
    ):
        assert decoded("completions", {"prompt": prompt}, told).batch.texts["llm.prompt"] == expected
    assert decoded("completions", {"prompt": ["a", "b"], "n": 2}, told).batch.texts["llm.prompt"] == (
        "a",
        "a",
        "b",
        "b",
    )
    vectors = {"data": [{"embedding": [0.1, 0.2]}, {"embedding": [0.3, 0.4]}]}
    assert decoded("embeddings", {"input": ["a", "b"]}, vectors).batch.texts == {"llm.prompt": ("a", "b")}


def test_a_call_that_failed_has_a_prompt_and_no_answer():
    """What was asked counts, what was not answered does not."""
    assert decoded("chat", CHAT_REQUEST, {}, status=500).batch.texts.keys() == {"llm.prompt"}
