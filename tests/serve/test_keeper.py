"""Checkpoints: what comes back after a restart, and what does not."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from driftgauge.profile import WINDOWS
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.accept import accept
from driftgauge.serve import keeper
from driftgauge.serve.state_file import encode
from tests.serve.harness import MONDAY
from tests.serve.keeping import DAY, Running, batch


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


def windows(model, now):
    """What is held of every window, without what a process counts from its own start."""
    sums = model.collect(now)
    return [[array.tolist() for array in profile.arrays] for profile in sums.profiles]


def test_windows_statuses_and_learned_references_come_back(folder):
    """After a restart the windows hold the same rows, the reference is the same, and an alert goes on."""
    first = Running(folder)
    for hour in range(30):
        first.now = MONDAY + 3_600 * hour
        first.observe(seed=hour, shift=30.0 if hour > 20 else 0.0)
        first.model().tick(first.now)
    before = first.model()
    status = before.tick(first.now).status.tolist()
    held = windows(before, first.now)
    second = first.restarted(folder)
    after = second.model()
    assert second.told.restored == 1
    assert after.reference.digest == before.reference.digest
    assert windows(after, second.now) == held
    assert after.tick(second.now + 60).status.tolist() == status
    assert max(status) == 2
    assert after.view(second.now).mode == "learned"
    second.end()


def test_rows_go_on_being_counted_while_a_checkpoint_is_packed(folder, monkeypatch):
    """Packing holds no lock, and what comes meanwhile is not in the checkpoint: not in new slots, and not in old ones either."""
    first = Running(folder)
    for minute in range(3):
        first.now = MONDAY + 60 * minute
        first.observe(seed=minute)
    held = windows(first.model(), first.now)
    monkeypatch.setattr(keeper, "encode", lambda state: _packed_while_observing(first, state))
    first.keeper.keep()
    assert windows(first.model(), first.now) != held
    first.end()
    second = Running(folder, now=first.now)
    assert second.told.restored == 1
    assert windows(second.model(), first.now) == held
    second.end()


def _packed_while_observing(running, state):
    """Let another thread count rows of now and of two minutes ago; return the file of *state*."""

    def observe():
        for late in (0, 120, 0):
            running.engine.observe("fraud", "0", replace(batch(500), timestamps=np.full(500, running.now - late)))
        running.model().flush(running.now)

    counting = threading.Thread(target=observe, daemon=True)
    counting.start()
    counting.join(60)
    assert not counting.is_alive()
    return encode(state)


def test_counters_begin_at_zero(folder):
    """Totals are the process's own: a counter that came back from an older checkpoint would be taken for a reset."""
    first = Running(folder)
    first.observe()
    first.observe()
    second = first.restarted(folder)
    view = second.model().view(second.now)
    assert (view.counters.requests, view.counters.predictions, int(view.total.rows[0])) == (0, 0, 0)
    assert view.counters.last_observation == MONDAY
    second.end()


def test_slots_age_while_nothing_runs(folder):
    """What was observed before a long pause has left the short windows and is still in the long ones."""
    first = Running(folder)
    first.observe()
    first.observe(rows=300, seed=2)
    second = first.restarted(folder, after=2 * 3_600)
    rows = {window.name: int(profile.rows[0]) for window, profile in _profiles(second)}
    assert (rows["15m"], rows["1h"], rows["6h"], rows["14d"], rows["last_500"]) == (0, 0, 300, 300, 300)
    second.end()


def _profiles(running):
    sums = running.model().collect(running.now)
    return zip(sums.windows, sums.profiles, strict=True)


def test_a_clock_that_went_back_loses_what_lies_ahead(folder):
    """Rows of a time that has not come yet are in no window."""
    first = Running(folder)
    first.observe()
    first.observe(rows=300, seed=2)
    second = first.restarted(folder, after=-7 * DAY)
    assert {int(profile.rows[0]) for window, profile in _profiles(second) if not window.rows} == {0}
    second.end()


def test_an_accepted_baseline_and_the_one_before_come_back(folder):
    """The exporter goes on with the accepted reference, and still knows the old one."""
    first = Running(folder)
    first.observe()
    first.observe(seed=2)
    model = first.model()
    learned = model.reference
    hour = next(window for window in WINDOWS if window.name == "1h")
    taken = accept(learned, model.window(hour, first.now), model="fraud", version="0", created=MONDAY)
    model.accept(taken, first.now)
    second = first.restarted(folder)
    view = second.model().view(second.now)
    assert (view.mode, view.reference.digest, view.previous.digest) == ("accepted", taken.digest, learned.digest)
    second.end()


def test_a_model_with_a_profile_goes_on_only_with_that_profile(folder):
    """Another profile, or other settings of what is counted, begin anew; the file is set aside and counted."""
    text = "models: [{name: fraud, version: '0', reference: {path: p.json}}]"
    profiles = [build(lambda seed=seed: [batch(2_000, seed)], BuildOptions("p", MONDAY)) for seed in (1, 2)]
    first = Running(folder, text, references={"p.json": profiles[0]})
    first.observe(rows=300)
    second = first.restarted(folder, text, references={"p.json": profiles[0]})
    assert (second.told.restored, int(windows(second.model(), second.now)[0][0][0])) == (1, 300)
    third = second.restarted(folder, text, references={"p.json": profiles[1]})
    assert (third.told.restored, third.told.rejected["changed"]) == (0, 1)
    assert windows(third.model(), third.now)[0][0] == [0]
    assert len(list(folder.glob("*.rejected"))) == 1
    third.end()


def test_a_profile_that_cannot_be_read_costs_no_checkpoint(folder):
    """The file stays for the next start, when the profile may be there again."""
    text = "models: [{name: fraud, version: '0', reference: {path: p.json}}]"
    profile = build(lambda: [batch(2_000)], BuildOptions("p", MONDAY))
    first = Running(folder, text, references={"p.json": profile})
    first.observe(rows=300)
    second = first.restarted(folder, text)
    second.observe(rows=50)
    third = second.restarted(folder, text, references={"p.json": profile})
    assert int(windows(third.model(), third.now)[0][0][0]) == 300
    third.end()


def test_models_that_nobody_wants_do_not_come_back(folder):
    """Those that registered themselves and were not observed for a day, and those that may not register."""
    first = Running(folder)
    first.observe()
    first.observe(version="1")
    first.now += 2 * DAY
    first.observe(version="2")
    second = first.restarted(folder)
    assert [model.version for model in second.engine.registry.models] == ["2"]
    assert second.told.rejected["unwanted"] == 2
    third = second.restarted(folder, "auto_register: false")
    assert (third.engine.registry.models, third.told.rejected["changed"]) == ((), 1)
    third.end()


def test_a_model_at_rest_is_not_written_again(folder, monkeypatch):
    """Only what has been observed since is."""
    running = Running(folder)
    running.observe()
    running.observe(name="risk")
    running.keeper.keep()
    written = Counter()
    write = running.keeper._folder.write
    monkeypatch.setattr(running.keeper._folder, "write", lambda *args: (written.update([args[0]]), write(*args)))
    running.observe(rows=10)
    running.keeper.keep()
    running.keeper.keep()
    assert written == {"fraud": 1}
    running.end()


def test_a_model_that_begins_anew_is_kept_again(folder):
    """Whoever has been observed as often as the one before it is another model all the same."""
    running = Running(folder)
    running.observe()
    running.keeper.keep()
    running.engine.registry.forget(("fraud", "0"))
    running.observe(seed=5)
    before = next(folder.glob("*.state")).read_bytes()
    running.keeper.keep()
    assert next(folder.glob("*.state")).read_bytes() != before
    running.end()
