"""A crowd of clients as a process of its own, so that its open files are not the exporter's: argv is socket, clients, seconds.

All of them connect, then each asks in turn on its connection, which stays open until the last one has been answered.
Writes one JSON object: how many were answered, and how long an answer took.
"""

import asyncio
import json
import socket
import sys
import time

BODY = b'[{"features": {"age": 41}, "prediction": 1}]'
ASK = (
    b"POST /v1/models/fraud/observations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
) + BODY
#: connections that are made at a time, and requests that are on their way
AT_ONCE = 100


async def connected(path: str) -> socket.socket:
    """Connect; where the queue of those that wait to be accepted is full asyncio would take the attempt for a success."""
    made = socket.socket(socket.AF_UNIX)
    made.setblocking(False)
    while True:
        try:
            made.connect(path)
        except BlockingIOError:
            await asyncio.sleep(0.05)
        else:
            return made


async def client(path: str, room: asyncio.Semaphore, everyone: asyncio.Barrier, took: list[float]) -> str:
    async with room:
        reader, writer = await asyncio.open_unix_connection(sock=await connected(path))
    await everyone.wait()
    answer = "broken"
    try:
        async with room:
            began = time.perf_counter()
            writer.write(ASK)
            head = await reader.readuntil(b"\r\n")
            took.append(time.perf_counter() - began)
        answer = head.split()[1].decode()
    except (OSError, asyncio.IncompleteReadError):
        pass
    await everyone.wait()
    writer.close()
    return answer


async def crowd(path: str, clients: int, seconds: float) -> dict[str, object]:
    room, everyone, took = asyncio.Semaphore(AT_ONCE), asyncio.Barrier(clients), []
    async with asyncio.timeout(seconds):
        answers = await asyncio.gather(*(client(path, room, everyone, took) for _ in range(clients)))
    took.sort()
    return {
        "answers": {answer: answers.count(answer) for answer in sorted(set(answers))},
        "median_s": took[len(took) // 2],
        "p99_s": took[len(took) * 99 // 100],
    }


if __name__ == "__main__":
    json.dump(asyncio.run(crowd(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))), sys.stdout)
