"""What is observed of calls that pass: the figures that follow from them by hand."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import numpy as np
import pytest

from tests.ingest.recorded_calls import CHAT, CHAT_REQUEST, stream
from tests.serve.harness import of_model
from tests.serve.proxy.rig import Forwarding, answer, post

CHAT_POST = post("/v1/chat/completions", json.dumps(CHAT_REQUEST).encode())


class Ticking:
    """A clock that moves when it is told."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


def test_times_of_a_stream_are_those_of_its_events(monkeypatch):
    """With a clock of the test's, times are exact: the first token 0.25 s after the request, the next two 0.5 s apart each."""
    with Forwarding() as rig:
        clock = Ticking()
        monkeypatch.setattr(rig._loop, "time", clock)  # of the watches alone: nothing is scheduled meanwhile
        seen = asyncio.Queue()

        async def handler(reader, writer):
            await reader.readexactly(len(CHAT_POST))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number, event in enumerate([*CHAT, None]):
                # The role at once, the first token after 0.25 s, then one every 0.5 s, then the usage and the end.
                clock.now += (0.0, 0.25, 0.5, 0.5, 0.0, 0.0)[number]
                text = stream(event, done=False) if event else b"data: [DONE]\n\n"
                writer.write(b"%x\r\n%s\r\n" % (len(text), text))
                await seen.get()
            clock.now += 0.75
            writer.write(b"0\r\n\r\n")

        async def call():
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.proxy.port)
            writer.write(CHAT_POST)
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(len(CHAT) + 1):
                size = int(await reader.readuntil(b"\r\n"), 16)
                await reader.readexactly(size + 2)
                seen.put_nowait(True)
            await reader.read()
            writer.close()

        rig.handler = handler
        rig.run(call())
        monkeypatch.undo()
        found = rig.settled()
        assert of_model(found, "time_to_first_token_seconds_sum", "qwen") == pytest.approx(0.25)
        assert of_model(found, "time_to_first_token_seconds_bucket", "qwen", le="0.25") == 1
        assert of_model(found, "time_to_first_token_seconds_bucket", "qwen", le="0.1") == 0
        assert of_model(found, "time_per_output_token_seconds_sum", "qwen") == pytest.approx(0.5)
        assert of_model(found, "request_duration_seconds_sum", "qwen") == pytest.approx(0.25 + 0.5 + 0.5 + 0.75)
        assert of_model(found, "tokens_total", "qwen", kind="prompt") == 11
        assert of_model(found, "tokens_total", "qwen", kind="completion") == 3
        assert of_model(found, "finish_reasons_total", "qwen", reason="stop") == 1
        assert of_model(found, "generations_total", "qwen", kind="text") == 1


PACKED = {
    "gzip": lambda body: gzip.compress(body, mtime=0),
    "deflate": zlib.compress,
    "raw deflate": lambda body: zlib.compress(body, wbits=-15),
}


@pytest.mark.parametrize("name", PACKED)
def test_compressed_bodies_are_observed(name):
    """Both bodies are unpacked for the observer, and pass as they are."""
    coding = name.rpartition(" ")[2]
    with Forwarding() as rig:
        body = PACKED[name](json.dumps(CHAT_REQUEST).encode())
        reply = answer(PACKED[name](stream(*CHAT)), content_type="text/event-stream", Content_Encoding=coding)
        sent = post("/v1/chat/completions", body, Content_Encoding=coding)
        assert rig.exchange(sent, answer=[reply]) == reply
        assert of_model(rig.settled(), "tokens_total", "qwen", kind="completion") == 3


def test_unpacking_is_bounded():
    """A small body that unpacks to a large one is not observed."""
    with Forwarding("limits: {body_bytes: 65536}") as rig:
        reply = answer(gzip.compress(bytes(10**6), mtime=0), Content_Encoding="gzip")
        assert rig.exchange(CHAT_POST, answer=[reply]) == reply
        assert rig.settled()['driftgauge_proxy_unobserved_total{reason="too_large"}'] == 1


def test_other_codings_are_not_observed():
    with Forwarding() as rig:
        reply = answer(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd")
        assert rig.exchange(CHAT_POST, answer=[reply]) == reply
        assert rig.settled()['driftgauge_proxy_unobserved_total{reason="content_type"}'] == 1


def inference(values, name="x"):
    return [{"name": name, "shape": list(np.shape(values)), "datatype": "FP32", "data": np.ravel(values).tolist()}]


def test_the_inference_protocol_is_observed():
    """Requests and responses of v2 pair to rows; the path names the model, the response its version."""
    with Forwarding() as rig:
        rows = [[1.0, 2.0], [3.0, 4.0]]
        sent = post("/v2/models/team%2Firis/infer", json.dumps({"inputs": inference(rows)}).encode())
        reply = answer(json.dumps({"model_version": "7", "outputs": inference([0.0, 1.0], "y")}).encode())
        assert rig.exchange(sent, answer=[reply]) == reply
        bad = answer(b'{"error": "CUDA"}', "500 Oh")
        assert rig.exchange(sent, answer=[bad]) == bad
        found = rig.settled()
        assert of_model(found, "predictions_total", "team/iris", "7") == 2
        assert of_model(found, "requests_total", "team/iris", "7") == 2
        assert of_model(found, "request_failures_total", "team/iris", "7", reason="error") == 1


def test_binary_tensors_are_observed():
    """The headers that say where the JSON ends are used."""
    values = np.array([[1.5, 2.5]], "<f4")
    head = {
        "inputs": [
            {"name": "x", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": values.nbytes}}
        ]
    }
    text = json.dumps(head).encode()
    sent = post(
        "/v2/models/m/versions/3/infer", text + values.tobytes(), Inference_Header_Content_Length=str(len(text))
    )
    reply = answer(json.dumps({"outputs": inference([1.0], "y")}).encode())
    with Forwarding() as rig:
        assert rig.exchange(sent, answer=[reply]) == reply
        assert of_model(rig.settled(), "predictions_total", "m", "3") == 1


def test_the_first_protocol_is_observed():
    with Forwarding() as rig:
        sent = post("/v1/models/m:predict", b'{"instances": [[1.0], [2.0], [3.0]]}')
        reply = answer(b'{"predictions": [0, 1, 0]}')
        assert rig.exchange(sent, answer=[reply]) == reply
        assert of_model(rig.settled(), "predictions_total", "m") == 3


def test_a_configured_name_goes_before_all():
    with Forwarding(model="chat") as rig:
        reply = answer(stream(*CHAT), content_type="text/event-stream")
        assert rig.exchange(CHAT_POST, answer=[reply]) == reply
        assert of_model(rig.settled(), "requests_total", "chat") == 1


def test_pipelined_calls_keep_their_order():
    """The first response belongs to the first request."""
    calls = [post("/v1/completions", json.dumps({"model": name, "prompt": ""}).encode()) for name in "abc"]
    replies = [
        answer(json.dumps({"choices": [{"text": "x"}], "usage": {"completion_tokens": tokens}}).encode())
        for tokens in (1, 20, 300)
    ]
    with Forwarding() as rig:
        assert rig.exchange(b"".join(calls), answer=[b"".join(replies)]) == b"".join(replies)
        found = rig.settled()
        counted = [of_model(found, "tokens_total", name, kind="completion") for name in "abc"]
        assert counted == [1, 20, 300]
