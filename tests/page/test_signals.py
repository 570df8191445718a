"""What a profile can know beside columns, live on the page: texts, embeddings, anomalies, levels, stuck values, estimates, labels."""

from __future__ import annotations

import pytest

from tests.page.signals import live, play

REVIEWS, ETA = "#/models/reviews/1", "#/models/eta/1"


@pytest.fixture(scope="module")
def signals():
    """An exporter after two and a half days, the last of them broken."""
    with play() as exporter:
        live(exporter)
        yield exporter


@pytest.fixture
def see(browser, signals):
    """Return what is to be read in a panel of a view, as lines of words."""

    def go(view: str, panel: str) -> list[str]:
        browser.open("about:blank")
        browser.open(f"http://127.0.0.1:{signals.metrics_port}/{view}")
        browser.until(f"document.getElementById({panel!r}) !== null")
        return [" ".join(line.split()) for line in browser.text(f"#{panel}").splitlines() if line.strip()]

    return go


def row(lines: list[str], *begins: str) -> str:
    """Return the row of a table that begins so; drawings, whose texts may begin so, come before tables."""
    return [line for line in lines if line.startswith(" ".join(begins))][-1]


@pytest.mark.parametrize(
    ("panel", "begins", "parts"),
    [
        ("tokens", ("24h",), ("✖ alert", "not by chance", "%", "960")),
        ("tokens", ("1h",), ("? undecided", "40")),
        ("embeddings", ("24h", "✖ alert"), ("not by chance", "960")),
        ("embeddings", ("24h, beside the day before",), ("not by chance", "960")),
        ("anomalies", ("24h",), ("%", "×", "not by chance", "960")),  # noqa: RUF001
        ("levels", ("Confidence", "ADWIN"), ("87.6 %", "09-22 ", "UTC")),
        ("levels", ("Latency", "ADWIN"), ("ms", "no change")),
        ("estimate", ("24h",), ("960", "not by chance", "? no: rows few or unlike the reference's")),
        ("estimate", ("14d",), ("2 400", "✓ yes")),
        ("accuracy", ("24h",), ("768", "not by chance")),
        ("labels", ("24h",), ("73.3 %",)),
        ("labels", ("6h",), ("53.3 %",)),
    ],
)
def test_a_row_of_every_panel_has_its_figures_and_units(see, panel, begins, parts):
    """By window, with status or chance and the number of rows that it rests on."""
    found = row(see(REVIEWS, panel), *begins)
    for part in parts:
        assert part in found, found


@pytest.mark.parametrize(
    ("panel", "notes"),
    [
        ("tokens", ("review", "no text is kept")),
        ("embeddings", ("embedding", "distance of their mean")),
        ("anomalies", ("rows as far out as 1 % of the reference's", "one-class SVM over 6 columns")),
        ("levels", ("some come by chance",)),
        ("estimate", ("without labels", "bands of 95 %", "reference 8")),
        ("accuracy", ("bands of 95 %", "reference 8")),
        ("calibration", ("honest one", "by chance alone")),
        ("labels", ("1 856", "waiting for it")),
    ],
)
def test_every_panel_says_what_its_figures_are(see, panel, notes):
    """In the words beside its heading and in its drawing."""
    found = " ".join(see(REVIEWS, panel))
    for note in notes:
        assert note in found, found


@pytest.mark.parametrize("panel", ["estimate", "accuracy"])
def test_accuracies_have_bands_around_them_and_the_reference_across(see, browser, panel):
    """One band a window; that of few rows is wider than that of many."""
    see(REVIEWS, panel)
    bands = browser.js(
        f"[...document.querySelectorAll('#{panel} line.band')].map(e => e.x2.baseVal.value - e.x1.baseVal.value)"
    )
    assert len(bands) == 6
    assert bands[0] > 2 * bands[3] > bands[5] > 0
    assert browser.js(f"document.querySelectorAll('#{panel} line.ref').length") == 1


def test_estimated_and_realised_errors_of_a_regression(see):
    """In the units of the prediction: what is expected has not moved, what came true has."""
    expected, realised = row(see(ETA, "estimate"), "24h"), row(see(ETA, "accuracy"), "24h")
    assert "✓ yes" in expected
    assert "not by chance" in realised
    assert "reference 1.594" in " ".join(see(ETA, "accuracy"))


def test_a_value_that_stays_is_told_where_its_column_is(see, browser):
    """With the value, how much of it there is, and for how long; among the alerts only once three days are over."""
    see(f"{REVIEWS}/input/channel", "distribution")
    said = browser.text(".said")
    assert "One value stays: the value app holds" in said
    assert "in at least 80 % of the last 72 hours" in said
    see(REVIEWS, "drift")
    assert "Value stuck" in browser.text(".alerts")


def test_the_panels_follow_what_comes(see, browser, signals):
    """Another hour of rows changes the windows without another look at the address."""
    see(ETA, "accuracy")
    columns = {"columns": {"km": [3.0] * 50}, "prediction": [13.0] * 50, "label": [30.0] * 50}
    signals.now += 3_600
    assert signals.post(columns, "/v1/models/eta/versions/1/observations").status == 202
    signals.tick()
    browser.until(
        "[...document.querySelectorAll('#accuracy tbody th')].some(e => e.innerText === '1h' && e.nextSibling.innerText === '50')"
    )
