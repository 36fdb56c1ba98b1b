"""Intervals that hold together: for independent parts, for parts that are one, and against false alarms of whole families."""

from statistics import NormalDist

import numpy as np
import pytest

import fairlens as fl
from fairlens.explanations._moments import Contrast, contrasts, moments
from fairlens.explanations._sampling import Setting, Sums
from fairlens.stats import normal_quantile


def told(parts: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> list[Contrast]:
    """Compare each of several groups with the rest in columns of numbers, as if these were the parts of one round."""
    n, players = parts.shape
    places, none = np.arange(n), np.zeros(n, np.int64)
    setting = Setting(lambda own, other, mask: np.zeros(len(own)), players, places, np.zeros(n), none, places, np.zeros(n), lambda s, y: s[..., None])
    sums = Sums(setting, places)
    sums.add(parts[..., None], np.zeros((n, 1)))
    count = int(groups.max()) + 1
    found = moments(sums, groups, np.ones(n) if weights is None else weights, count)
    cells = np.arange(count)
    pairs = [(cells == k, cells != k) for k in range(count)]
    return contrasts(found, sums.pooled(), 1, 0, pairs[:1] if count == 2 else pairs, 0.95)


@pytest.mark.parametrize("players", [2, 8, 30])
def test_independent_parts_take_sidaks_quantile(players):
    rng = np.random.default_rng(0)
    (found,) = told(rng.normal(size=(20_000, players)), np.arange(20_000) % 2)
    wanted = NormalDist().inv_cdf((1 + 0.95 ** (1 / players)) / 2)
    assert found.together[:players] == pytest.approx(np.full(players, wanted), abs=0.04)
    assert found.factor[:players] == pytest.approx(np.full(players, normal_quantile(0.95)), abs=0.001)


def test_parts_that_are_one_take_the_quantile_of_one():
    column = np.random.default_rng(0).normal(size=(20_000, 1))
    (found,) = told(column @ np.array([[1.0, -2.0, 0.5, 0.0]]), np.arange(20_000) % 2)
    assert found.together[:3] == pytest.approx(np.full(3, normal_quantile(0.95)), abs=0.05)
    assert found.variance[3] == 0


@pytest.mark.parametrize("constant", [0.42, 1 / 3, 1e6])
def test_a_part_that_is_the_same_for_everybody_takes_nothing_from_the_others(constant):
    """What rounding leaves of its variance is no variance: it is not compared, and limits of the others are as narrow as without it."""
    rng = np.random.default_rng(4)
    parts, groups, w = rng.normal(size=(700, 2)), rng.permutation(np.arange(700) % 4), rng.gamma(1.0, 1.0, 700)
    alone, beside = told(parts, groups, w), told(np.column_stack([parts, np.full(700, constant)]), groups, w)
    for one, two in zip(alone, beside, strict=True):
        assert two.variance[2] == 0
        assert two.together[:2] == pytest.approx(one.together[:2], abs=0.05)


def test_groups_that_share_their_rest_are_correlated():
    """Three groups against their rests: less than three independent comparisons, more than one."""
    rng = np.random.default_rng(0)
    found = told(rng.normal(size=(30_000, 1)), np.arange(30_000) % 3)
    low, high = normal_quantile(0.95), NormalDist().inv_cdf((1 + 0.95 ** (1 / 3)) / 2)
    assert all(low + 0.1 < one.together[0] < high - 0.01 for one in found)


def test_weighted_variances_are_those_of_a_ratio():
    rng = np.random.default_rng(1)
    parts, groups, w = rng.normal(size=(400, 2)), rng.integers(0, 2, 400), rng.gamma(2.0, 1.0, 400)
    (found,) = told(parts, groups, w)
    wanted = np.zeros(2)
    for k in (0, 1):
        own, v = parts[groups == k], w[groups == k]
        mean = np.average(own, axis=0, weights=v)
        wanted += len(v) / (len(v) - 1) * (v[:, None] ** 2 * (own - mean) ** 2).sum(axis=0) / v.sum() ** 2
    assert found.variance[:2] == pytest.approx(wanted, rel=1e-9)


def test_simultaneous_limits_follow_the_number_of_people():
    """Few people have fewer degrees of freedom, so wider limits, each by itself and together."""
    rng = np.random.default_rng(2)
    few, many = (told(rng.normal(size=(size, 4)), np.arange(size) % 2)[0] for size in (12, 4_000))
    assert (few.factor[:4] > many.factor[:4]).all()
    assert (few.together[:4] > many.together[:4]).all()


def test_shuffled_groups_raise_few_false_alarms_in_whole_families():
    rng = np.random.default_rng(11)
    weights = 1 / np.arange(1, 6)
    alarms = []
    for seed in range(120):
        X = rng.normal(size=(200, 5))
        X[:, 1:] += 0.4 * X[:, :1]
        model = lambda rows: (rows @ weights + rows[:, 0] * rows[:, 1] > 0.2).astype(int)  # noqa: E731
        audit = fl.audit(X, model=model, sensitive_features={"g": rng.permutation(["a", "b", "c", "d"] * 50)})
        table = fl.decompose_gap(audit, n_rounds=2, random_state=seed, progress=False)
        alarms.append(any(gap.supported for gap in table))
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(alarms))
