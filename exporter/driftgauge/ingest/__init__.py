"""Ingest: bytes of one body in, one `Batch` out.

`decode` is pure: no socket, no clock, no thread, no state between two bodies. It refuses with a `DecodeError` whose reason
is in `errors.REASONS`, or keeps the good part and says what it left out: rejected rows in `Decoded.errors`, left-out
values in `Batch.violations`. Cost: 50-200 ns a value for JSON, the less the more its rows are alike, about 1 us a column for binary tensors whatever their rows.

>>> decode(b'{"features": {"age": 41}, "prediction": 1}', content_type="application/json").accepted
1
"""

from __future__ import annotations

from driftgauge.failures import FAILURES
from driftgauge.ingest.decode import DECODERS, decode, decode_alike
from driftgauge.ingest.exchange import REQUEST, RESPONSE, Exchange, Observed, decode_exchange
from driftgauge.ingest.labels import decode_labels
from driftgauge.ingest.result import Decoded, Limits, NothingUsable, RowError, Warned

__all__ = [
    "DECODERS",
    "FAILURES",
    "REQUEST",
    "RESPONSE",
    "Decoded",
    "Exchange",
    "Limits",
    "NothingUsable",
    "Observed",
    "RowError",
    "Warned",
    "decode",
    "decode_alike",
    "decode_exchange",
    "decode_labels",
]
