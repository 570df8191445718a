"""Names: every metric with its type, labels and help; the only place where a metric name is spelled.

A name is final once released. Base units, `_ratio` is 0..1, `_total` only on counters. What a window holds can fall, so
it is a gauge, and its HELP says the window. An undefined value is an absent series, never NaN. Order: `ALL` is the order
of a scrape and of the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

__all__ = ["ALL", "COUNTER", "GAUGE", "HISTOGRAM", "PREFIX", "Metric", "markdown", "plain"]

PREFIX = "driftgauge_"

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"

_MODEL = ("model", "version")
_COLUMN = (*_MODEL, "feature", "role")
_SCORE = (*_COLUMN, "window")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as samples carry it; a counter's with `_total`, a histogram's without `_bucket`.
        type: `counter`, `gauge` or `histogram`.
        help: unit, range and what it means.
        labels: in the order in which they are written; a histogram's without `le`.
        group: what it belongs to in the documentation.
    """

    name: str
    type: str
    help: str
    labels: tuple[str, ...]
    group: str


def _counter(name: str, help_text: str, labels: tuple[str, ...], group: str) -> Metric:
    return Metric(f"{PREFIX}{name}_total", COUNTER, help_text, labels, group)


def _gauge(name: str, help_text: str, labels: tuple[str, ...], group: str) -> Metric:
    return Metric(PREFIX + name, GAUGE, help_text, labels, group)


def _histogram(name: str, help_text: str, labels: tuple[str, ...], group: str) -> Metric:
    return Metric(PREFIX + name, HISTOGRAM, help_text, labels, group)


_GROUP = "traffic"
REQUESTS = _counter("requests", "Inference requests observed.", _MODEL, _GROUP)
REQUEST_FAILURES = _counter(
    "request_failures",
    "Inference requests that failed, by reason; they are in the requests too.",
    (*_MODEL, "reason"),
    _GROUP,
)
PREDICTIONS = _counter(
    "predictions", "Rows predicted; one request may carry many, failed rows are left out.", _MODEL, _GROUP
)
REQUEST_DURATION = _histogram(
    "request_duration_seconds",
    "Duration of inference requests in seconds, of those whose duration is known.",
    _MODEL,
    _GROUP,
)
LATENCY_QUANTILE = _gauge(
    "latency_quantile_seconds",
    "Quantile q of the request duration over the window in seconds, within 9 %.",
    (*_MODEL, "window", "q"),
    _GROUP,
)

_GROUP = "clients"
REQUESTS_IN_FLIGHT = _gauge(
    "requests_in_flight",
    "Inference requests that client processes are working on, as last reported by those heard of within a minute.",
    _MODEL,
    _GROUP,
)
CLIENT_PROCESSES = _gauge(
    "client_processes", "Client processes heard of within a minute; absent until the first.", _MODEL, _GROUP
)
CLIENT_SAMPLE_RATIO = _gauge(
    "client_sample_ratio",
    "Lowest share of the calls whose rows a client process sends, 0 to 1; totals are exact all the same.",
    _MODEL,
    _GROUP,
)
CLIENT_DROPPED_ROWS = _counter(
    "client_dropped_rows",
    "Rows that clients say they could not send, by reason; they are in the predictions, but in no score.",
    (*_MODEL, "reason"),
    _GROUP,
)
CLIENT_DROPPED_LABELS = _counter(
    "client_dropped_labels", "Labels that clients say they could not send, by reason.", (*_MODEL, "reason"), _GROUP
)
CLIENT_EXITS = _counter(
    "client_exits",
    "Client processes that went: with a last word (closed), without one for a minute, as when killed (silent), or pushed out "
    "by newer ones (limit).",
    (*_MODEL, "reason"),
    _GROUP,
)

_GROUP = "drift, per column"
DRIFT_JS_DISTANCE = _gauge(
    "drift_js_distance",
    "Jensen-Shannon distance (base 2) between the reference and the window, 0 (same) to 1 (disjoint), over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_NOISE_FLOOR = _gauge(
    "drift_noise_floor",
    "Jensen-Shannon distance to be expected without any drift, from the sample sizes alone, 0 to 1, over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_DEBIASED = _gauge(
    "drift_debiased",
    "Jensen-Shannon distance without the share of the noise, 0 to 1, over the window; thresholds are about it.",
    _SCORE,
    _GROUP,
)
DRIFT_EVIDENCE = _gauge(
    "drift_evidence",
    "Evidence of drift: -log10 of the probability of such a distance without drift, 0 to 300, over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_SAMPLES = _gauge("drift_samples", "Rows that the scores rest on, over the window.", _SCORE, _GROUP)
DRIFT_DISPERSION = _gauge(
    "drift_dispersion",
    "Factor by which the far tail of the score is wider than with independent rows, 1 to 50, over the window; evidence allows for it.",
    _SCORE,
    _GROUP,
)
DRIFT_LOG_E = _gauge(
    "drift_log_e",
    "Evidence of drift by e-CUSUM over minutes, natural logarithm, valid however often one looks: 11.5 comes by chance once in "
    "100,000 minutes with rows at most; only with drift.log_e.",
    _COLUMN,
    _GROUP,
)
DRIFT_STUCK_RATIO = _gauge(
    "drift_stuck_ratio",
    "Share of the rows beyond the reference's share, 0 to 1, that one value of the column had in at least 80 % of the last 72 hours.",
    _COLUMN,
    _GROUP,
)
DRIFT_STUCK_EVIDENCE = _gauge(
    "drift_stuck_evidence",
    "Evidence that a value is stuck: -log10 of the probability that one is there as often by chance, 0 to 300, over 72 hours.",
    _COLUMN,
    _GROUP,
)
DRIFT_STUCK_THRESHOLD_RATIO = _gauge(
    "drift_stuck_threshold_ratio",
    "Threshold of the stuck ratio, after calibration; absent where the reference cannot calibrate it and nothing is judged.",
    (*_COLUMN, "severity"),
    _GROUP,
)
DRIFT_STUCK_EVIDENCE_THRESHOLD = _gauge(
    "drift_stuck_evidence_threshold", "Evidence that calls a value stuck.", _MODEL, _GROUP
)
DRIFT_STUCK_STATUS = _gauge(
    "drift_stuck_status",
    "Whether one value is stuck: -1 cannot judge, 0 ok, 1 warn, 2 alert; the drift status is no lower. It is this pod's own.",
    _COLUMN,
    _GROUP,
)
DRIFT_STATUS = _gauge(
    "drift_status",
    "Status over the judging windows: -1 cannot judge, 0 ok, 1 warn, 2 alert. It is this pod's own.",
    _COLUMN,
    _GROUP,
)
DRIFT_UNDECIDED = _gauge(
    "drift_undecided", "Always 1; says by its reason why the drift status is -1.", (*_COLUMN, "reason"), _GROUP
)
DRIFT_PSI = _gauge(
    "drift_psi",
    "Population stability index in nats, 0 or more, over the window; of this pod, half a row added to every bin (Jeffreys).",
    _SCORE,
    _GROUP,
)
DRIFT_KL_DIVERGENCE = _gauge(
    "drift_kl_divergence",
    # not `_bits`: linters take that for a size of data
    "Kullback-Leibler divergence KL(reference || current) in bits, 0 or more, over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_KS = _gauge(
    "drift_ks",
    "Kolmogorov-Smirnov distance of a numeric column over the reference's bins, 0 to 1, over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_WASSERSTEIN_SIGMA = _gauge(
    "drift_wasserstein_sigma",
    "Wasserstein distance of a numeric column in standard deviations of the reference, 0 or more, over the window.",
    _SCORE,
    _GROUP,
)
DRIFT_CHI2 = _gauge(
    "drift_chi2", "Chi-square statistic of the two samples, 0 or more, over the window; for display.", _SCORE, _GROUP
)
DRIFT_MEAN_SHIFT_SIGMA = _gauge(
    "drift_mean_shift_sigma",
    "Shift of the mean of a numeric column in standard deviations of the reference, signed, over the window.",
    _SCORE,
    _GROUP,
)

_GROUP = "drift, per model"
DRIFTED_FEATURES = _gauge(
    "drifted_features",
    "Columns that warn (severity warning) or alert (severity critical, counted only there), over the window.",
    (*_MODEL, "window", "severity"),
    _GROUP,
)
DRIFT_WORST_DEBIASED = _gauge(
    "drift_worst_debiased",
    "Largest debiased distance among the columns with enough samples, 0 to 1, over the window.",
    (*_MODEL, "window"),
    _GROUP,
)
DRIFT_MODEL_STATUS = _gauge(
    "drift_model_status",
    "Worst status of the columns that have a weight: -1 cannot judge, 0 ok, 1 warn, 2 alert. It is this pod's own.",
    _MODEL,
    _GROUP,
)
DRIFTED_WEIGHT_RATIO = _gauge(
    "drifted_weight_ratio",
    "Share of the weight of the judged columns that have at least the severity, 0 to 1.",
    (*_MODEL, "severity"),
    _GROUP,
)

_GROUP = "change against the model's own past"
_CHANGE = (*_SCORE, "mode")
CHANGE_JS_DISTANCE = _gauge(
    "change_js_distance",
    "Jensen-Shannon distance (base 2) of the window from the model's own past that the mode names, 0 to 1.",
    _CHANGE,
    _GROUP,
)
CHANGE_NOISE_FLOOR = _gauge(
    "change_noise_floor",
    "Distance to be expected without any change, from the sample sizes alone, 0 to 1, over the window.",
    _CHANGE,
    _GROUP,
)
CHANGE_DEBIASED = _gauge(
    "change_debiased",
    "Distance from the past without the share of the noise, 0 to 1, over the window.",
    _CHANGE,
    _GROUP,
)
CHANGE_EVIDENCE = _gauge(
    "change_evidence",
    "Evidence of a change: -log10 of the probability without one, 0 to 300, over the window.",
    _CHANGE,
    _GROUP,
)
CHANGE_SAMPLES = _gauge("change_samples", "Rows of the window that is compared with the past.", _CHANGE, _GROUP)

_GROUP = "segments"
_SEGMENT = (*_MODEL, "segment", "feature", "role", "against", "window")
SEGMENT_JS_DISTANCE = _gauge(
    "segment_js_distance",
    "Jensen-Shannon distance (base 2) of a segment from the reference's same segment, or from its own past, 0 to 1, over the window.",
    _SEGMENT,
    _GROUP,
)
SEGMENT_NOISE_FLOOR = _gauge(
    "segment_noise_floor",
    "Distance to be expected of a segment without any drift, from the sample sizes alone, 0 to 1, over the window.",
    _SEGMENT,
    _GROUP,
)
SEGMENT_DEBIASED = _gauge(
    "segment_debiased",
    "Distance of a segment without the share of the noise, 0 to 1, over the window.",
    _SEGMENT,
    _GROUP,
)
SEGMENT_EVIDENCE = _gauge(
    "segment_evidence",
    "Evidence that a segment has drifted: -log10 of the probability without drift, 0 to 300, over the window.",
    _SEGMENT,
    _GROUP,
)
SEGMENT_SAMPLES = _gauge("segment_samples", "Rows of a segment, over the window.", _SEGMENT, _GROUP)
SEGMENT_STATUS = _gauge(
    "segment_status",
    "Status of a segment's column: -1 cannot judge, 0 ok, 1 warn, 2 alert. It is this pod's own.",
    _SEGMENT[:-1],
    _GROUP,
)
SEGMENT_EVIDENCE_THRESHOLD = _gauge(
    "segment_evidence_threshold", "Evidence (-log10 p) that a status of a segment needs.", _MODEL, _GROUP
)
SEGMENT_SUPPRESSED_ROWS = _counter(
    "segment_suppressed_rows",
    "Rows counted in the segment _other, because the field has more values than are told apart.",
    (*_MODEL, "field"),
    _GROUP,
)

_GROUP = "thresholds"
DRIFT_THRESHOLD = _gauge(
    "drift_threshold",
    "Debiased distance, 0 to 1, from which on a column has the severity in the window; absent where the window does not judge.",
    (*_SCORE, "severity"),
    _GROUP,
)
DRIFT_EVIDENCE_THRESHOLD = _gauge(
    "drift_evidence_threshold", "Evidence (-log10 p) that a status needs in the window.", (*_MODEL, "window"), _GROUP
)
LATENCY_THRESHOLD = _gauge(
    "latency_threshold_seconds",
    "95th percentile of the request duration in seconds from which on latency has the severity; absent unless configured.",
    (*_MODEL, "severity"),
    _GROUP,
)

_GROUP = "fleet"
FEATURE_VALUES = _counter(
    "feature_values",
    "Values per bin (not cumulative) since the reference was set; add them over the pods for a fleet's distribution.",
    (*_COLUMN, "bin", "reference"),
    _GROUP,
)
FEATURE_REFERENCE_RATIO = _gauge(
    "feature_reference_ratio",
    "Share of the reference's values in the bin, 0 to 1.",
    (*_COLUMN, "bin", "reference"),
    _GROUP,
)

_GROUP = "rare classes"
RATE_RATIO = _gauge(
    "rate_ratio",
    "Share of a rare class (under 10 % of the reference) over its share in the reference, 0 or more, over the window.",
    (*_MODEL, "feature", "class", "window"),
    _GROUP,
)
RATE_RATIO_EVIDENCE = _gauge(
    "rate_ratio_evidence",
    "Evidence that the share of a rare class has changed: -log10 of the two-sided p-value, 0 to 300, over the window.",
    (*_MODEL, "feature", "class", "window"),
    _GROUP,
)
FEATURE_STDDEV_RATIO = _gauge(
    "feature_stddev_ratio",
    "Standard deviation over that of the reference, 0 or more, over the window.",
    _SCORE,
    _GROUP,
)

_GROUP = "columns"
FEATURE_MEAN = _gauge(
    "feature_mean", "Mean of the finite values in the column's own unit, over the window.", _SCORE, _GROUP
)
FEATURE_MISSING_RATIO = _gauge(
    "feature_missing_ratio", "Share of missing values, 0 to 1, over the window.", _SCORE, _GROUP
)
FEATURE_REFERENCE_MISSING_RATIO = _gauge(
    "feature_reference_missing_ratio", "Share of missing values in the reference, 0 to 1.", _COLUMN, _GROUP
)
FEATURE_OUT_OF_RANGE_RATIO = _gauge(
    "feature_out_of_range_ratio",
    "Share of the present values outside the range of the reference, 0 to 1, over the window.",
    _SCORE,
    _GROUP,
)
FEATURE_UNSEEN_RATIO = _gauge(
    "feature_unseen_ratio",
    "Share of the present values whose category the reference did not have, 0 to 1, over the window.",
    _SCORE,
    _GROUP,
)

_GROUP = "quality"
SCHEMA_VIOLATIONS = _counter(
    "schema_violations",
    "Values that broke the schema, by reason; such a value counts as missing.",
    (*_MODEL, "feature", "reason"),
    _GROUP,
)

_GROUP = "outputs"
PREDICTED_CLASS_RATIO = _gauge(
    "predicted_class_ratio",
    "Share of the predictions that are this class, 0 to 1, over the window.",
    (*_MODEL, "class", "window"),
    _GROUP,
)

_GROUP = "confidence"
CONFIDENCE_TOP1_RATIO = _gauge(
    "confidence_top1_ratio",
    "Mean of the largest class probability, 0 to 1, over the window; its distribution is the column confidence.top1.",
    (*_MODEL, "window"),
    _GROUP,
)
CONFIDENCE_TOP5_RATIO = _gauge(
    "confidence_top5_ratio",
    "Mean of the sum of the five largest class probabilities, 0 to 1, over the window; with more than five classes.",
    (*_MODEL, "window"),
    _GROUP,
)
CONFIDENCE_ENTROPY_RATIO = _gauge(
    "confidence_entropy_ratio",
    "Mean entropy of the class probabilities over the logarithm of the number of classes, 0 (sure) to 1 (all classes alike), "
    "over the window; with more than two classes.",
    (*_MODEL, "window"),
    _GROUP,
)
CONFIDENCE_REFERENCE_RATIO = _gauge(
    "confidence_reference_ratio", "Mean of the largest class probability in the reference, 0 to 1.", _MODEL, _GROUP
)

_GROUP = "embeddings"
_EMBEDDING = (*_MODEL, "feature", "window")
EMBEDDING_RELATIVE = _gauge(
    "embedding_mmd_relative",
    "Distance of the mean embedding from the reference's (maximum mean discrepancy, random Fourier features) without what chance "
    "gives, in standard deviations of the features, over the window; 0.05 warns, 0.1 alerts.",
    _EMBEDDING,
    _GROUP,
)
EMBEDDING_NOISE_FLOOR = _gauge(
    "embedding_noise_floor",
    "Relative distance of the mean embedding to be expected without drift, over the window.",
    _EMBEDDING,
    _GROUP,
)
EMBEDDING_EVIDENCE = _gauge(
    "embedding_evidence",
    "Evidence that the mean embedding has moved: -log10 of the p-value, 0 to 300, over the window.",
    _EMBEDDING,
    _GROUP,
)
EMBEDDING_SAMPLES = _gauge(
    "embedding_samples", "Vectors that the distance rests on, over the window.", _EMBEDDING, _GROUP
)
EMBEDDING_STATUS = _gauge(
    "embedding_status",
    "Status of the mean embedding: -1 undecided, 0 ok, 1 warning, 2 alert, over the window.",
    _EMBEDDING,
    _GROUP,
)

_EMBEDDING_CHANGE = (*_EMBEDDING, "mode")
EMBEDDING_CHANGE_RELATIVE = _gauge(
    "embedding_change_mmd_relative",
    "Distance of the window's mean embedding from that of the model's own past that the mode names, without what chance gives, in "
    "standard deviations of the features.",
    _EMBEDDING_CHANGE,
    _GROUP,
)
EMBEDDING_CHANGE_NOISE_FLOOR = _gauge(
    "embedding_change_noise_floor",
    "Relative distance of the mean embedding from the past to be expected without a change, over the window.",
    _EMBEDDING_CHANGE,
    _GROUP,
)
EMBEDDING_CHANGE_EVIDENCE = _gauge(
    "embedding_change_evidence",
    "Evidence that the mean embedding has changed: -log10 of the p-value, 0 to 300, over the window.",
    _EMBEDDING_CHANGE,
    _GROUP,
)
EMBEDDING_CHANGE_SAMPLES = _gauge(
    "embedding_change_samples",
    "Vectors of the window that is compared with the past.",
    _EMBEDDING_CHANGE,
    _GROUP,
)

_GROUP = "texts"
_TOKEN = (*_MODEL, "feature", "window")
TOKEN_DEBIASED = _gauge(
    "token_debiased",
    "Jensen-Shannon distance of a text's hashed tokens from the reference's without the share of the noise, 0 to 1, over the window.",
    _TOKEN,
    _GROUP,
)
TOKEN_NOISE_FLOOR = _gauge(
    "token_noise_floor",
    "Distance of a text's hashed tokens to be expected without drift, 0 to 1, over the window.",
    _TOKEN,
    _GROUP,
)
TOKEN_EVIDENCE = _gauge(
    "token_evidence",
    "Evidence that a text's tokens have drifted: -log10 of the probability without drift, 0 to 300, over the window; texts, not tokens, are "
    "the independent ones.",
    _TOKEN,
    _GROUP,
)
TOKEN_OVERLAP_RATIO = _gauge(
    "token_overlap_ratio",
    "Share of a text's 50, 20 or 10 most frequent tokens (hashed) that are among the reference's, 0 to 1, over the window; absent with "
    "too few tokens to tell.",
    _TOKEN,
    _GROUP,
)
TOKEN_SAMPLES = _gauge(
    "token_samples", "Texts with tokens that the distance rests on, over the window.", _TOKEN, _GROUP
)
TOKEN_STATUS = _gauge(
    "token_status",
    "Status of a text's tokens: -1 undecided, 0 ok, 1 warning, 2 alert, over the window.",
    _TOKEN,
    _GROUP,
)

_GROUP = "anomalies"
_WINDOW = (*_MODEL, "window")
ANOMALY_RATIO = _gauge(
    "anomaly_ratio",
    "Share of the scored rows, 0 to 1, whose anomaly_score is beyond what 1 % of the reference's rows were beyond, over the window.",
    _WINDOW,
    _GROUP,
)
ANOMALY_EVIDENCE = _gauge(
    "anomaly_evidence",
    "Evidence that anomalies are more frequent than in the reference: -log10 of the p-value, 0 to 300, over the window.",
    _WINDOW,
    _GROUP,
)
ANOMALY_SAMPLES = _gauge("anomaly_samples", "Scored rows that the share rests on, over the window.", _WINDOW, _GROUP)
ANOMALY_REFERENCE_RATIO = _gauge(
    "anomaly_reference_ratio", "Share of anomalies in the reference, 0 to 1.", _MODEL, _GROUP
)
ANOMALY_ROWS = _counter(
    "anomaly_rows",
    "Rows that could be scored for anomalies, by result: scored, not_sampled (beyond anomaly_rows_per_second), unusable (none of the "
    "detector's columns has a value).",
    (*_MODEL, "result"),
    _GROUP,
)

_GROUP = "tensors"
TENSOR_ROWS = _counter(
    "tensor_rows",
    "Rows of pictures and sequences that came as tensors, by result: reduced (to facts), not_sampled (beyond tensor_rows_per_second).",
    (*_MODEL, "result"),
    _GROUP,
)

_GROUP = "performance without labels"
ESTIMATED_ACCURACY_RATIO = _gauge(
    "estimated_accuracy_ratio",
    "Accuracy to be expected of the window's rows without labels, 0 to 1: right if only the mix of inputs has changed.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ACCURACY_STDERR = _gauge(
    "estimated_accuracy_stderr", "Standard error of the estimated accuracy, over the window.", _WINDOW, _GROUP
)
ESTIMATED_ACCURACY_EVIDENCE = _gauge(
    "estimated_accuracy_drop_evidence",
    "Evidence that the estimated accuracy is below the reference's: -log10 of the one-sided p-value, 0 to 300, over the window.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ACCURACY_VALID = _gauge(
    "estimated_accuracy_valid",
    "1 while nothing contradicts that only the mix of inputs has changed (confidence, new values, embeddings), else 0; over the window.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ACCURACY_REFERENCE_RATIO = _gauge(
    "estimated_accuracy_reference_ratio",
    "The same estimate for the labelled rows of the reference, 0 to 1.",
    _MODEL,
    _GROUP,
)
ESTIMATED_ERROR = _gauge(
    "estimated_mean_absolute_error",
    "Mean absolute error to be expected of the window's predictions without labels, in the prediction's own unit: from the "
    "reference's errors by the size of the prediction, right if only the mix of predictions has changed.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ERROR_STDERR = _gauge(
    "estimated_mean_absolute_error_stderr",
    "Standard error of the estimated mean absolute error, over the window.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ERROR_EVIDENCE = _gauge(
    "estimated_mean_absolute_error_evidence",
    "Evidence that the estimated error is above the reference's: -log10 of the one-sided p-value, 0 to 300, over the window.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ERROR_VALID = _gauge(
    "estimated_mean_absolute_error_valid",
    "1 while nothing contradicts that only the mix of inputs has changed, else 0; over the window.",
    _WINDOW,
    _GROUP,
)
ESTIMATED_ERROR_REFERENCE = _gauge(
    "estimated_mean_absolute_error_reference",
    "The same estimate for the labelled rows of the reference, in the prediction's own unit.",
    _MODEL,
    _GROUP,
)

_GROUP = "level changes"
_LEVEL = (*_MODEL, "series", "detector")
LEVEL_CHANGES = _counter(
    "level_changes",
    "Changes of level that a detector has found in a series of the model (loss, confidence, latency, error_rate), by direction of "
    "the mean (up, down); only with level_changes.detectors.",
    (*_LEVEL, "direction"),
    _GROUP,
)
LEVEL_CHANGE_TIMESTAMP = _gauge(
    "level_change_timestamp_seconds",
    "When the level that the last change led to most likely began, in seconds since 1970; absent before the first change.",
    _LEVEL,
    _GROUP,
)
LEVEL_ESTIMATE = _gauge(
    "level_estimate",
    "Mean of the slots since the last change, as many as are kept: loss as share of wrong predictions or mean absolute error, "
    "confidence and error_rate 0 to 1, latency in seconds (geometric mean).",
    _LEVEL,
    _GROUP,
)
LEVEL_SLOTS = _gauge(
    "level_slots",
    "Slots that the estimate rests on; below level_changes.warmup_slots no change can be found.",
    _LEVEL,
    _GROUP,
)

_GROUP = "language models"
TOKENS = _counter(
    "tokens",
    "Tokens of prompts and of completions, as far as the server or its log-probabilities tell.",
    (*_MODEL, "kind"),
    _GROUP,
)
GENERATIONS = _counter(
    "generations",
    "Answers generated, by kind: text, tool_calls, refusal or empty; one request may have several.",
    (*_MODEL, "kind"),
    _GROUP,
)
FINISH_REASONS = _counter(
    "finish_reasons",
    "Answers by the reason for which they ended: length means that they were cut off.",
    (*_MODEL, "reason"),
    _GROUP,
)
TIME_TO_FIRST_TOKEN = _histogram(
    "time_to_first_token_seconds",
    "Time from a request to the first token of its answer in seconds, with the bucket bounds of vLLM.",
    _MODEL,
    _GROUP,
)
TIME_PER_OUTPUT_TOKEN = _histogram(
    "time_per_output_token_seconds",
    "Mean time between the tokens of an answer in seconds, with the bucket bounds of vLLM.",
    _MODEL,
    _GROUP,
)

_GROUP = "labels"
LABELS = _counter("labels", "Labels taken in: matched, unmatched, duplicate and waiting ones together.", _MODEL, _GROUP)
LABELS_MATCHED = _counter("labels_matched", "Labels that met their prediction and entered the windows.", _MODEL, _GROUP)
LABELS_UNMATCHED = _counter(
    "labels_unmatched",
    "Labels that were given up, by reason: their prediction did not come in time (expired) or before memory ran out (evicted),"
    " or the two cannot be compared (unusable).",
    (*_MODEL, "reason"),
    _GROUP,
)
LABELS_DUPLICATE = _counter("labels_duplicate", "Further labels of an id; the first one counts.", _MODEL, _GROUP)
LABELS_WAITING = _gauge("labels_waiting", "Labels that wait for their prediction.", _MODEL, _GROUP)
LABEL_PREDICTIONS = _counter("label_predictions", "Rows with an id, for which a label may come.", _MODEL, _GROUP)
LABEL_PREDICTIONS_FORGOTTEN = _counter(
    "label_predictions_forgotten",
    "Rows with an id given up without a label, by reason: too old (expired), memory ran out (evicted), the id came again"
    " (replaced).",
    (*_MODEL, "reason"),
    _GROUP,
)
LABEL_PREDICTIONS_WAITING = _gauge(
    "label_predictions_waiting", "Rows with an id that wait for their label.", _MODEL, _GROUP
)
LABEL_COVERAGE_RATIO = _gauge(
    "label_coverage_ratio",
    "Share of the window's predictions with an id whose label has come, 0 to 1; by the time of the prediction, over the window.",
    _WINDOW,
    _GROUP,
)
LABEL_DELAY = _histogram(
    "label_delay_seconds",
    "Time from a prediction to its label in seconds, of matched labels; 0 for a label that came first.",
    _MODEL,
    _GROUP,
)
LABELLED_SAMPLES = _gauge(
    "labelled_samples",
    "Labelled predictions that the figures rest on, over the window, by arrival of the label.",
    _WINDOW,
    _GROUP,
)

_GROUP = "with labels"
ACCURACY_RATIO = _gauge("accuracy_ratio", "Share of right predictions, 0 to 1, over the window.", _WINDOW, _GROUP)
ACCURACY_STDERR = _gauge(
    "accuracy_stderr", "Standard error of the accuracy, of independent rows, over the window.", _WINDOW, _GROUP
)
ACCURACY_DROP_EVIDENCE = _gauge(
    "accuracy_drop_evidence",
    "Evidence that the accuracy is below the reference's: -log10 of the one-sided p-value, 0 to 300, over the window.",
    _WINDOW,
    _GROUP,
)
MACRO_F1_RATIO = _gauge(
    "macro_f1_ratio", "Mean F1 of the classes that have counts of their own, 0 to 1, over the window.", _WINDOW, _GROUP
)
_CLASS = (*_MODEL, "class", "window")
PRECISION_RATIO = _gauge(
    "precision_ratio", "Share of the predictions of the class that were right, 0 to 1, over the window.", _CLASS, _GROUP
)
RECALL_RATIO = _gauge(
    "recall_ratio", "Share of the rows of the class that were predicted as it, 0 to 1, over the window.", _CLASS, _GROUP
)
F1_RATIO = _gauge(
    "f1_ratio", "Harmonic mean of precision and recall of the class, 0 to 1, over the window.", _CLASS, _GROUP
)
MEAN_ABSOLUTE_ERROR = _gauge(
    "mean_absolute_error", "Mean absolute error in the prediction's own unit, over the window.", _WINDOW, _GROUP
)
MEAN_ABSOLUTE_ERROR_STDERR = _gauge(
    "mean_absolute_error_stderr",
    "Standard error of the mean absolute error, of independent rows, over the window.",
    _WINDOW,
    _GROUP,
)
MEAN_ABSOLUTE_ERROR_EVIDENCE = _gauge(
    "mean_absolute_error_rise_evidence",
    "Evidence that the mean absolute error is above the reference's: -log10 of the one-sided p-value, 0 to 300, over the window.",
    _WINDOW,
    _GROUP,
)
MEAN_ERROR = _gauge(
    "mean_error",
    "Mean of prediction minus truth in the prediction's own unit, signed, over the window.",
    _WINDOW,
    _GROUP,
)
ROOT_MEAN_SQUARED_ERROR = _gauge(
    "root_mean_squared_error",
    "Root of the mean squared error in the prediction's own unit, over the window.",
    _WINDOW,
    _GROUP,
)
R2 = _gauge("r2", "Share of the truth's variance that is explained, 1 at most, over the window.", _WINDOW, _GROUP)
MEAN_ABSOLUTE_PERCENTAGE_ERROR_RATIO = _gauge(
    "mean_absolute_percentage_error_ratio",
    "Mean of |prediction - truth| / |truth| where the truth is not 0, over the window.",
    _WINDOW,
    _GROUP,
)
REFERENCE_ACCURACY_RATIO = _gauge(
    "reference_accuracy_ratio", "Share of right predictions in the reference, 0 to 1.", _MODEL, _GROUP
)
REFERENCE_LABELLED_SAMPLES = _gauge(
    "reference_labelled_samples", "Labelled predictions of the reference.", _MODEL, _GROUP
)
REFERENCE_MEAN_ABSOLUTE_ERROR = _gauge(
    "reference_mean_absolute_error",
    "Mean absolute error in the reference, in the prediction's own unit.",
    _MODEL,
    _GROUP,
)

_GROUP = "calibration"
CALIBRATION_ERROR = _gauge(
    "calibration_error",
    "Expected calibration error over ten bins of equal width, 0 to 1, over the window; compare it with its floor.",
    _WINDOW,
    _GROUP,
)
CALIBRATION_ERROR_FLOOR = _gauge(
    "calibration_error_floor",
    "Calibration error to be expected were the probabilities true, from the sample size alone, 0 to 1, over the window.",
    _WINDOW,
    _GROUP,
)
CALIBRATION_ERROR_ADAPTIVE = _gauge(
    "calibration_error_adaptive",
    "Calibration error over up to ten bins of about equal numbers of rows, 0 to 1, over the window.",
    _WINDOW,
    _GROUP,
)
CALIBRATION_GAP = _gauge(
    "calibration_gap",
    "Mean confidence minus accuracy, -1 to 1, over the window; positive: the model is surer than it should be.",
    _WINDOW,
    _GROUP,
)
CALIBRATION_GAP_Z = _gauge(
    "calibration_gap_z", "The calibration gap in standard errors, over the window.", _WINDOW, _GROUP
)
BRIER_SCORE = _gauge(
    "brier_score",
    "Mean squared distance of the confidence from 1 where right and 0 where wrong, 0 to 1, over the window.",
    _WINDOW,
    _GROUP,
)
CALIBRATION_SAMPLES = _gauge(
    "calibration_samples", "Labelled predictions whose confidence is known, over the window.", _WINDOW, _GROUP
)
REFERENCE_CALIBRATION_ERROR = _gauge(
    "reference_calibration_error", "Expected calibration error of the reference, 0 to 1.", _MODEL, _GROUP
)

_GROUP = "thresholds of labels"
ACCURACY_DROP_THRESHOLD = _gauge(
    "accuracy_drop_threshold_ratio",
    "Drop of the accuracy below the reference's that is worth an alert.",
    _MODEL,
    _GROUP,
)
ERROR_INCREASE_THRESHOLD = _gauge(
    "error_increase_threshold_ratio",
    "Rise of the mean absolute error over the reference's, as a share of it, that is worth an alert.",
    _MODEL,
    _GROUP,
)
CALIBRATION_ERROR_THRESHOLD = _gauge(
    "calibration_error_threshold", "Calibration error above its floor that is worth an alert.", _MODEL, _GROUP
)
LABEL_EVIDENCE_THRESHOLD = _gauge("label_evidence_threshold", "Evidence (-log10 p) that a drop needs.", _MODEL, _GROUP)
LABEL_SAMPLES_THRESHOLD = _gauge(
    "label_samples_threshold", "Labelled predictions in a window below which nothing is judged.", _MODEL, _GROUP
)
LABEL_COVERAGE_THRESHOLD = _gauge(
    "label_coverage_threshold_ratio",
    "Share of the predictions of a window that should have a label; absent unless configured.",
    _MODEL,
    _GROUP,
)

_GROUP = "reference"
REFERENCE_INFO = _gauge(
    "reference_info",
    "Always 1; says by its labels which reference is in use and whether it was read from a file, learned or accepted.",
    (*_MODEL, "reference", "mode"),
    _GROUP,
)
REFERENCE_SAMPLES = _gauge("reference_samples", "Rows of the reference.", _MODEL, _GROUP)
REFERENCE_CREATED = _gauge(
    "reference_created_timestamp_seconds", "When the reference was made, in seconds since 1970.", _MODEL, _GROUP
)
REFERENCE_MISMATCH = _gauge(
    "reference_mismatch",
    "1 when the profile says that it was built for another model or version than it is used for, else 0.",
    _MODEL,
    _GROUP,
)
LEARNING_ROWS = _gauge(
    "learning_rows", "Rows learned from so far; only while a reference is being learned.", _MODEL, _GROUP
)
LEARNING_WANTED_ROWS = _gauge(
    "learning_wanted_rows", "Rows wanted for a reference; only while one is being learned.", _MODEL, _GROUP
)

_GROUP = "freshness"
LAST_OBSERVATION = _gauge(
    "last_observation_timestamp_seconds", "When something was last observed, in seconds since 1970.", _MODEL, _GROUP
)

_GROUP = "proxy"
PROXY_REQUESTS = _counter(
    "proxy_requests",
    "Requests that passed the proxy, by kind: inference, other, or upgrade for connections that left HTTP.",
    ("kind",),
    _GROUP,
)
PROXY_FAILURES = _counter(
    "proxy_failures",
    "Requests that the model server failed, by reason: refused or timeout (no connection), broken (lost), status (5xx).",
    ("reason",),
    _GROUP,
)
PROXY_DISCONNECTS = _counter(
    "proxy_client_disconnects", "Requests whose caller went away before the response was complete.", (), _GROUP
)
PROXY_UNOBSERVED = _counter(
    "proxy_unobserved", "Inferences that passed the proxy and could not be observed, by reason.", ("reason",), _GROUP
)
PROXY_IN_FLIGHT = _gauge(
    "proxy_requests_in_flight", "Requests that have passed the proxy and whose response is not complete.", (), _GROUP
)

_GROUP = "exporter"
BUILD_INFO = _gauge("build_info", "Always 1; says by its label which version of driftgauge runs.", ("version",), _GROUP)
INGEST_BATCHES = _counter("ingest_batches", "Bodies taken in, by format.", ("format",), _GROUP)
INGEST_ROWS = _counter("ingest_rows", "Rows taken in, by format.", ("format",), _GROUP)
INGEST_REJECTED_ROWS = _counter(
    "ingest_rejected_rows", "Rows of accepted bodies that could not be used, by reason.", ("reason",), _GROUP
)
INGEST_DROPPED = _counter("ingest_dropped", "Bodies refused as a whole, by reason.", ("reason",), _GROUP)
INGEST_QUEUE_BYTES = _gauge("ingest_queue_bytes", "Bytes of the bodies received and not yet counted.", (), _GROUP)
INGEST_QUEUE_LIMIT_BYTES = _gauge(
    "ingest_queue_limit_bytes", "Bytes that may wait before bodies are refused.", (), _GROUP
)
INGEST_DURATION = _histogram(
    "ingest_duration_seconds", "Time from a received body to its counted rows, in seconds.", (), _GROUP
)
LATE_OBSERVATIONS = _counter(
    "late_observations",
    "Rows left out because of their event time: older than the allowed lateness (late) or ahead of the clock (future).",
    (*_MODEL, "reason"),
    _GROUP,
)
COLLECT_DURATION = _gauge(
    "collect_duration_seconds",
    "Time that the last evaluation and rendering of all models took, in seconds.",
    (),
    _GROUP,
)
COLLECT_ERRORS = _counter("collect_errors", "Evaluations and renderings that failed.", (), _GROUP)
CONFIG_VALID = _gauge(
    "config_valid", "1 while the running configuration is valid, 0 when the exporter started degraded.", (), _GROUP
)
CONFIG_RELOAD_SUCCESS = _gauge(
    "config_reload_success", "1 when the last reading of the configuration succeeded, else 0.", (), _GROUP
)
CONFIG_RELOAD_TIMESTAMP = _gauge(
    "config_reload_timestamp_seconds",
    "When the configuration was last read successfully, in seconds since 1970.",
    (),
    _GROUP,
)
CHECKPOINT_TIMESTAMP = _gauge(
    "checkpoint_timestamp_seconds",
    "When all models were last kept in state.directory, in seconds since 1970; absent without one.",
    (),
    _GROUP,
)
CHECKPOINT_BYTES = _gauge("checkpoint_bytes", "Bytes of the files of the last checkpoint.", (), _GROUP)
CHECKPOINT_DURATION = _gauge(
    "checkpoint_duration_seconds", "Time that the last checkpoint took, in seconds.", (), _GROUP
)
CHECKPOINT_FAILURES = _counter(
    "checkpoint_failures",
    "Checkpoints that could not be written, by reason; meanwhile everything is in memory alone.",
    ("reason",),
    _GROUP,
)
CHECKPOINT_RESTORED = _gauge(
    "checkpoint_restored_models", "Models that went on from a checkpoint when the exporter started.", (), _GROUP
)
CHECKPOINT_REJECTED = _counter(
    "checkpoint_rejected",
    "Files in state.directory that could not be used, by reason; damaged ones are set aside.",
    ("reason",),
    _GROUP,
)
STATUS_FILE_TIMESTAMP = _gauge(
    "status_file_timestamp_seconds",
    "When status_file.path was last written, in seconds since 1970; absent before.",
    (),
    _GROUP,
)
STATUS_FILE_FAILURES = _counter(
    "status_file_failures",
    "Writings of status_file.path that failed, by reason; the file then is as old as its own time says.",
    ("reason",),
    _GROUP,
)
LISTENER_INFO = _gauge(
    "listener_info",
    "Always 1; says whether a listener speaks http, https or mtls (clients show certificates), and which credentials it wants.",
    ("listener", "scheme", "authentication"),
    _GROUP,
)
LISTENER_INSECURE = _gauge(
    "listener_insecure",
    "1 when other machines can send observations to the listener without authentication, else 0.",
    ("listener",),
    _GROUP,
)
LISTENER_FILES_VALID = _gauge(
    "listener_files_valid",
    "1 when the certificates, tokens and users of the listener could last be read, 0 while the former ones stay in force; absent without any.",
    ("listener",),
    _GROUP,
)
LISTENER_CONNECTIONS = _gauge("listener_connections", "Connections that are open.", ("listener",), _GROUP)
LISTENER_CONNECTIONS_CLOSED = _counter(
    "listener_connections_closed",
    "Connections that the exporter ended because of a limit, by reason.",
    ("listener", "reason"),
    _GROUP,
)
LISTENER_REQUESTS_REFUSED = _counter(
    "listener_requests_refused",
    "Requests refused before anything was done for them, such as those without credentials, by reason.",
    ("listener", "reason"),
    _GROUP,
)
ANSWERS_SHARED = _counter(
    "answers_shared",
    "Scrapes and API requests answered with what was rendered for another one at the same time.",
    (),
    _GROUP,
)
SERIES_SUPPRESSED = _counter(
    "series_suppressed",
    "Series left out because of a limit, each counted once when it is first left out.",
    ("reason",),
    _GROUP,
)

_GROUP = "events"
EVENTS_RECEIVED = _counter("received_events", "CloudEvents of an inference logger that came.", (), _GROUP)
EVENTS_PAIRED = _counter(
    "paired_events", "Events counted with their other half, or without one that is not logged.", (), _GROUP
)
EVENTS_UNPAIRED = _counter(
    "unpaired_events",
    "Events whose other half did not come: expired, evicted because memory was needed, or late, after that.",
    ("kind", "reason"),
    _GROUP,
)
EVENTS_DROPPED = _counter("dropped_events", "Events that were not read, by reason.", ("reason",), _GROUP)
EVENTS_REJECTED = _counter("rejected_events", "Events that could not be used, by reason.", ("reason",), _GROUP)
EVENTS_PENDING = _gauge("pending_events", "Events that wait to be read, or for their other half.", (), _GROUP)
EVENTS_PENDING_BYTES = _gauge("pending_events_bytes", "Memory of the events that wait, in bytes.", (), _GROUP)
EVENTS_PENDING_LIMIT_BYTES = _gauge(
    "pending_events_limit_bytes", "Bytes that events may take while they wait for their other half.", (), _GROUP
)

#: every metric, in the order of a scrape
ALL: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))


def markdown() -> str:
    """Render the page of the documentation: one table per group."""
    parts = [_HEAD]
    for group, metrics in _grouped():
        rows = [
            f"| `{m.name}` | {m.type} | {_code(m.labels)} | {m.help.replace('|', chr(92) + '|')} |" for m in metrics
        ]
        parts.append("\n".join([f"## {group[0].upper()}{group[1:]}", "", *_TABLE, *rows]))
    return "\n\n".join(parts) + "\n"


def plain() -> str:
    """Render the contract for a terminal: name and labels, then type and help, group by group."""
    lines: list[str] = []
    for group, metrics in _grouped():
        lines.append(f"{group}:")
        for metric in metrics:
            labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
            lines += [f"  {metric.name}{labels}", f"      {metric.type}: {metric.help}"]
    return "\n".join(lines) + "\n"


_HEAD = """\
# Metrics

<!-- generated from exporter/driftgauge/names.py; edit that -->

Labels `namespace`, `pod` and `cluster` come from the scrape. An undefined value is an absent series, never NaN; a counter of
known reasons starts at 0. `role` is `input` or `output`, `severity` is `warning` or `critical`, `bin` is `00`, `01`, ...,
`other` or `missing`, `reference` is the reference's short hash. Process metrics (`process_*`, `python_*`) come with them."""

_TABLE = ("| metric | type | labels | meaning |", "| --- | --- | --- | --- |")


def _grouped() -> Iterable[tuple[str, list[Metric]]]:
    for group, metrics in groupby(ALL, key=lambda metric: metric.group):
        yield group, list(metrics)


def _code(labels: tuple[str, ...]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
