"""Scrapes, and how tests read them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families as parse_classic

from driftgauge.expose import CLASSIC, Exposition
from tests.expose.examples import exporter, generating, learning, view


def scrape(wanted=CLASSIC, views=None, appended=""):
    return Exposition().render(views or [view(), learning(), generating()], exporter(), wanted, appended)


def samples(body):
    """Return {name: {labels: value}} of a classic scrape."""
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in parse_classic(body):
        for sample in family.samples:
            series = found.setdefault(sample.name, {})
            key = frozenset(sample.labels.items())
            assert key not in series, f"twice: {sample}"
            series[key] = sample.value
    return found


def only(body, name, **labels):
    """Return the values of the series of *name* that have these labels."""
    wanted = set(labels.items())
    return [value for key, value in samples(body).get(name, {}).items() if wanted <= key]
