"""Peers: other libraries on the same rows, each in an environment of its own, beside the engine in this process.

    python benchmarks/peers.py [--install] [NAME ...]

Rows of 50 numbers (a third normal, log-normal, uniform each, 1 % missing) and 10 categories of 2 to 1,000 values (Zipf), 10,000 of
the reference and 10,000 more. A peer gets its natural input ready-made: data frame, array, rows. Environments are kept in
`~/.cache/driftgauge/peers` (or `$DRIFTGAUGE_PEERS`); `--install`, or `make bench-peers`, makes those that are missing. A peer
without one is left out with a message. All processes are given one thread; each measures its own CPU time, best of its rounds.

Targets: the engine 150 times whylogs on batches of 1,000 from arrays, 20 times from the same data frame; profile and drift of
10,000 rows 15 / 150 / 1,000 times NannyML / whylogs / Evidently.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support import bodies
from support.report import cpu_seconds, show, skip

from driftgauge.batch import Batch, Categories
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.drift.profiles import scores
from driftgauge.model import Model
from driftgauge.profile import Reference
from driftgauge.reference import BuildOptions, build
from driftgauge.sources import from_frame

PROGRAMS = Path(__file__).parent / "support/peers"
ROWS, NUMBERS, CATEGORIES, BATCH = 10_000, 50, 10, 1_000
PROFILE, DRIFT = "profile", "profile and drift"
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer and what makes it work today.

    Attributes:
        name: on the package index, with version.
        beside: what its own requirements leave out, or allow though it breaks.
        rows: rows that one round of its program's profile covers.
    """

    name: str
    beside: tuple[str, ...] = ()
    rows: int = ROWS

    @property
    def title(self) -> str:
        """Name and version, as people write them."""
        return self.name.partition("[")[0].partition("==")[0]

    @property
    def folder(self) -> Path:
        """Where its environment is."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftgauge/peers"
        return Path(os.environ.get("DRIFTGAUGE_PEERS") or cache) / self.title

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.folder / "bin/python"


PEERS = (
    Peer("prometheus_client==0.26.0", ("numpy",), rows=500),
    Peer("whylogs[viz]==1.6.4", ("numpy<2", "pandas<3", "setuptools<81")),
    Peer("nannyml==0.13.1", ("statsmodels", "setuptools<81")),
    Peer("evidently==0.7.23", ("pandas<3",)),
    Peer("alibi-detect==0.13.0"),
    Peer("river==0.26.1", rows=1_000),
    Peer("boxkite==0.0.5", ("numpy",), rows=500),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--install", action="store_true", help="make the environments that are missing")
    args = parser.parse_args()
    chosen = [peer for peer in PEERS if not args.names or peer.title in args.names]
    if args.install:
        for peer in chosen:
            _install(peer)
    tables = _tables(np.random.default_rng(1))
    ours = _engine(tables)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npz"
        np.savez(path, **tables)
        found = {peer: measured for peer in chosen if (measured := _run(peer, path)) is not None}
    _show(ours, found)


def _install(peer: Peer) -> None:
    """Make an environment; an unfinished one is removed."""
    if peer.python.exists():
        return
    print(f"installing {peer.name} in {peer.folder}", flush=True)
    peer.folder.parent.mkdir(parents=True, exist_ok=True)
    command = [str(peer.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        subprocess.run([sys.executable, "-m", "venv", str(peer.folder)], check=True)
        subprocess.run([*command, peer.name, *peer.beside], check=True, timeout=2 * SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(peer.folder, ignore_errors=True)
        print(f"cannot install {peer.name}: {error}", file=sys.stderr)


def _run(peer: Peer, rows: Path) -> dict[str, float] | None:
    """Return the CPU seconds of the best round by what was done; None, with a message, where that is not possible."""
    if not peer.python.exists():
        skip(peer.title, "not installed; make bench-peers installs it")
        return None
    program = PROGRAMS / f"run_{peer.title.replace('-', '_')}.py"
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA")}
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | threads
    try:
        done = subprocess.run(
            [str(peer.python), str(program), str(rows)],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
        return {name: min(times) for name, times in json.loads(done.stdout.splitlines()[-1]).items()}
    except subprocess.CalledProcessError as error:
        skip(peer.title, f"its program failed: {(error.stderr.strip().splitlines() or ['no message'])[-1][:200]}")
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        skip(peer.title, f"its program failed: {error!r}"[:200])
    return None


def _tables(rng: np.random.Generator) -> dict[str, np.ndarray]:
    sizes = np.geomspace(2, 1_000, CATEGORIES).astype(int)
    tables = {}
    for values, codes in (("reference", "reference_codes"), ("rows", "codes")):
        tables[values] = bodies.table(rng, ROWS, NUMBERS)
        laws = [np.arange(1, size + 1) ** -1.2 for size in sizes]
        tables[codes] = np.stack([rng.choice(len(law), size=ROWS, p=law / law.sum()) for law in laws], axis=1).astype(
            np.int32
        )
    return tables


def _engine(tables: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the CPU seconds of the same work done by the engine in this process."""
    names = bodies.names(NUMBERS)
    vocabularies = [tuple(f"v{code}" for code in range(column.max() + 1)) for column in tables["codes"].T]
    known = build(lambda: [_batch(tables["reference"], tables["reference_codes"], names)], BuildOptions("peers", 0.0))
    batches = [
        _batch(tables["rows"][at : at + BATCH], tables["codes"][at : at + BATCH], names, vocabularies)
        for at in range(0, ROWS, BATCH)
    ]
    whole = _batch(tables["rows"], tables["codes"], names, vocabularies)
    model = Model("bench", "0", ModelSettings(name="bench", reference=ReferenceSettings(path="peers.json")), known)

    def arrays() -> None:
        for batch in batches:
            model.observe(batch, 0.0)
        model.flush(0.0)

    works: dict[str, Callable[[], object]] = {
        f"{PROFILE}, arrays": arrays,
        f"{DRIFT}, arrays": lambda: _drift(known, whole),
    }
    try:
        import pandas as pd
    except ImportError:
        skip("the engine from a data frame", "pandas is not installed")
    else:
        columns = dict(zip(names, tables["rows"].T, strict=True))
        texts = {f"c{at}": [f"v{code}" for code in column] for at, column in enumerate(tables["codes"].T)}
        frame = pd.DataFrame(columns | texts)
        parts = [frame.iloc[at : at + BATCH] for at in range(0, ROWS, BATCH)]

        def from_frames() -> None:
            for part in parts:
                for batch in from_frame(part).batches():
                    model.observe(batch, 0.0)
            model.flush(0.0)

        works[f"{PROFILE}, data frame"] = from_frames
        works[f"{DRIFT}, data frame"] = lambda: _drift(known, *from_frame(frame).batches())
    return {name: cpu_seconds(work) for name, work in works.items()}


def _drift(known: Reference, batch: Batch) -> None:
    """Count all rows at once, as the peers do, and score every column."""
    scores(known.profile, known.profile.spec.of(batch))


def _batch(
    values: np.ndarray, codes: np.ndarray, names: list[str], vocabularies: list[tuple[str, ...]] | None = None
) -> Batch:
    inputs = dict(zip(names, values.T, strict=True))
    for at, column in enumerate(codes.T):
        words = vocabularies[at] if vocabularies else tuple(f"v{code}" for code in range(column.max() + 1))
        inputs[f"c{at}"] = Categories(np.ascontiguousarray(column), words)
    return Batch(len(values), inputs=inputs)


def _show(ours: dict[str, float], found: dict[Peer, dict[str, float]]) -> None:
    rows = [
        (f"driftgauge: {name}", f"{1e6 * seconds / ROWS:.3f}", f"{1e3 * seconds:.2f}", "")
        for name, seconds in ours.items()
    ]
    for peer, measured in found.items():
        for name, seconds in measured.items():
            per_row = seconds / (ROWS if name == DRIFT else peer.rows)
            kind = name if name == DRIFT else PROFILE
            ratios = [
                f"{per_row * ROWS / ours[f'{kind}, {source}']:,.0f}"
                for source in ("arrays", "data frame")
                if f"{kind}, {source}" in ours
            ]
            rows.append(
                (f"{peer.name}: {name}", f"{1e6 * per_row:,.1f}", f"{1e3 * per_row * ROWS:,.0f}", " / ".join(ratios))
            )
    show(
        f"{NUMBERS} numbers and {CATEGORIES} categories, {ROWS:,} rows, profile in batches of {BATCH:,}: CPU",
        ("what", "us a row", "ms for 10,000 rows", "times the engine from arrays / data frame"),
        rows,
        [
            "drift: Jensen-Shannon of 60 columns; Evidently by its preset, alibi-detect by its tests, whylogs by its scores",
            "numbers only: prometheus_client, river, Boxkite; these and whylogs' rows as they come",
        ],
    )


if __name__ == "__main__":
    main()
