"""Intervals against statsmodels, against published examples, and against the coverage that they promise."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    score_test_proportions_2indep,
)

from fairlens.stats import _intervals, koopman, newcombe, normal_quantile, people_needed, wilson
from fairlens.stats._intervals import _chi_square

Z = normal_quantile(0.95)
PAIRS = [
    (56, 70, 48, 80),
    (9, 10, 3, 10),
    (6, 7, 2, 7),
    (5, 56, 0, 29),
    (0, 10, 0, 20),
    (10, 10, 0, 20),
    (10, 10, 20, 20),
    (0, 40, 16, 80),
    (1, 1, 1, 1),
    (805, 1795, 349, 1488),
    (3, 8, 805, 1795),
    (1, 100000, 3, 90000),
]
WITH_RATIO = [pair for pair in PAIRS if pair[2] > 0 and pair[0] > 0]


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99, 0.999999])
def test_quantile_is_the_normal_one(confidence):
    assert normal_quantile(confidence) == pytest.approx(stats.norm.ppf(1 - (1 - confidence) / 2), abs=1e-9)
    assert normal_quantile(confidence, 7) == pytest.approx(stats.norm.isf((1 - confidence) / 14), abs=1e-9)


def test_quantile_of_almost_certainty_is_finite():
    assert normal_quantile(np.nextafter(1, 0)) == pytest.approx(stats.norm.isf((1 - np.nextafter(1, 0)) / 2))


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 10, 37, 1000, 10**7])
def test_wilson_is_that_of_statsmodels(n, confidence):
    x = np.unique(np.linspace(0, n, 12).astype(int))
    lower, upper = wilson(x, n, normal_quantile(confidence))
    expected = proportion_confint(x, n, 1 - confidence, "wilson")
    np.testing.assert_allclose(lower, expected[0], atol=1e-12)
    np.testing.assert_allclose(upper, expected[1], atol=1e-12)


def test_wilson_at_the_edges():
    lower, upper = wilson([0, 10, 0], [10, 10, 0], Z)
    assert (lower[0], upper[1]) == (0.0, 1.0)
    assert upper[0] == pytest.approx(Z**2 / (10 + Z**2))
    assert lower[1] == pytest.approx(10 / (10 + Z**2))
    assert np.isnan([lower[2], upper[2]]).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_newcombe_is_that_of_statsmodels(pair):
    expected = confint_proportions_2indep(*pair, compare="diff", method="newcomb")
    np.testing.assert_allclose(newcombe(*pair, Z), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("pair", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_gives_the_published_examples(pair, lower, upper):
    """R. G. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10."""
    assert [round(float(limit), 4) for limit in newcombe(*pair, Z)] == [lower, upper]


@pytest.mark.parametrize("pair", PAIRS)
def test_newcombe_stays_within_one_and_turns_with_its_samples(pair):
    lower, upper = newcombe(*pair, Z)
    back = newcombe(*pair[2:], *pair[:2], Z)
    assert -1 <= lower <= pair[0] / pair[1] - pair[2] / pair[3] <= upper <= 1
    np.testing.assert_allclose([lower, upper], [-back[1], -back[0]], atol=1e-15)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("pair", [pair for pair in WITH_RATIO if pair[:3:2] != pair[1::2]])
def test_koopman_is_that_of_statsmodels(pair, confidence):
    """Where both rates are 1, statsmodels finds 1 as the lower limit; the tests below hold there too."""
    expected = confint_proportions_2indep(*pair, compare="ratio", method="score", alpha=1 - confidence, correction=False)
    np.testing.assert_allclose(koopman(*pair, normal_quantile(confidence)), expected, rtol=1e-6)


@pytest.mark.parametrize("pair", [*WITH_RATIO, (0, 40, 16, 80)])
def test_koopman_limits_are_where_the_score_test_just_rejects(pair):
    for limit in koopman(*pair, Z):
        if limit > 0:
            test = score_test_proportions_2indep(*pair, value=float(limit), compare="ratio", correction=False)
            assert abs(test.statistic) == pytest.approx(Z, rel=1e-6)


@pytest.mark.parametrize("pair", WITH_RATIO)
def test_koopman_turns_with_its_samples(pair):
    lower, upper = koopman(*pair, Z)
    back = koopman(*pair[2:], *pair[:2], Z)
    np.testing.assert_allclose([lower, upper], [1 / back[1], 1 / back[0]], rtol=1e-9)


def test_koopman_at_the_edges():
    lower, upper = koopman([0, 5, 0, 5, 5, 0], [40, 10, 10, 0, 10, 0], [16, 0, 0, 5, 5, 5], [80, 10, 10, 10, 0, 10], Z)
    assert lower[0] == 0
    assert upper[0] == pytest.approx(confint_proportions_2indep(0, 40, 16, 80, compare="ratio", method="score", correction=False)[1], rel=1e-6)
    assert np.isnan(lower[1:]).all()
    assert np.isnan(upper[1:]).all()


def test_koopman_of_the_compas_false_positive_rates():
    """Without the correction N/(N-1) of Miettinen and Nurminen, which gives 1.7225 to 2.1256."""
    corrected = confint_proportions_2indep(805, 1795, 349, 1488, compare="ratio", method="score", correction=True)
    assert [round(float(limit), 4) for limit in koopman(805, 1795, 349, 1488, Z)] == [1.7226, 2.1256]
    assert [round(float(limit), 4) for limit in corrected] == [1.7225, 2.1256]


def mean_coverage(n, rates):
    x = np.arange(n + 1)
    lower, upper = wilson(x, n, Z)
    held = (lower[:, None] <= rates) & (rates <= upper[:, None])
    return (stats.binom.pmf(x[:, None], n, rates) * held).sum(axis=0).mean()


@pytest.mark.parametrize("n", [20, 50])
def test_wilson_covers_what_it_promises_on_average(n):
    assert 0.94 < mean_coverage(n, np.linspace(0.05, 0.95, 901)) < 0.96


def difference_coverage(n1, p1, n2, p2):
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    lower, upper = newcombe(x1, n1, x2, n2, Z)
    chance = stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)
    return (chance * ((lower <= p1 - p2) & (p1 - p2 <= upper))).sum()


@pytest.mark.parametrize(("n1", "p1", "n2", "p2"), [(50, 0.02, 1000, 0.05), (20, 0.1, 500, 0.1), (30, 0.5, 300, 0.4)])
def test_newcombe_covers_where_the_textbook_interval_fails(n1, p1, n2, p2):
    assert 0.935 < difference_coverage(n1, p1, n2, p2) < 0.985


def ratio_coverage(n1, p1, n2, p2):
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(1, n2 + 1), indexing="ij")
    lower, upper = koopman(x1, n1, x2, n2, Z)
    chance = stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)
    return (chance * ((lower <= p1 / p2) & (p1 / p2 <= upper))).sum() / chance.sum()


@pytest.mark.parametrize(("n1", "p1", "n2", "p2"), [(30, 0.2, 60, 0.4), (25, 0.5, 100, 0.5)])
def test_koopman_covers_what_it_promises(n1, p1, n2, p2):
    assert 0.935 < ratio_coverage(n1, p1, n2, p2) < 0.975


@pytest.mark.parametrize(
    "counts",
    [(20, 50, 500, 1000), (0, 12, 100, 1000), (12, 12, 900, 1000), (10, 12, 700, 1000), (3, 12, 400, 1000), (11, 20, 45, 100)],
)
def test_people_needed_is_the_first_number_that_is_enough(counts):
    x1, n1, x2, n2 = counts

    def enough(more):
        lower, upper = newcombe(x1 / n1 * (n1 + more), n1 + more, x2, n2, Z)
        return lower > 0 or upper < 0

    brute = next((more for more in range(1, 3000) if enough(more)), None)
    assert people_needed(*counts, Z) == brute
    assert brute is not None


def test_no_number_of_people_settles_no_difference():
    assert people_needed(50, 100, 500, 1000, Z) is None
    assert people_needed(6, 10, 5, 10, Z) is None


def _halved(x1, n1, x2, n2, z, outside):
    """A limit of the ratio by plain halving, as the browser finds it; `outside` is the sign of the side."""
    start = np.log(x1 / n1 / (x2 / n2)) if x1 else -50.0
    out, ins = start + outside * (50.0 if x1 else 100.0), start
    for _ in range(100):
        middle = (out + ins) / 2
        rejected = float(_chi_square(np.exp(middle), float(x1), float(n1), float(x2), float(n2))) > z * z
        out, ins = (middle, ins) if rejected else (out, middle)
    return np.exp((out + ins) / 2)


@pytest.mark.parametrize("z", [0.7, Z, 4.5])
def test_koopmans_limits_are_those_of_halving(z):
    lower, upper = koopman(*np.array(PAIRS, float).T, z)
    for k, pair in enumerate(PAIRS):
        if pair[2]:
            assert upper[k] == pytest.approx(_halved(*pair, z, 1), rel=1e-9)
            assert lower[k] == pytest.approx(_halved(*pair, z, -1) if pair[0] else 0.0, rel=1e-9)


def test_koopmans_limits_take_few_steps(monkeypatch):
    """Plain halving takes 100 for each of the two limits."""
    steps = []
    monkeypatch.setattr(_intervals, "_chi_square", lambda *counts: steps.append(1) or _chi_square(*counts))
    rng = np.random.default_rng(3)
    n1, n2 = rng.integers(20, 5000, (2, 300))
    koopman(rng.integers(0, n1), n1, rng.integers(1, n2), n2, Z)
    assert len(steps) <= 30
    assert koopman(0, 0, 3, 9, Z)[0].shape == ()


@pytest.mark.parametrize("scale", [1e-9, 0.001, 0.0119, 0.3, 0.499, 0.5, 1.0])
@pytest.mark.parametrize("side", ["first", "second", "both"])
def test_a_ratio_of_less_than_a_person_is_within_its_limits(scale, side):
    """Weights and clusters may leave the information of a part of a person."""
    one, two = (1 if side == "second" else scale), (1 if side == "first" else scale)
    lower, upper = koopman(0.5 * one, one, 0.9 * two, two, Z)
    assert 0 <= lower < 0.5 / 0.9 < upper
