"""All: runs the benchmarks one after another, each in a process of its own, and writes their tables to docs/benchmarks.md.

    python benchmarks/all.py [NAME ...] [--no-write]

Without names the cost benchmarks run first, then the studies of false alarms and power, which take longer. With names only
these run, and only their sections of the page are renewed. A benchmark that fails or cannot run here says so on the page;
the others go on, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from support.plot import PLOTS
from support.report import RESULTS

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs/benchmarks.md"
IMAGES = PAGE.parent / "benchmarks"
#: what something costs, in the order of the page
COSTS = (
    "ingest",
    "columns",
    "client_path",
    "workers",
    "limits",
    "sketch",
    "drift",
    "model_health",
    "scrape",
    "series",
    "footprint",
    "memory",
    "day",
    "profile_paths",
    "client",
    "busy_server",
    "kserve",
    "proxy",
    "rules",
    "peers",
)
#: what is found and what is not; their results are discussed elsewhere in docs/
STUDIES = ("health_null", "level_changes", "failing_loudly", "false_alarms", "quarter")
SECONDS = 3_600
INTRODUCTION = """\
# Benchmarks

Written by `make bench`: do not edit. What it means is in [performance.md](performance.md).

How to read it:

- Figures are CPU time of the process that is measured, user and system, unless a column says otherwise: wall-clock time says
  little on a machine that other work shares. That other work still slows the processor's caches and clock, so compare ratios
  within a section, which come from one run and where possible from rounds in turn, rather than figures of two sections.
- A round is disturbed upwards only. So where one figure stands for several rounds it is the best; where a median stands, the
  range of the rounds is beside it.
- Each section says when it was measured, how long that took, and how busy the machine was.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark gave, as Markdown."""

    name: str
    text: str
    failed: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*COSTS, *STUDIES, []])
    parser.add_argument("--no-write", action="store_true", help="print only")
    args = parser.parse_args()
    failed = []
    for name in args.names or (*COSTS, *STUDIES):
        print(f"==> {name}", flush=True)
        section = measure(name, with_plots=not args.no_write)
        if section.failed:
            failed.append(name)
        if not args.no_write:
            write(section)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def measure(name: str, *, with_plots: bool) -> Section:
    """Run a benchmark and gather its tables."""
    script = FOLDER / f"{name}.py"
    with tempfile.TemporaryDirectory() as folder:
        results, environ = Path(folder) / "results", dict(os.environ)
        results.touch()
        environ[RESULTS] = str(results)
        paths = [str(FOLDER), str(FOLDER.parent), environ.get("PYTHONPATH", "")]
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        if with_plots:
            environ[PLOTS] = folder
        started, load = time.monotonic(), os.getloadavg()[0]
        try:
            status = subprocess.run([sys.executable, str(script)], env=environ, timeout=SECONDS, check=False).returncode
        except subprocess.TimeoutExpired:
            status = f"stopped after {SECONDS} s"
        took = time.monotonic() - started
        found = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
        images = sorted(Path(folder).glob("*.svg"))
        for image in images:
            IMAGES.mkdir(exist_ok=True)
            (IMAGES / image.name).write_bytes(image.read_bytes())
    parts = [f"## {name}", *map(_markdown, found)]
    parts += [f"![{image.stem}](benchmarks/{image.name})" for image in images]
    if status:
        parts.append(f"This run failed: exit status {status}.")
    parts.append(f"{_machine()}; {time.strftime('%Y-%m-%d')}, {took:.0f} s, load {load:.1f}. `benchmarks/{name}.py`")
    return Section(name, "\n\n".join(parts), bool(status))


def write(section: Section, page: Path = PAGE) -> None:
    """Put a section in its place on the page; the others stay."""
    known = _sections(page.read_text("utf-8")) if page.exists() else {}
    known[section.name] = section.text
    ordered = [known[name] for name in (*COSTS, *STUDIES) if name in known]
    page.write_text("\n".join([INTRODUCTION, "\n\n".join(ordered), ""]), "utf-8")


def _sections(text: str) -> dict[str, str]:
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.strip()}" for part in parts}


def _markdown(result: dict[str, Any]) -> str:
    if "skipped" in result:
        return f"Skipped: {result['skipped']}: {result['why']}"
    header = result["header"]
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *result["rows"]]
    table = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    return "\n\n".join([f"**{result['title']}**", table, *(f"{note}." for note in result["notes"])])


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} CPUs, {memory:.0f} GiB, {platform.system()}; "
        f"Python {platform.python_version()}, NumPy {np.__version__}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    found = dict(tuple(map(str.strip, line.split(":", 1))) for line in lines if ":" in line)
    widest = next((name for name in ("avx512f", "avx2") if name in found.get("flags", "").split()), "")
    return " ".join(filter(None, [platform.machine(), found.get("model name", ""), widest]))


if __name__ == "__main__":
    sys.exit(main())
