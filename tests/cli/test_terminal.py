"""Tables, bars and colours, and the progress bar, on streams of every kind."""

from __future__ import annotations

import io

import pytest

from driftgauge.cli.progress import Progress
from driftgauge.cli.terminal import Painter, bar, compact_bytes, fitted, percent, printable, table, width


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_only_where_they_are_wanted(environment, coloured, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (Painter(Terminal())("x", "red") != "x") is coloured
    assert Painter(io.StringIO())("x", "red") == "x"


def test_tables_fit_the_line_and_line_up():
    """The first column is cut to fit; wide characters and colours do not bend the others."""
    paint = Painter(Terminal())
    rows = [("n" * 200, "1"), ("日本語", paint("22", "red")), ("e\u0301", "333")]
    lines = table(("name", "count"), rows)
    assert {width(line) for line in lines} == {100}
    assert fitted("abcdefghijklmnop", 8) == "abcde..."


def test_small_formats():
    assert [percent(share) for share in (0.0, 0.0004, 0.25, float("nan"))] == ["0.0%", "<0.1%", "25.0%", "-"]
    assert [compact_bytes(size) for size in (12, 2_048, 3 * 2**20)] == ["12 bytes", "2.0 KiB", "3.0 MiB"]
    assert printable("a\tb\n\ud800ü") == "a\\tb\\n\\ud800ü"
    assert [bar(share, 10, Terminal()) for share in (0.0, 1e-9, 0.5, float("nan"))] == ["", "█", "█" * 5, ""]
    assert bar(0.5, 10, io.TextIOWrapper(io.BytesIO(), encoding="ascii")) == "#####"


def drawn(stream, times):
    clock = iter(times)
    with Progress(stream, lambda: next(clock)) as progress:
        for share in (0.1, 0.25, 0.5):
            progress.show(share)
    return stream.getvalue()


def test_the_bar_appears_late_and_leaves_no_trace():
    """Short work shows nothing, long work a bar with the time left, redrawn rarely and wiped at the end."""
    assert drawn(Terminal(), [0.0, 0.1, 0.2, 0.3]) == ""
    assert drawn(io.StringIO(), [0.0, 5.0, 6.0, 7.0]) == ""
    shown = drawn(Terminal(), [0.0, 2.0, 2.01, 4.0])
    assert shown.count("%") == 2
    assert "[###...........................]  10%, 18 s left" in shown
    assert " 50%, 4 s left" in shown
    assert shown.endswith("\r")
    assert shown.split("\r")[-2].isspace()
