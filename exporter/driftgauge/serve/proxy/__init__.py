"""The transparent proxy: forwards every byte as it comes, and observes inferences from a copy."""

from driftgauge.serve.proxy.proxy import Proxy, parse_upstream

__all__ = ["Proxy", "parse_upstream"]
