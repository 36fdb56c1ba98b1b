"""Pooled rates against scipy's beta-binomial, and what happens where there is nothing to learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fairlens.stats import pool_rates

COMPAS = (np.array([805, 349, 87, 36, 2, 3]), np.array([1795, 1488, 405, 244, 23, 8]))


def test_the_false_positive_rates_of_compas():
    found = pool_rates(*COMPAS)
    assert [round(found.alpha, 3), round(found.beta, 2)] == [3.959, 11.85]
    assert round(found.strength, 1) == 15.8
    assert found.alpha / found.strength == pytest.approx(0.250, abs=5e-4)
    assert found.value[[5, 4, 0]].round(3).tolist() == [0.292, 0.154, 0.447]
    assert [round(found.lower[5], 3), round(found.upper[5], 3)] == [0.132, 0.486]
    assert found.learned


def test_the_prior_is_the_most_likely_one():
    x, n = COMPAS
    found = pool_rates(x, n)

    def likelihood(alpha, beta):
        return stats.betabinom.logpmf(x, n, alpha, beta).sum()

    best = likelihood(found.alpha, found.beta)
    for a in (0.9, 0.99, 1.01, 1.1):
        for b in (0.9, 0.99, 1.0, 1.01, 1.1):
            assert likelihood(found.alpha * a, found.beta * b) < best


def test_intervals_are_those_of_the_posterior():
    x, n = COMPAS
    found = pool_rates(x, n, 0.9)
    posterior = stats.beta(x + found.alpha, n - x + found.beta)
    np.testing.assert_allclose(found.value, posterior.mean(), rtol=1e-12)
    np.testing.assert_allclose([found.lower, found.upper], posterior.interval(0.9), rtol=1e-9)


@pytest.mark.parametrize(("x", "n"), [([3, 9], [10, 30]), ([3, 9, 5, 1], [10, 30, 9, 8]), ([0] * 6, [20] * 6), ([20] * 6, [20] * 6)])
def test_nothing_is_learned_from_few_groups_or_from_no_variation(x, n):
    found = pool_rates(x, n)
    x, n = np.array(x), np.array(n)
    assert not found.learned
    assert (found.alpha, found.beta) == (0.5, 0.5)
    np.testing.assert_allclose(found.value, (x + 0.5) / (n + 1))
    assert (found.lower[x == 0] == 0).all()
    assert (found.upper[x == n] == 1).all()
    assert (found.upper - found.lower > 0.05).all()


def test_the_prior_is_never_stronger_than_all_people_nor_weaker_than_one():
    alike = pool_rates([6] * 8, [20] * 8)
    assert alike.strength == pytest.approx(160, rel=1e-6)
    np.testing.assert_allclose(alike.value, 0.3, atol=0.005)
    apart = pool_rates([0, 20] * 3, [20] * 6)
    assert apart.strength == pytest.approx(1, rel=1e-6)
    assert (apart.upper > apart.lower).all()


def test_a_group_without_people_has_no_rate():
    found = pool_rates([3, 9, 5, 1, 7, 0], [10, 30, 9, 8, 20, 0])
    assert np.isnan([found.value[5], found.lower[5], found.upper[5]]).all()
    np.testing.assert_allclose(found.value[:5], pool_rates([3, 9, 5, 1, 7], [10, 30, 9, 8, 20]).value)


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 200)), min_size=5, max_size=9), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_rates_are_drawn_inward_whatever_the_order(groups, random):
    n = np.array([size for size, _ in groups])
    x = np.minimum([some for _, some in groups], n)
    found = pool_rates(x, n)
    assert ((found.lower <= found.value) & (found.value <= found.upper)).all()
    middle = found.alpha / found.strength
    assert (np.abs(found.value - middle) <= np.abs(x / n - middle) + 1e-9).all()
    order = list(range(len(n)))
    random.shuffle(order)
    np.testing.assert_allclose(pool_rates(x[order], n[order]).value, found.value[order], atol=1e-9)
