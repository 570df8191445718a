"""Scoring a batch: count the file, judge it, and hand the result over wherever that was asked for."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from driftgauge.cli.files import STANDARD, check_writable, read_profile, write
from driftgauge.cli.mapping import apply_mapping
from driftgauge.cli.profile_counting import count
from driftgauge.cli.profile_report import report, verdict
from driftgauge.cli.progress import Progress
from driftgauge.cli.pushgateway import group_path, push
from driftgauge.cli.roles import roles_of
from driftgauge.cli.rules import EXIT_STATUS, settings_of
from driftgauge.cli.score_report import Scored
from driftgauge.cli.sketch_report import sketch_document, sketch_lines
from driftgauge.cli.terminal import printable
from driftgauge.errors import ConfigError
from driftgauge.expose.batch import batch_text
from driftgauge.model.batch_job import view_batch
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.profile import Reference

__all__ = ["score"]

#: what node_exporter's collector reads; others use the same
TEXTFILE_MODE = 0o644
SUFFIX = ".prom"


def score(args: argparse.Namespace) -> int:
    """Score the file and say so wherever that was asked for."""
    apply_mapping(args)
    settings = settings_of(args)
    if args.job is not None and args.pushgateway is None:
        raise ConfigError(f"--job {args.job!r}: expected --pushgateway URL beside it")
    if args.textfile is not None:
        _check_textfile(args.textfile)
    reference = read_profile(args.reference)
    name, version = _labels(args, reference)
    with Progress(sys.stderr) as progress:
        current = count(args.file, roles_of(args), reference, progress, delimiter=args.delimiter)
    scored = Scored.of(
        reference, current, view_batch(name, version, reference, current.batch, settings=settings, now=time.time())
    )
    if args.json:
        print(json.dumps({**scored.document(), **_beside(scored)}, indent=2))
    elif args.textfile is not None or args.pushgateway is not None:
        _deliver(args, scored)
    else:
        print("\n".join(report(reference, scored.current, scored.comparison, naive=False)))
        for line in sketch_lines(reference, scored.current.sketches):
            print(printable(line))
    return EXIT_STATUS[scored.evaluation.verdict] if args.exit_status else 0


def _beside(scored: Scored) -> dict[str, Any]:
    """Return what is said beside the columns: of tokens and embeddings, where there are some."""
    beside = sketch_document(scored.reference, scored.current.sketches)
    return {"beside_columns": beside} if beside else {}


def _check_textfile(path: str) -> None:
    if path != STANDARD and not path.endswith(SUFFIX):
        raise ConfigError(f"--textfile {path}: expected a name that ends with {SUFFIX}; node_exporter reads no other")
    check_writable(path)


def _labels(args: argparse.Namespace, reference: Reference) -> tuple[str, str]:
    about = reference.provenance
    name = args.model or about.model
    if not name and (args.textfile is not None or args.pushgateway is not None):
        raise ConfigError("--model: expected the model's name for the metrics' labels; the profile has none")
    return name, args.version or about.version or DEFAULT_VERSION


def _deliver(args: argparse.Namespace, scored: Scored) -> None:
    view, text = scored.view, batch_text(scored.view)
    if args.textfile is not None:
        write(args.textfile, text, mode=TEXTFILE_MODE)
        where = args.textfile
    else:
        path = group_path(args.job or "driftgauge", model=view.name, version=view.version)
        push(args.pushgateway, path, text)
        where = args.pushgateway.rstrip("/") + path
    said = sys.stderr if args.textfile == STANDARD else sys.stdout
    print(printable(f"{scored.current.name}: {verdict(scored.comparison)}"), file=said)
    for note in scored.current.notes:
        print(printable(f"note: {note}"), file=said)
    if args.textfile != STANDARD:
        print(printable(f"metrics: {where}"), file=said)
