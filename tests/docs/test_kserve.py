"""The examples of docs/kserve.md fit together, and the exporter takes what they configure."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints
from urllib.parse import urlsplit

import yaml

from driftgauge.config import KServeSettings
from driftgauge.serve.listeners import check_exposure, split_address
from driftgauge.serve.settings import parse
from tests.docs.blocks import blocks, text_of

PAGE = Path("docs/kserve.md")


def test_the_logger_logs_to_where_the_exporter_listens():
    """Port, path and mode of the inference service are those of the exporter's configuration."""
    service, config = blocks(PAGE, "yaml")
    logger = yaml.safe_load(service)["spec"]["predictor"]["logger"]
    settings = parse(config, {})
    check_exposure(settings.listen)
    url = urlsplit(logger["url"])
    assert (url.scheme, url.path) == ("http", settings.kserve.path)
    assert url.port == split_address(settings.listen.ingest, "listen.ingest")[1]
    assert logger["mode"] in get_args(get_type_hints(KServeSettings)["mode"])
    assert logger["mode"] == settings.kserve.mode


def test_the_settings_on_the_page_have_their_defaults():
    """The table says what holds when nothing is configured."""
    page = text_of(PAGE)
    for name in ("path", "mode", "names"):
        assert f"| `kserve.{name}` | `{getattr(KServeSettings(), name)}` |" in page
    assert f"| `kserve.pair_seconds` | `{KServeSettings().pair_seconds:g}` |" in page
    assert f"| `kserve.pair_bytes` | {KServeSettings().pair_bytes // 2**20} MiB |" in page
