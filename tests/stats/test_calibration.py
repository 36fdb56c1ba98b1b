"""Brier score, calibration and its errors from sums, against scikit-learn, statsmodels and rows."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from fairlens.stats import _calibration as cal
from fairlens.stats._calibration import (
    bounded_mean,
    brier_score,
    brier_skill,
    calibration_error,
    calibration_in_the_large,
    calibration_line,
    equal_mass_bins,
    error_limits,
    event_rate,
    large_error,
    null_error,
    rough_null_error,
)

Z = 1.959963984540054
people = st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=2, max_size=60)
relaxed = settings(deadline=None, max_examples=80)


def sums_of(scores, labels, steps=101):
    """Tables (2, steps) of people, sums of scores and of their squares, by hundredths."""
    place = np.floor(np.asarray(scores) * (steps - 1) + 1e-9).astype(int)
    return [
        np.stack([np.bincount(place[labels == y], weight[labels == y], steps) for y in (0, 1)])
        for weight in (np.ones(len(scores)), np.asarray(scores), np.asarray(scores) ** 2)
    ]


@given(people)
@relaxed
def test_brier_score_is_scikit_learns(rows):
    scores, labels = np.array([s / 100 for s, _ in rows]), np.array([int(y) for _, y in rows])
    tables = sums_of(scores, labels)
    assert float(brier_score(*tables)) == pytest.approx(brier_score_loss(labels, scores, pos_label=1), abs=1e-12)
    difference, _ = calibration_in_the_large(tables[0], tables[1])
    assert float(difference) == pytest.approx(labels.mean() - scores.mean(), abs=1e-12)
    error = float(large_error(difference, brier_score(*tables), len(rows)))
    assert error == pytest.approx((labels - scores).std(ddof=1) / math.sqrt(len(rows)), abs=1e-7)


def test_skill_is_zero_for_the_rate_itself_and_undefined_without_both_outcomes():
    labels = np.array([0] * 30 + [1] * 20)
    assert float(brier_skill(*sums_of(np.full(50, 0.4), labels))) == pytest.approx(0, abs=1e-12)
    assert float(brier_skill(*sums_of(labels.astype(float), labels))) == pytest.approx(1)
    assert math.isnan(float(brier_skill(*sums_of(np.full(50, 0.4), np.ones(50, int)))))


def test_nobody_and_no_expectation_are_undefined():
    nothing = np.zeros((2, 3))
    assert math.isnan(float(brier_score(nothing, nothing, nothing)))
    assert math.isnan(float(event_rate(nothing)))
    _, ratio = calibration_in_the_large([[3.0], [2.0]], [[0.0], [0.0]])
    assert math.isnan(float(ratio))


@pytest.mark.parametrize("seed", range(6))
def test_line_is_that_of_a_logistic_regression(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(1, 100, 800) / 100
    labels = (rng.random(800) < 1 / (1 + np.exp(-(rng.normal() + rng.uniform(0.2, 2) * np.log(scores / (1 - scores)))))).astype(int)
    weights, summed, _ = sums_of(scores, labels)
    line = calibration_line(weights, summed)
    logit = np.log(scores / (1 - scores))
    fit = sm.Logit(labels, sm.add_constant(logit)).fit(disp=0, tol=1e-12)
    assert (line.intercept, line.slope) == pytest.approx(tuple(fit.params), abs=1e-6)
    assert (line.intercept_error, line.slope_error) == pytest.approx(tuple(fit.bse), rel=1e-5)


def test_line_of_weights_counts_kish():
    rng = np.random.default_rng(3)
    scores, labels = rng.integers(5, 96, 400) / 100, rng.integers(0, 2, 400)
    weights, summed, _ = sums_of(scores, labels)
    plain, doubled = calibration_line(weights, summed), calibration_line(2 * weights, 2 * summed, weights.sum(axis=1))
    assert plain == pytest.approx(doubled)


@pytest.mark.parametrize(
    ("scores", "labels", "why"),
    [
        ([0.2, 0.8] * 20, [0] * 35 + [1] * 5, "few"),
        ([0.5] * 40, [0, 1] * 20, "alike"),
        ([0.2] * 20 + [0.8] * 20, [0] * 20 + [1] * 20, "separated"),
        ([0.8] * 20 + [0.2] * 20, [0] * 20 + [1] * 20, "separated"),
        ([0.2] * 20 + [0.5] * 5 + [0.8] * 20, [0] * 20 + [0, 0, 1, 1, 1] + [1] * 20, "separated"),
    ],
)
def test_line_says_why_there_is_none(scores, labels, why):
    weights, summed, _ = sums_of(np.array(scores), np.array(labels))
    line = calibration_line(weights, summed)
    assert line.why == why
    assert all(math.isnan(number) for number in line[:4])


def test_line_of_scores_of_nought_and_one_is_finite():
    scores, labels = np.array([0.0, 0.0, 1.0, 1.0] * 10), np.array([0, 1, 0, 1, 0, 0, 1, 1] * 5)
    line = calibration_line(*sums_of(scores, labels)[:2])
    assert line.why == ""
    assert all(map(math.isfinite, line[:4]))


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 12))
@relaxed
def test_bins_are_in_order_occupied_and_at_most_as_many_as_asked(mass, wanted):
    bins = equal_mass_bins(mass, wanted)
    assert (np.diff(bins) >= 0).all()
    assert bins.min() >= 0
    assert bins.max() < wanted
    if sum(mass):
        assert set(bins[np.array(mass) > 0]) == set(range(bins.max() + 1))


def test_bins_hold_equally_many_where_steps_allow():
    assert np.bincount(equal_mass_bins(np.ones(100), 10)).tolist() == [10] * 10


def test_curve_and_error_are_those_of_scikit_learns_equal_bins():
    rng = np.random.default_rng(2)
    scores = np.repeat(np.arange(1, 101) / 101, 8)
    labels = (rng.random(800) < scores**1.4).astype(int)
    weights, summed, _ = sums_of(scores, labels)
    bins = equal_mass_bins(weights.sum(axis=0), 10)
    rate, mean = calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    events, expected, mass = cal._by_bin(weights, summed, bins)
    assert (events / mass).tolist() == pytest.approx(rate.tolist())
    assert (expected / mass).tolist() == pytest.approx(mean.tolist())
    assert float(calibration_error(weights, summed, bins)) == pytest.approx(np.abs(rate - mean).mean())


def test_null_error_is_what_calibrated_scores_show():
    """Two hundred people, ten bins, a rate of 0.3: about 0.08, by the formula, the sums and a simulation."""
    table = np.stack([np.full(10, 14.0), np.full(10, 6.0)])
    by_sums = float(null_error(table, 0.3 * table, 0.09 * table, np.arange(10)))
    rng = np.random.default_rng(4)
    events = rng.binomial(20, 0.3, (4000, 10))
    simulated = float(np.abs(events / 20 - 0.3).mean())
    assert rough_null_error(200, 10, 0.3) == pytest.approx(by_sums, abs=1e-9)
    assert by_sums == pytest.approx(simulated, abs=0.003)
    assert round(by_sums, 2) == round(simulated, 2) == 0.08


def test_interval_of_the_error_covers_it():
    """Calibrated scores: percentiles of a bootstrap never reach 0; this interval does in nearly every sample."""
    rng = np.random.default_rng(8)
    scores = (np.arange(50) + 0.5) / 50
    hits, beyond = 0, 0
    for _ in range(60):
        people = rng.multinomial(500, np.full(50, 0.02))
        events = rng.binomial(people, scores)
        table = np.stack([people - events, events]).astype(float)
        bins = equal_mass_bins(people, 10)
        estimate = float(calibration_error(table, table * scores, bins))
        low, high = error_limits(table, table * scores, table * scores**2, bins, Z)
        assert low - 1e-12 <= estimate <= high + 1e-12
        assert high > low
        hits += low == 0
        drawn = cal_draws(table, scores, bins)
        beyond += np.quantile(drawn, 0.025) > 0
    assert hits >= 54
    assert beyond == 60


def cal_draws(table, scores, bins):
    from fairlens.stats._auc import resampled

    drawn = resampled(table, table.sum(), 200)
    return calibration_error(drawn, drawn * scores, bins)


def test_interval_of_an_error_of_nought_is_not_of_zero_width():
    table = np.stack([np.full(10, 14.0), np.full(10, 6.0)])
    low, high = error_limits(table, 0.3 * table, 0.09 * table, np.arange(10), Z)
    assert low == 0
    assert high > 0.08


def test_interval_finds_a_large_error():
    table = np.stack([np.full(10, 140.0), np.full(10, 60.0)])
    low, high = error_limits(table, 0.6 * table, 0.36 * table, np.arange(10), Z)
    assert 0.25 < low < 0.3 < high < 0.35


def test_bounded_mean_scales_wilsons_interval():
    lower, upper = bounded_mean(0.0, 10, Z, -1.0, 1.0)
    assert (float(lower), float(upper)) == pytest.approx((-0.5268, 0.5268), abs=1e-4)
