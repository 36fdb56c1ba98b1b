"""Strata against R's numbers for the Berkeley admissions, against statsmodels, and against the laws that hold for any strata."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from fairlens.stats import (
    breslow_day,
    cmh_test,
    mantel_haenszel,
    newcombe,
    normal_quantile,
    standardize,
    wilson,
)

Z = normal_quantile(0.95)
MEN = np.array([512, 353, 120, 138, 53, 22]), np.array([825, 560, 325, 417, 191, 373])
WOMEN = np.array([89, 17, 202, 131, 94, 24]), np.array([108, 25, 593, 375, 393, 341])


def tables(x1, n1, x2, n2):
    return StratifiedTable([np.array([[a, m - a], [b, n - b]], float) for a, m, b, n in zip(x1, n1, x2, n2, strict=True)])


def random_strata(seed, strata=5):
    rng = np.random.default_rng(seed)
    n1, n2 = rng.integers(5, 60, strata), rng.integers(5, 60, strata)
    return rng.integers(1, n1), n1, rng.integers(1, n2), n2


def test_berkeley_odds_as_r_gives_them():
    found = mantel_haenszel(*MEN, *WOMEN, Z).odds_ratio
    assert found == pytest.approx((0.9046968, 0.7719074, 1.0603298), abs=1e-7)
    crude = mantel_haenszel(*(side.sum() for side in (*MEN, *WOMEN)), Z).odds_ratio
    assert crude.value == pytest.approx(1.84108, abs=1e-5)


def test_berkeley_tests_as_r_gives_them():
    assert cmh_test(*MEN, *WOMEN) == pytest.approx((1.4269462, 1, 0.2322635), abs=1e-6)
    assert cmh_test(*MEN, *WOMEN, correct=False) == pytest.approx((1.5246066, 1, 0.2169237), abs=1e-6)
    assert breslow_day(*MEN, *WOMEN) == pytest.approx((18.8255, 5, 0.0020714), abs=1e-4)


def test_berkeley_differences():
    pooled = mantel_haenszel(*WOMEN, *MEN, Z)
    assert pooled.difference.value == pytest.approx(0.018425, abs=1e-6)
    adjusted = standardize(*WOMEN, *MEN, Z)
    assert (adjusted.rate1.value, adjusted.rate2.value) == pytest.approx((0.429955, 0.387319), abs=1e-6)
    assert adjusted.difference.value == pytest.approx(0.042637, abs=1e-6)
    assert math.isnan(adjusted.odds_ratio.value)


@pytest.mark.parametrize("seed", range(8))
def test_statsmodels_agrees(seed):
    data = random_strata(seed)
    theirs = tables(*data)
    ours = mantel_haenszel(*data, Z)
    assert ours.odds_ratio.value == pytest.approx(theirs.oddsratio_pooled)
    assert ours.odds_ratio[1:] == pytest.approx(theirs.oddsratio_pooled_confint())
    assert ours.ratio.value == pytest.approx(theirs.riskratio_pooled)
    distance = abs(sum(table[0, 0] - table[0].sum() * table[:, 0].sum() / table.sum() for table in map(np.asarray, theirs.table.transpose(2, 0, 1))))
    for correct in (False, distance >= 0.5):
        test = theirs.test_null_odds(correction=bool(correct))
        assert cmh_test(*data, correct=correct)[::2] == pytest.approx((test.statistic, test.pvalue))
    for tarone in (False, True):
        test = theirs.test_equal_odds(adjust=tarone)
        assert breslow_day(*data, tarone=tarone)[::2] == pytest.approx((test.statistic, test.pvalue))


def test_the_spread_of_a_ratio_is_that_of_greenland_and_robins():
    """By hand, from the formula of the article in its own letters."""
    a, n1, b, n0 = map(np.asarray, ([10, 12], [40, 60], [5, 9], [50, 45]))
    t, m = n1 + n0, a + b
    variance = ((m * n1 * n0 - a * b * t) / t**2).sum() / ((a * n0 / t).sum() * (b * n1 / t).sum())
    found = mantel_haenszel(a, n1, b, n0, Z).ratio
    assert math.log(found.upper / found.value) == pytest.approx(Z * math.sqrt(variance))
    assert found.value / found.lower == pytest.approx(found.upper / found.value)


def test_a_small_half_is_not_subtracted():
    """R subtracts a half only where the distance is at least a half; less would turn the statistic round."""
    data = ([5, 5], [10, 11], [5, 5], [10, 10])
    assert cmh_test(*data) == cmh_test(*data, correct=False)


counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
strata = st.lists(st.tuples(counts, counts), min_size=1, max_size=6)


def split(drawn):
    (x1, n1), (x2, n2) = (np.array([pair[side] for pair in drawn]).T for side in (0, 1))
    return x1, n1, x2, n2


@settings(deadline=None, max_examples=60)
@given(counts, counts)
def test_one_stratum_is_the_crude_comparison(one, other):
    (x1, n1), (x2, n2) = one, other
    found = standardize(x1, n1, x2, n2, Z)
    assert found.rate1 == pytest.approx((x1 / n1, *map(float, wilson(x1, n1, Z))), abs=1e-12)
    limits = [float(limit) for limit in newcombe(x1, n1, x2, n2, Z)]
    assert found.difference == pytest.approx((x1 / n1 - x2 / n2, *limits), abs=1e-12)
    pooled = mantel_haenszel(x1, n1, x2, n2, Z)
    assert pooled.difference.value == pytest.approx(x1 / n1 - x2 / n2, abs=1e-12)
    if 0 < x1 < n1 and 0 < x2 < n2:  # Woolf's limits
        spread = math.sqrt(1 / x1 + 1 / (n1 - x1) + 1 / x2 + 1 / (n2 - x2))
        odds = x1 * (n2 - x2) / (x2 * (n1 - x1))
        assert pooled.odds_ratio == pytest.approx((odds, odds * math.exp(-Z * spread), odds * math.exp(Z * spread)))


@settings(deadline=None, max_examples=80)
@given(strata, st.randoms())
def test_the_order_of_strata_does_not_matter_and_swapping_groups_turns_signs(drawn, random):
    data = split(drawn)
    order = list(range(len(drawn)))
    random.shuffle(order)
    moved = tuple(side[order] for side in data)
    turned = (*data[2:], *data[:2])
    for verb in (mantel_haenszel, standardize):
        first, second, swapped = verb(*data, Z), verb(*moved, Z), verb(*turned, Z)
        for name in ("rate1", "rate2", "difference", "ratio", "odds_ratio"):
            assert getattr(first, name) == pytest.approx(getattr(second, name), nan_ok=True, rel=1e-9, abs=1e-12)
        value, lower, upper = swapped.difference
        assert first.difference == pytest.approx((-value, -upper, -lower), abs=1e-9)
        lowest, middle, highest = first.difference.lower, first.difference.value, first.difference.upper
        assert -1 <= lowest <= middle + 1e-12
        assert middle <= highest + 1e-12 <= 1 + 2e-12
        assert highest > lowest


@settings(deadline=None, max_examples=40)
@given(counts, counts, st.integers(1, 5))
def test_equal_strata_keep_the_crude_rates(one, other, times):
    data = tuple(np.repeat(value, times) for value in (*one, *other))
    for verb in (mantel_haenszel, standardize):
        found = verb(*data, Z)
        assert found.difference.value == pytest.approx(one[0] / one[1] - other[0] / other[1], abs=1e-12)


def test_a_stratum_without_one_group_is_left_out():
    whole = ([10, 5, 8], [20, 20, 9], [6, 0, 9], [30, 0, 40])
    without = tuple([values[0], values[2]] for values in whole)
    for verb in (mantel_haenszel, standardize):
        assert verb(*whole, Z)[:4] == verb(*without, Z)[:4]
        assert verb(*whole, Z).common.tolist() == [True, False, True]
    assert breslow_day(*whole) == breslow_day(*without)
    assert cmh_test(*whole) == cmh_test(*without)


def test_without_a_common_stratum_everything_is_undefined():
    for verb in (mantel_haenszel, standardize):
        found = verb([1, 0], [2, 0], [0, 1], [0, 3], Z)
        assert all(math.isnan(number) for estimate in found[:5] for number in estimate)
    assert math.isnan(cmh_test([1, 0], [2, 0], [0, 1], [0, 3]).p_value)
    assert breslow_day([1, 0], [2, 0], [0, 1], [0, 3]).df == 0


def test_weights_choose_the_standard_population():
    data = ([10, 30], [20, 40], [5, 20], [20, 80])
    found = standardize(*data, Z, weights=[3, 1])
    assert found.rate1.value == pytest.approx(0.75 * 0.5 + 0.25 * 0.75)
    assert found.rate2.value == pytest.approx(0.75 * 0.25 + 0.25 * 0.25)
    lower, _ = wilson(*(np.array(side, float) for side in data[:2]), Z)
    down = math.sqrt(((np.array([0.75, 0.25]) * (np.array([0.5, 0.75]) - lower)) ** 2).sum())
    assert found.rate1.lower == pytest.approx(found.rate1.value - down)
    assert found[:4] == standardize(*data, Z, weights=[300, 100])[:4]


def test_where_nobody_or_everybody_is_chosen_intervals_keep_a_width():
    for x1, x2 in (([0, 0], [0, 0]), ([20, 10], [30, 40])):
        found = mantel_haenszel(x1, [20, 10], x2, [30, 40], Z)
        assert found.difference.value == 0
        assert found.difference.lower < -0.01
        assert found.difference.upper > 0.01
        assert math.isnan(found.odds_ratio.value)
    nobody = mantel_haenszel([0, 0], [20, 10], [3, 4], [30, 40], Z)
    assert nobody.ratio[:2] == (0, 0)
    assert 0 < nobody.ratio.upper < 3
    assert math.isnan(mantel_haenszel([3, 4], [20, 10], [0, 0], [30, 40], Z).ratio.value)
    assert standardize([3], [20], [0], [30], Z).ratio.upper != 0


def test_effective_numbers_need_not_be_whole():
    data = random_strata(3)
    halved = tuple(np.asarray(side) * 0.5 for side in data)
    whole, half = mantel_haenszel(*data, Z), mantel_haenszel(*halved, Z)
    assert half.odds_ratio.value == pytest.approx(whole.odds_ratio.value)
    assert math.log(half.odds_ratio.upper / half.odds_ratio.value) == pytest.approx(math.log(whole.odds_ratio.upper / whole.odds_ratio.value) * math.sqrt(2))
    assert breslow_day(*halved).statistic == pytest.approx(breslow_day(*data).statistic / 2)


@pytest.mark.parametrize(
    ("n1", "n2", "p1", "p2", "verb", "least"),
    [
        ([100] * 6, [150] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.2] * 6, standardize, 0.935),
        ([20] * 3, [40] * 3, [0.1, 0.2, 0.3], [0.05, 0.1, 0.2], standardize, 0.93),
        ([100] * 6, [150] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.2] * 6, mantel_haenszel, 0.935),
        ([2] * 100, [2] * 100, [0.3] * 100, [0.2] * 100, mantel_haenszel, 0.925),
    ],
    ids=["large", "small", "large-mh", "sparse-mh"],
)
def test_intervals_cover_what_they_promise(n1, n2, p1, p2, verb, least):
    rng = np.random.default_rng(20)
    n1, n2, p1, p2 = map(np.asarray, (n1, n2, p1, p2))
    weights = n1 * n2 / (n1 + n2) if verb is mantel_haenszel else n1 + n2
    truth = (weights * (p1 - p2)).sum() / weights.sum()
    covered = 0
    for _ in range(1000):
        found = verb(rng.binomial(n1, p1), n1, rng.binomial(n2, p2), n2, Z).difference
        covered += found.lower <= truth <= found.upper
    assert least <= covered / 1000 <= 0.985
