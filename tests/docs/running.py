"""Runs examples where they cannot hurt: an empty folder, free ports, `driftgauge` on the path."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import driftgauge

SOCKET = "ingest.sock"
START_SECONDS = 20.0
SCRIPT_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which `driftgauge` is the one under test and no setting comes from outside."""
    programs = folder / "bin"
    programs.mkdir()
    command = programs / "driftgauge"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m driftgauge.cli.main "$@"\n')
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRIFTGAUGE_")}
    package = str(Path(driftgauge.__file__).parents[1])
    return kept | {"PATH": f"{programs}:{kept['PATH']}", "PYTHONPATH": package}


def run_shell(script: str, folder: Path) -> str:
    """Run *script* with bash, stop what it left running, and return what it printed; fail as it fails."""
    work = folder / "work"
    work.mkdir()
    # Jobs are stopped by the shell that started them, whatever happens.
    whole = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT\n{script}"
    done = subprocess.run(
        ["bash", "-c", whole],
        cwd=work,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def exporter(folder: Path, config: str = "") -> Iterator[int]:
    """Run the exporter with its socket in *folder*; give the port of its metrics."""
    port = free_port()
    (folder / "driftgauge.yaml").write_text(f"listen: {{socket: {SOCKET}, metrics: '127.0.0.1:{port}'}}\n{config}")
    process = subprocess.Popen(
        [sys.executable, "-m", "driftgauge.cli.main", "serve", "--strict", "--config", "driftgauge.yaml"],
        cwd=folder,
        env=environment(folder),
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(folder / SOCKET):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            # A socket's path may have 108 bytes; from inside its folder it has 11.
            probe.connect(os.path.relpath(path))
        except OSError:
            return False
    return True
