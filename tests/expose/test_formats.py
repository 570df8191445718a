"""Which format a scraper gets."""

from __future__ import annotations

import pytest

from driftgauge.expose import CLASSIC, OPENMETRICS, negotiate

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROTOBUF_FIRST = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited," + PROMETHEUS_2
)
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", CLASSIC),
        ("*/*", CLASSIC),
        ("text/plain", CLASSIC),
        ("text/*", CLASSIC),
        ("application/*", OPENMETRICS),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROTOBUF_FIRST, OPENMETRICS),
        (CHROMIUM, CLASSIC),
        ("application/openmetrics-text", OPENMETRICS),
        ("Application/OpenMetrics-Text; Version=1.0.0", OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", CLASSIC),
        ("application/openmetrics-text;version=2.0.0", CLASSIC),
        ("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", CLASSIC),
        ("application/openmetrics-text;q=0", CLASSIC),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.9", CLASSIC),
        ("application/openmetrics-text;q=0.9,text/plain;q=0.5", OPENMETRICS),
        ("text/plain,application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text;q=0.5,*/*", CLASSIC),
        ("application/openmetrics-text;q=0.5,*/*;q=0.1", OPENMETRICS),
        ("text/plain;q=0,*/*", OPENMETRICS),
        ("application/openmetrics-text;q=nonsense", CLASSIC),
        ("image/png", CLASSIC),
        (",;,q=1;;", CLASSIC),
    ],
)
def test_negotiation(accept, expected):
    assert negotiate(accept) is expected


def test_content_types_name_their_version():
    assert CLASSIC.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert OPENMETRICS.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
