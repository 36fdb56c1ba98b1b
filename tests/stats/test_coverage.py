"""Coverage of the default intervals, computed exactly: every possible outcome with its binomial probability, no simulation."""

import numpy as np
import pytest
from scipy.stats import binom

from fairlens.stats import koopman, miettinen, newcombe, normal_quantile, wilson

Z = normal_quantile(0.95)
RATES = np.linspace(0.05, 0.95, 181)
COARSE = np.linspace(0.05, 0.95, 37)


def coverage_of_wilson(n, rates):
    """The probability that Wilson's interval holds the rate, for each rate."""
    x = np.arange(n + 1)
    lower, upper = wilson(x, n, Z)
    holds = (lower[:, None] <= rates) & (rates <= upper[:, None])
    return (binom.pmf(x[:, None], n, rates) * holds).sum(axis=0)


def coverage_of_pairs(method, n1, n2, *, ratio=False, rates=COARSE):
    """The probability that the interval of a pair holds the truth, for every pair of rates; undefined ones hold everything."""
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    lower, upper = method(x1, n1, x2, n2, Z)
    lower, upper = np.nan_to_num(lower, nan=-np.inf), np.nan_to_num(upper, nan=np.inf)
    first, second = (binom.pmf(np.arange(n + 1)[:, None], n, rates) for n in (n1, n2))
    found = np.zeros((len(rates), len(rates)))
    for i, p1 in enumerate(rates):
        for j, p2 in enumerate(rates):
            truth = p1 / p2 if ratio else p1 - p2
            holds = (lower <= truth + 1e-12) & (truth - 1e-12 <= upper)
            found[i, j] = first[:, i] @ holds @ second[:, j]
    return found


@pytest.mark.parametrize("n", [20, 30, 50, 100, 300, 1000])
def test_wilson_holds_the_rate_as_often_as_it_says(n):
    found = coverage_of_wilson(n, RATES)
    assert 0.94 <= found.mean() <= 0.96
    assert found.min() >= 0.90


RARE = np.linspace(0.0005, 0.05, 100)


@pytest.mark.parametrize("n", [20, 50, 100, 300, 1000])
def test_wilson_for_rare_events_is_as_its_docstring_says(n):
    found = coverage_of_wilson(n, RARE)
    assert 0.945 <= found.mean() <= 0.955
    assert found.min() >= 0.83
    assert "as little as 0.84" in wilson.__doc__


@pytest.mark.parametrize("sizes", [(20, 20), (50, 50), (100, 100), (100, 1000)], ids=str)
@pytest.mark.parametrize("method", [newcombe, koopman], ids=lambda method: method.__name__)
def test_pairs_of_rare_rates_are_covered_more_than_nominal(method, sizes):
    found = coverage_of_pairs(method, *sizes, ratio=method is koopman, rates=np.linspace(0.005, 0.05, 10))
    assert found.mean() > 0.95
    assert "covers more than nominal" in newcombe.__doc__


PAIRS = [(20, 20), (20, 50), (20, 200), (50, 50), (100, 100)]


@pytest.mark.parametrize("sizes", PAIRS, ids=str)
@pytest.mark.parametrize("method", [newcombe, miettinen, koopman], ids=lambda method: method.__name__)
def test_pairs_hold_the_truth_as_often_as_they_say(method, sizes):
    found = coverage_of_pairs(method, *sizes, ratio=method is koopman)
    assert 0.94 <= found.mean() <= 0.96
    assert found.min() >= 0.90


def test_the_plain_interval_would_fail_where_ours_does_not():
    """Wald's interval, the common default: at a small group and a rare event it holds the difference in seven of ten audits."""

    def wald(x1, n1, x2, n2, z):
        p1, p2 = x1 / n1, x2 / n2
        half = z * np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
        return p1 - p2 - half, p1 - p2 + half

    n1, n2, p1, p2 = 50, 1000, 0.02, 0.05
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    chance = binom.pmf(np.arange(n1 + 1), n1, p1)[:, None] * binom.pmf(np.arange(n2 + 1), n2, p2)
    held = {}
    for method in (wald, newcombe):
        lower, upper = method(x1, n1, x2, n2, Z)
        held[method.__name__] = (chance * ((lower <= p1 - p2) & (p1 - p2 <= upper))).sum()
    assert held["wald"] == pytest.approx(0.685, abs=0.005)
    assert held["newcombe"] == pytest.approx(0.956, abs=0.005)
