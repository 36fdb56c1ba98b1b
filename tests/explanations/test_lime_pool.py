"""One pool of perturbations for all rows: exactly lime's regression, and lime's answers within lime's own noise."""

import subprocess
import sys

import numpy as np
import pytest

from fairlens.explanations._lime import LimeAttributor
from fairlens.explanations._lime_pool import admit, basis, draw, fit

CATEGORICAL = (2, 4)


def make_rows(size: int, seed: int) -> np.ndarray:
    """Two skewed or plain numbers, two columns of codes, one constant, one count."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [
            rng.normal(50, 12, size),
            rng.exponential(3, size),
            rng.choice([0, 1, 2], size, p=[0.5, 0.3, 0.2]),
            np.full(size, 7.25),
            rng.integers(0, 2, size),
            rng.poisson(2, size),
        ]
    ).astype(float)


def model(rows: np.ndarray) -> np.ndarray:
    linear = 0.05 * (rows[:, 0] - 50) + 0.3 * rows[:, 1] * (rows[:, 4] == 1) - 0.8 * (rows[:, 2] == 2) + 0.1 * rows[:, 5]
    return 1 / (1 + np.exp(-linear))


def limes_own(rows, background, n_samples, seed, f=model):
    """lime called directly: for each row its perturbations, the answers to them, its weights and its R2."""
    from lime.lime_tabular import LimeTabularExplainer

    found = basis(background, CATEGORICAL)
    explainer = LimeTabularExplainer(
        background, mode="regression", categorical_features=np.flatnonzero(found.coded).tolist(), discretize_continuous=False,
        feature_selection="none", random_state=np.random.RandomState(seed),
    )  # fmt: skip
    answers = []
    for row in rows:
        seen = []
        told = explainer.explain_instance(row, lambda X, seen=seen: (seen.append(X), f(X))[1], num_samples=n_samples)
        weights = np.zeros(len(row))
        for j, weight in told.as_map()[1]:
            weights[j] = weight
        answers.append((seen[0], f(seen[0]), weights, told.score))
    return answers


def test_with_limes_own_perturbations_the_fit_is_limes():
    background, rows = make_rows(150, 0), make_rows(12, 1)
    found = basis(background, CATEGORICAL)
    for row, (drawn, answers, weights, score) in zip(rows, limes_own(rows, background, 400, 3), strict=True):
        fits = fit(found, drawn[1:], answers[1:], row[None], answers[:1])
        np.testing.assert_allclose(fits.weights[0], weights, rtol=1e-6, atol=1e-9)
        assert fits.fidelity[0] == pytest.approx(score, abs=1e-6)


def test_a_large_level_of_the_answers_costs_no_digits():
    background, rows = make_rows(150, 0), make_rows(3, 1)
    found = basis(background, CATEGORICAL)
    pool = draw(found, 500, np.random.default_rng(0))
    low, high = (fit(found, pool, model(pool) + level, rows, model(rows) + level) for level in (0, 1e6))
    np.testing.assert_allclose(high.weights, low.weights, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(high.fidelity, low.fidelity, atol=1e-6)


def test_rows_are_fitted_alike_together_and_alone(monkeypatch):
    background, rows = make_rows(150, 0), make_rows(9, 1)
    found = basis(background, CATEGORICAL)
    pool = draw(found, 300, np.random.default_rng(0))
    together = fit(found, pool, model(pool), rows, model(rows))
    monkeypatch.setattr("fairlens.explanations._lime_pool._CHUNK_VALUES", 600)
    chunked = fit(found, pool, model(pool), rows, model(rows))
    np.testing.assert_allclose(chunked.weights, together.weights, rtol=0, atol=1e-12)
    for i, row in enumerate(rows):
        alone = fit(found, pool, model(pool), row[None], model(row[None]))
        np.testing.assert_allclose(alone.weights[0], together.weights[i], rtol=0, atol=1e-9)


def test_within_limes_own_noise_of_lime():
    """The pool's answers lie as far from lime's as those of another seed of lime's, not further."""
    background, rows = make_rows(400, 0), make_rows(25, 1)
    found = basis(background, CATEGORICAL)
    lime = [np.array([weights for _, _, weights, _ in limes_own(rows, background, 1_000, seed)]) for seed in (1, 2, 3)]
    own = []
    for seed in (1, 2, 3):
        pool = draw(found, 999, np.random.default_rng(seed))
        own.append(fit(found, pool, model(pool), rows, model(rows)).weights)
    moving = [0, 1, 2, 4, 5]
    noise = np.mean([rms(lime[i] - lime[k], moving) for i, k in ((0, 1), (0, 2), (1, 2))])
    between = np.mean([rms(one - other, moving) for one in lime for other in own])
    size = rms(lime[0], moving)
    assert noise < 0.2 * size
    assert between < 1.4 * noise


def rms(values: np.ndarray, columns: list[int]) -> float:
    return float(np.sqrt((values[:, columns] ** 2).mean()))


def test_draws_follow_the_background():
    background = make_rows(500, 0)
    found = basis(background, CATEGORICAL)
    drawn = draw(found, 20_000, np.random.default_rng(0))
    for j in (0, 1, 5):
        assert drawn[:, j].min() >= background[:, j].min()
        assert drawn[:, j].max() <= background[:, j].max()
    assert drawn[:, 0].mean() == pytest.approx(background[:, 0].mean(), abs=0.3)
    assert drawn[:, 0].std() == pytest.approx(background[:, 0].std(), rel=0.03)
    assert set(drawn[:, 3]) == {7.25}
    for code in (0, 1, 2):
        assert (drawn[:, 2] == code).mean() == pytest.approx((background[:, 2] == code).mean(), abs=0.015)


def test_distances_are_zero_on_average_over_the_background():
    background = make_rows(300, 0)
    found = basis(background, CATEGORICAL)
    centred = found.distances(background)
    np.testing.assert_allclose(centred[:, [0, 1, 5]].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(centred[:, 3], 0)
    assert centred[0, 2] == pytest.approx(1 - (background[:, 2] == background[0, 2]).mean())


def test_a_category_that_the_background_lacks_is_learnt():
    background, rows = make_rows(100, 0), make_rows(40, 1)
    background[:, 2] = np.where(background[:, 2] == 2, 0, background[:, 2])
    f = lambda X: 0.01 * X[:, 0] - 0.8 * (X[:, 2] == 2)  # noqa: E731
    new = rows[:, 2] == 2
    assert 3 < new.sum() < 30
    values = LimeAttributor(pool=True).attribute(f, rows, background, categorical=CATEGORICAL, seed=0, progress=None)
    assert values[new, 2] == pytest.approx(-0.8, rel=0.3)
    assert np.abs(values[~new, 2]).max() < 0.02


def test_admitted_categories_get_the_chance_of_one_row():
    background = make_rows(49, 0)
    background[:, 2] = 0
    found = basis(background, CATEGORICAL)
    pool = draw(found, 10_000, np.random.default_rng(0))
    row = background[0].copy()
    row[[2, 3]] = 1, 9.0
    changed = admit(found, pool, row, np.random.default_rng(1))
    assert (pool[:, 2] == 1).mean() == pytest.approx(0.02, abs=0.005)
    assert (pool[:, 3] == 9).mean() == pytest.approx(0.02, abs=0.005)
    np.testing.assert_array_equal(changed, (pool[:, 2] == 1) | (pool[:, 3] == 9))


def test_neither_order_nor_company_matters():
    background, rows = make_rows(60, 0), make_rows(30, 1)
    background[:, 2] = np.where(background[:, 2] == 2, 0, background[:, 2])
    lime = LimeAttributor(n_samples=300, repeats=2, pool=True)
    ask = lambda Z: lime.attribute(model, Z, background, categorical=CATEGORICAL, seed=5, progress=None)  # noqa: E731
    together = ask(rows)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_allclose(ask(rows[order]), together[order], rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.concatenate([ask(rows[:7]), ask(rows[7:])]), together, rtol=0, atol=1e-9)


def test_pooled_errors_do_not_average_out_over_people_who_are_alike():
    """The price of the pool: where 30 people are alike, the error of their mean is nearly that of one of them."""
    background, rows = make_rows(200, 0), make_rows(30, 1)
    rows[:, 0] += 30
    spread = {}
    for pool in (False, True):
        lime = LimeAttributor(n_samples=200, repeats=1, pool=pool)
        runs = np.array([lime.attribute(model, rows, background, categorical=CATEGORICAL, seed=seed, progress=None)[:, 0] for seed in range(8)])
        spread[pool] = runs.mean(axis=1).std(ddof=1) / runs.std(axis=0, ddof=1).mean()
    assert spread[False] < 0.35
    assert spread[True] > 0.5


def test_the_pool_loads_no_lime():
    code = (
        "import sys, numpy as np\n"
        "from fairlens.explanations._lime import LimeAttributor\n"
        "Z = np.random.default_rng(0).normal(size=(9, 2))\n"
        "LimeAttributor(pool=True).attribute(lambda X: X[:, 0], Z, Z, categorical=(), seed=0, progress=None)\n"
        "print(*{'lime', 'sklearn', 'scipy', 'shap'} & {name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
