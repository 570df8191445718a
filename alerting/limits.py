"""Limits: sizes that the rules compare against and that no series of the exporter publishes, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes; ratios are 0 to 1.

    Attributes:
        fleet_least_samples: values below which the fleet is not judged; from 500 on the large-sample floor and evidence
            of the rules agree with the exact law (a test holds them to it).
        pod_least_samples: values below which a pod's comparison with its own past is not heard; `drift.least_samples`.
        change_distance: debiased distance from its own past that is a sudden change; the default of `drift.alert`, twice the
            distance that the same hour of seven days passes in 2 % of the time without any change.
        fleet_catch_all: least debiased distance at which the last hour pages; a daily cycle of +-0.5 sigma peaks at 0.2,
            0.4 is a shift of one sigma.
        many_features_warning: share of the judged features.
        many_features_critical: share of the judged features; half of the columns is what drift tools call a drifted data set.
        many_features_least: features; with fewer, the single features' alerts say it better.
        error_ratio_warning: share of the requests; an SLO of 99 %.
        error_ratio_critical: share of the requests; five times that budget.
        least_requests: requests in a window below which a ratio or a quantile of it means nothing: the 95th percentile of
            100 requests rests on five.
        first_token_seconds_warning: 95th percentile of the time to the first token; beyond some seconds an assistant no longer
            feels interactive.
        first_token_seconds_critical: 95th percentile; 10 s is how long attention is kept (Nielsen 1993, "Response times").
        logprob_shift_sigma: standard deviations of the reference; half of one is a shift that Jensen-Shannon calls 0.2.
        refusal_ratio: share of the answers; a general assistant refuses one in a hundred or fewer.
        truncated_ratio: share of the answers; callers that ask for short ones on purpose lie above it, and raise it.
        traffic_dropped_to: share of the usual traffic that counts as gone; nightly troughs are rarely below a tenth.
        traffic_least_per_second: usual requests per second that are traffic at all; 0.02 is 72 an hour, and with fewer a
            quarter of an hour without one is nothing unusual (e^-18 at 72 an hour).
        missing_ratio: missing values beyond the reference's share; 2 % of new mass is a distance of 0.1, the default warning.
        unseen_ratio: as `missing_ratio`.
        out_of_range_ratio: as `missing_ratio`.
        confidence_drop: fall of the mean confidence below the reference's; a model whose confidence is calibrated is right in as
            many cases fewer, and 0.1 is twice what an alert on calibration allows.
        anomaly_factor: multiple of the reference's share of anomalies; five times 1 % is 5 % of the rows, and a season alone doubles it.
        schema_violation_ratio: violations per row; a sound sender has none, 1 % leaves room for a rollout.
        pods_down_warning: share of the exporters; a single one of a small fleet is the orchestrator's business.
        pods_down_critical: share of the exporters; below half the fleet's scores no longer speak for the model.
        input_lost_ratio: share of bodies or rows; a loss of 1 % moves no score that counts.
        late_ratio: share of the rows.
        events_unpaired_ratio: share of the events; a model that fails one request in ten leaves 1 in 19 alone, and has an alert
            of its own before that.
        labels_dropped: labels an hour; a handful change no accuracy.
        labels_usual: labels a day from which on they are missed, and their share without a prediction says something.
        labels_unmatched_ratio: share of the labels; samplers and restarts leave a few per cent without a prediction.
        clients_lost: processes an hour; one that the kernel or a deployment kills is no pattern.
    """

    fleet_least_samples: int = 500
    pod_least_samples: int = 100
    change_distance: float = 0.2
    fleet_catch_all: float = 0.4
    many_features_warning: float = 0.25
    many_features_critical: float = 0.5
    many_features_least: int = 3
    error_ratio_warning: float = 0.01
    error_ratio_critical: float = 0.05
    least_requests: int = 100
    first_token_seconds_warning: float = 2.5
    first_token_seconds_critical: float = 10.0
    logprob_shift_sigma: float = 0.5
    refusal_ratio: float = 0.05
    truncated_ratio: float = 0.1
    traffic_dropped_to: float = 0.05
    traffic_least_per_second: float = 0.02
    missing_ratio: float = 0.02
    unseen_ratio: float = 0.02
    out_of_range_ratio: float = 0.02
    confidence_drop: float = 0.1
    anomaly_factor: float = 5.0
    schema_violation_ratio: float = 0.01
    pods_down_warning: float = 0.1
    pods_down_critical: float = 0.5
    input_lost_ratio: float = 0.01
    late_ratio: float = 0.01
    events_unpaired_ratio: float = 0.05
    labels_dropped: int = 10
    labels_usual: int = 100
    labels_unmatched_ratio: float = 0.1
    clients_lost: int = 3
