"""The status rule, its memory and its threshold of evidence."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.drift import ALERT, OK, UNDECIDED, WARN, Hysteresis, Rule, evidence_threshold, judge

RULE = Rule()
SURE = 20.0


def status(debiased: float, evidence: float = SURE, samples: int = 1000, rule: Rule = RULE) -> int:
    return int(judge(rule, np.array(debiased), np.array(evidence), np.array(samples)))


def episode(*evaluations: tuple[float, float] | float) -> list[int]:
    """Return the status after each evaluation of (debiased, evidence), or of a debiased score with much evidence."""
    memory = Hysteresis((1,))
    given = [pair if isinstance(pair, tuple) else (pair, SURE) for pair in evaluations]
    return [
        int(memory.update(RULE, np.array([debiased]), np.array([evidence]), np.array([1000]))[0])
        for debiased, evidence in given
    ]


@pytest.mark.parametrize(
    ("debiased", "evidence", "samples", "expected"),
    [
        (0.3, SURE, 1000, ALERT),
        (0.2, 6.0, 100, ALERT),
        (0.15, SURE, 1000, WARN),
        (0.1, 6.0, 100, WARN),
        (0.09, SURE, 1000, OK),
        (0.9, 5.9, 1000, OK),
        (0.9, SURE, 99, UNDECIDED),
        (np.nan, np.nan, 0, UNDECIDED),
        (np.nan, np.nan, 1000, UNDECIDED),
    ],
)
def test_how_big_and_how_sure(debiased, evidence, samples, expected):
    """A status needs size and evidence, and enough samples to tell; thresholds belong to the higher status."""
    assert status(debiased, evidence, samples) == expected


def test_naive_thresholds():
    """Without a least sample and evidence the rule is a plain threshold; without any sample it is undecided still."""
    naive = Rule(least_samples=0, evidence=0)
    assert status(0.25, 0.0, 5, naive) == ALERT
    assert status(0.25, 0.0, 0, naive) == UNDECIDED


def test_thresholds_broadcast():
    """Thresholds may differ by column."""
    rule = Rule(warn=np.array([0.1, 0.3]), alert=np.array([0.2, 0.6]))
    found = judge(rule, np.array([[0.25, 0.25], [0.7, 0.7]]), np.full((2, 2), SURE), np.full((2, 2), 1000))
    assert found.tolist() == [[ALERT, OK], [ALERT, ALERT]]


def test_entering_is_immediate():
    """A status is entered, and raised, with the first evaluation that earns it."""
    assert episode(0.05, 0.15, 0.25) == [OK, WARN, ALERT]


def test_leaving_takes_three_evaluations():
    """A status is left with the third evaluation in a row that is clearly below it."""
    assert episode(0.25, 0.05, 0.05, 0.05) == [ALERT, ALERT, ALERT, OK]
    assert episode(0.25, 0.15, 0.15, 0.15) == [ALERT, ALERT, ALERT, WARN]


def test_leaving_starts_again():
    """One evaluation above in between, and the three are counted anew."""
    assert episode(0.15, 0.01, 0.01, 0.15, 0.01, 0.01, 0.01) == [WARN] * 6 + [OK]


def test_a_little_below_is_not_below():
    """A score above 0.8 of its threshold keeps the status for ever."""
    assert episode(0.2, *[0.17] * 10) == [ALERT] * 11
    assert episode(0.1, *[0.081] * 10) == [WARN] * 11


def test_a_little_less_evidence_is_not_less():
    """Evidence that falls by less than two keeps the status; by more, it is left after three evaluations."""
    assert episode(0.3, *[(0.3, 4.5)] * 10) == [ALERT] * 11
    assert episode(0.3, *[(0.3, 3.9)] * 3) == [ALERT, ALERT, ALERT, OK]


def test_wobbling_makes_one_episode():
    """A score that wobbles about its threshold is one episode, not many."""
    rng = np.random.default_rng(51)
    found = episode(*(0.2 + 0.03 * rng.uniform(-1, 1, 200)), *[0.0] * 5)
    assert np.count_nonzero(np.diff(found)) <= 2
    assert set(found[10:200]) == {ALERT}
    assert found[-1] == OK


def test_what_cannot_be_judged_is_undecided_at_once():
    """Without samples the status falls to undecided at once, and comes back as the next evaluation finds it."""
    memory = Hysteresis((2,))
    scores = np.array([0.3, 0.3])
    assert memory.update(RULE, scores, np.full(2, SURE), np.array([1000, 1000])).tolist() == [ALERT, ALERT]
    assert memory.update(RULE, scores, np.full(2, SURE), np.array([1000, 5])).tolist() == [ALERT, UNDECIDED]
    assert memory.update(RULE, np.full(2, np.nan), np.full(2, np.nan), np.zeros(2)).tolist() == [UNDECIDED] * 2
    assert memory.update(RULE, np.zeros(2), np.zeros(2), np.full(2, 1000)).tolist() == [OK, OK]


def test_each_score_has_its_own_memory():
    """One column's episode does not hold another's."""
    memory = Hysteresis((2,))
    for scores in ([0.3, 0.3], [0.0, 0.3], [0.0, 0.3], [0.0, 0.0]):
        found = memory.update(RULE, np.array(scores), np.full(2, SURE), np.full(2, 1000))
    assert found.tolist() == [OK, ALERT]


@pytest.mark.parametrize(("columns", "expected"), [(10, 5.1), (100, 6.1), (1000, 7.1)])
def test_the_evidence_threshold(columns, expected):
    """Half a false episode a week, over an hour judged every 15 s, needs 5.1, 6.1 and 7.1 for 10, 100, 1,000 columns."""
    assert evidence_threshold(columns, 3600, 15) == pytest.approx(expected, abs=0.05)


def test_several_windows_share_the_budget():
    """Ten windows that may each raise an alarm need one more."""
    one = evidence_threshold(100, 3600, 15)
    assert evidence_threshold(100, 3600, 15, windows=10) == pytest.approx(one + 1)


def test_the_evidence_threshold_has_a_floor():
    """However few the columns and rare the looks, p = 1e-4 is asked for."""
    assert evidence_threshold(1, 14 * 86_400, 3600) == 4.0
    assert evidence_threshold(0, 14 * 86_400, 3600) == 4.0


def test_a_larger_budget_needs_less_evidence():
    """Ten times the false episodes are allowed for one unit less of evidence."""
    assert evidence_threshold(1000, 3600, 15, budget=5.0) == pytest.approx(evidence_threshold(1000, 3600, 15) - 1)


@pytest.mark.parametrize(
    ("window", "tick", "episodes"),
    [(3600, 60, 28.6e-3), (3600, 15, 57.3e-3), (86_400, 60, 5.8e-3), (86_400, 15, 11.6e-3)],
)
def test_the_design_rule(window, tick, episodes):
    """The false episodes a week that 100 columns have at p < 1e-7 are the budget that an evidence of 7 keeps to."""
    assert evidence_threshold(100, window, tick, budget=episodes) == pytest.approx(7.0, abs=0.01)


def test_a_wobbling_row_count_makes_one_episode():
    """Between 0.8 of the least samples and the least a raised status is held; below, it falls at once."""
    memory = Hysteresis((1,))
    found = [
        int(memory.update(RULE, np.array([0.5]), np.array([SURE]), np.array([samples]))[0])
        for samples in (99, 100, 95, 104, 81, 100, 79, 99)
    ]
    assert found == [UNDECIDED, ALERT, ALERT, ALERT, ALERT, ALERT, UNDECIDED, UNDECIDED]
