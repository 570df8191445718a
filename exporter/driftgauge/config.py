"""Settings: one frozen dataclass per concern, every field with its default and its help.

Parsed from text elsewhere (`serve.settings`); nothing here reads a file, the environment or a clock. What a value must
satisfy is checked when it is made, so an impossible setting cannot exist. The configuration reference in the
documentation is rendered from these classes.
"""

# ruff: noqa: RUF009 - `setting` makes fields of immutable defaults

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from driftgauge.drift_settings import MEASURES, DriftSettings
from driftgauge.file_settings import StateSettings, StatusFileSettings
from driftgauge.forwarding import ProxySettings
from driftgauge.label_settings import LabelSettings
from driftgauge.level_settings import LevelChangeSettings
from driftgauge.listening import LimitSettings, ListenSettings
from driftgauge.setting import at_least as _at_least
from driftgauge.setting import setting
from driftgauge.tensor_settings import TensorSettings

__all__ = [
    "MEASURES",
    "ColumnSettings",
    "DriftSettings",
    "KServeSettings",
    "LabelSettings",
    "LatencySettings",
    "LimitSettings",
    "ListenSettings",
    "LogSettings",
    "ModelSettings",
    "OutputSettings",
    "ProxySettings",
    "ReferenceSettings",
    "SegmentSettings",
    "Settings",
    "StateSettings",
    "StatusFileSettings",
    "TensorSettings",
    "setting",
]

#: segments of all fields of a model: their counts must stay in megabytes
MOST_SEGMENTS = 1_000
#: names of the windows, `profile.WINDOWS`
WINDOW_NAMES = ("15m", "1h", "6h", "24h", "7d", "14d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSettings:
    """What production is compared with."""

    path: str = setting(
        "",
        "Profile file (`driftgauge profile build`), from the working directory unless the path is absolute; empty: learn from "
        "the first rows of traffic.",
    )
    learn_rows: int = setting(10_000, "Rows to learn a reference from when no profile is given.")
    bins: int = setting(20, "Bins of a continuous column in a learned reference.")

    def __post_init__(self) -> None:
        _at_least(100, learn_rows=self.learn_rows)
        _at_least(2, bins=self.bins)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySettings:
    """Latency thresholds, published for the alert rules to compare against."""

    warn_seconds: float | None = setting(None, "95th percentile of the request duration that warns.")
    alert_seconds: float | None = setting(None, "95th percentile of the request duration that alerts.")

    def __post_init__(self) -> None:
        for name in ("warn_seconds", "alert_seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name}: expected a number > 0, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSettings:
    """One feature or output."""

    kind: Literal["", "numeric", "categorical"] = setting("", "How a learned reference counts it; inferred when empty.")
    ignore: bool = setting(default=False, help_text="Leave it out altogether: no score, no status, no violation.")
    warn: float | None = setting(None, "Its own threshold instead of drift.warn.")
    alert: float | None = setting(None, "Its own threshold instead of drift.alert.")
    windows: tuple[str, ...] = setting((), "Windows that may judge it, such as [7d, 14d]; every one when empty.")
    mute_until: date | None = setting(None, "Publish its scores but give it no status until this day (UTC).")
    weight: float = setting(1.0, "Its weight in the model's verdict; 0: it does not count there.")
    categories: Literal["", "raw", "hash", "allow"] = setting(
        "", "How its values are shown; as the model's when empty."
    )
    allowed_categories: tuple[str, ...] = setting((), "Values that `allow` shows as they are, beside the model's.")

    def __post_init__(self) -> None:
        for name in ("warn", "alert"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise ValueError(f"{name}: expected a distance in (0, 1], got {value}")
        if self.warn is not None and self.alert is not None and self.warn > self.alert:
            raise ValueError(f"expected warn <= alert, got warn {self.warn} and alert {self.alert}")
        unknown = sorted(name for name in self.windows if name not in WINDOW_NAMES and not name.startswith("last_"))
        if unknown:
            raise ValueError(
                f"windows: unknown {unknown}, expected some of {list(WINDOW_NAMES)} or last_N of count_windows"
            )
        _at_least(0, weight=self.weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSettings:
    """Parts of the traffic that are judged on their own, such as countries or tenants."""

    fields: tuple[str, ...] = setting(
        (), "What divides the traffic: names of input columns or of fields of an observation's `segment`."
    )
    columns: tuple[str, ...] = setting((), "Columns that are judged for each segment; the outputs when empty.")
    values: int = setting(20, "Most values of a field that are told apart; the rest is `_other`, and counted.")

    def __post_init__(self) -> None:
        _at_least(1, values=self.values)
        if len(set(self.fields)) < len(self.fields):
            raise ValueError(f"fields: expected distinct names, got {list(self.fields)}")
        if len(self.fields) * (self.values + 1) > MOST_SEGMENTS:
            raise ValueError(
                f"fields, values: expected at most {MOST_SEGMENTS} segments (each field has one more, `_other`), "
                f"got {len(self.fields) * (self.values + 1)}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """How outputs are read."""

    prediction: str = setting("", "Name of the output tensor that is the prediction, when there are several.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """One model."""

    name: str = setting("", "Name of the model, as in the request path; may contain '/'.")
    version: str = setting("", "Its version; empty: these settings hold for every version.")
    reference: ReferenceSettings = setting(ReferenceSettings(), "What production is compared with.")
    clock: Literal["wall", "event"] = setting(
        "wall", "What moves windows and evaluations: the wall clock, or the event times of the rows (replays, tests)."
    )
    seasonality: Literal["auto", "none"] = setting(
        "auto", "none: the model's inputs have no daily or weekly rhythm, so short windows may judge too."
    )
    count_windows: tuple[int, ...] = setting(
        (), "Windows of the last so many rows beside those of time, for thin traffic and batch jobs."
    )
    categories: Literal["raw", "hash", "allow"] = setting(
        "raw",
        "How values of categorical columns are shown in labels, JSON and references: as they are, as keyed digests,"
        " or as digests but for allowed_categories.",
    )
    allowed_categories: tuple[str, ...] = setting((), "Values that `allow` shows as they are, such as class names.")
    lateness_seconds: float = setting(300.0, "How late a row may arrive and still enter its window.")
    tick_seconds: float = setting(15.0, "Time between two evaluations.")
    anomaly_rows_per_second: int = setting(1_000, "Rows a second that are scored for anomalies at most; 0: none.")
    tensors: Mapping[str, TensorSettings] = setting(
        {}, "What tensors are, by name: pictures, class scores of sequences, embeddings, token numbers."
    )
    tensor_rows_per_second: int = setting(
        100,
        "Pictures a second that are reduced at most, some 3 % of a core; 32,768 class scores count as one picture. 0: none.",
    )
    columns: tuple[str, ...] = setting(
        (), "Names of inputs that come by position: the lists of v1 instances, the columns of a tensor without names."
    )
    features: Mapping[str, ColumnSettings] = setting({}, "Settings of single input columns, by name.")
    outputs: OutputSettings = setting(OutputSettings(), "How outputs are read.")
    segments: SegmentSettings = setting(SegmentSettings(), "Parts of the traffic that are judged on their own.")
    drift: DriftSettings = setting(DriftSettings(), "When drift is drift.")
    latency: LatencySettings = setting(LatencySettings(), "Latency thresholds.")
    labels: LabelSettings = setting(LabelSettings(), "The truth about predictions, as it becomes known.")
    level_changes: LevelChangeSettings = setting(LevelChangeSettings(), "Changes of level of the model as a whole.")

    def __post_init__(self) -> None:
        _at_least(0, lateness_seconds=self.lateness_seconds, anomaly_rows_per_second=self.anomaly_rows_per_second)
        _at_least(0, tensor_rows_per_second=self.tensor_rows_per_second)
        for rows in self.count_windows:
            _at_least(100, count_windows=rows)
        if not 0 < self.tick_seconds < math.inf:
            raise ValueError(f"tick_seconds: expected a number > 0, got {self.tick_seconds}")

    @property
    def conceals(self) -> bool:
        """Whether any of its categories is shown as a digest."""
        return any(
            kind in {"hash", "allow"} for kind in (self.categories, *(f.categories for f in self.features.values()))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KServeSettings:
    """Events of KServe's inference logger."""

    path: str = setting("/", "Path of the ingest listener that takes the events; empty for none.")
    mode: Literal["all", "request", "response"] = setting(
        "all", "What the logger logs, its own `mode`; all: request and response are paired."
    )
    names: Literal["service", "namespace"] = setting(
        "service",
        "Models are called by their inference service, or by namespace/service: for a sink of many namespaces.",
    )
    pair_seconds: float = setting(
        60.0, "How long an event waits for its other half; longer than any timeout of the model."
    )
    pair_bytes: int = setting(64 * 2**20, "Memory of the events that wait for their other half; the oldest give way.")

    def __post_init__(self) -> None:
        if self.path and not (self.path.startswith("/") and self.path.isascii() and not set("{}?#") & set(self.path)):
            raise ValueError(f"path: expected a path such as /events, got {self.path!r}")
        if self.path.startswith(("/v1/", "/-/")):
            raise ValueError(f"path: {self.path!r} belongs to the exporter's own paths")
        if not 0 < self.pair_seconds < math.inf:
            raise ValueError(f"pair_seconds: expected a number > 0, got {self.pair_seconds}")
        _at_least(1024, pair_bytes=self.pair_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What the exporter says on standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least severity that is logged.")
    format: Literal["logfmt", "json"] = setting("logfmt", "One line per event in this format.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    listen: ListenSettings = setting(ListenSettings(), "Where the exporter listens.")
    limits: LimitSettings = setting(LimitSettings(), "Bounds.")
    log: LogSettings = setting(LogSettings(), "Logging.")
    kserve: KServeSettings = setting(KServeSettings(), "Events of KServe's inference logger.")
    proxy: ProxySettings = setting(ProxySettings(), "The transparent proxy in front of a model server.")
    state: StateSettings = setting(StateSettings(), "What survives a restart.")
    status_file: StatusFileSettings = setting(StatusFileSettings(), "A file for tools that poll one.")
    auto_register: bool = setting(
        default=True, help_text="Register models that are observed without being configured, within limits.models."
    )
    categories_key_file: str = setting(
        "",
        "File with the key of the digests that `categories: hash` and `allow` show; the same for every pod of a model.",
    )
    defaults: ModelSettings = setting(ModelSettings(), "Settings of models that register themselves.")
    models: tuple[ModelSettings, ...] = setting((), "Configured models.")

    def __post_init__(self) -> None:
        if not (self.listen.socket or self.listen.ingest or self.proxy.upstream):
            raise ValueError(
                "listen: socket and ingest are both empty and there is no proxy: nothing could be observed"
            )
        seen: set[tuple[str, str]] = set()
        for number, model in enumerate(self.models):
            if not model.name:
                raise ValueError(f"models[{number}].name: a model needs a name")
            if (model.name, model.version) in seen:
                raise ValueError(f"models[{number}]: {model.name!r} version {model.version!r} is configured twice")
            seen.add((model.name, model.version))
        if not self.categories_key_file and any(model.conceals for model in (self.defaults, *self.models)):
            raise ValueError("categories_key_file: expected a file with a key, because categories are hashed")
        if len(self.models) > self.limits.models:
            raise ValueError(f"models: {len(self.models)} configured, limits.models is {self.limits.models}")

    def model(self, name: str, version: str) -> ModelSettings | None:
        """Return the settings of a model's version: its own, else the model's, else None."""
        for wanted in (version, ""):
            for model in self.models:
                if (model.name, model.version) == (name, wanted):
                    return model
        return None
