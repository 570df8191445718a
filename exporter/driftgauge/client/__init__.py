"""Client: what a model server imports to tell the exporter what it sees and answers.

Guarantee: a call copies its arguments, appends and returns; it never waits for the exporter, never raises and never holds
more than `buffer_bytes` (16 MiB by default). A daemon thread turns rows into Open Inference Protocol bodies and sends them.
Cost: under a microsecond for a row of 50 floats; NumPy and the standard library are all it imports.

>>> Monitor.__name__
'Monitor'
"""

from __future__ import annotations

from driftgauge.client.monitor import Monitor
from driftgauge.client.texts import TextReading

__all__ = ["Monitor", "TextReading"]
