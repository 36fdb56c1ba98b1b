"""One number for all groups: published examples, laws, and the coverage and bias that they promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fairlens.stats import (
    between_variance,
    extreme_chance,
    extreme_rate,
    inequality,
    max_min_difference,
    min_max_ratio,
    newcombe,
    normal_quantile,
    pairs_quantile,
    redraw,
    smallest_seen,
    together_quantile,
)

groups = st.lists(st.tuples(st.integers(2, 80), st.integers(0, 80)), min_size=2, max_size=6).map(
    lambda rows: (np.array([min(x, n) for n, x in rows]), np.array([n for n, _ in rows]))
)
cells = st.lists(st.tuples(*[st.integers(0, 30)] * 4), min_size=1, max_size=5).map(np.array).filter(lambda table: (table @ [1, 2, 0, 1]).sum() > 0)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("count", [2, 3, 5, 10, 60])
def test_the_quantile_of_all_pairs_is_that_of_the_studentised_range(count, confidence):
    expected = stats.studentized_range.ppf(confidence, count, np.inf) / math.sqrt(2)
    assert pairs_quantile(count, confidence) == pytest.approx(expected, abs=1e-6)
    assert together_quantile(count, confidence) == pytest.approx(stats.norm.isf((1 - confidence ** (1 / count)) / 2), abs=1e-9)


def test_two_groups_have_newcombes_interval():
    lower, upper = newcombe(56, 70, 48, 80, normal_quantile(0.95))
    assert max_min_difference([48, 56], [80, 70]) == pytest.approx((0.2, float(lower), float(upper)))


@given(groups, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_gaps_and_ratios_hold_their_value_and_do_not_depend_on_order(table, random):
    x, n = table
    order = list(range(len(n)))
    random.shuffle(order)
    for ask, top in ((max_min_difference, 1.0), (min_max_ratio, 1.0)):
        found = ask(x, n)
        np.testing.assert_allclose(found, ask(x[order], n[order]), atol=1e-12)
        if not math.isnan(found.value):
            assert 0 <= found.lower <= found.value <= found.upper <= top
            assert found.upper > found.lower
    for largest in (True, False):
        found = extreme_rate(x, n, largest=largest)
        assert found.lower <= found.value <= found.upper
        assert found.value == (max if largest else min)(x / n)


def test_a_gap_needs_two_groups_and_a_ratio_somebody():
    assert all(math.isnan(one) for one in (*max_min_difference([5], [10]), *min_max_ratio([5], [10]), *min_max_ratio([0, 0], [9, 9])))
    assert all(math.isnan(one) for one in (*extreme_rate([], []), *between_variance([5], [10]), *between_variance([1, 5], [1, 10])))


def test_many_groups_have_a_ratio_too():
    n = np.full(200, 50)
    x = np.arange(200) % 30 + 10
    found = min_max_ratio(x, n)
    assert found.value == pytest.approx(10 / 39)
    assert 0 < found.lower < found.value < found.upper < 1


def covers(ask, truth, rates, n, worlds=250, seed=3):
    rng = np.random.default_rng(seed)
    hits = [found.lower <= truth + 1e-12 and truth - 1e-12 <= found.upper for found in (ask(x, n) for x in rng.binomial(n, rates, size=(worlds, len(n))))]
    return np.mean(hits)


@pytest.mark.parametrize(
    ("rates", "n"),
    [([0.3] * 10, [100] * 10), ([0.3] * 2, [100] * 2), ([0.3] * 4 + [0.5], [100] * 5), ([0.45, 0.23, 0.21, 0.15, 0.15], [2000, 1500, 600, 300, 23])],
)
def test_intervals_of_gaps_cover_what_they_promise(rates, n):
    rates, n = np.array(rates), np.array(n)
    assert covers(max_min_difference, np.ptp(rates), rates, n) >= 0.92
    assert covers(extreme_rate, rates.max(), rates, n) >= 0.92
    if len(n) == 5:
        assert covers(min_max_ratio, rates.min() / rates.max(), rates, n, 40) >= 0.9


def test_percentiles_of_a_bootstrap_do_not_cover_a_gap_of_nothing():
    """Why the interval of a gap is no percentile interval: ten groups with one rate, and not one of 100 intervals holds 0."""
    rng, n = np.random.default_rng(4), np.full(10, 100)
    lowest = [np.quantile(np.ptp(redraw(x, n, 400, seed), axis=1), 0.025) for seed, x in enumerate(rng.binomial(n, 0.3, size=(100, 10)))]
    assert min(lowest) > 0


def test_redrawn_rates_vary_at_0_and_1_and_center_on_the_rate():
    drawn = redraw([0, 10, 30], [10, 10, 100], 20_000, 1)
    assert (drawn.std(axis=0) > 0).all()
    assert drawn.mean(axis=0) == pytest.approx([0.5 / 11, 10.5 / 11, 0.3], abs=0.003)
    assert (redraw([3, 4], [9.5, 8.2], 50, 7) == redraw([3, 4], [9.5, 8.2], 50, 7)).all()


@given(groups)
@settings(max_examples=20, deadline=None)
def test_some_group_is_the_worst(table):
    for largest in (True, False):
        chance = extreme_chance(redraw(*table, 300), largest=largest)
        assert chance.sum() == pytest.approx(1)
        assert (chance >= 0).all()


def test_the_corrected_variance_is_unbiased_and_the_plain_one_is_not():
    rng, n = np.random.default_rng(8), np.array([20, 30, 40, 60, 80, 120, 200, 400])
    rates = np.array([0.25, 0.3, 0.35, 0.28, 0.32, 0.3, 0.27, 0.33])
    found = [between_variance(x, n, draws=2) for x in rng.binomial(n, rates, size=(3_000, 8))]
    truth = rates.var(ddof=1)
    corrected, observed = (np.array([getattr(one, name) for one in found]) for name in ("corrected", "observed"))
    assert corrected.mean() == pytest.approx(truth, abs=3 * corrected.std() / math.sqrt(3_000))
    assert observed.mean() > 2 * truth
    assert 0.05 < (corrected < 0).mean() < 0.6
    assert all(one.deviation.value == (0 if one.corrected < 0 else math.sqrt(one.corrected)) for one in found[:50])


def test_the_variance_with_weights_is_that_of_its_definition():
    x, n, share = np.array([30, 20, 9]), np.array([100, 50, 10]), np.array([0.5, 0.3, 0.2])
    m = x / n
    noise = m * (1 - m) / (n - 1)
    middle = (share * m).sum()
    found = between_variance(x, n, weights=10 * share)
    assert found.observed == pytest.approx((share * (m - middle) ** 2).sum())
    assert found.corrected == pytest.approx((share * (m - middle) ** 2).sum() - (share * (1 - share) * noise).sum())
    assert between_variance(x, n).corrected == pytest.approx(m.var(ddof=1) - noise.mean())


@pytest.mark.parametrize(("rates", "n"), [([0.3] * 5, [100] * 5), ([0.3] * 9 + [0.5], [100] * 10), ([0.2, 0.3, 0.4, 0.5, 0.6], [200] * 5)])
def test_the_interval_of_the_spread_covers_and_is_never_a_point(rates, n):
    rates, n, rng = np.array(rates), np.array(n), np.random.default_rng(6)
    found = [between_variance(x, n, draws=400).deviation for x in rng.binomial(n, rates, size=(200, len(n)))]
    assert np.mean([one.lower <= rates.std(ddof=1) <= one.upper for one in found]) >= 0.92
    assert all(one.upper > one.lower for one in found)


def entropy(b, alpha):
    """Row by row, from the definition."""
    ratio = b / b.mean()
    if alpha == 1:
        return np.mean(ratio * np.log(np.where(ratio > 0, ratio, 1)))
    return np.mean(ratio**alpha - 1) / (alpha * (alpha - 1))


def people_of(table):
    return [np.repeat([1.0, 2.0, 0.0, 1.0], row) for row in table]


def test_the_published_examples():
    """Ten people of the tests of AIF360, two wrongly selected and two wrongly refused: 0.2, and Theil's 4 ln 2 / 10."""
    assert inequality([[3, 2, 2, 3]]).total.value == pytest.approx(0.2, abs=1e-15)
    assert inequality([[3, 2, 2, 3]], alpha=1).total.value == pytest.approx(4 * math.log(2) / 10, abs=1e-15)


@given(cells, st.sampled_from([1.0, 2.0]))
@settings(max_examples=50, deadline=None)
def test_inequality_is_its_parts_and_that_of_the_rows(table, alpha):
    found = inequality(table, alpha, draws=50)
    rows = people_of(table)
    assert found.total.value == pytest.approx(entropy(np.concatenate(rows), alpha), abs=1e-12)
    assert found.between.value + found.within.value == pytest.approx(found.total.value, abs=1e-12)
    means = np.concatenate([np.full(len(b), b.mean()) for b in rows if len(b)])
    assert found.between.value == pytest.approx(entropy(means, alpha), abs=1e-12)
    overall = np.concatenate(rows).mean()
    power = 1 if alpha == 1 else 2
    inner = [len(b) / len(means) * (b.mean() / overall) ** power * entropy(b, alpha) for b in rows if b.sum() > 0]
    assert found.within.value == pytest.approx(sum(inner), abs=1e-10)
    for part in (found.total, found.between):
        assert part.lower - 1e-12 <= part.upper


def test_nobody_with_a_benefit_has_no_inequality():
    for table in ([[0, 0, 5, 0]], [[0, 0, 0, 0]], np.zeros((0, 4))):
        found = inequality(table)
        assert all(math.isnan(one) for part in found[:3] for one in part)


def test_no_errors_are_not_certainty():
    found = inequality([[10, 0, 0, 10], [5, 0, 0, 5]])
    assert found.total.value == 0
    assert found.total.upper > 0


def test_the_between_part_that_noise_makes():
    rng, sizes = np.random.default_rng(9), [40, 80, 60]
    drawn = [inequality(np.array([rng.multinomial(n, [0.4, 0.1, 0.2, 0.3]) for n in sizes]), draws=200) for _ in range(400)]
    between = np.array([one.between.value for one in drawn])
    assert between.mean() == pytest.approx(np.mean([one.noise[0] for one in drawn]), rel=0.15)
    assert np.mean([one.between.value > one.noise[1] for one in drawn]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([one.between.lower == 0 for one in drawn]) > 0.95


def test_weights_scale_nothing_and_widen_intervals():
    table = np.array([[30, 10, 12, 40], [20, 6, 9, 30]])
    plain, scaled = inequality(table), inequality(7.5 * table, effective=table.sum(axis=1))
    np.testing.assert_allclose(plain.total, scaled.total, rtol=1e-9)
    fewer = inequality(table, effective=table.sum(axis=1) / 4)
    assert fewer.total.upper - fewer.total.lower > 1.5 * (plain.total.upper - plain.total.lower)


@pytest.mark.parametrize(("n", "p"), [([400, 400, 60, 60], 0.3), ([150, 90], 0.6), ([300] * 6, 0.1)])
def test_the_smallest_gap_is_seen_in_eight_of_ten(n, p):
    """Between the two largest groups, and between the two smallest, everybody else having no part in the pair."""
    rng, critical = np.random.default_rng(5), pairs_quantile(len(n), 0.95)
    found = smallest_seen(n, p, critical)
    ranked = sorted(n)
    for gap, (one, two) in ((found.least, ranked[-2:]), (found.surely, ranked[:2])):
        other = p + gap if p <= 0.5 else p - gap
        x1, x2 = rng.binomial(one, p, 4000), rng.binomial(two, other, 4000)
        lower, upper = newcombe(x1, one, x2, two, critical)
        assert 0.72 <= np.mean((lower > 0) | (upper < 0)) <= 0.88
    assert found.least <= found.surely


def test_a_gap_that_nobody_can_see():
    seen = smallest_seen([2, 3, 900, 900], 0.5, 3.0)
    assert 0 < seen.least < 0.15
    assert math.isnan(seen.surely)
    assert all(math.isnan(one) for one in (*smallest_seen([50], 0.5, 2.0), *smallest_seen([2, 3], 0.5, 3.0)))
