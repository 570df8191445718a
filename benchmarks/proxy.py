"""Proxy: what it adds to a call, against a direct call, nginx and an aiohttp proxy that does nothing, in one run.

Target: at most 1.3 times the CPU of the aiohttp proxy. Callers with kept connections make calls through each of them in turn,
round by round, so that what the machine does meanwhile meets all of them: one caller for whole answers, one for streams of
`EVENTS` server-sent events, and `CALLERS` threads at a time. Latency is the median of all calls, of a stream until its end; CPU is user and
system time of each proxy's processes by the kernel. nginx is left out with a message where it is not installed.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
from support.report import show

ROUNDS, CALLS = 12, 150
CALLERS, EVENTS = 16, 50
REQUEST = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello " * 50}]}).encode()
ANSWER = json.dumps(
    {
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "word " * 100}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 100},
    }
).encode()

STREAMED = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello " * 50}]}).encode()
PIECES = [
    b"data: "
    + json.dumps({"model": "m", "choices": [{"index": 0, "delta": {"content": f"word {number} "}}]}).encode()
    + b"\n\n"
    for number in range(EVENTS)
]
STREAM = b"".join(PIECES) + b"data: [DONE]\n\n"

# A model that answers whole, or as a stream in pieces that the loop sends one by one.
MODEL = """
import asyncio, sys
ANSWER, _, STREAM = sys.stdin.buffer.read().partition(b"\\0")
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(ANSWER)
BEGIN = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
CHUNKS = [b"%x\\r\\n%s\\r\\n" % (len(one) + 2, one + b"\\n\\n") for one in STREAM.split(b"\\n\\n")[:-1]]
async def stream(transport):
    transport.write(BEGIN)
    for chunk in CHUNKS:
        transport.write(chunk)
        await asyncio.sleep(0)
    transport.write(b"0\\r\\n\\r\\n")
class Model(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""
    def data_received(self, data):
        self.seen += data
        head, end, body = self.seen.partition(b"\\r\\n\\r\\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\\r\\n")[0]
        if end and len(body) >= int(length):
            self.seen = b""
            if b'"stream": true' in body:
                self.task = asyncio.ensure_future(stream(self.transport))
            else:
                self.transport.write(HEAD + ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Model, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""

NOTHING = """
import sys
from aiohttp import ClientSession, TCPConnector, web
HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"}
async def forward(request):
    headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
    async with request.app["session"].request(
        request.method, sys.argv[2] + request.path_qs, headers=headers, data=await request.read()
    ) as answer:
        response = web.StreamResponse(status=answer.status)
        for k, v in answer.headers.items():
            if k.lower() not in HOP:
                response.headers[k] = v
        if answer.content_length is not None:
            response.content_length = answer.content_length
        await response.prepare(request)
        async for piece in answer.content.iter_any():
            await response.write(piece)
        await response.write_eof()
        return response
async def session(app):
    app["session"] = ClientSession(connector=TCPConnector(limit=0), auto_decompress=False)
    yield
    await app["session"].close()
app = web.Application()
app.cleanup_ctx.append(session)
app.router.add_route("*", "/{path:.*}", forward)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream model {{ server 127.0.0.1:{model}; keepalive 16; }}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://model; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """What is called: the request, its answer, how many calls in a round, by how many callers."""

    name: str
    request: bytes
    answer: bytes
    calls: int
    callers: int = 1


CASES = (
    Case("A call of a language model", REQUEST, ANSWER, CALLS),
    Case(f"A stream of {EVENTS} events", STREAMED, STREAM, CALLS // 5),
    Case(f"Calls by {CALLERS} callers at a time", REQUEST, ANSWER, CALLS // 5, CALLERS),
    Case(f"Streams of {EVENTS} events to {CALLERS} callers at a time", STREAMED, STREAM, CALLS // 30, CALLERS),
)


def main() -> None:
    model = _free_port()
    upstream = f"http://127.0.0.1:{model}"
    with contextlib.ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        running.enter_context(_process([sys.executable, "-c", MODEL, str(model)], model, ANSWER + b"\0" + STREAM))
        ports = {"direct": (model, None)} | dict(_proxies(running, Path(folder), model, upstream))
        for case in CASES:
            _measure(case, ports)


def _measure(case: Case, ports: Mapping[str, tuple[int, psutil.Process | None]]) -> None:
    latencies: dict[str, list[float]] = {kind: [] for kind in ports}
    cpu = dict.fromkeys(ports, 0.0)
    for turn in range(ROUNDS + 1):
        for kind, (port, process) in ports.items():
            before = _cpu(process)
            found = _called(case, port)
            if turn:  # the first round warms up
                latencies[kind] += found
                cpu[kind] += _cpu(process) - before
    _show(case, latencies, cpu)


def _proxies(
    running: contextlib.ExitStack, folder: Path, model: int, upstream: str
) -> Iterator[tuple[str, tuple[int, psutil.Process]]]:
    driftgauge, aiohttp, metrics, nginx = (_free_port() for _ in range(4))
    command = [sys.executable, "-m", "driftgauge.cli.main", "proxy", "--upstream", upstream]
    command += ["--listen", f"127.0.0.1:{driftgauge}", "--metrics", f"127.0.0.1:{metrics}"]
    yield "driftgauge", (driftgauge, running.enter_context(_process(command, driftgauge)))
    command = [sys.executable, "-c", NOTHING, str(aiohttp), upstream]
    yield "aiohttp, no-op", (aiohttp, running.enter_context(_process(command, aiohttp)))
    if (path := shutil.which("nginx")) is None:
        print("nginx is not installed; apt-get install nginx-light to compare with it")
        return
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, model=model, port=nginx), "utf-8")
    command = [path, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    yield "nginx", (nginx, running.enter_context(_process(command, nginx)))


@contextlib.contextmanager
def _process(command: list[str], port: int, given: bytes = b"") -> Iterator[psutil.Process]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ, stderr=subprocess.DEVNULL)
    try:
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _cpu(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a process and its workers."""
    if process is None:
        return 0.0
    times = [one.cpu_times() for one in (process, *process.children())]
    return sum(one.user + one.system for one in times)


def _called(case: Case, port: int) -> list[float]:
    """Let all callers call; return how long each call took."""
    with ThreadPoolExecutor(case.callers) as pool:
        return [seconds for found in pool.map(lambda _: _calls(case, port), range(case.callers)) for seconds in found]


def _calls(case: Case, port: int) -> list[float]:
    """Make calls on one connection; return how long each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    found = []
    for _ in range(case.calls):
        started = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", case.request, {"Content-Type": "application/json"})
        assert connection.getresponse().read() == case.answer
        found.append(time.perf_counter() - started)
    connection.close()
    return found


def _show(case: Case, latencies: dict[str, list[float]], cpu: dict[str, float]) -> None:
    direct = statistics.median(latencies["direct"])
    nothing = cpu["aiohttp, no-op"]
    rows = []
    for kind, found in latencies.items():
        median = statistics.median(found)
        used = cpu[kind] / len(found)
        rows.append(
            (
                kind,
                f"{median * 1e6:.0f}",
                "" if kind == "direct" else f"{(median - direct) * 1e6:.0f}",
                "" if kind == "direct" else f"{used * 1e6:.0f}",
                "" if kind == "direct" else f"{cpu[kind] / nothing:.2f}",
            )
        )
    header = ("", "median, us", "added, us", "CPU a call, us", "of the no-op proxy's")
    show(
        case.name,
        header,
        rows,
        ("CPU of driftgauge: forwarding, decoding, counting and evaluating.",),
    )


if __name__ == "__main__":
    main()
