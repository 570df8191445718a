"""Arguments that say when drift is drift, the same for every command that compares once."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.drift import ALERT, OK, UNDECIDED, WARN, Rule
from driftgauge.errors import ConfigError

__all__ = ["EXIT_STATUS", "add_exit_status_argument", "add_rule_arguments", "rule_of", "settings_of"]

EXIT_STATUS: Mapping[int, int] = {OK: 0, WARN: 3, ALERT: 4, UNDECIDED: 5}

_DEFAULT = Rule()


def add_rule_arguments(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Declare the thresholds."""
    rule = parser.add_argument_group("when drift is drift")
    for flag, default, text in (
        ("--warn", _DEFAULT.warn, "debiased score that warns"),
        ("--alert", _DEFAULT.alert, "debiased score that alerts"),
        ("--evidence", _DEFAULT.evidence, "evidence (-log10 of the probability without drift) that both need"),
    ):
        rule.add_argument(flag, type=float, default=default, metavar="X", help=f"{text} ({default})")
    least = _DEFAULT.least_samples
    rule.add_argument(
        "--least-samples", type=int, default=least, metavar="N", help=f"rows below which nothing is judged ({least})"
    )
    return rule


def add_exit_status_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the option that turns the verdict into the exit status."""
    parser.add_argument(
        "--exit-status",
        action="store_true",
        help="exit with 0 when no column warns, 3 when one warns, 4 when one alerts, 5 when none could be judged; "
        "2 is an error in every case; without this option a comparison that could be made exits with 0",
    )


def rule_of(args: argparse.Namespace) -> Rule:
    """Return the thresholds that were given.

    Raises:
        ConfigError: they make no sense.
    """
    if not 0 < args.warn <= args.alert <= 1:
        raise ConfigError(f"--warn {args.warn}, --alert {args.alert}: expected 0 < warn <= alert <= 1")
    if not args.evidence >= 0:
        raise ConfigError(f"--evidence {args.evidence}: expected a number >= 0")
    if args.least_samples < 0:
        raise ConfigError(f"--least-samples {args.least_samples}: expected a number >= 0")
    return Rule(args.warn, args.alert, args.evidence, args.least_samples)


def settings_of(args: argparse.Namespace) -> ModelSettings:
    """Return the settings of a model that is compared once, with the thresholds that were given.

    Raises:
        ConfigError: they make no sense.
    """
    rule = rule_of(args)
    try:
        drift = DriftSettings(
            warn=float(rule.warn),
            alert=float(rule.alert),
            evidence=float(rule.evidence),
            least_samples=int(rule.least_samples),
            fleet_bins=0,
        )
    except ValueError as error:
        raise ConfigError(f"--{error}") from error
    return ModelSettings(drift=drift)
