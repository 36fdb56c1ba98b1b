"""The estimator against Shapley values worked out over every coalition and every background row."""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pytest

import fairlens as fl
from fairlens.explanations._sampling import Contrast, Setting, Sums, contrast, rounds

PEOPLE = 80


def interacting(X: np.ndarray) -> np.ndarray:
    return (X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] > 0.2).astype(float)


def either(X: np.ndarray) -> np.ndarray:
    return ((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(float)


def people() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    group = np.arange(PEOPLE) % 3 == 0
    X = rng.normal(size=(PEOPLE, 4))
    X[:, 0] += np.where(group, -0.8, 0.3)
    X[:, 1] += 0.6 * X[:, 0]
    return X, group


def brute(f: Callable[[np.ndarray], np.ndarray], X: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Mean Shapley values of the group less those of the rest, exactly."""
    n, d = X.shape
    own, other = np.repeat(X, n, axis=0), np.tile(X, (n, 1))
    worth = {}
    for size in range(d + 1):
        for coalition in combinations(range(d), size):
            mixed = other.copy()
            mixed[:, coalition] = own[:, coalition]
            worth[coalition] = f(mixed).reshape(n, n).mean(axis=1)
    parts = np.zeros((n, d))
    for j in range(d):
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for coalition in combinations([k for k in range(d) if k != j], size):
                parts[:, j] += weight * (worth[tuple(sorted((*coalition, j)))] - worth[coalition])
    return parts[group].mean(axis=0) - parts[~group].mean(axis=0)


def decomposed(f: Callable[[np.ndarray], np.ndarray], seed: int, n_rounds: int | None = 8) -> fl.GapDecomposition:
    X, group = people()
    audit = fl.audit(X, model=f, sensitive_features={"g": np.where(group, "a", "b")})
    return fl.decompose_gap(audit, "a", n_rounds=n_rounds, random_state=seed, progress=False)


def sampled(f: Callable[[np.ndarray], np.ndarray], X: np.ndarray, times: int, seed: int = 0) -> Sums:
    places = np.arange(len(X))

    def decide(own: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return f(np.where(mask, X[own], X[other]))

    setting = Setting(decide, X.shape[1], places, f(X), places, f(X))
    running = rounds(setting, np.random.default_rng(seed), lambda done: None)
    for _ in range(times):
        sums = next(running)
    return sums


@pytest.mark.parametrize("f", [interacting, either])
def test_agrees_with_every_coalition_within_its_own_error(f):
    exact = brute(f, *people())
    scores = []
    for seed in range(20):
        gap = decomposed(f, seed)
        assert gap.closes
        for part in gap.parts:
            truth = exact[int(part.feature[1])]
            if part.monte_carlo_se == 0:
                assert part.contribution == 0
                assert abs(truth) < 1e-12
            else:
                scores.append((part.contribution - truth) / part.monte_carlo_se)
    assert 0.5 < np.mean(np.square(scores)) < 1.5
    assert abs(np.mean(scores)) < 0.5


@pytest.mark.parametrize("seed", range(5))
def test_an_ignored_input_gets_exactly_nothing(seed):
    parts = {part.feature: part for part in decomposed(either, seed, None).parts}
    for name in ("x2", "x3"):
        assert (parts[name].contribution, parts[name].lower, parts[name].upper, parts[name].monte_carlo_se) == (0, 0, 0, 0)


def test_parts_add_up_for_every_single_row():
    X, _ = people()
    sums = sampled(interacting, X, 3)
    slopes = sums.slopes()
    assert slopes.sum() == pytest.approx(-1, abs=1e-12)
    assert sums.per_row(slopes).sum(axis=1) == pytest.approx(interacting(X) - interacting(X).mean(), abs=1e-12)


def test_parts_do_not_add_up_without_the_control_variate():
    X, group = people()
    sums = sampled(interacting, X, 5)
    gap = interacting(X)[group].mean() - interacting(X)[~group].mean()
    plain = sums.per_row(np.zeros(4))
    assert abs((plain[group].mean(axis=0) - plain[~group].mean(axis=0)).sum() - gap) > 1e-3
    assert contrast(sums, group, ~group).means.sum() == pytest.approx(gap, abs=1e-12)


def test_the_control_variate_lowers_the_noise():
    X, group = people()
    exact = brute(interacting, X, group)
    errors = {True: 0.0, False: 0.0}
    for seed in range(30):
        sums = sampled(interacting, X, 4, seed)
        plain = sums.per_row(np.zeros(4))
        errors[True] += float(np.square(contrast(sums, group, ~group).means - exact).sum())
        errors[False] += float(np.square(plain[group].mean(axis=0) - plain[~group].mean(axis=0) - exact).sum())
    assert errors[True] < errors[False]


def test_noise_of_the_sampling_is_that_of_repeated_runs():
    X, group = people()
    found: list[Contrast] = [contrast(sampled(interacting, X, 4, seed), group, ~group) for seed in range(150)]
    seen = np.var([one.means for one in found], axis=0, ddof=1)
    told = np.mean([one.noise for one in found], axis=0)
    assert seen / told == pytest.approx(1, abs=0.4)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_constant_decision_gives_nothing_to_anybody(value):
    gap = decomposed(lambda X: np.full(len(X), value), 0, None)
    assert gap.gap == 0
    assert gap.closes
    assert [part.contribution for part in gap.parts] == [0, 0, 0, 0]
    assert np.isnan(gap.to_frame()["share"]).all()


def test_closes_when_every_drawn_background_row_is_decided_alike():
    """One of many background rows is decided otherwise, and is not drawn: the slopes have nothing to be estimated from."""
    X = np.array([[1.0, 5.0, 7.0], [-1.0, 5.0, 7.0]] * 3)
    background = np.vstack([np.full((200, 3), -1.0), [[1.0, 0.0, 0.0]]])
    audit = fl.audit(X, model=lambda rows: (rows[:, 0] > 0).astype(int), sensitive_features={"g": list("aabbbb")})
    for seed in range(5):
        gap = fl.decompose_gap(audit, "a", background=background, n_rounds=2, random_state=seed)
        parts = {part.feature: part.contribution for part in gap.parts}
        assert gap.closes
        assert parts["x1"] == parts["x2"] == 0


def test_slopes_without_anything_to_estimate_them_from_leave_ignored_inputs_out():
    """Every draw pairs a row with a background row of the opposite decision, so f(row) tells f(background row)."""
    places, fx = np.arange(4), np.array([1.0, 0.0, 1.0, 0.0])
    setting = Setting(lambda own, other, mask: np.zeros(len(own)), 3, places, fx, places, 1 - fx)
    sums = Sums(setting)
    sums.add(np.array([[0.5, 0.0, 0.5], [-0.5, 0.0, -0.5]] * 2), 1 - fx)
    assert sums.slopes().tolist() == [-0.5, 0, -0.5]
    assert sums.per_row(sums.slopes()).sum(axis=1).tolist() == [0.5, -0.5, 0.5, -0.5]


def test_one_input_needs_no_sampling():
    X = np.arange(40.0)[:, None]
    audit = fl.audit(X, model=lambda rows: (rows[:, 0] > 15).astype(int), sensitive_features={"g": ["a", "b"] * 20})
    gap = fl.decompose_gap(audit, "a")
    assert gap.parts[0].contribution == pytest.approx(gap.gap, abs=1e-12)
    assert gap.predictions == 40


def test_shuffled_groups_raise_few_false_alarms():
    rng = np.random.default_rng(11)
    X = rng.normal(size=(240, 3))
    f = lambda rows: (rows[:, 0] + rows[:, 1] * rows[:, 2] > 0.3).astype(int)  # noqa: E731
    alarms = []
    for seed in range(120):
        groups = {"g": rng.permutation(["a", "b"] * 120)}
        gap = fl.decompose_gap(fl.audit(X, model=f, sensitive_features=groups), "a", n_rounds=2, random_state=seed)
        alarms += [not part.lower <= 0 <= part.upper for part in gap.parts]
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / len(alarms))


def test_intervals_cover_the_gap_of_a_population():
    """Contributions of large samples stand in for the truth; each small sample has a background of its own."""
    f = lambda rows: (rows[:, 0] + 0.5 * rows[:, 1] > 0.2).astype(int)  # noqa: E731

    def sample(size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        group = rng.random(size) < 0.4
        return np.column_stack([rng.normal(size=size) - 0.7 * group, rng.normal(size=size) + 0.3 * group]), group

    rng = np.random.default_rng(5)
    background = sample(300, rng)[0]
    X, group = sample(60_000, rng)
    large = fl.audit(X, model=f, sensitive_features={"g": np.where(group, "a", "b")})
    truth = {part.feature: part for part in fl.decompose_gap(large, "a", background=background, n_rounds=4).parts}
    covered = []
    for seed in range(120):
        X, group = sample(250, rng)
        audit = fl.audit(X, model=f, sensitive_features={"g": np.where(group, "a", "b")})
        gap = fl.decompose_gap(audit, "a", background=background, n_rounds=2, random_state=seed)
        covered += [part.lower <= truth[part.feature].contribution <= part.upper for part in gap.parts]
    assert 0.90 < np.mean(covered) <= 0.99
