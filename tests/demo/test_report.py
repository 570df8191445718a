"""What was found, when, and how it is told."""

from __future__ import annotations

import io
from typing import Any

import pytest

from driftgauge.demo.faults import Fault, faults
from driftgauge.demo.findings import ALERT, OK, WARN, Findings
from driftgauge.demo.flights import DAY_SECONDS, REPLAY_START
from driftgauge.demo.report import Screen, all_found, final_report, live_table

HOUR = 3600.0


def answer(hours: float, **statuses: str) -> dict[str, Any]:
    """Return what the exporter's API says *hours* after the start of the replay."""
    columns = [
        {"feature": name, "status": status, "windows": {"24h": {"debiased": 0.125}}}
        for name, status in statuses.items()
    ]
    evaluation = {"time": REPLAY_START + hours * HOUR, "status_window": "24h", "columns": columns}
    return {"predictions": 1_234, "evaluation": evaluation}


def seen(*answers: dict[str, Any]) -> Findings:
    findings = Findings()
    for one in answers:
        findings.see(one)
    return findings


@pytest.fixture
def injected() -> tuple[Fault, ...]:
    return faults(REPLAY_START + 2 * HOUR, REPLAY_START + DAY_SECONDS)


def test_the_same_evaluation_counts_once():
    """Polling faster than the exporter evaluates, or before it has evaluated at all, changes nothing."""
    findings = seen({"predictions": 0, "evaluation": None}, answer(1, hour="ok"), answer(1, hour="alert"))
    assert findings.columns["hour"].statuses == [OK]


def test_the_first_alert_is_counted_from_the_fault_on(injected: tuple[Fault, ...]):
    """What was raised before the fault is no detection of it."""
    findings = seen(answer(1, distance="warn"), answer(2.5, distance="warn"), answer(5, distance="alert"))
    history = findings.columns["distance"]
    assert history.first(WARN, injected[0].start) == REPLAY_START + 2.5 * HOUR
    assert history.first(ALERT, injected[0].start) == REPLAY_START + 5 * HOUR
    assert history.first(ALERT, REPLAY_START + 6 * HOUR) is None


def test_episodes_are_stays_in_warn_or_alert():
    findings = seen(*(answer(h, hour=s) for h, s in enumerate(["ok", "warn", "alert", "ok", "undecided", "warn"])))
    hours = [tuple((time - REPLAY_START) / HOUR for time in e) for e in findings.columns["hour"].episodes(float("inf"))]
    assert hours == [(1, 2), (5, 5)]
    assert findings.columns["hour"].share(WARN) == pytest.approx(2 / 5)


def test_the_report_sets_what_was_found_against_what_was_injected(injected: tuple[Fault, ...]):
    """Faults with their delay, stable columns that were not silent with the time, natural movement apart."""
    findings = seen(
        answer(1, distance="ok", hour="ok", minute="ok", dest="warn", dep_delay="alert"),
        answer(5, distance="alert", hour="ok", minute="ok", dest="ok", dep_delay="ok"),
        answer(30, distance="alert", hour="alert", minute="ok", dest="ok", dep_delay="ok"),
    )
    text = "\n".join(final_report(findings, injected))
    lines = {" ".join(line.split()) for line in text.splitlines()}
    assert "distance in kilometres instead of miles distance 2013-03-01 07:00 3.0 h 3.0 h" in lines
    assert "scheduled time frozen hour 2013-03-02 05:00 6.0 h 6.0 h" in lines
    assert "scheduled time frozen minute 2013-03-02 05:00 not found not found" in lines
    assert "hour yes" in lines
    assert "dest no 2013-03-01 06:00 to 2013-03-01 06:00" in lines
    assert "dep_delay 67% 0% 33%" in lines
    assert not all_found(findings, injected)
    assert all_found(findings, injected[:1])


def test_the_report_tells_how_often_the_model_was_right(injected: tuple[Fault, ...]):
    """By labels and without them: in the reference, on the worst day, at the end; a window of few labels is left out."""

    def labelled(hours: float, right: float, expected: float | None, samples: float = 800) -> dict[str, Any]:
        found = answer(hours, hour="ok")
        windows = {"24h": {"samples": samples, "accuracy": right}}
        found["labels"] = {"reference": {"accuracy": 0.904}, "windows": windows}
        found["evaluation"]["performance"] = {"reference": 0.9, "windows": {"24h": {"value": expected}}}
        return found

    findings = seen(
        labelled(1, 0.5, 0.9, samples=40), labelled(30, 0.761, 0.84), labelled(48, 0.9, None), answer(49, hour="ok")
    )
    lines = {" ".join(line.split()) for line in final_report(findings, injected)}
    assert "reference - 90.4% 90.0%" in lines
    assert "worst day 2013-03-02 11:00 76.1% 84.0%" in lines
    assert "the end 2013-03-03 05:00 90.0% -" in lines
    assert not any("right" in line for line in final_report(seen(answer(1, hour="ok")), injected))


def test_the_live_table_says_what_is_injected_and_how_columns_are(injected: tuple[Fault, ...]):
    text = "\n".join(live_table(seen(answer(26, distance="alert", dep_delay="warn")), injected[:1], 24))
    assert "2013-03-02 07:00   day 2 of 24   1,234 predictions" in text
    assert "injected so far: distance in kilometres" in text
    assert "distance   ALERT   0.125            stable" in text
    assert "dep_delay  WARN    0.125            moves by itself" in text


def test_without_a_terminal_there_is_one_line_a_day(injected: tuple[Fault, ...]):
    stream = io.StringIO()
    screen = Screen(stream, injected, 24)
    for hours, status in ((1, "undecided"), (2, "undecided"), (25, "ok"), (49, "alert")):
        screen.show(seen(answer(hours, hour=status)))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert "warming up" in lines[0]
    assert lines[1].endswith("all ok")
    assert lines[2].endswith("hour ALERT")


def test_a_terminal_is_drawn_over(injected: tuple[Fault, ...]):
    """The second drawing goes back up by the lines of the first."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    screen = Screen(stream, injected, 24)
    findings = seen(answer(1, hour="ok"))
    screen.show(findings)
    height = stream.getvalue().count("\n")
    screen.show(findings)
    assert f"\x1b[{height}A" in stream.getvalue()
    assert "\x1b[32m" in stream.getvalue()


def test_quiet_shows_nothing(injected: tuple[Fault, ...]):
    stream = io.StringIO()
    Screen(stream, injected, 24, quiet=True).show(seen(answer(1, hour="ok")))
    assert stream.getvalue() == ""
