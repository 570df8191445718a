"""Profile of the hot paths: where the CPU time of a body goes, function by function, from samples of the running stack.

    python benchmarks/profile_paths.py [--stacks FOLDER]

A timer of the process's own CPU time takes the stack a thousand times a second; a call into C counts for the line that makes it. With
--stacks every path's samples are written as collapsed stacks, the form that flame graph tools read. HTTP is not in it: `ingest.py`
tells its share.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
from support import bodies
from support.references import reference
from support.report import show

from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.ingest import decode
from driftgauge.model import Model

FEATURES, SECONDS, INTERVAL = 50, 3.0, 0.001
LEAST_SHARE = 0.04
PACKAGE = "driftgauge"
PATHS = {
    "binary tensors, 1,000 rows": (bodies.binary, 1_000),
    "JSON rows, 100": (bodies.json_rows, 100),
    "JSON columns, 100": (bodies.columns, 100),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stacks", type=Path, metavar="FOLDER", help="where to write the collapsed stacks")
    folder = parser.parse_args().stacks
    rng = np.random.default_rng(1)
    known = reference(rng, FEATURES)
    rows = []
    for name, (made, count) in PATHS.items():
        model = Model("bench", "0", ModelSettings(name="bench", reference=ReferenceSettings(path="p.json")), known)
        sent = [made(bodies.table(rng, count, FEATURES)) for _ in range(20)]
        stacks, per_row = _sampled(lambda m=model, s=sent: [_taken(m, *body) for body in s], count * len(sent))
        rows += [(name, part, f"{share:.0%}", f"{share * per_row:.3f}") for part, share in _shares(stacks)]
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            lines = (f"{';'.join(stack)} {number}\n" for stack, number in sorted(stacks.items()))
            (folder / f"{name.replace(' ', '-').replace(',', '')}.txt").write_text("".join(lines), "utf-8")
    show(
        f"Where the time of a body goes, {FEATURES} float features, without HTTP",
        ("path", "function, with what it calls", "share", "us/row"),
        rows,
        [
            f"{SECONDS:g} s of CPU time each, a sample every {1e3 * INTERVAL:g} ms; functions of {LEAST_SHARE:.0%} and more"
        ],
    )


def _taken(model: Model, body: bytes, headers: dict[str, str]) -> None:
    decoded = decode(
        body,
        content_type=headers["Content-Type"],
        header_length=headers.get("Inference-Header-Content-Length"),
    )
    model.observe(decoded.batch, 0.0)


def _sampled(work: Callable[[], object], rows: int) -> tuple[Counter[tuple[str, ...]], float]:
    """Return the stacks of some seconds of *work*, and the CPU microseconds of one of the *rows* of a round."""
    stacks: Counter[tuple[str, ...]] = Counter()

    def sample(_: int, frame: FrameType | None) -> None:
        stacks[tuple(_named(frame))] += 1

    work()
    rounds, started = 0, time.process_time()
    before = signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        while time.process_time() - started < SECONDS:
            work()
            rounds += 1
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
    return stacks, 1e6 * (time.process_time() - started) / (rounds * rows)


def _named(frame: FrameType | None) -> list[str]:
    """Return the functions of a stack, the outermost first: module and name of ours, the name of others."""
    names = []
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        ours = module.startswith(PACKAGE)
        names.append(
            f"{module.removeprefix(f'{PACKAGE}.')}.{frame.f_code.co_qualname}" if ours else frame.f_code.co_name
        )
        frame = frame.f_back
    return names[::-1]


def _shares(stacks: Counter[tuple[str, ...]]) -> list[tuple[str, float]]:
    """Return the share of the samples in which each of our functions is, the largest first."""
    total, within = stacks.total(), Counter[str]()
    for stack, number in stacks.items():
        within.update(dict.fromkeys((name for name in stack if "." in name and "<" not in name), number))
    return [(name, number / total) for name, number in within.most_common() if number / total >= LEAST_SHARE]


if __name__ == "__main__":
    main()
