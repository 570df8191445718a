"""Forwarding: the settings of the transparent proxy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from driftgauge.setting import at_least, setting

__all__ = ["ProxySettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """The transparent proxy in front of a model server."""

    upstream: str = setting("", "The model server, such as http://127.0.0.1:8080; empty: no proxy.")
    listen: str = setting(":9000", "host:port that callers use instead of the model server's.")
    model: str = setting("", "Name of the model, whatever path and body say; empty: theirs.")
    body_bytes: int = setting(4 * 2**20, "Largest copy of one body; calls with a larger one pass unobserved.")
    connect_seconds: float = setting(5.0, "How long a connection to the model server may take; then callers get a 504.")
    drain_seconds: float = setting(25.0, "How long calls may go on when the process is told to end.")

    def __post_init__(self) -> None:
        at_least(1024, body_bytes=self.body_bytes)
        at_least(0, drain_seconds=self.drain_seconds)
        if not 0 < self.connect_seconds < math.inf:
            raise ValueError(f"connect_seconds: expected a number > 0, got {self.connect_seconds}")
