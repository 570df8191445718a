"""Sources: files and tables in memory, read as batches.

    source = open_source("train.parquet", Roles(prediction="approved", timestamp="at", ignore=("customer_id",)))
    for batch in source.batches():
        ...

A source can be read as often as needed and gives the same batches each time. It holds one chunk of rows and forgets it
when the next one is asked for: at most 65,536 rows by default, and for text formats at most 2^20 cells (100 MB of CSV, 150 MB of JSON).
Importing needs NumPy only; Parquet asks for its extra when the first file is read.
"""

from driftgauge.sources.opening import open_source
from driftgauge.sources.roles import Roles
from driftgauge.sources.source import CHUNK_ROWS, Source
from driftgauge.sources.tables import from_arrays, from_frame

__all__ = ["CHUNK_ROWS", "Roles", "Source", "from_arrays", "from_frame", "open_source"]
