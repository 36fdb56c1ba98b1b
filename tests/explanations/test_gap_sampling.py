"""The estimator against Shapley values worked out over every coalition and every background row."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from shapley import exact_parts

import fairlens as fl
from fairlens.explanations._moments import Contrast, contrasts, moments
from fairlens.explanations._sampling import Cycle, Setting, Sums

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
    parts, _ = exact_parts(lambda rows, labels: f(rows), X, np.zeros(len(X)), X)
    return parts[group].mean(axis=0) - parts[~group].mean(axis=0)


def decomposed(f: Callable[[np.ndarray], np.ndarray], seed: int, n_rounds: int | None = 8) -> fl.GapDecomposition:
    X, group = people()
    audit = fl.audit(X, model=f, sensitive_features={"g": np.where(group, "a", "b")})
    return fl.decompose_gap(audit, "a", n_rounds=n_rounds, random_state=seed, progress=False)


def sampled(f: Callable[[np.ndarray], np.ndarray], X: np.ndarray, times: int, seed: int = 0) -> Sums:
    places, none = np.arange(len(X)), np.zeros(len(X), np.int64)

    def ask(own: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return f(np.where(mask, X[own], X[other]))

    setting = Setting(ask, X.shape[1], places, f(X), none, places, f(X), lambda scores, labels: scores[..., None])
    rng = np.random.default_rng(seed)
    sums, cycle = Sums(setting, places), Cycle(len(X), None, rng)
    for _ in range(times):
        sums.draw(cycle, rng, lambda done: None)
    return sums


def per_row(sums: Sums, slopes: np.ndarray) -> np.ndarray:
    return (sums.parts - sums.off[:, None] * slopes)[..., 0] / sums.rounds


def compared(sums: Sums, group: np.ndarray) -> Contrast:
    found = moments(sums, group.astype(int), np.ones(len(group)), 2)
    cells = np.array([False, True])
    return contrasts(found, sums.pooled(), sums.rounds, 0, [(cells, ~cells)], 0.95)[0]


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
    slopes = sums.pooled().slopes()
    assert slopes.sum() == pytest.approx(-1, abs=1e-12)
    assert per_row(sums, slopes).sum(axis=1) == pytest.approx(interacting(X) - interacting(X).mean(), abs=1e-12)


def test_parts_do_not_add_up_without_the_control_variate():
    X, group = people()
    sums = sampled(interacting, X, 5)
    gap = interacting(X)[group].mean() - interacting(X)[~group].mean()
    plain = per_row(sums, np.zeros((4, 1)))
    assert abs((plain[group].mean(axis=0) - plain[~group].mean(axis=0)).sum() - gap) > 1e-3
    assert compared(sums, group).means.sum() == pytest.approx(gap, abs=1e-12)


def test_the_control_variate_lowers_the_noise():
    X, group = people()
    exact = brute(interacting, X, group)
    errors = {True: 0.0, False: 0.0}
    for seed in range(30):
        sums = sampled(interacting, X, 4, seed)
        plain = per_row(sums, np.zeros((4, 1)))
        errors[True] += float(np.square(compared(sums, group).means[:4] - exact).sum())
        errors[False] += float(np.square(plain[group].mean(axis=0) - plain[~group].mean(axis=0) - exact).sum())
    assert errors[True] < errors[False]


def test_noise_of_the_sampling_is_that_of_repeated_runs():
    X, group = people()
    found = [compared(sampled(interacting, X, 4, seed), group) for seed in range(150)]
    seen = np.var([one.means[:4] for one in found], axis=0, ddof=1)
    told = np.mean([one.noise[:4] for one in found], axis=0)
    assert seen / told == pytest.approx(1, abs=0.4)


def test_the_variance_is_that_of_two_means():
    X, group = people()
    sums = sampled(interacting, X, 3)
    rows = per_row(sums, sums.pooled().slopes())
    wanted = rows[group].var(axis=0, ddof=1) / group.sum() + rows[~group].var(axis=0, ddof=1) / (~group).sum()
    found = compared(sums, group)
    assert found.variance == pytest.approx(np.append(wanted, 0.0), rel=1e-9)
    assert found.means == pytest.approx(np.append(rows[group].mean(axis=0) - rows[~group].mean(axis=0), 0.0), abs=1e-12)
    for j in range(4):
        test = stats.ttest_ind(rows[group][:, j], rows[~group][:, j], equal_var=False)
        low, high = test.confidence_interval(0.95)
        half = found.factor[j] * np.sqrt(found.variance[j])
        assert (found.means[j] - half, found.means[j] + half) == pytest.approx((low, high), abs=1e-9)


def test_sums_of_blocks_of_rows_are_those_of_all_rows(monkeypatch):
    X, group = people()
    audit = fl.audit(X, model=interacting, sensitive_features={"g": np.where(group, "a", "b")})
    monkeypatch.setattr("fairlens.explanations._sampling._CHUNK_PARTS", 4 * 17)
    exact = brute(interacting, X, group)
    gap = fl.decompose_gap(audit, "a", n_rounds=12, progress=False)
    assert gap.closes
    for part in gap.parts:
        assert abs(part.contribution - exact[int(part.feature[1])]) < 4 * part.monte_carlo_se


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
    places, none, fx = np.arange(4), np.zeros(4, np.int64), np.array([1.0, 0.0, 1.0, 0.0])
    setting = Setting(lambda own, other, mask: np.zeros(len(own)), 3, places, fx, none, places, 1 - fx, lambda scores, labels: scores[..., None])
    sums = Sums(setting, places)
    sums.add(np.array([[0.5, 0.0, 0.5], [-0.5, 0.0, -0.5]] * 2)[..., None], (1 - fx - 0.5)[:, None])
    slopes = sums.pooled().slopes()
    assert slopes[:, 0].tolist() == [-0.5, 0, -0.5]
    assert per_row(sums, slopes).sum(axis=1).tolist() == [0.5, -0.5, 0.5, -0.5]


@pytest.mark.parametrize("shares", [None, np.array([0.5, 0.25, 0.125, 0.125])])
def test_background_rows_are_drawn_as_often_as_their_shares_say(shares):
    cycle = Cycle(4, shares, np.random.default_rng(0))
    drawn = np.bincount(np.concatenate([cycle.draw(3) for _ in range(800)]), minlength=4)
    wanted = 2400 * (np.full(4, 0.25) if shares is None else shares)
    assert np.abs(drawn - wanted).max() <= 60
    exact = Cycle(8, np.array([0.5, 0.25, 0.125, 0.125, 0, 0, 0, 0]), np.random.default_rng(0))
    assert np.bincount(exact.draw(8), minlength=8).tolist() == [4, 2, 1, 1, 0, 0, 0, 0]


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
