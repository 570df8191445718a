"""A scrape: its exact bytes, what is in it, and what is left out."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open_metrics
from prometheus_client.parser import text_string_to_metric_families as parse_classic

from driftgauge import names
from driftgauge.config import DriftSettings, ModelSettings
from driftgauge.errors import REASONS
from driftgauge.expose import CLASSIC, OPENMETRICS, Exposition, ProcessMetrics
from driftgauge.ingest import FAILURES
from tests.expose.embedded import embedded
from tests.expose.estimated import estimated, estimated_errors
from tests.expose.examples import GOLDEN, PREDICTION, evaluation, exporter, generating, learning, reference, text, view
from tests.expose.labelled import classifier, regression
from tests.expose.levelled import levelled
from tests.expose.odd import odd
from tests.expose.scrapes import only, samples, scrape
from tests.expose.sure import sure
from tests.expose.worded import worded


def test_golden_scrape():
    """The exact bytes; `python -m tests.expose.examples` writes them anew."""
    assert scrape().decode() == GOLDEN.read_text()


def test_promtool_is_silent():
    promtool = shutil.which("promtool")
    assert promtool, "promtool is needed: install the package prometheus"
    body = scrape(appended=ProcessMetrics().text(CLASSIC))
    done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_every_metric_is_produced_and_nothing_else():
    """The fully populated scrape has a sample of each metric of the contract, with exactly its labels."""
    suffixes = {names.COUNTER: "", names.GAUGE: "", names.HISTOGRAM: "_bucket"}
    everything = [
        view(),
        learning(),
        generating(),
        sure(),
        classifier(),
        regression(),
        embedded(),
        odd(),
        estimated(),
        estimated_errors(),
        levelled(),
        worded(),
    ]
    produced = samples(scrape(views=everything).decode())
    for metric in names.ALL:
        series = produced.pop(metric.name + suffixes[metric.type])
        extra = {"le"} if metric.type == names.HISTOGRAM else set()
        assert all({label for label, _ in key} == set(metric.labels) | extra for key in series), metric.name
        if metric.type == names.HISTOGRAM:
            del produced[metric.name + "_count"], produced[metric.name + "_sum"]
    assert not produced


def test_same_views_same_bytes():
    """Neither the order of the views nor what was rendered before changes a byte."""
    used = Exposition()
    used.render([view(version="4"), learning(name="other")], exporter(), OPENMETRICS)
    for wanted in (CLASSIC, OPENMETRICS):
        assert used.render([learning(), generating(), view()], exporter(), wanted) == scrape(wanted)
        assert used.render([view(), generating(), learning()], exporter(), wanted) == scrape(wanted)


def test_models_are_in_order_of_name_and_version():
    body = text([view(version="2"), learning(), view(version="10"), view(name="a")])
    found = re.findall(r'^driftgauge_requests_total\{model="(\w+)",version="(\w+)"\}', body, re.MULTILINE)
    assert found == sorted(found)


def test_undefined_values_are_absent():
    """NaN never comes out; neither does a threshold that nothing can reach."""
    body = text([view()])
    assert not re.search(r" (NaN|[+-]Inf)$", body, re.MULTILINE)
    assert not only(body, "driftgauge_drift_debiased", feature="prediction", window="1h")
    assert not only(body, "driftgauge_drift_threshold", window="1h", severity="warning")
    assert only(body, "driftgauge_drift_threshold", window="1h", severity="critical") == [0.4] * 3


def test_family_without_samples_has_no_header():
    body = text([learning()])
    assert "driftgauge_drift_status" not in body
    assert "driftgauge_latency_threshold_seconds" not in body


def test_known_series_start_at_zero():
    body = Exposition().render([learning()], exporter(rejected_rows={}, dropped={}), CLASSIC).decode()
    for reason in FAILURES:
        assert only(body, "driftgauge_request_failures_total", reason=reason) == [0.0]
    for reason in REASONS:
        assert only(body, "driftgauge_ingest_dropped_total", reason=reason) == [0.0]
        assert only(body, "driftgauge_ingest_rejected_rows_total", reason=reason) == [0.0]
    assert only(body, "driftgauge_late_observations_total") == [0.0, 0.0]
    assert only(body, "driftgauge_series_suppressed_total") == [0.0, 0.0]
    assert only(body, "driftgauge_request_duration_seconds_bucket", le="+Inf") == [0.0]


def test_reasons_nobody_knew_get_series_of_their_own():
    counters = replace(view().counters, failures={"meteor": 7}, late={"lost": 8})
    body = text([view(counters=counters)])
    assert only(body, "driftgauge_request_failures_total", reason="meteor") == [7.0]
    assert only(body, "driftgauge_late_observations_total", reason="lost") == [8.0]


def test_undecided_reason_nobody_knew_is_published():
    of = reference()
    body = text([view(evaluation=replace(evaluation(of), undecided=("", "", "asleep")))])
    assert only(body, "driftgauge_drift_undecided", reason="asleep", feature="prediction") == [1.0]


def test_columns_in_alert_count_as_critical_only():
    body = text([view()])
    assert only(body, "driftgauge_drifted_features", window="24h", severity="warning") == [1.0]
    assert only(body, "driftgauge_drifted_features", window="24h", severity="critical") == [1.0]


def test_worst_score_leaves_out_columns_with_few_samples():
    """A score of ten rows is noise, and would always be the worst."""
    of = reference()
    made = evaluation(of)
    scores = replace(made.scores, debiased=np.array([[0.2, 0.1, 0.9], [0.2, 0.1, 0.9]]))
    body = text([view(evaluation=replace(made, scores=scores))])
    assert only(body, "driftgauge_drift_worst_debiased") == [0.2, 0.2]
    none = replace(made.scores, samples=np.zeros((2, 3)))
    assert not only(text([view(evaluation=replace(made, scores=none))]), "driftgauge_drift_worst_debiased")


def test_learned_references_have_no_fleet_series():
    body = text([view(mode="learned")])
    assert "driftgauge_feature_values_total" not in body
    assert only(body, "driftgauge_reference_info", mode="learned") == [1.0]


def test_fleet_counters_can_be_switched_off():
    settings = ModelSettings(name="fraud", drift=DriftSettings(fleet_bins=0))
    assert "driftgauge_feature_values_total" not in text([view(settings=settings)])


def test_predicted_classes_are_those_of_the_prediction():
    """Several categorical outputs must not make the same series twice."""
    of = reference()
    made = evaluation(of)
    first = replace(made.classes[0], column=replace(PREDICTION, name="colour"), ratios=np.array([0.5, 0.25, 0.25]))
    body = text([view(evaluation=replace(made, classes=(first, *made.classes)))])
    assert only(body, "driftgauge_predicted_class_ratio", **{"class": "ok"}) == [0.9]
    assert len(only(body, "driftgauge_rate_ratio", **{"class": "fraud"})) == 2


def test_an_input_and_an_output_may_share_a_name():
    counters = replace(view().counters, violations={("prediction", "wrong_type"): 5})
    columns = (replace(PREDICTION, role="input"), PREDICTION)
    of = view().reference
    schema = replace(of.profile.spec.schema, columns=(of.profile.spec.schema.columns[0], *columns))
    both = replace(of, profile=replace(of.profile, spec=replace(of.profile.spec, schema=schema)))
    body = text([view(counters=counters, reference=both)])
    assert only(body, "driftgauge_schema_violations_total", feature="prediction", reason="wrong_type") == [5.0]


def test_process_metrics_come_before_the_end_mark():
    process = ProcessMetrics()
    for wanted, parse in ((CLASSIC, parse_classic), (OPENMETRICS, parse_open_metrics)):
        body = scrape(wanted, appended=process.text(wanted)).decode()
        found = {family.name for family in parse(body)}
        assert {"process_cpu_seconds", "process_resident_memory_bytes", "python_info", "driftgauge_requests"} <= {
            name.removesuffix("_total") for name in found
        }
        assert "_created" not in body.replace("reference_created_timestamp", "")
        assert body.count("# EOF") == (wanted is OPENMETRICS)


def test_layouts_of_models_that_are_gone_are_forgotten():
    """What is remembered is bounded by the models there are."""
    kept = Exposition()
    for version in range(5):
        kept.render([view(version=str(version))], exporter(), CLASSIC)
    assert len(kept._layouts) == 1


def test_values_follow_the_view_while_prefixes_stay():
    """The second scrape shows the second view's numbers."""
    kept = Exposition()
    kept.render([view()], exporter(), CLASSIC)
    later = view(counters=replace(view().counters, requests=9_999_999))
    assert kept.render([later], exporter(), CLASSIC) == scrape(views=[later])


def test_new_reference_new_series():
    """Two references never share a series of the fleet."""
    kept = Exposition()
    of = reference(2_000)
    bodies = [
        kept.render([made], exporter(), CLASSIC).decode()
        for made in (view(), view(reference=of, evaluation=evaluation(of)))
    ]
    labels = [set(re.findall(r'reference="(\w+)"', body)) for body in bodies]
    assert all(len(found) == 1 for found in labels)
    assert labels[0].isdisjoint(labels[1])


def test_every_value_is_a_number():
    values = [value for series in samples(scrape().decode()).values() for value in series.values()]
    assert all(math.isfinite(value) for value in values)


def test_confidence_is_beside_that_of_the_reference():
    """Means over the window and of the reference, and none where the model has no class scores."""
    found = samples(text([sure()]))
    top1, usual = (
        next(iter(found[metric.name].values()))
        for metric in (names.CONFIDENCE_TOP1_RATIO, names.CONFIDENCE_REFERENCE_RATIO)
    )
    assert 0 < top1 < usual - 0.1 < 1
    assert set(samples(text([view()]))).isdisjoint({names.CONFIDENCE_TOP1_RATIO.name})
