"""docs/ingest.md: complete, and its examples do what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from driftgauge.config import LimitSettings
from driftgauge.errors import REASONS
from driftgauge.ingest import DECODERS, FAILURES, Limits
from driftgauge.ingest.facts import FIELDS
from driftgauge.model.registry import NAME_CHARS
from driftgauge.serve import health
from driftgauge.serve.admission import MOST_WAITING
from driftgauge.serve.retries import REMEMBERED
from tests.serve.harness import Exporter

PAGE = (Path(__file__).parents[2] / "docs" / "ingest.md").read_text()
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def exporter():
    with Exporter() as running:
        running.now = 1_789_372_862.0  # when the example with a time happened
        yield running


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_works(exporter, example):
    assert shutil.which("curl"), "curl is needed: install the package curl"
    command = example.replace("127.0.0.1:9871", f"127.0.0.1:{exporter.port}")
    done = subprocess.run(["bash", "-ec", command], capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["accepted"] >= (0 if '"inputs": []' in example else 1)
    assert answer["rejected"] == 0
    assert not any(series.startswith("driftgauge_late") and value for series, value in exporter.scrape().items())


def test_every_content_type_field_and_status_is_described():
    for name in (*DECODERS, *FIELDS, *FAILURES):
        assert f"`{name}`" in PAGE, name


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_described(reason):
    status, meaning = REASONS[reason]
    assert f"| `{reason}` | {status} | {meaning} |\n" in PAGE


@pytest.mark.parametrize("reason", [health.SLOW, health.ABORTED, health.INTERNAL])
def test_reasons_of_the_listener_are_described(reason):
    assert f"| `{reason}` | " in PAGE


def test_limits_are_those_of_the_code():
    for number in (REMEMBERED, MOST_WAITING, Limits().columns, Limits().values, Limits().rows):
        assert f"{number:,}" in PAGE
    assert f"within {LimitSettings().body_seconds:g} seconds" in PAGE
    assert f"at most {NAME_CHARS} characters" in PAGE
