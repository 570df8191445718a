"""The pages of the reference and of operations that are written by hand say what the code does."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from driftgauge.cli.main import main
from driftgauge.serve.engine import Engine
from driftgauge.serve.ingest_app import ingest_app
from driftgauge.serve.metrics_app import metrics_app
from driftgauge.serve.settings import parse
from tests.docs.blocks import text_of

_ROUTE = re.compile(r"^\| `(?P<route>(?:GET|POST) /[^`]*)` \|", re.MULTILINE)
_FIELDS = re.compile(r"^\| (?P<cell>`[^|]+) \|", re.MULTILINE)
_ROWS = 3_000


@pytest.fixture(scope="module")
def profile(tmp_path_factory) -> dict:
    """A profile with everything that one can hold."""
    folder = tmp_path_factory.mktemp("profile")
    random = np.random.default_rng(1)
    age, noise = random.normal(41, 9, _ROWS), random.normal(0, 1, _ROWS)
    p_yes = random.uniform(0, 1, _ROWS)
    columns = {
        "at": [1767225600 + 600 * i for i in range(_ROWS)],
        "age": age,
        "weight": age + noise,
        "height": age - noise + random.normal(0, 0.1, _ROWS),
        "country": random.choice(["DE", "FR"], _ROWS),
        "review": [f"good film {i % 7}" for i in range(_ROWS)],
        "e[0]": noise,
        "e[1]": random.normal(0, 1, _ROWS),
        "approved": (p_yes > 0.5).astype(int),
        "p_yes": p_yes,
        "y": (random.uniform(0, 1, _ROWS) < p_yes).astype(int),
    }
    with (folder / "train.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
    options = "--timestamp at --prediction approved --probability p_yes --label y --segment country --text review"
    arguments = [*options.split(), "--embedding", "e", "--strata", "always", "--anomaly", "one-class-svm"]
    assert main(["profile", "build", str(folder / "train.csv"), "-o", str(folder / "profile.json"), *arguments]) == 0
    return dict(json.loads((folder / "profile.json").read_text("utf-8")))


def _section(page: str, title: str) -> str:
    """Return what stands below a heading of the second level."""
    return re.split(r"^## ", text_of(Path(page)).split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def _documented(section: str) -> set[str]:
    """Return the names in the first column of the section's table."""
    return {name for found in _FIELDS.finditer(section) for name in re.findall(r"`(\w+)`", found["cell"])}


def test_every_field_of_a_profile_is_documented(profile):
    """The head's fields and the columns' are those of the page, none more and none less."""
    assert _documented(_section("docs/profile-format.md", "Head")) == set(profile)
    written = {name for column in profile["columns"] for name in column}
    assert _documented(_section("docs/profile-format.md", "A column")) == written


@pytest.mark.parametrize("part", ["projection", "outcomes"])
def test_every_field_of_a_part_of_a_profile_is_documented(profile, part):
    """What lies inside the parts without names of their own is listed in the part's row."""
    row = next(
        line for line in _section("docs/profile-format.md", "Head").splitlines() if line.startswith(f"| `{part}`")
    )
    assert {name for name in re.findall(r"`(\w+)`", row) if name not in {part, "pca_residual"}} == set(profile[part])


def test_every_field_of_a_detector_is_documented(profile):
    """What every detector has is in the part's row, what a kind has in the table of the kinds."""
    row = next(
        line for line in _section("docs/profile-format.md", "Head").splitlines() if line.startswith("| `anomaly`")
    )
    every = {name for name in re.findall(r"`(\w+)`", row) if name not in {"anomaly", "anomaly_score"}}
    kinds = _section("docs/profile-format.md", "A detector")
    own = set(re.findall(r"^\| `one-class-svm` \|(.*?)\|", kinds, flags=re.MULTILINE))
    assert every | set(re.findall(r"`(\w+)`", "".join(own))) == set(profile["anomaly"])


@pytest.mark.parametrize("part", ["embeddings", "tokens", "performance"])
def test_every_field_of_a_named_part_of_a_profile_is_documented(profile, part):
    """What lies inside each embedding and each text is listed in the part's row."""
    row = next(
        line for line in _section("docs/profile-format.md", "Head").splitlines() if line.startswith(f"| `{part}`")
    )
    inside = {name for named in profile[part].values() for name in named}
    assert {name for name in re.findall(r"`(\w+)`", row) if name != part} == inside


def test_every_route_is_documented():
    """The tables are what the routers have, without the sink's configurable path."""
    engine = Engine(parse("", {}), {})
    apps = {"Ingest listener": ingest_app(engine, _nothing), "Metrics listener": metrics_app(engine)}
    for title, app in apps.items():
        routes = {
            f"{route.method} {_plain(route.resource.canonical)}"
            for route in app.router.routes()
            if route.method != "HEAD" and route.resource is not None
        }
        assert {found["route"] for found in _ROUTE.finditer(_section("docs/http-api.md", title))} == routes


def _plain(path: str) -> str:
    """Return a route's path without the patterns of its parts."""
    return re.sub(r":[^{}]+\}", "}", path)


async def _nothing() -> None:
    """Read no configuration."""


def test_the_sizing_table_follows_its_formula():
    """60 MB, 0.3 MB a column, twice the largest body; and the limit leaves a tenth over it."""
    rows = re.findall(
        r"^\| (\d+) x (\d+) \| (\d+) MB \| (\d+) MB \| (\d+) MiB \|$", text_of(Path("docs/sizing.md")), re.MULTILINE
    )
    assert len(rows) == 5
    for models, columns, body, memory, limit in (map(int, row) for row in rows):
        assert memory == round(60 + 0.3 * models * columns + 2 * body)
        assert limit * 2**20 / 1e6 > 1.1 * memory
