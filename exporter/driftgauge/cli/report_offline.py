"""A report about a data file without an exporter: what has changed since the profile, how the model did, and why that may be."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from driftgauge import __version__
from driftgauge.cli.files import read_profile
from driftgauge.cli.mapping import apply_mapping
from driftgauge.cli.profile_counting import Counted, count
from driftgauge.cli.progress import Progress
from driftgauge.cli.report_watch import FileWatch
from driftgauge.cli.roles import roles_of
from driftgauge.cli.rules import settings_of
from driftgauge.diagnosis import diagnose
from driftgauge.errors import ConfigError
from driftgauge.expose import describe_incident, drifted, incident_html
from driftgauge.model import Counters, ModelView
from driftgauge.model.batch_job import view_batch
from driftgauge.model.history import history_of
from driftgauge.model.registry import DEFAULT_VERSION

__all__ = ["offline"]


def offline(args: argparse.Namespace) -> str:
    """Return the report of the file.

    Raises:
        ConfigError: no profile is named, or the thresholds make no sense.
        SourceError: the file cannot be read.
        ProfileError: the profile cannot.
    """
    if args.reference is None:
        raise ConfigError("--offline: expected --reference PROFILE beside it, what the file is compared with")
    apply_mapping(args)
    settings = settings_of(args)
    reference = read_profile(args.reference)
    watch = FileWatch(reference, args.classes)
    with Progress(sys.stderr) as progress:
        counted = count(args.offline, roles_of(args), reference, progress, delimiter=args.delimiter, watch=watch)
    about, now = reference.provenance, time.time()
    name, version = args.model or about.model or counted.name, args.version or about.version or DEFAULT_VERSION
    view = view_batch(name, version, reference, counted.batch, settings=settings, now=now)
    found = _described(_completed(view, counted, watch), counted, watch, now)
    return json.dumps(found, indent=2) + "\n" if args.json else incident_html(found)


def _completed(view: ModelView, counted: Counted, watch: FileWatch) -> ModelView:
    """Return *view* with what the file tells beyond its scores."""
    assert view.evaluation is not None
    rows, times = int(counted.profile.rows[0]), counted.batch.time_range
    counters = Counters(
        predictions=rows,
        violations=dict(counted.violations),
        last_observation=None if times is None else times[1],
    )
    labels = watch.labels(view.settings.labels, view.evaluation.status_window, rows)
    return replace(view, counters=counters, labels=labels)


def _described(view: ModelView, counted: Counted, watch: FileWatch, now: float) -> Mapping[str, Any]:
    evaluation, batch = view.evaluation, counted.batch
    assert evaluation is not None
    slots = watch.slots()
    histories = [
        history_of(evaluation.reference, number, evaluation.status_window, batch.profile, slots)
        for number in drifted(evaluation)
    ]
    source = {
        "name": counted.name,
        "rows": int(batch.profile.rows[0]),
        "time_range": None if batch.time_range is None else list(batch.time_range),
        "notes": list(counted.notes),
    }
    diagnosis = diagnose(view, spellings=watch.spellings, newcomers=watch.newcomers)
    return describe_incident(view, histories, now, __version__, diagnosis=diagnosis, source=source)
