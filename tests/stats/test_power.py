"""Planning: published and computed numbers of people, and what they come to when they are tried."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize, samplesize_proportions_2indep_onetail

from fairlens.stats import (
    detectable_difference,
    detectable_ratio,
    equivalence_people,
    equivalence_ratio_people,
    koopman,
    miettinen,
    mn_z,
    noninferiority_ratio_people,
    normal_quantile,
    people_per_group,
)

Z, Z90 = normal_quantile(0.95), normal_quantile(0.9)
PAIRS = {(0.5, 0.4): 388, (0.3, 0.24): 859, (0.1, 0.08): 3213, (0.1, 0.05): 435, (0.5, 0.45): 1565}


@pytest.mark.parametrize(("rates", "n"), PAIRS.items())
def test_people_per_group(rates, n):
    assert people_per_group(*rates) == people_per_group(*rates[::-1]) == n
    again = samplesize_proportions_2indep_onetail(rates[0] - rates[1], rates[1], 0.8, alpha=0.05, alternative="two-sided")
    assert n == np.ceil(again)


def test_a_reference_nine_times_larger():
    """216, 477 and 1,781 are of the arcsine transformation; the score method depends on which rate is nearer to one half."""
    reference, group = np.array([0.5, 0.3, 0.1]), np.array([0.4, 0.24, 0.08])
    found = people_per_group(group, reference, ratio=9, method="arcsine")
    assert found.tolist() == [216, 477, 1781]
    again = [
        NormalIndPower().solve_power(proportion_effectsize(a, b), power=0.8, alpha=0.05, ratio=9)
        for a, b in zip(group, reference, strict=True)
    ]
    assert found.tolist() == np.ceil(again).tolist()
    assert people_per_group(group, reference, ratio=9).tolist() == [216, 487, 1839]
    assert people_per_group(reference, group, ratio=9).tolist() == [213, 465, 1725]


def test_people_for_equivalence():
    assert equivalence_people([0.1, 0.3, 0.5], 0.05).tolist() == [617, 1439, 1713]
    assert equivalence_people(0.5, 0.1) == 429


def test_people_for_a_ratio_above_four_fifths():
    """Quantiles rounded to 1.645 and 0.842 give 2,236 for the first; in full they give 2,235."""
    assert noninferiority_ratio_people([0.1, 0.3, 0.5]).tolist() == [2235, 580, 249]
    assert np.ceil((1.645 + 0.842) ** 2 * 2 * 9 / np.log(0.8) ** 2) == 2236


def test_what_a_number_of_people_can_tell():
    found = detectable_difference([0.3, 0.3, 0.3, 0.1], [50, 200, 1000, 50], [1000, 2000, 10_000, 1000])
    assert found.round(3).tolist() == [0.192, 0.098, 0.043, 0.139]


def test_nothing_is_not_a_number():
    assert np.isnan(people_per_group([0.5, 1.2, -0.1], [0.5, 0.5, 0.5])).all()
    assert np.isnan(detectable_difference(0.3, [0, 100, 1], [100, 0, 1000])).all()
    assert np.isnan(detectable_ratio([0.3, 0.3, 0.0, 0.02], [0, 100, 50, 20], [100, 0, 50, 20])).all()
    assert np.isnan(equivalence_people([0.0, 1.0, 0.5], [0.1, 0.1, 0.0])).all()
    assert np.isnan(equivalence_ratio_people([0.0, 1.0, 0.5], [0.8, 0.8, 1.0])).all()
    assert np.isnan(people_per_group(0.5, 0.5 + 1e-9))


@settings(deadline=None, max_examples=100)
@given(st.floats(0.02, 0.98), st.integers(20, 3000), st.floats(1, 20), st.sampled_from([0.8, 0.9]))
def test_a_difference_that_can_be_told_needs_the_people_there_are(rate, n, ratio, power):
    change = detectable_difference(rate, n, ratio * n, power)
    if not np.isnan(change):
        other = rate + change if rate <= 0.5 else rate - change
        assert people_per_group(other, rate, power, ratio=ratio) == pytest.approx(n, abs=1)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1), st.integers(1, 500))
def test_more_people_tell_a_smaller_difference_and_the_event_may_be_turned_round(rate, n):
    fewer, more = detectable_difference(rate, [n, 2 * n], 1000)
    assert np.isnan(fewer) or more < fewer
    assert detectable_difference(1 - rate, n, 1000) == pytest.approx(float(fewer), abs=1e-9, nan_ok=True)


def drawn(p1, n1, p2, n2, rounds=20_000):
    rng = np.random.default_rng(5)
    return rng.binomial(n1, p1, rounds), n1, rng.binomial(n2, p2, rounds), n2


@pytest.mark.parametrize(("p1", "p2", "ratio"), [(0.4, 0.5, 1), (0.05, 0.1, 1), (0.24, 0.3, 9), (0.5, 0.4, 9)])
def test_the_people_planned_have_the_power_planned(p1, p2, ratio):
    n = int(people_per_group(p1, p2, ratio=ratio))
    told = np.abs(mn_z(*drawn(p1, n, p2, ratio * n), 0.0)) > Z
    assert told.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("rate", "margin"), [(0.1, 0.05), (0.5, 0.1)])
def test_the_people_planned_show_equivalence(rate, margin):
    n = int(equivalence_people(rate, margin))
    lower, upper = miettinen(*drawn(rate, n, rate, n, 4000), Z90)
    assert ((lower > -margin) & (upper < margin)).mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_the_people_planned_show_a_ratio_within_four_fifths(rate):
    n = int(equivalence_ratio_people(rate, 0.8))
    lower, upper = koopman(*drawn(rate, n, rate, n, 4000), Z90)
    assert ((lower > 0.8) & (upper < 1.25)).mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("n1", "n2"), [(400, 400), (200, 2000)])
def test_the_difference_and_ratio_that_can_be_told_are_told(n1, n2):
    change, ratio = float(detectable_difference(0.3, n1, n2)), float(detectable_ratio(0.3, n1, n2))
    for rate in (0.3 + change, 0.3 * ratio):
        assert (np.abs(mn_z(*drawn(rate, n1, 0.3, n2), 0.0)) > Z).mean() == pytest.approx(0.8, abs=0.03)


def test_a_thousand_pairs_are_answered_as_one_by_one():
    rng = np.random.default_rng(1)
    rate, n1, n2 = rng.random(1000), rng.integers(1, 500, 1000), rng.integers(1, 5000, 1000)
    found = detectable_difference(rate, n1, n2)
    alone = [float(detectable_difference(rate[i], n1[i], n2[i])) for i in range(0, 1000, 100)]
    np.testing.assert_array_equal(found[::100], alone)
