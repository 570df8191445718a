"""Sender: the daemon thread that packs, sends, waits and counts what it cannot send.

Guarantee: one body is under way at a time, and one that was sent without an answer is sent again with the same
`Idempotency-Key` until there is one, so a lost answer neither loses rows nor counts them twice. While the exporter is away
the thread goes on packing, within the outbox's bound, and tries again after 0.25 s, doubling to 5 s; `Retry-After` is
obeyed up to 30 s. Nothing that happens here reaches a caller.
"""

from __future__ import annotations

import http.client
import os
import queue
import threading
import time
from random import Random
from typing import Any
from urllib.parse import quote

from driftgauge.client.buffer import Buffer
from driftgauge.client.encode import header_of
from driftgauge.client.flushing import Flush, Flushes
from driftgauge.client.losses import Losses
from driftgauge.client.mistakes import Mistakes
from driftgauge.client.options import Options
from driftgauge.client.outbox import Outbox, Parcel
from driftgauge.client.packing import Packer
from driftgauge.client.tally import Tally
from driftgauge.client.transport import Answer, Transport
from driftgauge.client.warned import note_warnings

__all__ = ["Sender"]

_FIRST_DELAY, _LAST_DELAY = 0.25, 5.0
_MOST_RETRY_AFTER = 30.0
#: older bodies say when their rows happened; younger ones are as good as now, whatever the two clocks say
_LATE_SECONDS = 5.0
#: a connection that breaks that often under one body is the body's fault
_MOST_ATTEMPTS = 8
#: an exporter with small `limits.body_bytes` gets smaller bodies from then on
_TOO_LARGE, _SMALLEST_BODY = 413, 32 * 1024
_REPORT_SECONDS = 5.0
#: a process that has reported says so often that it lives; after four times in silence the exporter counts it as gone
_ALIVE_SECONDS = 15.0


class Sender:
    """Sends what a monitor logs.

    Args:
        model: name of the model.
        version: of the model.
        names: columns of array rows.
        options: bounds and times.
        mistakes: where mistakes in arguments are noted.
    """

    def __init__(self, model: str, version: str, names: tuple[str, ...], options: Options, mistakes: Mistakes) -> None:
        self.buffer = Buffer(options.buffer_bytes // 2)
        self._options = options
        self._mistakes = mistakes
        self._model = f"/v1/models/{quote(model, safe='')}"
        self._observations = f"{self._model}/versions/{quote(version, safe='')}/observations"
        self._packer = Packer(names, mistakes, self._next_key, texts=options.texts)
        # an outbox of a few bodies can give up one of them and keep the others
        self._packer.most_bytes = min(self._packer.most_bytes, options.buffer_bytes // 8)
        self._transport = Transport(options.endpoint, options.timeout_seconds, options.identity)
        self._closed = False
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._wake: queue.SimpleQueue[Flush | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._outbox = Outbox(self._options.buffer_bytes // 2)
        self._tally = Tally()
        self._losses = Losses()
        self.sampler = Random(os.urandom(8))  # noqa: S311 - draws samples; the program's own sequence stays as it is
        self._random = Random(os.urandom(8))  # noqa: S311 - spreads retries
        self._prefix = os.urandom(8).hex()
        self._keys = 0
        self._delay = 0.0
        self._retry_at = 0.0
        self._deadline: float | None = None
        self._flushes = Flushes()
        self._told_lost = self._refused_totals = 0
        self._reported_at = 0.0
        self._reported_in_flight = 0
        self._reports = True
        self._known = False
        self._ended = False
        self._parting = False

    def forked(self) -> None:
        """Forget what belongs to the parent; the first call in the child starts a thread of its own."""
        self._transport.abandon()
        self.buffer.forget(0 if self._closed else self._options.buffer_bytes // 2)
        self._begin_anew()

    @property
    def running(self) -> bool:
        """Whether the thread has been started."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread unless it runs; return at once when another caller is about to."""
        if self._closed or not self._starting.acquire(blocking=False):
            return
        try:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="driftgauge-client", daemon=True)
                thread.start()
                self._thread = thread
                self.buffer.calm_down()
        except RuntimeError as error:  # no threads left, or the interpreter is ending
            self._mistakes("thread", f"the thread cannot be started, nothing is sent: {error}")
        finally:
            self._starting.release()

    def wake(self) -> None:
        """Let the thread look now; safe in signal handlers."""
        self._wake.put(None)

    def flush(self, timeout: float) -> bool:
        """Wait until everything logged so far was answered; tell whether all of it was taken, since the last flush."""
        if self._thread is None:
            return not len(self.buffer)
        done = Flush()
        self._wake.put(done)
        return done.wait_whole(timeout)

    def part(self, timeout: float) -> bool:
        """Flush and say a last word, as a process does that is about to end; what is logged later is sent all the same."""
        self._parting = self._thread is not None
        return self.flush(timeout)

    def close(self, timeout: float) -> bool:
        """Take nothing more, send what there is for at most *timeout* seconds; tell whether all of it was answered."""
        self._closed = True
        self.buffer.close()
        thread = self._thread
        if thread is None or not thread.is_alive():
            return True
        self._deadline = time.monotonic() + timeout
        self._wake.put(None)
        if thread is not threading.current_thread():
            thread.join(timeout + 0.05)
        return not thread.is_alive() and not len(self._outbox) and not len(self.buffer)

    def _run(self) -> None:
        while not self._finished():
            self._wait()
            try:
                self._collect()
                self._mistakes.report()
                if self._deliver():
                    self._parting = False
                    self._flushes.answer(self._told_lost + self._tally.drops + self._refused_totals)
                self._mistakes.report()
            except Exception as error:  # noqa: BLE001 - the thread must live; it says what went wrong
                self._mistakes.trouble(error)
                self._retry_at = time.monotonic() + _LAST_DELAY
        self._transport.close()

    def _finished(self) -> bool:
        if self._deadline is None:
            return False
        empty = not len(self.buffer) and not len(self._outbox) and not self._tally
        return (empty and (self._ended or not self._known)) or time.monotonic() >= self._deadline

    def _wait(self) -> None:
        """Sleep until the next round, or until woken."""
        pause = self._options.flush_seconds if self._deadline is None else 0.01
        try:
            while True:
                item = self._wake.get(timeout=pause)
                if item is not None:
                    self._flushes.add(item)
                pause = 0
        except queue.Empty:
            return

    def _collect(self) -> None:
        for parcel in self._packer.parcels(self.buffer, self._tally):
            for pushed in self._outbox.add(parcel):
                self._lose(pushed, "unsent")
            if self._outbox.held > self._outbox.limit // 2:
                self._deliver()
        self._losses.count(self.buffer, self._tally)

    def _deliver(self) -> bool:
        """Send what is due, in order, until something does not go; tell whether nothing is left."""
        while time.monotonic() >= self._retry_at or self._deadline is not None or self._parting:
            parcel = self._outbox.head or self._report()
            if parcel is None:
                return True
            if self._deadline is not None and time.monotonic() >= self._deadline:
                return False
            if not self._try(parcel):
                return False
        return False

    def _report(self) -> Parcel | None:
        """Return a body without rows: totals that no rows carry, other requests in flight, a sign of life, the last word."""
        silent = time.monotonic() - self._reported_at
        changed = silent >= _REPORT_SECONDS and self.buffer.in_flight != self._reported_in_flight
        alive = self._known and silent >= _ALIVE_SECONDS
        last = self._known and (self._parting or self._deadline is not None) and not len(self.buffer)
        if not self._reports or not (self._tally or changed or alive or (last and not self._ended)):
            return None
        self._ended = last
        parcel = Parcel(self._next_key(), time.time(), last=last)
        self._outbox.add(parcel)
        return parcel

    def _try(self, parcel: Parcel) -> bool:
        """Send the head of the outbox; tell whether to go on with the next one."""
        if parcel.tally is None:
            parcel.tally = Tally() if parcel.labels else self._tally.take()
            self._told_lost += parcel.tally.drops
        try:
            answer = self._post(parcel)
        except (OSError, http.client.HTTPException) as error:
            self._postpone(parcel, error)
            return False
        if answer.busy:
            if answer.unauthorized:
                self._mistakes(f"refused {answer.status}", f"the credentials are not accepted: {answer.text[:300]}")
            self._back_off(answer.retry_after)
            return False
        self._delay = self._retry_at = 0.0
        self._outbox.done()
        if answer.taken:
            self._reported_at = time.monotonic()
            note_warnings(answer.text, self._mistakes)
            if parcel.last:
                self._known = self._parting = False
            elif not parcel.labels:
                self._known, self._ended = True, False
        else:
            self._refused(parcel, answer)
        return True

    def _post(self, parcel: Parcel) -> Answer:
        headers = {"Idempotency-Key": parcel.key}
        if parcel.labels:
            headers["Content-Type"] = "application/x-ndjson"
            return self._transport.post(f"{self._model}/labels", headers, [b"".join(parcel.labels)])
        late = time.time() - parcel.made > _LATE_SECONDS
        header = header_of(parcel.encoded, self._parameters(parcel), parcel.made if late else None)
        headers["Content-Type"] = "application/octet-stream"
        headers["Inference-Header-Content-Length"] = str(len(header))
        parts = () if parcel.encoded is None else parcel.encoded.parts
        return self._transport.post(self._observations, headers, [header, *parts])

    def _parameters(self, parcel: Parcel) -> dict[str, Any]:
        assert parcel.tally is not None
        self._reported_in_flight = self.buffer.in_flight
        return {
            "pid": os.getpid(),
            "process": self._prefix,
            "sample_rate": self._options.sample,
            "in_flight": max(self._reported_in_flight, 0),
            **parcel.tally.as_parameters(),
            **({"ended": True} if parcel.last else {}),
        }

    def _postpone(self, parcel: Parcel, error: Exception) -> None:
        """Keep the head for later; give it up when it breaks one connection after the other."""
        self._reports = True  # another exporter may come back
        if parcel.last and not parcel.tally:
            self._outbox.done()  # nobody waits to say goodbye
            self._known = self._parting = False
            return
        if not isinstance(error, TimeoutError | ConnectionRefusedError | FileNotFoundError | BlockingIOError):
            parcel.attempts += 1
        if parcel.attempts >= _MOST_ATTEMPTS:
            self._lose(self._outbox.done(), "unanswered")
        self._mistakes(
            "exporter", f"no answer from {self._options.endpoint}: {type(error).__name__} {error}; trying on"
        )
        self._back_off(None)

    def _back_off(self, retry_after: float | None) -> None:
        self._delay = min(max(self._delay * 2, _FIRST_DELAY), _LAST_DELAY)
        delay = self._delay if retry_after is None else min(retry_after, _MOST_RETRY_AFTER)
        # Clients that wait at the same exporter spread out, but none comes before the time that it was asked for.
        spread = (0.75, 1.0) if retry_after is None else (1.0, 1.25)
        self._retry_at = time.monotonic() + delay * self._random.uniform(*spread)

    def _refused(self, parcel: Parcel, answer: Answer) -> None:
        if parcel.encoded is None and not parcel.labels:
            # an exporter that does not know such bodies: totals go with rows, and there is no last word
            self._reports = self._known = False
            self._refused_totals += parcel.tally is not None and parcel.tally.requests > 0
        if answer.status == _TOO_LARGE and parcel.encoded is not None:
            self._packer.most_bytes = max(min(parcel.encoded.nbytes, self._packer.most_bytes) // 2, _SMALLEST_BODY)
        self._mistakes(f"refused {answer.status}", f"the exporter refused a body: {answer.status} {answer.text[:300]}")
        self._lose(parcel, "refused")

    def _lose(self, parcel: Parcel, reason: str) -> None:
        """Count the rows of a parcel as dropped and take back the totals that it carried."""
        if parcel.tally is not None:
            self._told_lost -= parcel.tally.drops
            self._tally.add(parcel.tally)
        if parcel.rows:
            (self._tally.dropped_labels if parcel.labels else self._tally.dropped)[reason] += parcel.rows

    def _next_key(self) -> str:
        self._keys += 1
        return f"{self._prefix}-{self._keys}"
