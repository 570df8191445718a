"""The official client through the proxy: it notices nothing, and everything is counted."""

from __future__ import annotations

import asyncio
import base64
import json
import struct

import pytest

from tests.ingest.recorded_calls import CHAT, chunk, scored, stream, usage
from tests.serve.harness import of_model
from tests.serve.proxy.rig import Forwarding, answer

openai = pytest.importorskip("openai", reason="the official client is not installed")

WHOLE = {
    "id": "chatcmpl-2",
    "object": "chat.completion",
    "created": 1,
    "model": "qwen",
    "choices": [
        {
            "index": index,
            "message": {"role": "assistant", "content": text},
            "finish_reason": finish,
            "logprobs": scored((-0.5, -0.5, -1.5), (-1.5, -1.5, -1.0)),
        }
        for index, (text, finish) in enumerate([("Good day", "stop"), ("Good", "length")])
    ],
    "usage": usage(7, 4),
}
COMPLETION = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "qwen",
    "choices": [{"index": 0, "text": " world", "finish_reason": "stop", "logprobs": None}],
    "usage": usage(2, 1),
}
VECTOR = [0.6, 0.8]
EMBEDDING = {
    "object": "list",
    "model": "bge",
    "data": [{"object": "embedding", "index": 0, "embedding": base64.b64encode(struct.pack("<2f", *VECTOR)).decode()}],
    "usage": {"prompt_tokens": 4, "total_tokens": 4},
}


def reply_to(path: str, body: dict) -> tuple[bytes, str]:
    """Return the recorded body for a request, and its type."""
    if path.endswith("/embeddings"):
        return json.dumps(EMBEDDING).encode(), "application/json"
    if path.endswith("/chat/completions"):
        if body.get("stream"):
            return stream(*CHAT), "text/event-stream"
        return json.dumps(WHOLE).encode(), "application/json"
    if body.get("stream"):
        events = [{**COMPLETION, "choices": [{"index": 0, "text": t, "finish_reason": f}]} for t, f in TEXTS]
        return stream(*events), "text/event-stream"
    return json.dumps(COMPLETION).encode(), "application/json"


TEXTS = ((" wor", None), ("ld", "length"))


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict]:
    """Return a request's path and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    fields = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if line)
    return head.split()[1], json.loads(await reader.readexactly(int(fields["content-length"])))


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve recorded bodies, event by event, on a connection that is kept."""
    while True:
        content, kind = reply_to(*await read_request(reader))
        if kind == "application/json":
            writer.write(answer(content))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for event in content.split(b"\n\n")[:-1]:
                writer.write(b"%x\r\n%s\n\n\r\n" % (len(event) + 2, event))
                await writer.drain()
                await asyncio.sleep(0.002)  # so that events arrive one by one, as tokens do
            writer.write(b"0\r\n\r\n")


@pytest.fixture(scope="module")
def rig():
    with Forwarding(handler=serve) as made:
        yield made


@pytest.fixture(scope="module")
def client(rig):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{rig.proxy.port}/v1", api_key="none", max_retries=0) as made:
        yield made


def change(rig, call, *series):
    """Return by how much series have moved when *call* has been made."""
    before = rig.settled()
    call()
    after = rig.settled()
    return [after[name] - before.get(name, 0.0) for name in series]


def name_of(metric: str, model: str = "qwen", **labels: str) -> str:
    pairs = "".join(f',{key}="{value}"' for key, value in labels.items())
    return f'driftgauge_{metric}{{model="{model}",version="0"{pairs}}}'


def test_chat(rig, client):
    """Two answers are two rows; their usage is counted once."""

    def call():
        messages = [{"role": "user", "content": "Hi"}]
        found = client.chat.completions.create(model="qwen", messages=messages, n=2, logprobs=True, top_logprobs=2)
        assert [choice.message.content for choice in found.choices] == ["Good day", "Good"]

    moved = change(
        rig,
        call,
        name_of("predictions_total"),
        name_of("tokens_total", kind="prompt"),
        name_of("tokens_total", kind="completion"),
        name_of("finish_reasons_total", reason="length"),
        name_of("generations_total", kind="text"),
    )
    assert moved == [2, 7, 4, 1, 2]


def test_streamed_chat(rig, client):
    """Each event reaches the client; the times are measured."""

    def call():
        messages = [{"role": "user", "content": "Hi"}]
        with client.chat.completions.create(
            model="qwen", messages=messages, stream=True, stream_options={"include_usage": True}
        ) as events:
            texts = [event.choices[0].delta.content or "" for event in events if event.choices]
        assert "".join(texts) == "Good day!"

    moved = change(
        rig,
        call,
        name_of("tokens_total", kind="completion"),
        name_of("time_to_first_token_seconds_count"),
        name_of("time_per_output_token_seconds_count"),
        name_of("finish_reasons_total", reason="stop"),
    )
    assert moved == [3, 1, 1, 1]
    found = rig.scrape()
    # Two gaps of at least 2 ms each lie between the three tokens.
    assert of_model(found, "time_per_output_token_seconds_sum", "qwen") >= 0.002
    assert of_model(found, "time_to_first_token_seconds_sum", "qwen") >= 0.002


def test_completions(rig, client):
    def call():
        assert client.completions.create(model="qwen", prompt="Hello").choices[0].text == " world"

    assert change(rig, call, name_of("tokens_total", kind="completion")) == [1]


def test_streamed_completions(rig, client):
    def call():
        with client.completions.create(model="qwen", prompt="Hello", stream=True) as events:
            assert "".join(event.choices[0].text for event in events) == " world"

    assert change(rig, call, name_of("finish_reasons_total", reason="length")) == [1]


def test_embeddings(rig, client):
    """The client asks for base64 by itself."""

    def call():
        found = client.embeddings.create(model="bge", input="Hello")
        assert found.data[0].embedding == pytest.approx(VECTOR, rel=1e-6)

    assert change(rig, call, name_of("tokens_total", "bge", kind="prompt"), name_of("requests_total", "bge")) == [4, 1]


def test_a_stream_that_its_caller_leaves(rig, client):
    """A client that stops reading closes its connection: its call is cancelled."""
    client.chat.completions.create(model="qwen", messages=[{"role": "user", "content": ""}])  # registers the model

    async def unending(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while not writer.is_closing():  # until the caller has gone
            writer.write(stream(*CHAT[:1], done=False))
            await writer.drain()
            await asyncio.sleep(0.002)

    rig.handler, kept = unending, rig.handler
    before = rig.settled()
    # The client's kept connections belong to the handler before.
    with openai.OpenAI(base_url=client.base_url, api_key="none", max_retries=0) as fresh:
        events = fresh.chat.completions.create(model="qwen", messages=[{"role": "user", "content": ""}], stream=True)
        next(iter(events))
        events.close()
        found = rig.settled()
    rig.handler = kept
    name = name_of("request_failures_total", reason="cancelled")
    assert found["driftgauge_proxy_client_disconnects_total"] - before["driftgauge_proxy_client_disconnects_total"] == 1
    assert found[name] - before[name] == 1


def test_an_error_is_the_clients_error(rig, client):
    """What the server says reaches the client as its exception."""

    async def failing(reader, writer):
        await read_request(reader)
        writer.write(answer(b'{"error": {"message": "no room", "code": 503}}', "503 Service Unavailable"))

    def call():
        with (
            openai.OpenAI(base_url=client.base_url, api_key="none", max_retries=0) as fresh,
            pytest.raises(openai.InternalServerError, match="no room"),
        ):
            fresh.completions.create(model="qwen", prompt="Hello")

    rig.handler = failing
    moved = change(rig, call, name_of("request_failures_total", reason="overloaded"))
    rig.handler = serve
    assert moved == [1]


def test_tools_reach_the_client(rig, client):
    """A tool call in pieces is put together by the client and counted as one."""
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}
    events = stream(
        chunk(role="assistant", content=None, tool_calls=[call]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}]),
        chunk(finish="tool_calls"),
    )

    async def calling(reader, writer):
        await read_request(reader)
        writer.write(answer(events, content_type="text/event-stream"))

    def make():
        with openai.OpenAI(base_url=client.base_url, api_key="none", max_retries=0) as fresh:
            messages = [{"role": "user", "content": ""}]
            with fresh.chat.completions.create(model="qwen", messages=messages, stream=True) as found:
                parts = [event.choices[0].delta.tool_calls for event in found]
        assert [part[0].function.arguments for part in parts if part] == ["", "{}"]

    rig.handler = calling
    moved = change(rig, make, name_of("generations_total", kind="tool_calls"))
    rig.handler = serve
    assert moved == [1]
