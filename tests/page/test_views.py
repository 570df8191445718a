"""Every view in a real browser, on what a real exporter says: panels, addresses, keyboard, colours, phones."""

from __future__ import annotations

import pytest

FRAUD = "#/models/card-fraud/3"
VIEWS = ("#/", FRAUD, "#/models/assistant/7", f"{FRAUD}/input/amount_eur", f"{FRAUD}/input/plan", "#/exporter")


def test_the_models_are_told_with_all_that_matters(visit):
    """Traffic, errors, latency, freshness, worst features with samples and chance, the reference, alerts and what to do."""
    browser = visit("#/")
    assert browser.text("h1 + .note") == "3 models: 1 alert, 2 ok"
    card = browser.text("article")
    for part in (
        "card-fraud",
        "11 360",
        "of the requests",
        "median",
        "Last row",
        "in the last 15m",
        "✖ alert",
        "2 000 rows",
    ):
        assert part in card, part
    alerts = browser.text(".alerts")
    assert "Feature drift in card-fraud version 3" in alerts
    assert "amount_eur: distance 0.31 from the reference (last 6h, threshold 0.20)" in alerts
    assert "mend or roll back the source" in alerts


@pytest.mark.parametrize(
    ("panel", "parts"),
    [
        (
            "drift",
            ("8 columns: 4 in alert, 1 in warning", "amount_eur", "↗ rising", "→ steady", "not by chance", "5 760"),
        ),
        (
            "causes",
            (
                "Another scale in amount_eur",
                "about 1.6 times as large",
                "New categories in plan",
                "See which values are new",
            ),
        ),
        ("latency", ("p95 warns at 50 ms", "Median", "14d")),
        ("accuracy", ("Labels", "Macro F1")),
        ("calibration", ("Calibration error", "by chance alone", "Brier score")),
        ("confidence", ("Largest class probability", "85.6 %", "↘ −2 %")),  # noqa: RUF001
        ("labels", ("4 007", "Labelled", "waiting for it")),
        ("classes", ("fair", "84.2 %")),
        ("segments", ("country=de", "✓ ok")),
        ("quality", ("tenure_months", "1.9 %", "Failed: timeout")),
        ("reference", ("learned from traffic", "2 000")),
    ],
)
def test_a_model_has_a_panel_for_all_that_is_known(visit, panel, parts):
    """Each with its figures and units."""
    browser = visit(FRAUD)
    browser.until(f"document.getElementById('{panel}') !== null")
    found = browser.text(f"#{panel}")
    for part in parts:
        assert part in found, found


def test_panels_without_data_are_not_there(visit):
    """A language model has tokens, and neither labels nor segments."""
    browser = visit("#/models/assistant/7")
    found = browser.text("#language")
    for part in ("Prompt tokens", "909 028", "Time to the first token", "content filter"):
        assert part in found, found
    assert (
        browser.js("['labels', 'segments', 'accuracy', 'calibration'].filter(id => document.getElementById(id))") == []
    )


def test_drift_is_sorted_by_severity_and_the_window_can_be_changed(visit):
    """The worst first; the window stands in the address."""
    browser = visit(FRAUD)
    statuses = browser.js(
        "[...document.querySelectorAll('.drift tbody td:nth-child(2) .status')].map(e => e.innerText)"
    )
    assert statuses == ["✖ alert"] * 4 + ["▲ warn"] + ["✓ ok"] * 3
    browser.js("[...document.querySelectorAll('#drift .choice a')].find(a => a.innerText === '1h').click()")
    browser.until("document.querySelector('#drift .choice [aria-current]').innerText === '1h'")
    assert browser.js("location.hash") == f"{FRAUD}?window=1h"
    assert "240" in browser.text("#drift")


def test_a_report_can_be_saved(visit):
    """The button leads to one file about the model."""
    browser = visit(FRAUD)
    found = browser.js(
        "(a => fetch(a.href).then(r => r.text()).then(t => [a.download, t.slice(0, 15)]))(document.querySelector('.report'))"
    )
    assert found == ["card-fraud-3-report.html", "<!doctype html>"]


def test_every_column_has_a_picture(visit):
    """The bars of now and the outline of the reference."""
    browser = visit(FRAUD)
    assert browser.js("document.querySelectorAll('.drift .spark path.now[d^=M]').length") >= 8
    assert browser.js("document.querySelectorAll('.drift .spark path.ref[d^=M]').length") == 16


def test_a_feature_is_told_in_its_own_units(visit):
    """Distribution with edges, history, what carries the drift, windows, measures, hours."""
    browser = visit(f"{FRAUD}/input/amount_eur")
    browser.until("document.getElementById('history') !== null")
    assert "Distance 0.084 from the reference" in browser.text(".said")
    assert "1 in 90 million by chance" in browser.text(".said")
    assert "The status rests on the last 15m, 1h, 6h." in browser.text(".said")
    first = browser.js("document.querySelector('#distribution tbody tr').textContent").replace("\u202f", " ")
    assert first.startswith("> 132")
    assert browser.js("document.querySelectorAll('#history circle').length") == 24
    assert "σ of the reference" in browser.text("#values")  # noqa: RUF001
    assert "06:00" in browser.text("#hours")


def test_a_category_that_is_new_is_told(visit):
    browser = visit(f"{FRAUD}/input/plan?window=6h")
    browser.until("document.querySelector('.choice [aria-current]')?.innerText === '6h'")
    browser.js("document.querySelector('#distribution details').open = true")
    found = browser.text("#distribution")
    assert "other categories" in found
    assert "values are categories that the reference did not have" in found


def test_the_exporter_says_what_came_in_and_what_was_refused(visit):
    """Counts, reasons and the last refusals, without what was in them."""
    browser = visit("#/exporter")
    browser.until("document.getElementById('last') !== null")
    for panel, part in (("in", "application/json"), ("refused", "syntax"), ("last", "s ago"), ("config", "✓ valid")):
        assert part in browser.text(f"#{panel}"), panel


@pytest.mark.parametrize(
    ("view", "said"),
    [
        ("#/models/card-fraud/4", "no model 'card-fraud' version '4'"),
        (f"{FRAUD}/input/agee", "no input 'agee' in the reference"),
        ("#/nowhere/1", "There is no such view"),
    ],
)
def test_what_is_not_there_is_said(visit, view, said):
    """With a way back."""
    browser = visit(view)
    browser.until(f"document.body.innerText.includes({said!r})".replace("'no ", '"no ').replace("\\'", "'"))
    assert browser.js("document.querySelector('main a[href=\"#/\"]') !== null")
    browser.problems.clear()  # Chromium lists a 404 as a failed resource


def test_the_keyboard_reaches_everything(visit):
    """The first stop skips to the content; Enter follows a link, and the focus is where the new view is."""
    browser = visit("#/")
    browser.press("Tab", 9)
    assert browser.js("document.activeElement.id") == "skip"
    browser.press("Enter", 13)
    browser.until("document.activeElement.id === 'main'")
    assert browser.js("location.hash") == "#/"
    stops = []
    for _ in range(12):
        browser.press("Tab", 9)
        stops.append(browser.js("document.activeElement.innerText"))
        if stops[-1] == "amount_eur":
            break
    assert stops[-1] == "amount_eur", stops
    assert browser.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Enter", 13)
    browser.until("document.querySelector('h1')?.innerText === 'amount_eur'")
    assert browser.js("document.activeElement.id") == "main"
    assert browser.js("document.title") == "amount_eur, card-fraud version 3 · driftgauge"


@pytest.mark.parametrize("view", VIEWS)
def test_a_screen_reader_finds_its_way(visit, view):
    """One first heading, named landmarks and drawings, tables with captions and headings, no identifier twice."""
    browser = visit(view)
    browser.until("document.querySelector('main section, main article') !== null")
    assert browser.js("document.querySelectorAll('h1').length") == 1
    assert browser.js("['header', 'main', 'footer'].every(tag => document.querySelector(tag))")
    assert (
        browser.js(
            "[...document.querySelectorAll('nav, section, [role=region]')].filter(e => !(e.ariaLabel || document.getElementById(e.getAttribute('aria-labelledby')))).length"
        )
        == 0
    )
    assert (
        browser.js(
            "[...document.querySelectorAll('svg')].filter(e => e.ariaHidden !== 'true' && !(e.role === 'img' && e.ariaLabel)).length"
        )
        == 0
    )
    assert (
        browser.js(
            "[...document.querySelectorAll('table')].filter(e => !e.caption || e.querySelector('th:not([scope])')).length"
        )
        == 0
    )
    assert (
        browser.js("(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(e => e.id))")
        == 0
    )


CONTRAST = """
(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
  const poor = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
    const svg = e.namespaceURI.endsWith('svg');
    const [a, b] = [light(getComputedStyle(e)[svg ? 'fill' : 'color']), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(e.textContent.slice(0, 30) + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
  }
  return poor;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes(visit, browser, scheme):
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3) for every text that is shown."""
    browser.scheme(scheme)
    visit(FRAUD)
    assert browser.js("getComputedStyle(document.documentElement).colorScheme") == scheme
    assert browser.js(CONTRAST) == []


def test_the_colours_can_be_chosen_and_stay(visit, browser):
    """Dark whatever the system prefers, also after the page is opened again."""
    visit("#/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = browser.js(ground)
    for word in ("light", "dark"):
        browser.js("document.getElementById('theme').click()")
        assert browser.text("#theme") == f"◐ {word}"
    dark = browser.js(ground)
    assert dark != light
    visit("#/exporter")
    assert browser.js(ground) == dark
    browser.js("document.getElementById('theme').click()")
    assert browser.js(ground) == light


@pytest.mark.parametrize("view", VIEWS)
def test_a_phone_is_wide_enough(visit, browser, view):
    """Nothing but tables in their own boxes is wider than the screen."""
    browser.size(360, 740, phone=True)
    visit(view)
    browser.until("document.querySelector('main section, main article') !== null")
    assert browser.js("document.documentElement.scrollWidth") <= 360
