"""Replaying: read, pace, send, and account for every row.

One body after the other is sent as the client sends it, Open Inference Protocol with binary tensors and an
`Idempotency-Key`; an exporter that is busy (429) or away is waited for, and what it has taken is not counted twice.
Memory: one chunk of the file. Time: 5 us a row of 10 columns, reading CSV included.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from driftgauge.cli.connection import identity_of
from driftgauge.cli.mapping import apply_mapping
from driftgauge.cli.pace import Pace
from driftgauge.cli.progress import Progress
from driftgauge.cli.roles import FACT_HELP, roles_of
from driftgauge.cli.terminal import printable
from driftgauge.client.block import Block
from driftgauge.client.encode import encode, header_of
from driftgauge.client.replaying import blocks_of
from driftgauge.client.transport import Answer, Transport
from driftgauge.errors import ConfigError, SourceError
from driftgauge.sources import open_source

__all__ = ["replay", "score_offline"]

#: rows of a body, and of a chunk of the file: few enough for half a megabyte, enough to hide the cost of a body
ROWS = 4_096
#: an exporter that restarts is back by then
PATIENCE_SECONDS = 60.0
TIMEOUT_SECONDS = 30.0
_FIRST_DELAY, _LAST_DELAY = 0.1, 5.0
_REASONS_SHOWN = 5


def score_offline(args: argparse.Namespace) -> int:
    """Score the whole file against a profile, as `driftgauge score` does."""
    from driftgauge.cli.score_run import score

    if args.speed is not None or args.address is not None:
        raise ConfigError("--reference scores without an exporter: expected neither --speed nor --address beside it")
    apply_mapping(args)
    facts = roles_of(args).facts
    given = {name: value for name, value in vars(args).items() if name not in {*FACT_HELP, "mapping"}}
    given["ignore"] = [*args.ignore, *facts.values()]
    return score(argparse.Namespace(**given, mapping=None, textfile=None, pushgateway=None, job=None))


def replay(args: argparse.Namespace) -> int:
    """Send the file and say what became of its rows."""
    apply_mapping(args)
    source = open_source(args.file, roles_of(args), chunk_rows=ROWS, delimiter=args.delimiter)
    pace = Pace(args.speed, args.times, time.time, time.sleep)
    sending = _Sending(args)
    with Progress(sys.stderr) as progress:
        try:
            for batch in source.batches():
                for part in pace.parts(batch):
                    for block in blocks_of(part):
                        sending.send(block)
                progress.show(source.progress())
        finally:
            sending.close()
        seconds = progress.seconds
    if not sending.rows:
        raise SourceError(f"{args.file}: no rows to send")
    print("\n".join(map(printable, sending.account(seconds))))
    return 0


@dataclass
class _Sending:
    """Sends blocks and counts what was answered."""

    args: argparse.Namespace
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    waits: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        address = self.args.address
        self._where = self.args.socket if not address else address if "://" in address else f"http://{address}"
        self._transport = Transport(self._where, TIMEOUT_SECONDS, identity_of(self.args))
        version = f"/versions/{quote(self.args.version, safe='')}" if self.args.version else ""
        self._path = f"/v1/models/{quote(self.args.model, safe='')}{version}/observations"
        self._prefix = os.urandom(8).hex()
        self._bodies = 0

    def close(self) -> None:
        self._transport.close()

    def send(self, block: Block) -> None:
        """Send one block, however long the exporter asks to wait."""
        encoded = encode(block)
        header = header_of(encoded, {"requests": block.rows})  # one a row, as far as a file tells
        self._bodies += 1
        answer = self._answered([header, *encoded.parts], len(header))
        self.rows += block.rows
        if not answer.taken:
            raise SourceError(f"{self._where}: refused row {self.rows - block.rows + 1:,} and on: {_said(answer)}")
        said = json.loads(answer.text)
        self.accepted += said["accepted"]
        self.rejected += said["rejected"]
        self.problems.update(error["message"] for error in said.get("errors", ()))

    def _answered(self, parts: list[bytes | memoryview], length: int) -> Answer:
        headers = {
            "Idempotency-Key": f"{self._prefix}-{self._bodies}",
            "Content-Type": "application/octet-stream",
            "Inference-Header-Content-Length": str(length),
        }
        delay, deadline = _FIRST_DELAY, time.monotonic() + PATIENCE_SECONDS
        while True:
            asked: float | None = None
            try:
                answer = self._transport.post(self._path, headers, parts)
            except (OSError, http.client.HTTPException) as error:
                problem = f"{type(error).__name__} {error}"
            else:
                if not answer.busy:
                    return answer
                problem, asked = _said(answer), answer.retry_after
            if time.monotonic() >= deadline:
                raise SourceError(f"{self._where}: no exporter took a body within {PATIENCE_SECONDS:.0f} s: {problem}")
            self.waits += 1
            time.sleep(delay if asked is None else min(asked, _LAST_DELAY))
            delay = min(2 * delay, _LAST_DELAY)

    def account(self, seconds: float) -> Iterator[str]:
        """Yield the lines that say what was sent."""
        speed = self.rows / max(seconds, 1e-9)
        yield f"{self.rows:,} rows in {self._bodies:,} bodies, {seconds:.1f} s, {speed:,.0f} rows/s"
        yield f"accepted {self.accepted:,}, rejected {self.rejected:,}, waited {self.waits:,} times for the exporter"
        for problem, count in self.problems.most_common(_REASONS_SHOWN):
            yield f"note: {problem}" + (f" ({count} times)" if count > 1 else "")


def _said(answer: Answer) -> str:
    try:
        detail = json.loads(answer.text)["detail"]
    except (ValueError, TypeError, KeyError):
        detail = answer.text[:200]
    return f"{answer.status} {detail}"
