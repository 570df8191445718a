"""What senders name cannot break out of a label: any text survives the reference parser, and adds no line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_classic

from driftgauge.batch import Batch
from driftgauge.config import ModelSettings, ReferenceSettings
from driftgauge.expose import CLASSIC, OPENMETRICS, ExporterView, Exposition
from driftgauge.model.model import Model

NOW = 1_790_000_040.0
#: quotes, breaks, escapes, braces, control and direction characters, and whatever else there is
NASTY = st.sampled_from(
    [
        '"',
        "\\",
        "\n",
        "\r",
        "\t",
        "\0",
        "\x1b",
        "{",
        "}",
        ",",
        "=",
        " 1\n",
        "# EOF\n",
        "\u2028",
        "\u202e",
        "\ufeff",
        "<",
        "&",
    ]
)
NAMES = st.lists(NASTY | st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8).map("".join)


def observed(name: str, version: str, column: str, reason: str) -> Model:
    made = Model(name, version, ModelSettings(reference=ReferenceSettings(path="none")))
    made.observe(Batch(1, violations={(column, reason): 1}), NOW)
    return made


@given(name=NAMES, version=NAMES, column=NAMES)
@settings(max_examples=150, deadline=None)
def test_any_name_is_one_label_value(name, version, column):
    """Neither a sample nor a family is added, and the name is read back as it was."""
    view = observed(name, version, column, "wrong_type").view(NOW)
    for wanted, read in ((CLASSIC, read_classic), (OPENMETRICS, read_openmetrics)):
        text = Exposition().render([view], ExporterView(version="0"), wanted).decode()
        plain = (
            Exposition()
            .render([observed("a", "b", "c", "wrong_type").view(NOW)], ExporterView(version="0"), wanted)
            .decode()
        )
        assert text.count("\n") == plain.count("\n")
        families = {family.name: family for family in read(text)}
        assert families.keys() == {family.name for family in read(plain)}
        (sample,) = [
            found
            for family in families.values()
            for found in family.samples
            if found.name == "driftgauge_requests_total"
        ]
        assert sample.labels == {"model": name, "version": version}
