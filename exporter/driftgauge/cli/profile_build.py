"""`driftgauge profile build`: a data file becomes a profile, the reference that production is compared with."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from driftgauge.cli.files import STANDARD, check_writable, observed, write
from driftgauge.cli.mapping import apply_mapping
from driftgauge.cli.progress import Progress
from driftgauge.cli.roles import add_kind_arguments, add_role_arguments, kinds_of, roles_of
from driftgauge.cli.terminal import compact_bytes, printable
from driftgauge.profile import Reference, dumps
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.detectors import DETECTORS
from driftgauge.reference.edges import BINS
from driftgauge.sources import open_source

__all__ = ["DESCRIPTION", "HELP", "USAGE", "add_arguments", "run"]

HELP = "count a data file (CSV, Parquet, JSON lines) into a profile"
USAGE = "driftgauge profile build FILE -o PROFILE [options]"
DESCRIPTION = """\
Count a data file into a profile: quantile bins and category counts, no rows.
The file is read twice and never held in memory. Kinds of files: .csv, .tsv,
.jsonl, .ndjson (each also with .gz), .parquet, .pq.

  driftgauge profile build train.csv -o profile.json \\
      --prediction approved --probability p_yes --ignore customer_id"""

#: what a Kubernetes ConfigMap holds
CONFIG_MAP_BYTES = 2**20
#: more bins need more than a thousand rows a window before anything can be seen in them (statistics.md 0)
MOST_BINS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the data file")
    parser.add_argument(
        "-o", "--output", metavar="PROFILE", required=True, help='the profile to write; "-": standard output'
    )
    group = add_role_arguments(parser)
    add_kind_arguments(group)
    group.add_argument(
        "--label", metavar="COL", dest="truth", help="the truth: the profile then knows how good the model was"
    )
    group.add_argument(
        "--classes",
        metavar="NAME",
        nargs="+",
        default=[],
        help="classes in the order of the probabilities; else 0, 1, 2",
    )
    group.add_argument(
        "--text",
        metavar="COL",
        nargs="+",
        action="extend",
        default=[],
        help="text columns: length, digits, tokens and the like are counted, the text itself is not",
    )
    group.add_argument(
        "--embedding",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="embeddings whose dimensions are the columns NAME[0], NAME[1], ...",
    )
    about = parser.add_argument_group("what the profile says of itself")
    about.add_argument("--name", default="", help="name of the data; the file's name by default")
    about.add_argument("--model", default="", help="the model that it is meant for")
    about.add_argument("--version", default="", metavar="V", help="the version of the model")
    parser.add_argument("--bins", type=_bins, default=BINS, metavar="K", help=f"bins of a continuous column ({BINS})")
    parser.add_argument(
        "--strata",
        choices=("auto", "always", "never"),
        default="auto",
        help="count by hour of day too, so that an hour is compared with the same hour; needs --timestamp; "
        "auto: where the data have a daily rhythm and rows enough",
    )
    parser.add_argument(
        "--univariate",
        action="store_true",
        help="do not add the column pca_residual, which shows when correlations of numeric columns break",
    )
    parser.add_argument(
        "--anomaly",
        choices=tuple(DETECTORS),
        default="",
        help="fit a detector of anomalies to the numeric inputs and add its score as the column anomaly_score; needs the "
        "extra anomaly, an autoencoder the extra torch",
    )


def run(args: argparse.Namespace) -> int:
    """Build the profile, write it, and say what it is."""
    apply_mapping(args)
    check_writable(args.output)
    named = {"text": tuple(args.text), "embedding": tuple(f"{name}[0]" for name in args.embedding)}
    source = open_source(args.file, replace(roles_of(args), known=named), delimiter=args.delimiter)
    options = BuildOptions(
        args.name or source.name,
        time.time(),
        args.model,
        args.version,
        bins=args.bins,
        kinds=kinds_of(args),
        strata=args.strata,
        multivariate=not args.univariate,
        classes=tuple(args.classes),
        texts=tuple(args.text),
        embeddings=tuple(args.embedding),
        anomaly=args.anomaly,
    )
    with Progress(sys.stderr) as progress:
        reference = build(observed(source, progress, passes=2), options)
        seconds = progress.seconds
    size = write(args.output, dumps(reference))
    said = sys.stderr if args.output == STANDARD else sys.stdout
    for line in _summary(args.output, reference, size, seconds):
        print(line, file=said)
    return 0


def _bins(text: str) -> int:
    if not text.isdecimal() or not 2 <= int(text) <= MOST_BINS:
        raise argparse.ArgumentTypeError(f"expected a number of bins from 2 to {MOST_BINS}, found {text!r}")
    return int(text)


def _summary(output: str, reference: Reference, size: int, seconds: float) -> list[str]:
    schema = reference.profile.spec.schema
    notes = [f"note: {note}" for note in reference.provenance.notes]
    if size > CONFIG_MAP_BYTES:
        notes.append(f"note: {compact_bytes(size)} are more than a ConfigMap holds (1 MiB); mount it from a volume")
    if (outcomes := reference.outcomes) is not None:
        notes.insert(0, f"labels: {outcomes.total:,} rows, {outcomes.summary}")
    columns = f"{len(schema.columns)} columns ({len(schema.numeric)} numeric, {len(schema.categorical)} categorical)"
    what = "profile" if output == STANDARD else output
    facts = [f"{reference.rows:,} rows", columns, compact_bytes(size), f"digest {reference.digest}", f"{seconds:.1f} s"]
    return [f"{what}: {', '.join(facts)}", *map(printable, notes)]
