"""The page lives: it follows the exporter, says when that is gone, rests when nobody looks, and stays quick and safe."""

from __future__ import annotations

import json
import statistics

import numpy as np
import pytest

from tests.serve.harness import MONDAY, Exporter

NASTY = '<script>window.broken = 1</script><img src=x onerror="window.broken = 2">&amp;%2F/../?#'
CONFIG = """
defaults: {seasonality: none, reference: {learn_rows: 500}, latency: {warn_seconds: 0.1, alert_seconds: 0.2}}
"""


def rows(count, seed, latency=0.02):
    rng = np.random.default_rng(seed)
    return [
        {"features": {"age": float(age)}, "prediction": float(age), "latency_s": latency}
        for age in rng.normal(40, 10, count)
    ]


@pytest.fixture
def exporter():
    """A model whose requests are slow."""
    with Exporter(CONFIG) as made:
        assert made.post(rows(500, 0)).status == 202
        made.scrape()
        step(made, 1, 0.5)
        yield made


def step(exporter, number, latency=0.02):
    """Let an hour pass in which 200 rows come."""
    exporter.now = MONDAY + 3_600 * number
    assert exporter.post(rows(200, number, latency)).status == 202
    exporter.tick()


@pytest.fixture
def watch(browser, exporter):
    """Open a view and return the browser once it is there."""

    def go(view="#/models/fraud/0"):
        browser.open(f"http://127.0.0.1:{exporter.metrics_port}/{view}")
        browser.until("document.querySelector('main h1') !== null")
        return browser

    return go


def test_what_is_new_appears_and_what_is_resolved_disappears(watch, exporter):
    """Without another look at the address; what has not changed is not made again."""
    browser = watch()
    assert "Latency" in browser.text(".alerts")
    browser.js("window.kept = document.querySelector('#drift tbody tr')")
    step(exporter, 2)
    browser.until("document.querySelector('.alerts') === null")
    browser.until("document.querySelector('#drift').innerText.includes('400')")
    assert "900" in browser.text(".figures")
    assert browser.js("window.kept === document.querySelector('#drift tbody tr') || window.kept.isConnected")


def test_an_exporter_that_is_gone_is_missed_and_welcomed_back(watch, exporter):
    """What is shown is said to grow old; when the exporter answers again, so does the page."""
    browser = watch()
    offline = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.call("Network.enable")
    try:
        browser.call("Network.emulateNetworkConditions", offline=True, **offline)
        browser.until("document.getElementById('stale').innerText.includes('does not answer')")
        assert "UTC and grows old" in browser.text("#stale")
        assert browser.text("#live") == "not live"
        assert "age" in browser.text("#drift")
    finally:
        browser.call("Network.emulateNetworkConditions", offline=False, **offline)
    step(exporter, 3)
    browser.until("document.getElementById('stale').innerText === ''")
    browser.until("document.querySelector('.figures').innerText.includes('900')")
    browser.call("Network.disable")
    browser.problems.clear()  # Chromium lists what could not be reached


def test_nothing_is_asked_while_nobody_looks(watch):
    """A hidden tab has neither a request nor a timer; when it is seen again it asks at once."""
    browser = watch()
    asked = browser.js(
        """(() => {
          const real = { fetch: window.fetch, setTimeout: window.setTimeout }, asked = [];
          window.fetch = (...args) => { asked.push(`fetch ${hidden}`); return real.fetch(...args); };
          window.setTimeout = (...args) => { asked.push(`timer ${hidden}`); return real.setTimeout.apply(window, args); };
          let hidden = true;
          Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
          hidden = false;
          document.dispatchEvent(new Event('visibilitychange'));
          Object.assign(window, real);
          return asked;
        })()"""
    )
    assert "fetch false" in asked
    assert not [what for what in asked if what.endswith("true")]


def test_names_are_text_whatever_they_hold(browser):
    """Markup in the names of models, features, classes and segments is shown as it is, and links with it work."""
    model = "/v1/models/" + "".join(f"%{byte:02X}" for byte in NASTY.encode())
    with Exporter(
        CONFIG + f"models: [{{name: {json.dumps(NASTY)}, segments: {{fields: [{json.dumps(NASTY)}]}}}}]"
    ) as exporter:
        for hour in range(3):
            exporter.now = MONDAY + 3_600 * hour
            rng = np.random.default_rng(hour)
            sent = [
                {
                    "features": {NASTY: float(value)},
                    "prediction": NASTY if value > 0 else "plain",
                    "segment": {NASTY: NASTY},
                }
                for value in rng.normal(0, 1, 500) + (2 if hour else 0)
            ]
            assert exporter.post(sent, f"{model}/observations").status == 202
            exporter.scrape()
        exporter.tick()
        browser.open(f"http://127.0.0.1:{exporter.metrics_port}/")
        browser.until("document.querySelector('article h2') !== null")
        for view in ("h2 a", ".drift tbody th a"):
            browser.until(f"document.querySelector({json.dumps(view)}) !== null")
            assert browser.js(f"document.querySelector({json.dumps(view)}).innerText") == NASTY
            assert NASTY in browser.text("main")
            browser.js(f"document.querySelector({json.dumps(view)}).click()")
            browser.until(f"document.querySelector('h1')?.innerText === {json.dumps(NASTY)}")
        browser.until("document.getElementById('history') !== null")
        assert browser.js("window.broken === undefined && !document.querySelector('main script, main img')")


#: a table of 500 rows made from nothing: what this machine needs for as much work as the page must never do
BASELINE = """
(() => {
  const times = [];
  for (let round = 0; round < 7; round++) {
    const started = performance.now(), body = document.createElement('tbody');
    for (let n = 0; n < 500; n++) {
      const row = document.createElement('tr');
      for (let m = 0; m < 40; m++) {
        const cell = document.createElement('td');
        cell.setAttribute('class', 'num'); cell.append(String(n * m)); row.append(cell);
      }
      body.append(row);
    }
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[3];
})()
"""


def test_five_hundred_features_are_updated_at_once(browser):
    """Less than 100 ms an update; on a machine that is slow or busy not more than three times what a plain table takes.

    The hundred of highest severity are shown, and all of them on demand: then in steps of a hundred, each an update.
    """
    rng = np.random.default_rng(7)
    names = [f"feature_{number:03d}" for number in range(499)]

    def body(seed, shift):
        values = np.random.default_rng(seed).normal(0, 1, (120, 499)).round(3) + shift
        return {"columns": dict(zip(names, values.T.tolist(), strict=True)), "prediction": rng.random(120).tolist()}

    with Exporter("defaults: {seasonality: none, reference: {learn_rows: 120}}") as exporter:
        assert exporter.post(body(0, 0.0)).status == 202
        exporter.scrape()

        def hour(number):
            exporter.now = MONDAY + 3_600 * number
            assert exporter.post(body(number, 0.1 * number)).status == 202
            exporter.tick()

        def took(number):
            """Return the longest work on the document until the hour is shown in every row, ms."""
            browser.js("window.driftgaugeUpdates.length = 0")
            hour(number)
            rows = "[...document.querySelectorAll('.drift tbody td:last-child')]"
            browser.until(f"{rows}.every(cell => cell.innerText.replace('\\u202f', '') === '{120 * number}')")
            return browser.js("Math.max(...window.driftgaugeUpdates)")

        hour(1)
        browser.open(f"http://127.0.0.1:{exporter.metrics_port}/#/models/fraud/0")
        browser.until("document.querySelectorAll('.drift tbody tr').length === 100")
        times = [took(number) for number in range(2, 6)]
        baseline = browser.js(BASELINE)
        browser.js("[...document.querySelectorAll('button')].find(b => b.innerText === 'Show all 500').click()")
        browser.until("document.querySelectorAll('.drift tbody tr').length === 500")
        whole = [took(number) for number in (6, 7, 8, 9)]
        baseline = max(baseline, browser.js(BASELINE))
        assert statistics.median(times) < max(100.0, 3 * baseline)
        # The quickest: what else runs on the machine can only make an update slower, and there are five of them an hour.
        assert min(whole) < max(100.0, 8 * baseline)
        browser.js(
            "(box => { box.value = 'feature_49'; box.dispatchEvent(new Event('input')); })(document.querySelector('input'))"
        )
        browser.until("document.querySelectorAll('.drift tbody tr').length === 9")
