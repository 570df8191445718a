"""The metrics contract: names that promtool and people accept, documented where they are spelled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from driftgauge import names

ROOT = Path(__file__).parents[1]


def test_names_are_unique():
    assert len({metric.name for metric in names.ALL}) == len(names.ALL)


@pytest.mark.parametrize("metric", names.ALL, ids=lambda metric: metric.name)
def test_every_name_follows_the_rules(metric):
    """Prefix, legacy characters, `_total` on counters alone, no suffix that belongs to a histogram's samples."""
    assert re.fullmatch(r"driftgauge_[a-z0-9_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.type == names.COUNTER)
    assert not metric.name.endswith(("_bucket", "_count", "_sum", "_created"))
    assert metric.type in {names.COUNTER, names.GAUGE, names.HISTOGRAM}
    assert metric.type != names.HISTOGRAM or metric.name.endswith("_seconds")


@pytest.mark.parametrize("metric", names.ALL, ids=lambda metric: metric.name)
def test_every_label_is_ours(metric):
    """What the scrape adds, and what histograms and summaries own, is no label of ours; the model comes first."""
    assert not {"le", "quantile", "namespace", "pod", "cluster", "job", "instance"} & set(metric.labels)
    assert all(re.fullmatch(r"[a-z_]+", label) for label in metric.labels)
    assert metric.labels[:2] == ("model", "version") or "model" not in metric.labels


@pytest.mark.parametrize("metric", names.ALL, ids=lambda metric: metric.name)
def test_every_help_is_a_sentence_that_names_the_window(metric):
    assert metric.help.endswith(".")
    assert "\n" not in metric.help
    if metric.type == names.GAUGE and "window" in metric.labels:
        assert "window" in metric.help


def test_groups_are_contiguous():
    """A group that appears twice would be two tables of the same name."""
    groups = [metric.group for metric in names.ALL]
    assert len(list(dict.fromkeys(groups))) == sum(a != b for a, b in zip(groups, [None, *groups], strict=False))


@pytest.mark.parametrize("rendered", [names.markdown(), names.plain()], ids=["markdown", "plain"])
def test_renderings_name_every_metric(rendered):
    for metric in names.ALL:
        assert metric.name in rendered


def test_table_cells_are_escaped():
    """Every row of a table has its four cells."""
    for line in names.markdown().splitlines():
        if line.startswith("| `"):
            assert len(re.split(r"(?<!\\)\|", line)) == 6, line


def test_documentation_is_current():
    """docs/metrics.md is `names.markdown()`, byte for byte."""
    assert (ROOT / "docs" / "metrics.md").read_text() == names.markdown()
