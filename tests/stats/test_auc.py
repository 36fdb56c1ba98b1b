"""Areas under ROC curves and average precision from tables, against scikit-learn, brute force and rows."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from fairlens.stats import _auc
from fairlens.stats._auc import (
    average_precision,
    average_precision_bound,
    delong,
    kish,
    ranked,
    resampled,
    roc_area,
    roc_difference,
    roc_interval,
    tied_share,
)

Z = 1.959963984540054
counts = st.lists(st.integers(0, 6), min_size=1, max_size=7)
tables = st.integers(1, 7).flatmap(
    lambda size: st.tuples(*(st.lists(st.integers(0, 6), min_size=size, max_size=size) for _ in range(2)))
)
full_tables = tables.filter(lambda pair: sum(pair[0]) > 0 and sum(pair[1]) > 0)
relaxed = settings(deadline=None, max_examples=80)


def rows_of(positive, negative):
    """Scores and labels, one person each."""
    steps = np.arange(len(positive))
    scores = np.concatenate([np.repeat(steps, positive), np.repeat(steps, negative)])
    return scores, np.repeat([1, 0], [sum(positive), sum(negative)])


def delong_rows(scores, labels):
    """DeLong's variance from placement values of each pair of people."""
    x, y = scores[labels == 1], scores[labels == 0]
    wins = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    variance = wins.mean(axis=1).var(ddof=1) / len(x) + wins.mean(axis=0).var(ddof=1) / len(y)
    return wins.mean(), math.sqrt(variance)


@given(full_tables)
@relaxed
def test_area_is_that_of_all_pairs_and_of_scikit_learn(pair):
    scores, labels = rows_of(*pair)
    x, y = scores[labels == 1], scores[labels == 0]
    brute = np.mean((x[:, None] > y) + 0.5 * (x[:, None] == y))
    assert float(roc_area(*pair)) == pytest.approx(brute, abs=1e-12)
    assert float(roc_area(*pair)) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


@given(full_tables.filter(lambda pair: min(map(sum, pair)) > 1))
@relaxed
def test_error_is_that_of_rows(pair):
    area, error = delong(*pair)
    expected = delong_rows(*rows_of(*pair))
    assert (float(area), float(error)) == pytest.approx(expected, abs=1e-12)


@given(full_tables)
@relaxed
def test_average_precision_is_scikit_learns(pair):
    scores, labels = rows_of(*pair)
    assert float(average_precision(*pair)) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


@given(full_tables, st.integers(1, 5))
@relaxed
def test_a_weight_for_everybody_changes_nothing(pair, weight):
    positive, negative = (np.array(one) for one in pair)
    one = ranked(positive, negative, z=Z)
    two = ranked(weight * positive, weight * negative, weight**2 * positive, weight**2 * negative, z=Z)
    assert np.allclose(one, two, equal_nan=True)


@given(full_tables)
@relaxed
def test_turning_scores_and_labels_around_mirrors_nothing_else(pair):
    positive, negative = (np.array(one) for one in pair)
    area, error = delong(positive, negative)
    turned, its = delong(negative[::-1], positive[::-1])
    assert float(turned) == pytest.approx(float(area), abs=1e-12)
    assert float(its) == pytest.approx(float(error), abs=1e-12, nan_ok=True)
    assert float(roc_area(negative, positive)) == pytest.approx(1 - float(area), abs=1e-12)


@given(full_tables)
@relaxed
def test_intervals_hold_the_area_and_are_never_of_zero_width(pair):
    found = ranked(*pair, z=Z)
    assert 0 <= found.lower <= found.value <= found.upper <= 1
    assert found.upper - found.lower > 1e-6


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40).filter(lambda rows: len({y for _, y in rows}) == 2),
    st.integers(1, 12),
)
@settings(deadline=None, max_examples=150)
def test_bounds_of_bins_hold(rows, bins):
    """Numbers of binned scores are as near to those of the scores as their bounds say."""
    scores, labels = np.array([s for s, _ in rows]), np.array([int(y) for _, y in rows])
    place = np.minimum((scores * bins).astype(int), bins - 1)
    positive, negative = (np.bincount(place[labels == label], minlength=bins) for label in (1, 0))
    mixed = np.array([len(set(scores[place == b])) > 1 for b in range(bins)])
    exact = roc_auc_score(labels, scores)
    assert abs(float(roc_area(positive, negative)) - exact) <= float(tied_share(positive, negative, mixed)) / 2 + 1e-12
    precise = average_precision_score(labels, scores)
    bound = float(average_precision_bound(positive, negative, mixed))
    assert abs(float(average_precision(positive, negative)) - precise) <= bound + 1e-12


def test_no_positives_or_no_negatives_is_undefined_and_not_zero():
    """scikit-learn gives an average precision of 0.0 without positives, and NaN with a warning as the area."""
    with pytest.warns(UserWarning, match="No positive class"):
        assert average_precision_score([0, 0], [0.1, 0.2]) == 0.0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert math.isnan(roc_auc_score([0, 0], [0.1, 0.2]))
    assert told
    assert math.isnan(float(average_precision([0, 0], [1, 1])))
    for pair in ([0, 0], [1, 1]), ([1, 1], [0, 0]):
        found = ranked(*pair, z=Z)
        assert all(math.isnan(float(number)) for number in found)


def test_perfect_ranking_has_an_exact_bound():
    """Clopper and Pearson's limit for as many successes as the smaller class has people."""
    from scipy.stats import binomtest

    for m, n in ((5, 5), (12, 300), (40, 15)):
        found = ranked([0, m], [n, 0], z=Z)
        limit = binomtest(min(m, n), min(m, n)).proportion_ci(0.95, "exact").low
        assert float(found.lower) == pytest.approx(limit, abs=1e-9)
        assert float(found.upper) == 1.0
        turned = ranked([m, 0], [0, n], z=Z)
        assert (float(turned.lower), float(turned.upper)) == pytest.approx((0.0, 1 - limit), abs=1e-9)


def test_one_score_for_all_is_a_half_with_an_interval():
    found = ranked([20], [30], z=Z)
    assert float(found.value) == 0.5
    assert float(found.lower) == pytest.approx(0.2993, abs=1e-4)
    assert float(found.upper) == pytest.approx(0.7007, abs=1e-4)


def test_interval_is_on_the_logit_scale():
    area, error = 0.8, 0.05
    lower, upper = roc_interval(area, error, 50, 50, Z)
    half = Z * error / (area * (1 - area))
    centre = math.log(area / (1 - area))
    assert (float(lower), float(upper)) == pytest.approx([1 / (1 + math.exp(-(centre + sign * half))) for sign in (-1, 1)])


def test_difference_is_a_z_test_of_independent_samples():
    one, two = ranked([1, 5, 9, 20], [20, 9, 5, 1], z=Z), ranked([5, 6, 7, 8], [8, 7, 6, 5], z=Z)
    change, lower, upper, p = (float(number) for number in roc_difference(one, two, Z))
    error = math.hypot(float(one.error), float(two.error))
    assert change == pytest.approx(float(one.value - two.value))
    assert (lower, upper) == pytest.approx((change - Z * error, change + Z * error))
    assert p == pytest.approx(2 * norm.sf(change / error))


def test_difference_of_a_perfect_ranking_has_limits_and_no_p_value():
    one, two = ranked([0, 20], [20, 0], z=Z), ranked([8, 12], [12, 8], z=Z)
    change, lower, upper, p = (float(number) for number in roc_difference(one, two, Z))
    assert lower < change <= upper <= 1
    assert math.isnan(p)


def test_groups_are_measured_at_once():
    rng = np.random.default_rng(5)
    positive, negative = rng.integers(1, 9, (4, 6)), rng.integers(1, 9, (4, 6))
    area, error = delong(positive[:, None], negative[None])
    assert area.shape == error.shape == (4, 4)
    assert float(area[1, 2]) == float(roc_area(positive[1], negative[2]))
    assert average_precision(positive, negative).shape == (4,)


def test_kish():
    assert float(kish([1, 2, 3], [1, 4, 9])) == pytest.approx(36 / 14)
    assert float(kish([0, 0], [0, 0])) == 0


def test_weighted_error_is_near_that_of_repeated_samples():
    """Weights that depend on the score: the standard deviation over 600 samples against the mean standard error."""
    rng = np.random.default_rng(11)
    steps, found, errors = np.arange(10), [], []
    for _ in range(600):
        label = rng.random(300) < 0.4
        score = np.clip(rng.normal(4 + 1.5 * label, 2).round(), 0, 9).astype(int)
        weight = np.where(score > 5, 3.0, 0.5) * rng.uniform(0.5, 1.5, 300)
        sums = [
            [np.array([kind[(label == side) & (score == step)].sum() for step in steps]) for kind in (weight, weight**2)] for side in (True, False)
        ]
        area, error = delong(sums[0][0], sums[1][0], sums[0][1], sums[1][1])
        found.append(float(area))
        errors.append(float(error))
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.08)


def test_resampling_is_seeded_by_the_table():
    table = [[5, 3, 2], [1, 4, 5]]
    assert np.array_equal(resampled(table, 20, draws=5), resampled(table, 20, draws=5))
    assert not np.array_equal(resampled(table, 20, draws=5), resampled(table, 20, draws=5, role=1))
    assert (resampled(table, 12.4, draws=5).sum(axis=(1, 2)) == 12).all()


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_percentiles(confidence):
    z = norm.isf((1 - confidence) / 2)
    draws = np.random.default_rng(1).normal(size=999)
    assert _auc.percentiles(draws, z) == pytest.approx(np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2]))
    assert all(map(math.isnan, _auc.percentiles([math.nan], z)))
