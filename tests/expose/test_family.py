"""Families as text: piece by piece the same as line by line."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.expose import CLASSIC, Family, Prefixes, Samples, encode
from driftgauge.expose.family import pieces
from driftgauge.names import Metric

GAUGE = Metric("score", "gauge", "A score.", ("feature",), "drift")


def family(values):
    own = [f'feature="{number}' for number in range(len(values))]
    return Family(GAUGE, (Samples(Prefixes(own, "score{", '",window="1h"} '), np.array(values, dtype=np.float64)),))


@pytest.mark.parametrize("series", [1, 499, 500, 501, 1_700])
def test_pieces_are_the_lines_of_all_series(series):
    """However many series a block has, each has its line, in order, and the header comes once."""
    values = np.arange(series) / 8
    lines = [f'score{{feature="{number}",window="1h"}} {value!r}' for number, value in enumerate(values.tolist())]
    text = "\n".join(["# HELP score A score.", "# TYPE score gauge", *lines, ""])
    assert encode([family(values)], CLASSIC).decode() == text
    assert [
        f"{prefix}{value!r}" for prefix, value in zip(family(values).samples[0].prefixes, values.tolist(), strict=True)
    ] == lines


def test_pieces_are_made_as_they_are_asked_for():
    """No piece holds more than some thousand lines, so a scrape needs little memory beside what is sent."""
    made = list(pieces([family(np.ones(10_000))], CLASSIC))
    assert max(piece.count(b"\n") for piece in made) <= 2_500
    assert b"".join(made) == encode([family(np.ones(10_000))], CLASSIC)


def test_series_without_a_value_have_no_line():
    """What is undefined is absent, and with nothing else the header too."""
    values = np.where(np.arange(1_200) % 3 == 0, 1.0, np.nan)
    assert encode([family(values)], CLASSIC).count(b"\nscore{") == 400
    assert encode([family(np.full(600, np.nan))], CLASSIC) == b""
