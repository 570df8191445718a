"""Checkpoints: what comes back after a restart, what does not, and what a bad disk does."""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from driftgauge.batch import Batch, Categories, Requests
from driftgauge.config import StateSettings
from driftgauge.model import Model
from driftgauge.profile import WINDOWS
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.accept import accept
from driftgauge.serve.engine import Engine
from driftgauge.serve.keeper import FAILURES, Keeper
from driftgauge.serve.settings import parse
from tests.serve.harness import MONDAY, eventually

LEARNING = "defaults: {reference: {learn_rows: 1000}, count_windows: [500], seasonality: none}"
DAY = 86_400.0


class Running:
    """An engine with a keeper and a clock that the test sets."""

    def __init__(self, folder, text=LEARNING, *, now=MONDAY, references=None) -> None:
        self.now = now
        self.engine = Engine(parse(text, {}), references or {}, clock=lambda: self.now)
        self.keeper = Keeper(self.engine, StateSettings(directory=str(folder)))
        self.keeper.restore()

    def observe(self, rows=2_000, *, seed=1, shift=0.0, name="fraud", version="0"):
        self.engine.registry.find(name, version).observe(batch(rows, seed, shift), self.now)

    def restarted(self, folder, text=LEARNING, *, after=0.0, references=None):
        """Keep everything, end, and start another one."""
        self.keeper.keep()
        self.end()
        return Running(folder, text, now=self.now + after, references=references)

    def end(self):
        self.keeper._folder.close()

    @property
    def told(self):
        return self.engine.health.checkpoints

    def model(self, name="fraud", version="0") -> Model:
        return self.engine.registry.known(name, version)


def batch(rows, seed=1, shift=0.0):
    rng = np.random.default_rng(seed)
    return Batch(
        rows,
        inputs={
            "age": rng.normal(40 + shift, 10, rows),
            "plan": Categories(rng.integers(0, 2, rows, np.int32), ("a", "b")),
        },
        outputs={"prediction": rng.random(rows)},
        requests=Requests(1, np.array([0.01])),
    )


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


@pytest.mark.parametrize("damage", [b"", b"something else", b"driftgauge state 1\n" + b"\0" * 50])
def test_a_damaged_file_is_set_aside_and_the_others_are_used(folder, damage):
    """The exporter starts, says so, and keeps the file for whoever wants to look."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    file = min(folder.glob("*.state"))
    file.write_bytes(damage)
    second = Running(folder)
    assert (second.told.restored, second.told.rejected["damaged"]) == (1, 1)
    assert file.with_suffix(".rejected").read_bytes() == damage
    second.end()


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


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "no_space"), (errno.EROFS, "read_only"), (errno.EIO, "io")]
)
def test_a_bad_disk_degrades_to_memory(folder, monkeypatch, number, reason):
    """Counting goes on, the failure is counted, and the next checkpoint is complete again."""
    running = Running(folder)
    running.observe()
    fsync = os.fsync

    def bad(_):
        raise OSError(number, "bad")

    monkeypatch.setattr(os, "fsync", bad)
    running.keeper.keep()
    assert running.told.failures == dict.fromkeys(FAILURES, 0) | {reason: 1}
    assert running.told.time is None
    running.observe(rows=500)
    monkeypatch.setattr(os, "fsync", fsync)
    running.now += 60
    running.keeper.keep()
    assert running.told.time == MONDAY + 60
    assert running.told.size == sum(file.stat().st_size for file in folder.glob("*.state"))
    running.end()


def test_the_folder_holds_no_more_than_it_may(folder):
    """What would be more is not written and counted; files that were set aside make room first."""
    running = Running(folder)
    running.observe()
    running.keeper.keep()
    (file,) = folder.glob("*.state")
    (folder / "old.rejected").write_bytes(bytes(10 * file.stat().st_size))
    running.keeper._limit = 5 * file.stat().st_size
    running.observe(seed=2)
    running.keeper.keep()
    assert (running.told.failures["limit"], list(folder.glob("*.rejected"))) == (0, [])
    running.keeper._limit = file.stat().st_size
    before = file.read_bytes()
    running.observe(seed=3)
    running.keeper.keep()
    assert (running.told.failures["limit"], file.read_bytes()) == (1, before)
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


def test_a_model_that_cannot_be_kept_costs_the_others_nothing(folder, monkeypatch):
    """A fault of ours is counted, and the checkpoints go on."""
    running = Running(folder)
    running.observe()
    running.observe(name="risk")
    freeze = Model.freeze

    def broken(model, wall):
        if model.name == "fraud":
            raise ZeroDivisionError
        return freeze(model, wall)

    monkeypatch.setattr(Model, "freeze", broken)
    running.keeper.keep()
    assert (running.told.failures["internal"], running.told.time) == (1, None)
    assert len(list(folder.glob("*.state"))) == 1
    monkeypatch.setattr(Model, "freeze", freeze)
    running.keeper.keep()
    assert running.told.time == MONDAY
    assert len(list(folder.glob("*.state"))) == 2
    running.end()


def test_a_fault_while_a_model_comes_back_does_not_stop_the_start(folder, monkeypatch):
    """Its file is set aside, and the other models go on."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    thaw = Model.thaw

    def broken(model, state, wall):
        if model.name == "fraud":
            raise ZeroDivisionError
        return thaw(model, state, wall)

    monkeypatch.setattr(Model, "thaw", broken)
    second = Running(folder)
    assert (second.told.restored, second.told.rejected["damaged"]) == (1, 1)
    second.end()


def test_a_file_that_cannot_be_read_costs_the_others_nothing(folder, monkeypatch):
    """A bad sector under one of them is counted."""
    first = Running(folder)
    first.observe()
    first.observe(name="risk")
    first.keeper.keep()
    first.end()
    bad = min(folder.glob("*.state"))
    read = Path.read_bytes

    def sector(path):
        if path == bad:
            raise OSError(errno.EIO, "bad")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", sector)
    second = Running(folder)
    assert (second.told.restored, second.told.failures["io"]) == (1, 1)
    assert bad.exists()
    second.end()


def test_a_folder_in_use_is_left_alone(folder):
    """The second exporter runs without checkpoints, and says why; once the folder is free it takes it."""
    first = Running(folder)
    second = Running(folder)
    assert second.told.failures["locked"] == 1
    second.observe()
    second.keeper.keep()
    assert second.told.failures["locked"] == 2
    first.end()
    second.keeper.keep()
    assert second.told.size > 0
    second.end()


CONFIG = "state: {directory: state, interval_seconds: 1}\ndefaults: {reference: {learn_rows: 200}}"
ROWS = [{"features": {"age": 40 + number % 7}, "prediction": number % 2} for number in range(300)]
INGEST = "/v1/models/fraud/observations"


def learned(process):
    found = [name for name in process.scrape() if name.startswith("driftgauge_reference_info")]
    return found[0] if found else ""


def test_sigterm_loses_nothing(serve):
    """What was observed until the end is there after a restart, before anything new is observed."""
    first = serve(CONFIG).ready()
    assert first.ask("POST", INGEST, ROWS).status == 202
    reference = eventually(lambda: learned(first))
    assert first.ask("POST", INGEST, ROWS[:123]).status == 202
    assert first.end() == 0
    second = serve(CONFIG).ready()
    assert learned(second) == reference
    model = second.get("/api/v1/models/fraud/versions/0").json
    assert {score["samples"] for column in model["evaluation"]["columns"] for score in column["windows"].values()} == {
        123
    }


def test_sigkill_loses_at_most_an_interval(serve):
    """What had been kept when the process was killed is there again."""
    first = serve(CONFIG).ready()
    assert first.ask("POST", INGEST, ROWS).status == 202
    reference = eventually(lambda: learned(first))
    before = first.scrape().get("driftgauge_checkpoint_timestamp_seconds", 0.0)
    eventually(lambda: first.scrape().get("driftgauge_checkpoint_timestamp_seconds", 0.0) > max(before, 1.0))
    first.signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    second = serve(CONFIG).ready()
    assert learned(second) == reference
    assert second.scrape()["driftgauge_checkpoint_restored_models"] == 1
