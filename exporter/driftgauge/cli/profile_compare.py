"""`driftgauge profile compare`: what has changed since the reference, worst column first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from driftgauge.cli.files import is_data, read_profile
from driftgauge.cli.profile_counting import Counted, count
from driftgauge.cli.profile_report import document, report
from driftgauge.cli.progress import Progress
from driftgauge.cli.roles import add_role_arguments, roles_of
from driftgauge.drift import ALERT, OK, UNDECIDED, WARN, Rule
from driftgauge.errors import ConfigError
from driftgauge.profile import Reference
from driftgauge.reference.compare import compare_profiles

__all__ = ["DESCRIPTION", "EXIT_STATUS", "HELP", "USAGE", "add_arguments", "run"]

HELP = "compare a profile or a data file with a reference"
USAGE = "driftgauge profile compare REFERENCE CURRENT [options]"
DESCRIPTION = """\
Compare CURRENT, a data file or a profile, with the profile REFERENCE, column by column.
A data file is counted with the reference's bins; of two profiles, one's bins must
contain the other's edges. A column warns or alerts when its debiased score (the
Jensen-Shannon distance without chance's share) reaches the threshold and chance is
ruled out with the wanted evidence: 6 means that without drift such a score comes up
once in 10^6 comparisons."""

EXIT_STATUS: Mapping[int, int] = {OK: 0, WARN: 3, ALERT: 4, UNDECIDED: 5}

_DEFAULT = Rule()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("reference", metavar="REFERENCE", help="the profile to compare with")
    parser.add_argument("current", metavar="CURRENT", help="a profile or a data file")
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
    rule.add_argument(
        "--naive",
        action="store_true",
        help="judge the plain score alone, whatever chance does; for comparison with other tools",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--exit-status",
        action="store_true",
        help="exit with 0 when no column warns, 3 when one warns, 4 when one alerts, 5 when none could be judged; "
        "2 is an error in every case; without this option a comparison that could be made exits with 0",
    )
    add_role_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    rule = _rule(args)
    reference = read_profile(args.reference)
    current = _counted(args, reference)
    comparison = compare_profiles(reference, current.profile, rule, naive=args.naive)
    if args.json:
        print(json.dumps(document(reference, current, comparison, _terms(args, rule)), indent=2))
    else:
        print("\n".join(report(reference, current, comparison, naive=args.naive)))
    return EXIT_STATUS[comparison.status] if args.exit_status else 0


def _rule(args: argparse.Namespace) -> Rule:
    if not 0 < args.warn <= args.alert <= 1:
        raise ConfigError(f"--warn {args.warn}, --alert {args.alert}: expected 0 < warn <= alert <= 1")
    if not args.evidence >= 0:
        raise ConfigError(f"--evidence {args.evidence}: expected a number >= 0")
    if args.least_samples < 0:
        raise ConfigError(f"--least-samples {args.least_samples}: expected a number >= 0")
    return Rule(args.warn, args.alert, args.evidence, args.least_samples)


def _terms(args: argparse.Namespace, rule: Rule) -> Mapping[str, Any]:
    return {
        "warn": rule.warn,
        "alert": rule.alert,
        "evidence": None if args.naive else rule.evidence,
        "least_samples": None if args.naive else rule.least_samples,
        "naive": args.naive,
    }


def _counted(args: argparse.Namespace, reference: Reference) -> Counted:
    if is_data(args.current):
        with Progress(sys.stderr) as progress:
            return count(args.current, roles_of(args), reference, progress)
    profile = read_profile(args.current)
    return Counted(profile.provenance.name, profile.profile, profile.provenance.notes)
