"""Keeper: writes checkpoints of the models, and brings the models back from them at start.

A checkpoint is taken under the engine's lock, model by model, and packed and written without it. Slots that have ended no longer change and are
not copied, so the lock is held for a millisecond or two for 1,000 columns. A model that nothing has been observed of since is left as it is. What cannot be written is counted and tried again at the next interval:
monitoring goes on in memory. A crash loses what was counted since the last checkpoint, one `state.interval_seconds` and the time that writing takes;
SIGTERM loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

from driftgauge.config import StateSettings
from driftgauge.errors import DecodeError, ProfileError, StateError
from driftgauge.expose import CheckpointView
from driftgauge.profile import WINDOWS
from driftgauge.serve.engine import Engine
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.periodic import Periodic
from driftgauge.serve.state_file import decode, encode
from driftgauge.serve.state_folder import StateFolder, failure_reason
from driftgauge.state import Mark, State

__all__ = ["FAILURES", "REJECTIONS", "Keeper"]

#: reasons why a model could not be written; limit: state.bytes; internal: a fault of ours
FAILURES = ("no_space", "read_only", "permission", "locked", "limit", "io", "internal")
#: reasons why a file was not used: it is damaged or foreign; what is counted has changed; its model is not wanted, or
#: what it holds is older than the windows
REJECTIONS = ("damaged", "changed", "unwanted")

#: a model that registered itself comes back when it was observed within a day: versions that were rolled out must not pile up
UNCONFIGURED_SECONDS = 86_400.0
_LONGEST_SECONDS = float(WINDOWS[-1].seconds)


class _TooLargeError(Exception):
    """A file would be more than the folder may hold."""


class Keeper:
    """Keeps the models of *engine* as *settings* say."""

    def __init__(self, engine: Engine, settings: StateSettings) -> None:
        self._engine = engine
        self._path = Path(settings.directory)
        self._periodic = Periodic(lambda: asyncio.to_thread(self.keep), settings.interval_seconds, at_once=False)
        self._limit = settings.bytes
        self._folder: StateFolder | None = None
        self._kept: dict[tuple[str, str], Mark] = {}
        self._time: float | None = None
        self._seconds: float | None = None
        self._sizes: dict[tuple[str, str], int] = {}
        self._restored = 0
        self._failures = Counter(dict.fromkeys(FAILURES, 0))
        self._rejected = Counter(dict.fromkeys(REJECTIONS, 0))
        self._tell()

    def restore(self) -> None:
        """Bring the models back; call before anything is observed."""
        try:
            files = tuple(self._opened().files())
        except OSError as error:
            self._failed(error)
            files = ()
        for file in files:
            try:
                self._restore(file)
            except OSError as error:  # of this file: the others may be well
                self._failed(error)
        self._tell()
        LOGGER.info("restored", extra={"models": self._restored, "folder": str(self._path)})

    def start(self) -> None:
        """Begin to write checkpoints; call inside the event loop."""
        self._periodic.start()

    async def stop(self) -> None:
        """Write the last checkpoint, once nothing is observed any more."""
        await self._periodic.stop()
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def keep(self) -> None:
        """Write a checkpoint now; what fails is counted."""
        started = time.perf_counter()
        try:
            folder = self._opened()
        except OSError as error:
            self._failed(error)
        else:
            kept = [self._kept_now(folder, key) for key in self._engine.models()]
            if all(kept):
                self._time = self._engine.clock()
                self._seconds = time.perf_counter() - started
        self._tell()

    def _kept_now(self, folder: StateFolder, key: tuple[str, str]) -> bool:
        """Keep one model; what fails is its own, the others are kept all the same."""
        try:
            self._keep(folder, key)
        except OSError as error:
            self._failed(error)
        except _TooLargeError as error:
            self._failures["limit"] += 1
            LOGGER.error(
                "no checkpoint", extra={"reason": "limit", "model": key[0], "version": key[1], "detail": str(error)}
            )
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the checkpoints for good
            self._failures["internal"] += 1
            facts = {"reason": "internal", "model": key[0], "version": key[1], "error": origin(error)}
            LOGGER.error("no checkpoint", extra=facts)
        else:
            return True
        return False

    def _keep(self, folder: StateFolder, key: tuple[str, str]) -> None:
        frozen = self._engine.freeze(key, unless=self._kept.get(key))
        if frozen is None:
            return
        state, mark = frozen
        data = encode(state)
        if not folder.make_room(len(data), self._limit):
            raise _TooLargeError(f"{len(data)} bytes more than the folder holds are over state.bytes ({self._limit})")
        folder.write(*key, data)
        self._kept[key] = mark
        self._sizes[key] = len(data)

    def _tell(self) -> None:
        self._engine.health.checkpoints = CheckpointView(
            time=self._time,
            size=sum(self._sizes.values()),
            seconds=self._seconds,
            failures=dict(self._failures),
            restored=self._restored,
            rejected=dict(self._rejected),
        )

    def _opened(self) -> StateFolder:
        if self._folder is None:
            self._folder = StateFolder(self._path)
        return self._folder

    def _restore(self, file: Path) -> None:
        try:
            state = decode(file.read_bytes())
            name, version = state.fact("name", str), state.fact("version", str)
        except StateError as error:
            self._reject("damaged", file, error)
            return
        if not self._wanted(name, version, state):
            self._rejected["unwanted"] += 1
            file.unlink()
            return
        try:
            self._restored += self._engine.thaw((name, version), state)
        except (StateError, ProfileError, DecodeError) as error:
            self._reject("changed", file, error)
        except Exception as error:  # noqa: BLE001 - no file may keep the exporter from starting
            self._reject("damaged", file, error)

    def _wanted(self, name: str, version: str, state: State) -> bool:
        """Tell whether a model is still one that would be observed, and was within the windows."""
        last = state.moment("last_observation")
        configured = self._engine.settings.model(name, version) is not None
        longest = _LONGEST_SECONDS if configured else UNCONFIGURED_SECONDS
        return last is not None and self._engine.clock() - last < longest

    def _reject(self, reason: str, file: Path, error: Exception) -> None:
        self._rejected[reason] += 1
        aside = StateFolder.set_aside(file)
        LOGGER.warning("checkpoint not used", extra={"reason": reason, "detail": str(error), "kept_as": aside.name})

    def _failed(self, error: OSError) -> None:
        reason = failure_reason(error)
        self._failures[reason] += 1
        LOGGER.error("no checkpoint", extra={"reason": reason, "detail": f"{self._path}: {error.strerror or error}"})
