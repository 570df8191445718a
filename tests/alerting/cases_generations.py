"""Cases of the alerts on language models and on the proxy."""

from __future__ import annotations

from driftgauge import names
from tests.alerting.rig import PLACE, PLACE_LINK, POD, Case, Fires, series

__all__ = ["CASES"]

PAGE = f"driftgauge-language-models?{PLACE_LINK}"
POD_PAGE = "driftgauge-exporter?var-namespace=shop&var-pod=a"
FIRST, ANSWERS, ENDS = names.TIME_TO_FIRST_TOKEN.name, names.GENERATIONS.name, names.FINISH_REASONS.name
MODEL = "shop/fraud version 1"


def _fires(severity: str, text: str) -> Fires:
    return Fires(severity, PLACE, text, PAGE)


def _streams(bounds: dict[str, str], total: str) -> dict[str, str]:
    buckets = {series(f"{FIRST}_bucket", le=bound): counts for bound, counts in bounds.items()}
    return buckets | {series(f"{FIRST}_bucket", le="+Inf"): total, series(f"{FIRST}_count"): total}


def _waits(severity: str, took: str) -> Fires:
    return _fires(
        severity, f"One in twenty streams of {MODEL} took {took} or more to its first token in the last hour."
    )


WAITING = (
    Case(
        "DriftgaugeFirstTokenSlow",
        "a tenth takes 10 to 20 seconds",
        _streams({"2.5": "0+90x90", "10.0": "0+90x90", "20.0": "0+100x90"}, "0+100x90"),
        ("5m",),
        {"8m": (_waits("warning", "15s"), _waits("critical", "15s"))},
    ),
    Case(
        "DriftgaugeFirstTokenSlow",
        "a tenth takes 2.5 to 5 seconds: a ticket",
        _streams({"2.5": "0+90x90", "5.0": "0+100x90"}, "0+100x90"),
        ("5m",),
        {"8m": (_waits("warning", "3.75s"),)},
    ),
    Case(
        "DriftgaugeFirstTokenSlow",
        "one in fifty is slow",
        _streams({"2.5": "0+98x90", "10.0": "0+98x90", "20.0": "0+100x90"}, "0+100x90"),
        ("10m", "80m"),
    ),
    Case("DriftgaugeFirstTokenSlow", "too few streams", _streams({"2.5": "0x90"}, "0+1x90"), ("30m", "80m")),
)


def _sure(shift: str, status: str) -> dict[str, str]:
    column = {"feature": "llm.mean_logprob", "role": "output"}
    return {
        series(names.DRIFT_MEAN_SHIFT_SIGMA.name, **column, window="24h"): shift,
        series(names.DRIFT_STATUS.name, **column): status,
    }


GUESSING = (
    Case(
        "DriftgaugeTokenLogprobDrop",
        "log-probabilities fall by 0.8 sigma, and the column says that it is no chance",
        _sure("-0.8x60", "2x60"),
        ("14m",),
        {
            "16m": (
                _fires(
                    "warning",
                    f"The mean token log-probability of {MODEL} has moved by -0.80 standard deviations of the reference.",
                ),
            )
        },
    ),
    Case("DriftgaugeTokenLogprobDrop", "no evidence", _sure("-0.8x60", "0x60"), ("16m", "50m")),
    Case("DriftgaugeTokenLogprobDrop", "surer than before", _sure("0.8x60", "2x60"), ("16m", "50m")),
)


def _answers(refused: str, others: str) -> dict[str, str]:
    return {series(ANSWERS, kind="refusal"): refused, series(ANSWERS, kind="text"): others}


REFUSING = (
    Case(
        "DriftgaugeRefusals",
        "a fifth is refused",
        _answers("0+20x90", "0+80x90"),
        ("10m",),
        {
            "14m": (
                _fires(
                    "warning",
                    f"20% of the answers of {MODEL} in the last hour are refusals, at least twice the share of the same hour "
                    "a day before.",
                ),
            )
        },
    ),
    Case("DriftgaugeRefusals", "one in fifty", _answers("0+2x90", "0+98x90"), ("30m", "80m")),
    Case("DriftgaugeRefusals", "as many as a day before", _answers("0+20x1600", "0+80x1600"), ("26h",)),
    Case("DriftgaugeRefusals", "too few answers", _answers("0+1x90", "0x90"), ("30m", "80m")),
)


def _ends(cut: str, stopped: str) -> dict[str, str]:
    return {series(ENDS, reason="length"): cut, series(ENDS, reason="stop"): stopped}


BREAKING_OFF = (
    Case(
        "DriftgaugeAnswersTruncated",
        "a quarter is cut off",
        _ends("0+25x90", "0+75x90"),
        ("10m",),
        {
            "14m": (
                _fires(
                    "warning",
                    f"25% of the answers of {MODEL} in the last hour ended because the number of tokens was reached.",
                ),
            )
        },
    ),
    Case("DriftgaugeAnswersTruncated", "one in twenty", _ends("0+5x90", "0+95x90"), ("30m", "80m")),
    Case("DriftgaugeAnswersTruncated", "too few answers", _ends("0+1x90", "0x90"), ("30m", "80m")),
)


def _passed(metric: str, lost: str, reason: str, passed: str) -> dict[str, str]:
    return {
        series(metric, POD, reason=reason): lost,
        series(names.PROXY_REQUESTS.name, POD, kind="inference"): passed,
    }


def _lost(severity: str, text: str, reason: str) -> Fires:
    return Fires(severity, {**POD, "reason": reason}, text, POD_PAGE)


FAILURES, UNOBSERVED = names.PROXY_FAILURES.name, names.PROXY_UNOBSERVED.name
_TENTH = "10% of the requests through the proxy of shop/a fail: refused."
_SOME = "2% of the requests through the proxy of shop/a fail: status."
_UNSEEN = "10% of the inferences through the proxy of shop/a are not observed: too_large."
PROXY = (
    Case(
        "DriftgaugeProxyFailures",
        "a tenth finds no server",
        _passed(FAILURES, "0+60x30", "refused", "0+600x30"),
        ("2m",),
        {"4m": (_lost("critical", _TENTH, "refused"), _lost("warning", _TENTH, "refused"))},
    ),
    Case(
        "DriftgaugeProxyFailures",
        "one in fifty fails: a ticket",
        _passed(FAILURES, "0+12x30", "status", "0+600x30"),
        ("2m",),
        {"4m": (_lost("warning", _SOME, "status"),)},
    ),
    Case("DriftgaugeProxyFailures", "nothing fails", _passed(FAILURES, "0x30", "status", "0+600x30"), ("4m", "20m")),
    Case("DriftgaugeProxyFailures", "no traffic", _passed(FAILURES, "0x30", "status", "0x30"), ("4m", "20m")),
    Case(
        "DriftgaugeProxyUnobserved",
        "a tenth is too large",
        _passed(UNOBSERVED, "0+60x30", "too_large", "0+600x30"),
        ("10m",),
        {"12m": (_lost("warning", _UNSEEN, "too_large"),)},
    ),
    Case(
        "DriftgaugeProxyUnobserved",
        "one in a thousand",
        _passed(UNOBSERVED, "0+1x30", "too_large", "0+1000x30"),
        ("12m", "25m"),
    ),
)

CASES = (*WAITING, *GUESSING, *REFUSING, *BREAKING_OFF, *PROXY)
