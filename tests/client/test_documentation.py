"""What the documentation says of the client is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from driftgauge.client.options import Options

TEXT = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")
SOURCES = Path(__file__).parents[2] / "exporter" / "driftgauge" / "client"


def test_every_option_is_documented():
    """The table of options names each of them."""
    assert set(re.findall(r"^\| `(\w+)` \| .*`…_", TEXT, re.MULTILINE)) == {field.name for field in fields(Options)}


def test_every_reason_of_a_drop_is_documented():
    """The table of reasons names each reason that the sender and the packer count."""
    code = "".join(path.read_text("utf-8") for path in SOURCES.glob("*.py"))
    counted = set(re.findall(r'dropped(?:_labels)?(?:\[|, )"(\w+)"', code)) | set(
        re.findall(r'_lose\([^"\n]*, "(\w+)"\)', code)
    )
    table = TEXT.partition("| reason |")[2].partition("\n\n")[0]
    assert counted == set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_the_first_example_runs(monitor, exporter):
    """The example at the top works as it stands."""
    import numpy as np

    class Model:
        def predict(self, rows):
            return rows[:, 0] > 0

        def predict_proba(self, rows):
            return np.full((len(rows), 2), 0.5)

    code = TEXT.partition('version="3")\n')[2].partition("```")[0]
    exec(code, {"monitor": monitor, "model": Model(), "X": np.ones((4, 3))})
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.total("predictions"), len(exporter.labels)) == (2, 5, 1)
