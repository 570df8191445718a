"""`driftgauge profile compare`: what has changed since the reference, worst column first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from driftgauge.cli.files import is_data, read_profile
from driftgauge.cli.mapping import apply_mapping
from driftgauge.cli.profile_counting import Counted, count
from driftgauge.cli.profile_report import document, report
from driftgauge.cli.progress import Progress
from driftgauge.cli.roles import add_role_arguments, roles_of
from driftgauge.cli.rules import EXIT_STATUS, add_exit_status_argument, add_rule_arguments, rule_of
from driftgauge.cli.sketch_report import sketch_document, sketch_lines
from driftgauge.cli.terminal import printable
from driftgauge.drift import Rule
from driftgauge.model.batch_job import BatchJob
from driftgauge.profile import HOURS, Reference
from driftgauge.reference.compare import compare_profiles

__all__ = ["DESCRIPTION", "HELP", "USAGE", "add_arguments", "run"]

HELP = "compare a profile or a data file with a reference"
USAGE = "driftgauge profile compare REFERENCE CURRENT [options]"
DESCRIPTION = """\
Compare CURRENT, a data file or a profile, with the profile REFERENCE, column by column.
A data file is counted with the reference's bins; of two profiles, one's bins must
contain the other's edges. A column warns or alerts when its debiased score (the
Jensen-Shannon distance without chance's share) reaches the threshold and chance is
ruled out with the wanted evidence: 6 means that without drift such a score comes up
once in 10^6 comparisons."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("reference", metavar="REFERENCE", help="the profile to compare with")
    parser.add_argument("current", metavar="CURRENT", help="a profile or a data file")
    rule = add_rule_arguments(parser)
    rule.add_argument(
        "--naive",
        action="store_true",
        help="judge the plain score alone, whatever chance does; for comparison with other tools",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_exit_status_argument(parser)
    add_role_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    apply_mapping(args)
    rule = rule_of(args)
    reference = read_profile(args.reference)
    current = _counted(args, reference)
    comparison = compare_profiles(reference, current.profile, rule, naive=args.naive)
    if args.json:
        said = document(reference, current, comparison, _terms(args, rule))
        if beside := sketch_document(reference, current.sketches):
            said = {**said, "beside_columns": beside}
        print(json.dumps(said, indent=2))
    else:
        print("\n".join(report(reference, current, comparison, naive=args.naive)))
        for line in sketch_lines(reference, current.sketches):
            print(printable(line))
    return EXIT_STATUS[comparison.status] if args.exit_status else 0


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
            return count(args.current, roles_of(args), reference, progress, delimiter=args.delimiter)
    other = read_profile(args.current)
    batch = BatchJob(other.profile, None, np.zeros(HOURS, dtype=np.int64))
    return Counted(other.provenance.name, batch, other.provenance.notes, other.sketches)
