"""Student's interval of a mean, against SciPy and statsmodels."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from fairlens.stats import student_means, student_quantile


@pytest.mark.parametrize("df", [1, 2, 9.5, 200])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_quantile(df, confidence):
    assert student_quantile(confidence, df) == pytest.approx(stats.t.ppf((1 + confidence) / 2, df), rel=1e-9)


def test_no_degrees_of_freedom_know_no_limit():
    assert student_quantile(0.95, 0) == np.inf


@pytest.mark.parametrize("n", [2, 3, 40])
def test_means_are_those_of_statsmodels(n):
    values = np.random.default_rng(n).normal(3, 2, (n, 4))
    found = student_means(values, confidence=0.9)
    lower, upper = DescrStatsW(values).tconfint_mean(alpha=0.1)
    np.testing.assert_allclose(found.mean, values.mean(axis=0))
    np.testing.assert_allclose(found.lower, lower)
    np.testing.assert_allclose(found.upper, upper)
    assert found.df == pytest.approx(n - 1)


def test_equal_weights_change_nothing():
    values = np.random.default_rng(0).normal(size=(12, 2))
    plain, weighed = student_means(values), student_means(values, np.full(12, 7.0))
    for name in ("mean", "lower", "upper", "se"):
        np.testing.assert_allclose(getattr(weighed, name), getattr(plain, name), rtol=1e-12)


def test_weights_cover_the_mean_of_the_population():
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(1_000):
        weights = rng.choice([1.0, 4.0], 60)
        values = rng.normal(np.where(weights > 1, 1.0, 0.0), 1.0)[:, None]
        found = student_means(values, weights)
        hits += found.lower[0] <= 4 / 5 <= found.upper[0]  # half the rows have 4 of 5 parts of the weight
    assert 0.93 <= hits / 1_000 <= 0.97


def test_one_row_has_no_interval_and_equal_rows_a_point():
    one = student_means([[2.0, 3.0]])
    assert one.mean.tolist() == [2, 3]
    assert np.isnan([*one.lower, *one.upper, *one.se]).all()
    same = student_means([[2.0], [2.0], [2.0]])
    assert (same.lower[0], same.upper[0]) == (2, 2)
