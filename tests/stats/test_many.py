"""Many groups at once: against statsmodels and scipy, against exact distributions, and against the false alarms that they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_chisquare

from fairlens.stats import (
    adjust_pairs,
    benjamini_hochberg,
    chi_square_omnibus,
    gap_by_chance,
    holm,
    max_z_normal,
    max_z_permutation,
    normal_quantile,
    rest_sizes,
    smallest_gap,
)

COMPAS = (np.array([805, 349, 87, 36, 2, 3]), np.array([1795, 1488, 405, 244, 23, 8]))
"""False positives and people charged no more, by race: African-American, Caucasian, Hispanic, Other, Asian, Native American."""
SIZES = np.array([412, 390, 341, 300, 212, 180, 133, 95, 70, 48, 33, 22, 17])
"""Thirteen groups of sex and race, as unequal as those of the example of New York's Local Law 144."""

tables = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60)), min_size=2, max_size=6).map(
    lambda groups: (np.array([min(x, n) for n, x in groups]), np.array([n for n, _ in groups]))
)


def test_the_false_positive_rates_of_compas():
    found = max_z_permutation(*COMPAS)
    assert found.p_adjusted[:4].tolist() == [1e-5] * 4
    assert found.p_adjusted[4:] == pytest.approx([0.088, 1.0], abs=0.005)
    assert found.critical(0.95) == pytest.approx(2.58, abs=0.01)
    assert found.p_maximum == 1e-5
    omnibus = chi_square_omnibus(*COMPAS)
    assert round(omnibus.statistic) == 244
    assert f"{omnibus.p_value:.0e}" == "9e-51"


def test_the_raw_gap_of_compas_shows_nothing_beside_a_group_of_eight():
    """Why the statistic is studentised: with 8 people in one group, chance alone makes gaps as large as .362 in 7 of 100 tables."""
    x, n = COMPAS
    drawn = np.random.default_rng(0).multivariate_hypergeometric(n, x.sum(), size=40_000, method="marginals") / n
    gaps = np.ptp(drawn, axis=1)
    assert np.ptp(x / n) == pytest.approx(0.362, abs=5e-4)
    assert (gaps >= np.ptp(x / n)).mean() == pytest.approx(0.070, abs=0.006)
    assert gaps.mean() == pytest.approx(0.196, abs=0.003)
    assert np.quantile(gaps, 0.95) == pytest.approx(0.391, abs=0.006)


def test_the_statistic_is_that_of_its_definition():
    x, n = COMPAS
    p = x.sum() / n.sum()
    rest_x, rest_n = x.sum() - x, n.sum() - n
    z = (x / n - rest_x / rest_n) / np.sqrt(p * (1 - p) * (1 / n + 1 / rest_n))
    found = max_z_permutation(x, n, draws=99)
    np.testing.assert_allclose(found.z, z, rtol=1e-12)
    np.testing.assert_allclose(found.p_value, 2 * stats.norm.sf(np.abs(z)), rtol=1e-9)
    own = max_z_permutation(x, n, draws=99, reference=1)
    against = (x / n - x[1] / n[1]) / np.sqrt(p * (1 - p) * (1 / n + 1 / n[1]))
    np.testing.assert_allclose(np.delete(own.z, 1), np.delete(against, 1), rtol=1e-12)
    assert np.isnan([own.z[1], own.p_value[1], own.p_adjusted[1]]).all()


@pytest.mark.parametrize("pair", [((9, 10), (3, 10)), ((5, 56), (0, 29)), ((20, 50), (60, 120)), ((0, 12), (9, 40))])
def test_two_groups_have_the_exact_p_value(pair):
    (x1, n1), (x2, n2) = pair
    total, people = x1 + x2, n1 + n2
    counts = np.arange(max(0, total - n2), min(n1, total) + 1)
    exact = stats.hypergeom.pmf(counts, people, total, n1)
    distance = np.abs(counts - n1 * total / people)
    expected = exact[distance >= abs(x1 - n1 * total / people) - 1e-9].sum()
    found = max_z_permutation([x1, x2], [n1, n2], draws=40_000).p_adjusted
    assert found == pytest.approx([expected] * 2, abs=4 * np.sqrt(0.25 / 40_000))


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_answer_follows_the_groups_and_not_their_order_or_their_words(table, random):
    x, n = table
    order = list(range(len(n)))
    random.shuffle(order)
    one, two = max_z_permutation(x, n, draws=199), max_z_permutation(x[order], n[order], draws=199)
    np.testing.assert_array_equal(one.p_adjusted[order], two.p_adjusted)
    np.testing.assert_allclose(one.z[order], two.z, atol=1e-9)
    opposite = max_z_permutation(n - x, n, draws=199)
    np.testing.assert_array_equal(one.p_adjusted, opposite.p_adjusted)
    np.testing.assert_allclose(one.z, -opposite.z, atol=1e-9)


@given(tables)
@settings(max_examples=15, deadline=None)
def test_p_values_are_shares_and_adjusting_makes_none_smaller(table):
    x, n = table
    draws = 499
    for found in (max_z_permutation(x, n, draws), max_z_normal(x, n, draws)):
        assert ((found.p_adjusted > 0) & (found.p_adjusted <= 1)).all()
        assert found.p_adjusted[np.argmax(np.abs(found.z))] == found.p_adjusted.min() == found.p_maximum
        assert found.critical(0.95) >= normal_quantile(0.95)
    found = max_z_permutation(x, n, draws)
    for x_g, n_g, adjusted in zip(x, n, found.p_adjusted, strict=True):
        counts = np.arange(n_g + 1)
        chance = stats.hypergeom.pmf(counts, n.sum(), x.sum(), n_g)
        middle = n_g * x.sum() / n.sum()
        alone = min(chance[np.abs(counts - middle) >= abs(x_g - middle) - 1e-9].sum(), 1.0)
        assert adjusted >= alone - 5 * np.sqrt(alone * (1 - alone) / draws) - 1 / draws


def test_rates_of_all_or_nothing_do_not_differ():
    for x in ([0, 0, 0], [10, 20, 30]):
        found = max_z_permutation(x, [10, 20, 30], draws=99)
        assert found.z.tolist() == [0.0] * 3
        assert found.p_adjusted.tolist() == [1.0] * 3
        assert chi_square_omnibus(x, [10, 20, 30]) == (0.0, 2, 1.0)


def test_groups_without_people_have_no_answer():
    found = max_z_permutation([5, 0, 9], [10, 0, 12], draws=999)
    whole = max_z_permutation([5, 9], [10, 12], draws=999)
    assert np.isnan(found.p_adjusted[1])
    np.testing.assert_array_equal(found.p_adjusted[[0, 2]], whole.p_adjusted)
    for nothing in (max_z_permutation([5], [10]), max_z_permutation([5, 0], [10, 0]), max_z_permutation([5, 0], [10, 0], reference=1)):
        assert np.isnan(nothing.p_adjusted).all()
        assert np.isnan([nothing.critical(0.95), nothing.p_maximum]).all()
    assert np.isnan(chi_square_omnibus([5], [10]).p_value)
    assert np.isnan(gap_by_chance([10], 0.5)).all()


def test_the_normal_simulation_is_the_permutation_where_there_are_many_people():
    x, n = np.array([420, 470, 510, 455]), np.array([1000, 1100, 1050, 990])
    exact, near = max_z_permutation(x, n, 20_000), max_z_normal(x, n, 20_000)
    np.testing.assert_allclose(exact.z, near.z, rtol=1e-12)
    np.testing.assert_allclose(exact.p_adjusted, near.p_adjusted, atol=0.015)
    assert exact.critical(0.95) == pytest.approx(near.critical(0.95), abs=0.05)


def test_weights_say_how_groups_enter_the_rest():
    rates, n, weight = np.array([0.3, 0.5, 0.4]), np.array([80.0, 60.0, 100.0]), np.array([200.0, 50.0, 400.0])
    found = max_z_normal(rates * n, n, draws=99, weight=weight)
    p = (rates * weight).sum() / weight.sum()
    rest = (50 * 0.5 + 400 * 0.4) / 450
    informed = 450**2 / (50**2 / 60 + 400**2 / 100)
    assert found.z[0] == pytest.approx((0.3 - rest) / np.sqrt(p * (1 - p) * (1 / 80 + 1 / informed)))
    assert rest_sizes(n, weight)[0] == pytest.approx(informed)
    np.testing.assert_allclose(rest_sizes(n, n), n.sum() - n)
    assert rest_sizes([10.0], [10.0]).tolist() == [0.0]


def test_more_than_a_billion_people_are_simulated_too():
    found = max_z_permutation([400_000_000, 399_000_000], [800_000_000, 800_000_000], draws=99)
    assert found.p_adjusted.tolist() == [0.01, 0.01]


def test_adjusted_pairs_are_those_of_the_tests():
    x, n = COMPAS
    np.testing.assert_array_equal(adjust_pairs(x, n, 1, True), max_z_permutation(x, n, 9_999, reference=1).p_adjusted)
    np.testing.assert_array_equal(adjust_pairs(x, n, None, False, weight=2 * n), max_z_normal(x, n, 9_999).p_adjusted)


def test_few_false_alarms_where_groups_are_tiny_and_unequal():
    """The chance of any alarm among six groups that have one rate, at 0.05; 400 data sets."""
    rng, n, alarms = np.random.default_rng(11), np.array([3, 5, 8, 14, 60, 250]), 0
    for x in rng.binomial(n, 0.3, size=(400, len(n))):
        alarms += max_z_permutation(x, n, draws=999).p_maximum <= 0.05
    assert alarms / 400 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_in_an_unbiased_world_four_fifths_flags_nearly_always_and_the_screen_hardly_ever():
    rng = np.random.default_rng(12)
    worlds = rng.binomial(SIZES, 0.475, size=(1_000, len(SIZES)))
    rates = worlds / SIZES
    flagged = (rates.min(axis=1) / rates.max(axis=1) < 0.8).mean()
    assert flagged > 0.9
    alarms = np.mean([max_z_permutation(x, SIZES, draws=999).p_maximum <= 0.05 for x in worlds[:300]])
    assert alarms <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_holm_and_benjamini_hochberg_are_those_of_statsmodels_and_scipy(p, missing):
    expected = multipletests(p, method="holm")[1], stats.false_discovery_control(p)
    padded = [*p, *[np.nan] * missing]
    for found, wanted in zip((holm(padded), benjamini_hochberg(padded)), expected, strict=True):
        np.testing.assert_allclose(found[: len(p)], wanted, atol=1e-12)
        assert np.isnan(found[len(p) :]).all()


@given(tables)
@settings(max_examples=40, deadline=None)
def test_the_omnibus_test_is_that_of_statsmodels(table):
    x, n = table
    if 0 < x.sum() < n.sum():
        statistic, p_value, _ = proportions_chisquare(x, n)
        found = chi_square_omnibus(x, n)
        assert found.statistic == pytest.approx(statistic, abs=1e-9)
        assert found.p_value == pytest.approx(p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("groups", "people", "mean", "upper"), [(2, 100, 0.051, 0.13), (10, 100, 0.140, 0.20), (10, 30, 0.255, 0.37), (20, 1000, 0.054, 0.073)]
)
def test_the_gap_that_chance_makes(groups, people, mean, upper):
    found = gap_by_chance([people] * groups, 0.3)
    assert found.mean == pytest.approx(mean, abs=0.002)
    assert found.upper == pytest.approx(upper, abs=0.005)


def test_the_gap_that_chance_makes_does_not_depend_on_order():
    assert gap_by_chance([10, 50, 30], 0.3) == gap_by_chance([50, 30, 10], 0.3)
    assert gap_by_chance([10, 50, 0, 30], 0.0) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("p", "n", "expected"), [(0.3, (50, 1000), 0.192), (0.3, (200, 2000), 0.098), (0.3, (1000, 10000), 0.043), (0.1, (50, 1000), 0.139)]
)
def test_the_smallest_gap_for_one_comparison(p, n, expected):
    critical = normal_quantile(0.95)
    assert smallest_gap(n, p, critical)[0] == pytest.approx(expected, abs=5e-4)
    assert smallest_gap(n, 1 - p, critical)[0] == pytest.approx(expected, abs=5e-4)
    assert np.isnan(smallest_gap(n, p, critical, reference=1)[1])


def test_a_gap_of_the_smallest_size_is_found_with_the_power_it_promises():
    n, p, rng = np.array([60, 150, 200, 250]), 0.3, np.random.default_rng(5)
    critical = max_z_permutation(np.rint(p * n), n, draws=9_999).critical(0.95)
    rates = np.full(4, p)
    rates[0] += smallest_gap(n, p, critical)[0]
    found = [abs(max_z_permutation(x, n, draws=499).z[0]) >= critical for x in rng.binomial(n, rates, size=(600, 4))]
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)


def test_no_gap_could_be_seen_among_too_few_people():
    found = smallest_gap([2, 5000, 0], 0.5, critical=3.0)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1] == pytest.approx(smallest_gap([2, 5000], 0.5, 3.0)[1], nan_ok=True)
