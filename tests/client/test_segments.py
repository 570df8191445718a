"""Segments that callers name arrive with their rows."""

from __future__ import annotations

import logging

import numpy as np

ROW = np.arange(3.0)


def words(batch, field):
    column = batch.segments[field]
    return [None if code < 0 else column.vocabulary[code] for code in column.codes.tolist()]


def test_rows_and_tables_carry_their_segments(monitor, exporter):
    """One value for a call, or one for each of its rows; what a row lacks is missing."""
    monitor.log(features=ROW, prediction=1, segment={"country": "de", "tenant": 7})
    monitor.log(features=ROW, prediction=1, segment={"country": "fr"})
    monitor.log(features=ROW, prediction=1)
    monitor.log(features=np.zeros((2, 3)), prediction=[0, 1], segment={"country": ["it", "de"], "tenant": 8})
    assert monitor.flush()
    countries = [word for batch in exporter.batches for word in words(batch, "country")]
    tenants = [word for batch in exporter.batches for word in words(batch, "tenant")]
    assert countries == ["de", "fr", None, "it", "de"]
    assert tenants == ["7", None, None, "8", "8"]
    assert not exporter.undecodable


def test_a_segment_that_is_none_costs_nothing_else(monitor, exporter, caplog):
    """A word alone is told once; the row arrives."""
    with caplog.at_level(logging.WARNING, "driftgauge.client"):
        monitor.log(features=ROW, prediction=1, segment="de")
        assert monitor.flush()
    assert exporter.rows == 1
    assert exporter.batches[0].segments == {}
    assert "a segment is a dictionary" in caplog.text
