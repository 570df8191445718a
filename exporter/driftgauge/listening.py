"""Listening: the settings of where the exporter listens, who may use it, and how much anyone may hold."""

from __future__ import annotations

from dataclasses import dataclass

from driftgauge.setting import at_least, setting

__all__ = ["LimitSettings", "ListenSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """Where the exporter listens."""

    socket: str = setting("/run/driftgauge/ingest.sock", "Unix socket that takes observations; empty for none.")
    socket_mode: str = setting("0660", "Permissions of the Unix socket, octal.")
    socket_owner: str = setting("", "User, by name or number, whom the Unix socket is given to; needs privileges.")
    socket_group: str = setting("", "Group, by name or number, whom the Unix socket is given to.")
    ingest: str = setting("", "host:port that takes observations, such as 127.0.0.1:9871; empty for none.")
    ingest_web_config: str = setting(
        "",
        "Web configuration file (TLS, basic authentication) of the ingest port, in the format of Prometheus exporters.",
    )
    ingest_token_file: str = setting("", "File with bearer tokens, one a line, of which the ingest port wants one.")
    metrics: str = setting(
        ":9870", "host:port of /metrics, health and the read-only API; an empty host is every address."
    )
    metrics_web_config: str = setting(
        "", "Web configuration file of the metrics port, as --web.config.file of exporters."
    )
    metrics_token_file: str = setting("", "File with bearer tokens, one a line, of which the metrics port wants one.")
    page: bool = setting(default=True, help_text="Serve the exporter's own page at / of the metrics port.")
    insecure: bool = setting(
        default=False, help_text="Allow the ingest listener on an address other than loopback, without authentication."
    )

    def __post_init__(self) -> None:
        try:
            mode = int(self.socket_mode, 8)
        except ValueError:
            mode = -1
        if not 0 <= mode <= 0o777:
            raise ValueError(f"socket_mode: expected octal permissions such as 0660, got {self.socket_mode!r}")
        for name in ("ingest_web_config", "ingest_token_file"):
            if getattr(self, name) and not self.ingest:
                raise ValueError(f"{name}: listen.ingest is empty, so there is no port to protect")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """Bounds; each has a counter that moves when it is reached."""

    body_bytes: int = setting(16 * 2**20, "Largest body, after decompression too.")
    body_rows: int = setting(100_000, "Most rows in one body.")
    queue_bytes: int = setting(64 * 2**20, "Bodies received and not yet counted, in all; more is refused with 429.")
    models: int = setting(20, "Most models, configured and registered by themselves; each version counts.")
    columns: int = setting(500, "Most columns of a model.")
    classes: int = setting(50, "Most classes of an output that get series of their own.")
    series: int = setting(100_000, "Most series on /metrics; what is cut is counted.")
    connections: int = setting(1_024, "Most connections to the Unix socket, and to the ingest port; more are closed.")
    metrics_connections: int = setting(128, "Most connections to the metrics port; more are closed.")
    header_seconds: float = setting(
        10.0, "Time in which the head of a request has to arrive, and a TLS handshake to end."
    )
    body_seconds: float = setting(30.0, "Time in which the body of a request has to arrive.")
    write_seconds: float = setting(
        30.0, "Time in which a client has to read the rest of an answer once it has stalled."
    )
    idle_seconds: float = setting(120.0, "Time after which a connection on which nothing is asked is closed.")

    def __post_init__(self) -> None:
        at_least(1024, body_bytes=self.body_bytes, queue_bytes=self.queue_bytes)
        at_least(
            1,
            body_rows=self.body_rows,
            models=self.models,
            columns=self.columns,
            classes=self.classes,
            series=self.series,
            connections=self.connections,
            metrics_connections=self.metrics_connections,
        )
        at_least(
            0.1,
            header_seconds=self.header_seconds,
            body_seconds=self.body_seconds,
            write_seconds=self.write_seconds,
            idle_seconds=self.idle_seconds,
        )
