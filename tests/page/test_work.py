"""How much the page does: rows that have not changed are not touched, and nothing is drawn that nobody can see."""

from __future__ import annotations

import numpy as np
import pytest

from tests.serve.harness import MONDAY, Exporter

COLUMNS = 240
#: counts what happens below an element, by what it is
WATCH = """
(path => {
  window.seen = [];
  window.watcher?.disconnect();
  window.watcher = new MutationObserver(records => window.seen.push(...records));
  window.watcher.observe(document.querySelector(path), { subtree: true, childList: true, attributes: true, characterData: true });
})
"""
DRAWN = "[...document.querySelectorAll('.drift tbody tr')].filter(row => row.querySelector('.spark path')).length"


@pytest.fixture(scope="module")
def wide():
    """A model of many columns that has been observed for an hour."""
    with Exporter("defaults: {seasonality: none, reference: {learn_rows: 120}}") as exporter:
        for hour in range(2):
            exporter.now = MONDAY + 3_600 * hour
            values = np.random.default_rng(hour).normal(0.2 * hour, 1, (COLUMNS, 120)).round(3)
            columns = {f"feature_{number:03d}": column.tolist() for number, column in enumerate(values)}
            assert exporter.post({"columns": columns}).status == 202
            exporter.scrape()
        exporter.tick()
        yield exporter


@pytest.fixture
def table(browser, wide):
    """The browser, with all columns in its table."""
    browser.open(f"http://127.0.0.1:{wide.metrics_port}/#/models/fraud/0")
    browser.until("document.querySelectorAll('.drift tbody tr').length === 100")
    browser.js("[...document.querySelectorAll('button')].find(b => b.innerText.startsWith('Show all')).click()")
    browser.until(f"document.querySelectorAll('.drift tbody tr').length === {COLUMNS}")
    return browser


def test_pictures_are_made_where_somebody_may_see_them(table):
    """A screen and what is next to it; the others when they come into view, and all of them for a printer."""
    table.until(f"{DRAWN} > 0")
    table.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert table.js(DRAWN) < COLUMNS / 2
    assert table.js("document.querySelectorAll('.drift tbody .spark').length") == COLUMNS  # each has its place
    last = "document.querySelector('.drift tbody tr:last-child')"
    assert table.js(f"{last}.querySelector('.spark path') === null")
    table.js(f"{last}.scrollIntoView()")
    table.until(f"{last}.querySelector('.spark path') !== null")
    table.js("dispatchEvent(new Event('beforeprint'))")
    assert table.js(DRAWN) == COLUMNS
    table.js("dispatchEvent(new Event('afterprint'))")
    assert table.js(DRAWN) < COLUMNS


def test_rows_that_say_the_same_are_left_alone(table, wide):
    """Another evaluation of the same rows changes its time, and nothing in the table."""
    evaluated = "fetch('api/v1/models').then(answer => answer.json()).then(found => found.models[0].evaluated)"
    before = table.js(evaluated)
    table.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    table.js(f"{WATCH}('.drift tbody')")
    table.js(
        "window.asked = 0; window.real = window.fetch; window.fetch = (...a) => { window.asked += a[0].includes('overview'); return window.real(...a); }"
    )
    wide.now += 20
    wide.tick()
    assert table.js(evaluated) > before
    table.until("window.asked > 0 && window.driftgaugeUpdates.length > 0")
    table.js("window.driftgaugeUpdates.length = 0")
    table.until("window.driftgaugeUpdates.length > 0")
    assert table.js("window.seen.length") == 0


#: a list of five in a document of its own; `show(keys)` makes it show those keys
IN_LIST = """
(async () => {
  const { h, render } = await import('./page/dom.js');
  const list = document.createElement('ul');
  document.body.append(list);
  const show = keys => render(list, keys.map(key => h('li', { key, tabindex: 0 }, key)));
  show(['a', 'b', 'c', 'd', 'e']);
  const watcher = new MutationObserver(() => {});
  watcher.observe(list, { subtree: true, childList: true, attributes: true, characterData: true });
  const text = () => [...list.children].map(e => e.textContent).join('');
  try { return await (async () => { SCRIPT })(); } finally { watcher.disconnect(); list.remove(); }
})()
"""


def in_list(browser, script):
    """Return what *script* returns beside that list."""
    return browser.js(IN_LIST.replace("SCRIPT", script))


@pytest.mark.parametrize(
    ("order", "moved"), [("abcde", 0), ("bcdea", 1), ("eabcd", 1), ("acbed", 2), ("edcba", 4), ("acxe", 1), ("", 0)]
)
def test_no_more_is_moved_than_has_to_be(table, order, moved):
    """The longest run that is in order stays; what is new is put in, what is gone is taken out."""
    found, places = in_list(
        table, f"show([...{order!r}]); return [text(), watcher.takeRecords().map(r => r.addedNodes.length)];"
    )
    assert found == order
    assert sum(places) == moved


@pytest.mark.parametrize("able", [True, False])
def test_what_moves_keeps_the_focus(table, able):
    """Also in browsers that can move an element only by taking it out first."""
    script = """
      const can = Element.prototype.moveBefore;
      if (!ABLE) delete Element.prototype.moveBefore;
      try {
        list.children[0].focus();
        show(['e', 'd', 'c', 'b', 'a']);
        return [text(), document.activeElement.textContent];
      } finally { if (can) Element.prototype.moveBefore = can; }
    """
    assert in_list(table, script.replace("ABLE", str(able).lower())) == ["edcba", "a"]
