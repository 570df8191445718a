"""Traffic against an exporter that may be gone at any moment, and what of it was acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time

from tests.serve.harness import Connection

INGEST = "/v1/models/fraud/observations"
ROWS = 10


def rows(first: int, number: int = ROWS, columns: int = 3) -> list[dict[str, object]]:
    """Make observations that can be labelled."""
    return [
        {
            "id": f"r{row}",
            "features": {f"x{column}": (row * 7 + column * 13) % 101 for column in range(columns)},
            "prediction": row % 2,
        }
        for row in range(first, first + number)
    ]


class Load:
    """Sends bodies of `ROWS` rows, one after another, until it is stopped or the exporter does not answer any more.

    Attributes:
        acknowledged: (time of the answer, rows acknowledged until then).
        sent: rows that were sent, answered or not.
    """

    def __init__(self, unix: str, *, columns: int = 3) -> None:
        self._unix = unix
        self._columns = columns
        self._stopping = threading.Event()
        self.acknowledged: list[tuple[float, int]] = [(time.time(), 0)]
        self.sent = 0
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    @property
    def rows(self) -> int:
        """Rows acknowledged so far."""
        return self.acknowledged[-1][1]

    def before(self, moment: float) -> int:
        """Return how many rows had been acknowledged before *moment*."""
        return max(rows for when, rows in self.acknowledged if when <= moment or not rows)

    def loss_seconds(self, kept: int, until: float) -> float:
        """Return how long before *until* the first row was acknowledged that is not among *kept* rows."""
        return max((until - when for when, rows in self.acknowledged if rows > kept), default=0.0)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(30)

    def _send(self) -> None:
        connection = Connection(0, self._unix)
        body = json.dumps(rows(0, columns=self._columns)).encode()
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            while not self._stopping.is_set():
                self.sent += ROWS
                connection.request("POST", INGEST, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    self.acknowledged.append((time.time(), self.rows + ROWS))
                self._stopping.wait(0.01)
