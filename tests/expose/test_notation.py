"""How a scrape is written: that others read it as we mean it, in both formats, and how numbers and names look."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, exposition
from prometheus_client.openmetrics import exposition as open_metrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from driftgauge.expose import CLASSIC, OPENMETRICS
from driftgauge.model import Counters
from tests.expose.examples import learning, text, view
from tests.expose.scrapes import only, scrape

NASTY = 'a"b\\c\nd é 名'


def sorted_labels(body):
    """Sort the labels of every line by name, as the reference client library does; nothing else changes."""
    pair = r'[a-z_]+="(?:[^"\\]|\\.)*"'

    def in_order(found):
        return "{" + ",".join(sorted(re.findall(pair, found[1]))) + "}"

    return re.sub(rf"(?m)(?<=[a-z0-9])\{{({pair}(?:,{pair})*)\}}(?= \S+$)", in_order, body.decode()).encode()


class Registry(CollectorRegistry):
    """What the client library's encoders read families from."""

    def __init__(self, families):
        super().__init__()
        self._families = families

    def collect(self):
        return iter(self._families)


def test_client_library_reads_and_writes_the_same_classic_text():
    """Parsed and encoded again by the reference client library, the text is the same but for the order of labels."""
    body = scrape(views=[view(name=NASTY), learning()])
    assert exposition.generate_latest(Registry(list(parse_classic(body.decode())))) == sorted_labels(body)


def test_client_library_reads_and_writes_the_same_openmetrics_text():
    body = scrape(OPENMETRICS, views=[view(name=NASTY), learning()])
    again = open_metrics.generate_latest(Registry(list(parse_open_metrics(body.decode()))))
    assert again == sorted_labels(body)


def test_both_formats_say_the_same():
    classic, modern = scrape(CLASSIC).decode().splitlines(), scrape(OPENMETRICS).decode().splitlines()
    assert [line for line in classic if line[0] != "#"] == [line for line in modern if line[0] != "#"]
    assert modern[-1] == "# EOF"


def test_openmetrics_headers_of_counters_have_no_suffix():
    body = scrape(OPENMETRICS).decode()
    assert "# TYPE driftgauge_requests counter\n" in body
    assert "# TYPE driftgauge_requests_total" not in body


def test_histogram_bounds_are_written_as_floats():
    """Prometheus 3 normalises `le`, so what it would change must not come out in the first place."""
    for wanted in (CLASSIC, OPENMETRICS):
        bounds = re.findall(r'[,{]le="([^"]+)"', scrape(wanted).decode())
        assert all(bound == "+Inf" or "." in bound for bound in bounds)
        assert {"0.001", "1.0", "60.0", "+Inf"} <= set(bounds)


def test_label_values_are_escaped():
    body = text([view(name=NASTY, version="\\")])
    assert r'model="a\"b\\c\nd é 名",version="\\"' in body
    assert only(body, "driftgauge_requests_total", model=NASTY, version="\\") == [1_234_567.0]


def test_half_a_surrogate_pair_does_not_break_the_scrape():
    """JSON can hold it, UTF-8 cannot."""
    assert only(text([view(name="\ud800")]), "driftgauge_requests_total", model="?") == [1_234_567.0]


def test_integers_are_exact_and_timestamps_keep_milliseconds():
    counters = Counters(requests=2**53 - 1, last_observation=1_790_000_000.123)
    body = text([view(counters=counters)])
    assert only(body, "driftgauge_requests_total") == [2.0**53 - 1]
    assert only(body, "driftgauge_last_observation_timestamp_seconds") == [1_790_000_000.123]
    assert only(body, "driftgauge_drift_samples", feature="age", window="24h") == [12_345_678.0]


def test_scores_have_six_significant_digits():
    assert only(text([view()]), "driftgauge_drift_debiased", feature="plan", window="24h") == [0.123457]
