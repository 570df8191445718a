"""Tokens of live texts: staged, counted by time, compared with the reference, kept over a restart."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.batch import Batch, column_of
from driftgauge.config import ColumnSettings, ModelSettings
from driftgauge.derive import text_facts
from driftgauge.drift.token_drift import token_drift
from driftgauge.model import Model
from driftgauge.profile import Calibration, dumps, loads
from driftgauge.reference import BuildOptions, build
from driftgauge.sketch import TokenSpec
from driftgauge.training import TaskSpec, compute_dataset_profile

NOW = 1_790_000_000.0
DAY = NOW // 86_400 * 86_400
FIGURES = ("debiased", "noise_floor", "evidence", "samples", "overlap", "top", "status")


def texts(rows, *, seed=1, first=0):
    """Return texts of 5 to 30 of 2,000 words, frequent and rare, from the word number *first* on."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, 2_001) ** -1.0
    words = rng.choice(2_000, (rows, 30), p=weights / weights.sum()) + first
    return [" ".join(f"w{word}" for word in row[: rng.integers(5, 31)]) for row in words]


def batch(said):
    return Batch(len(said), inputs={"review": column_of(said)[0]})


@pytest.fixture(scope="module")
def reference():
    return build(lambda: [batch(texts(3_000))], BuildOptions("train", 0.0, texts=("review",)))


def model(reference, **settings):
    return Model("m", "1", ModelSettings(name="m", seasonality="none", **settings), reference)


def observe(to, said, *, at=NOW, parts=1):
    for part in np.array_split(np.array(said, dtype=object), parts):
        to.observe(batch(part.tolist()), at)


def hour(to, at=NOW + 1):
    """Return the scores of the hour's window."""
    found = to.evaluate(to.collect(at))
    place = [window.name for window in found.windows].index("1h")
    return {name: getattr(found.tokens, name)[place, 0] for name in FIGURES}


@pytest.mark.parametrize("parts", [1, 7, 600])
def test_however_rows_come_the_distance_is_theirs(reference, parts):
    """One body or many: the scores are those of all texts together."""
    to = model(reference)
    said = texts(600, seed=2, first=100)
    observe(to, said, parts=parts)
    expected = token_drift(reference.sketches["tokens of review"], TokenSpec().of(text_facts(said).tokens))
    found = hour(to)
    assert (found["samples"], found["top"]) == (600, expected.k)
    for name in ("debiased", "noise_floor", "evidence", "overlap"):
        assert found[name] == pytest.approx(getattr(expected, name)), name


def test_another_vocabulary_alerts(reference):
    """Texts of other words alert by distance and overlap; texts of the same law are ok, and share most frequent words."""
    calm, moved = model(reference), model(reference)
    observe(calm, texts(1_000, seed=3))
    observe(moved, texts(1_000, seed=3, first=5_000))
    assert hour(calm)["status"] == 0
    assert hour(calm)["evidence"] < 4
    assert hour(calm)["overlap"] > 0.7
    assert hour(moved)["status"] == 2
    assert hour(moved)["overlap"] < 0.2


def test_lost_top_tokens_alert_where_the_distance_only_warns(reference):
    """Fewer than half of the most frequent tokens in common are an alert by themselves, if the distance is beyond chance."""
    to = model(reference, features={"review": ColumnSettings(warn=0.98, alert=0.99)})
    observe(to, texts(1_000, seed=4, first=5_000))
    found = hour(to)
    assert found["debiased"] < 0.98
    assert found["status"] == 2


def test_words_that_are_equally_frequent_do_not_alert_for_a_trifle():
    """Which of them are the most frequent changes with one word in fifty: the overlap alone, without a distance that warns, is none."""

    def flat(rows, seed, new=0.0):
        rng = np.random.default_rng(seed)
        words = np.where(rng.random((rows, 20)) < new, 0, rng.integers(0, 5_000, (rows, 20)))
        return [" ".join(f"w{word}" for word in row) for row in words]

    known = build(lambda: [batch(flat(2_000, 1))], BuildOptions("train", 0.0, texts=("review",)))
    to = model(known)
    observe(to, flat(1_000, 2, new=0.02))
    found = hour(to)
    assert found["overlap"] < 0.5
    assert found["evidence"] > 10
    assert found["debiased"] < 0.1
    assert found["status"] == 0


def test_a_profile_that_does_not_say_how_texts_scatter_decides_nothing(reference):
    """Templates would alert by chance; scores are there, and one text for all needs no scatter to be judged."""
    name = "tokens of review"
    counted = reference.sketches[name]
    older = replace(reference, sketches={name: replace(counted, spectrum=np.zeros(3))})
    to = model(older)
    observe(to, texts(1_000, seed=4, first=5_000))
    found = hour(to)
    assert found["status"] == -1
    assert found["evidence"] > 20
    alike = model(build(lambda: [batch(["so it goes"] * 500)], BuildOptions("train", 0.0, texts=("review",))))
    observe(alike, texts(1_000, seed=4))
    assert hour(alike)["status"] == 2


def test_words_of_the_hour_are_not_compared_with_those_of_whole_days(reference):
    """However calm the columns are in hours, the words of an hour alert nobody unless nothing has a rhythm; those of a day do."""
    columns = np.ones(len(reference.profile.spec.schema.columns))
    calm = Calibration((200 * columns).astype(np.int64), *(0.01 * columns,) * 4, columns)
    known = replace(reference, calibration={"6h": calm})
    found = {}
    for seasonality in ("auto", "none"):
        to = Model("m", "1", ModelSettings(name="m", seasonality=seasonality), known)
        for of_day in range(24):
            observe(to, texts(100, seed=of_day, first=5_000), at=DAY + 3_600 * of_day + 60)
        told = to.evaluate(to.collect(DAY + 86_400 + 1))
        places = [[window.name for window in told.windows].index(window) for window in ("6h", "24h")]
        assert told.judges[places].all()
        found[seasonality] = told.tokens.status[places, 0].tolist()
    assert found == {"auto": [-1, 2], "none": [2, 2]}


def test_settings_of_the_feature_hold_for_its_tokens(reference):
    """A threshold of its own lets a smaller change pass; a muted text has no status, and its scores all the same."""
    said = texts(1_000, seed=5, first=8)
    loud, wide = model(reference), model(reference, features={"review": ColumnSettings(warn=0.6, alert=0.7)})
    day = dt.datetime.fromtimestamp(NOW, dt.UTC).date() + dt.timedelta(days=1)
    muted = model(reference, features={"review": ColumnSettings(mute_until=day)})
    for to in (loud, wide, muted):
        observe(to, said)
    assert [int(hour(to)["status"]) for to in (loud, wide, muted)] == [2, 0, -1]
    assert hour(muted)["evidence"] == hour(loud)["evidence"] > 20


def test_texts_that_say_nothing(reference):
    """Too few are undecided, missing and empty ones do not count, rows of other times stay apart."""
    to = model(reference)
    observe(to, texts(50, first=5_000))
    observe(to, [None, "", "  "] * 20)
    to.observe(Batch(10, inputs={"review": np.arange(10.0)}), NOW)
    found = hour(to)
    assert (found["samples"], found["status"]) == (50, -1)
    observe(to, texts(300, seed=6), at=NOW + 7_200)
    assert hour(to, NOW + 7_201)["samples"] == 300


def test_a_restart_keeps_counts_and_status(reference):
    """What was frozen goes on; a checkpoint of an older version has no tokens and is taken all the same."""
    before = model(reference)
    observe(before, texts(1_000, seed=7, first=5_000))
    assert hour(before)["status"] == 2
    state = before.freeze(NOW + 2)
    after = model(reference)
    assert after.thaw(state, NOW + 3)
    assert hour(after, NOW + 4) == pytest.approx(hour(before, NOW + 4))
    windows = state.parts["windows"]
    del windows.parts["tokens"], windows.parts["health"].parts["tokens"]
    older = model(reference)
    assert older.thaw(state, NOW + 3)
    assert hour(older, NOW + 4)["samples"] == 0


def test_a_clock_that_goes_back_forgets(reference):
    """Slots ahead of the clock are left behind, as those of columns are."""
    to = model(reference)
    observe(to, texts(300), at=NOW + 86_400)
    assert hour(to, NOW)["samples"] == 0


def test_no_text_is_in_a_checkpoint(reference):
    """What is kept of texts is how often each of 2,048 hashes came."""
    to = model(reference)
    observe(to, ["unmistakable words"] * 300)
    ring = to.freeze(NOW + 1).parts["windows"].parts["tokens"]
    counts = ring.parts["slots"].parts["60"].arrays["counts"]
    assert counts.shape[1] < 2_100
    assert "unmistakable" not in repr(ring)


def test_a_reference_without_tokens_has_no_scores(reference):
    """A profile from before tokens were counted has the columns of facts, and no more."""
    to = model(replace(reference, sketches={}))
    observe(to, texts(300))
    assert to.evaluate(to.collect(NOW + 1)).tokens is None


def test_a_profile_of_another_tokenizer_is_compared_with_its_own_tokens():
    """Texts split at white space would all be drift; those that the client has read with the tokenizer are compared."""
    said = texts(400, seed=8)
    rows = [{"review": text} for text in texts(2_000)]
    task = TaskSpec(name="reviews", modality="text", input_fields=["review"])
    stored = loads(dumps(compute_dataset_profile(rows, task, 2_000, tokenizer=list).reference))
    raw, read = model(stored), model(stored)
    observe(raw, said)
    facts = text_facts(said, "review", tokenize=list)
    read.observe(Batch(400, inputs=dict(facts.columns), tokens={"review": facts.tokens}), NOW)
    assert (hour(raw)["samples"], hour(raw)["status"]) == (0, -1)
    assert (hour(read)["samples"], hour(read)["status"]) == (400, 0)


def test_the_words_share_the_budget_of_false_alarms(reference):
    """The evidence that a day asks for counts the text's tokens beside its columns."""
    asked = [
        to.evaluate(to.collect(NOW)).evidence_threshold[3]
        for to in (model(reference), model(replace(reference, sketches={})))
    ]
    columns = len(reference.profile.spec.schema.columns)
    assert asked[0] - asked[1] == pytest.approx(np.log10((columns + 1) / columns))
