"""Worst cases against every case there is, and bounds under uncertain membership against linear programmes and a known truth."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fairlens.metrics import RATES
from fairlens.stats import (
    difference_bounds,
    difference_limits,
    group_corners,
    label_corners,
    membership_bounds,
    membership_corners,
    membership_difference_bounds,
    newcombe,
    normal_quantile,
    rate_bounds,
    rate_limits,
    wilson,
)

Z = normal_quantile(0.95)
few = st.integers(0, 4)


def every_labelling(counts, metric):
    """The rate for every number of positives among the unlabelled with each decision."""
    found = []
    for a, b in product(range(counts[4] + 1), range(counts[5] + 1)):
        full = [counts[0] + counts[4] - a, counts[1] + counts[5] - b, counts[2] + a, counts[3] + b]
        bottom = np.dot(full, metric.denominator[:4])
        if bottom:
            found.append(np.dot(full, metric.numerator[:4]) / bottom)
    return found


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(list(RATES.values())), st.tuples(*[few] * 6))
def test_label_bounds_are_the_extremes_of_all_labellings(metric, counts):
    low, high = rate_bounds(label_corners(counts, metric.numerator, metric.denominator))
    found = every_labelling(counts, metric)
    if found:
        assert (float(low), float(high)) == pytest.approx((min(found), max(found)), abs=1e-12)
    else:
        assert np.isnan(low)
        assert np.isnan(high)


def test_groups_and_weights_are_bounded_at_once():
    counts = np.array([[40.0, 10, 20, 30, 5, 10], [1.5, 0.5, 2.5, 3.5, 0.25, 0.75]])
    metric = RATES["precision"]
    low, high = rate_bounds(label_corners(counts, metric.numerator, metric.denominator))
    assert low.tolist() == pytest.approx([30 / 50, 3.5 / 4.75])
    assert high.tolist() == pytest.approx([40 / 50, 4.25 / 4.75])


def every_assignment(top, bottom, more, of):
    for taken, others in product(range(more + 1), range(of - more + 1)):
        if bottom + taken + others:
            yield (top + taken) / (bottom + taken + others)


@settings(deadline=None, max_examples=100)
@given(few, few, few, few)
def test_group_bounds_are_the_extremes_of_all_assignments(top, rest, more, others):
    low, high = rate_bounds(group_corners(top, top + rest, more, more + others))
    found = list(every_assignment(top, top + rest, more, more + others))
    if found:
        assert (float(low), float(high)) == pytest.approx((min(found), max(found)))
    else:
        assert np.isnan(low)


@settings(deadline=None, max_examples=60)
@given(st.tuples(few, few, few, few), few, few)
def test_two_groups_reach_their_worst_cases_together(known, more, others):
    """Everybody of unknown group is of one of the two: the difference still reaches both of its bounds."""
    x1, r1, x2, r2 = known
    assume(x1 + r1 and x2 + r2)
    low, high = difference_bounds(*(group_corners(x, x + r, more, more + others) for x, r in ((x1, r1), (x2, r2))))
    found = [
        (x1 + a) / (x1 + r1 + a + b) - (x2 + more - a) / (x2 + r2 + more - a + others - b)
        for a, b in product(range(more + 1), range(others + 1))
    ]
    assert (float(low), float(high)) == pytest.approx((min(found), max(found)), abs=1e-12)


def test_nothing_unknown_is_the_rate_and_its_own_interval():
    corners, other = group_corners(30, 60, 0, 0), group_corners(20, 80, 0, 0)
    assert [float(end) for end in rate_bounds(corners)] == [0.5, 0.5]
    assert [float(end) for end in rate_limits(corners, 1.0, Z)] == pytest.approx([float(end) for end in wilson(30, 60, Z)])
    limits = difference_limits(corners, other, 1.0, 1.0, Z)
    assert [float(end) for end in limits] == pytest.approx([float(end) for end in newcombe(30, 60, 20, 80, Z)])


@settings(deadline=None, max_examples=60)
@given(few, few, few, few, st.floats(0.2, 1))
def test_chance_widens_the_bounds(top, rest, more, others, information):
    assume(top + rest + more + others)
    corners = group_corners(top, top + rest, more, more + others)
    (low, high), (least, most) = rate_bounds(corners), rate_limits(corners, information, Z)
    assert 0 <= least <= low <= high <= most <= 1
    other = group_corners(2, 5, 1, 3)
    below, above = difference_bounds(corners, other)
    lowest, highest = difference_limits(corners, other, information, 1.0, Z)
    assert lowest <= below <= above <= highest
    wider = rate_limits(corners, information / 2, Z)
    assert wider[0] <= least
    assert most <= wider[1]


def one_class(seed, groups=3):
    rng = np.random.default_rng(seed)
    classes = 3
    probabilities = rng.dirichlet(np.ones(groups), classes)
    people = rng.integers(10, 50, classes).astype(float)
    selected = rng.binomial(people.astype(int), 0.4).astype(float)
    return probabilities, selected, people


@pytest.mark.parametrize("seed", range(6))
def test_membership_bounds_are_those_of_a_linear_programme(seed):
    """Unknown: how many of each class and group are selected. Known: the margins."""
    probabilities, selected, people = one_class(seed)
    classes, groups = probabilities.shape
    mass = probabilities * people[:, None]
    size = mass.sum(axis=0)
    box = [(0, mass[z, k]) for z in range(classes) for k in range(groups)]
    equal = np.kron(np.eye(classes), np.ones(groups))

    def best(goal):
        return linprog(goal.reshape(-1), A_eq=equal, b_eq=selected, bounds=box).fun

    lower, upper = membership_bounds(probabilities, selected, people)
    below, above = membership_difference_bounds(probabilities, selected, people)
    for k in range(groups):
        goal = np.zeros((classes, groups))
        goal[:, k] = 1 / size[k]
        assert (lower[k], upper[k]) == pytest.approx((best(goal), -best(-goal)), abs=1e-9)
        for j in range(groups):
            pair = goal.copy()
            pair[:, j] -= 1 / size[j]
            assert (below[k, j], above[k, j]) == pytest.approx((best(pair), -best(-pair)), abs=1e-9)


def tables_with(rows, columns):
    """Every table of two groups (and the rest) by three outcomes with these margins."""
    for first in product(range(rows[0] + 1), repeat=2):
        if sum(first) > rows[0]:
            continue
        one = (*first, rows[0] - sum(first))
        for second in product(range(rows[1] + 1), repeat=2):
            if sum(second) > rows[1]:
                continue
            two = (*second, rows[1] - sum(second))
            if all(a + b <= c for a, b, c in zip(one, two, columns, strict=True)):
                yield one, two


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((3, 4, 2), (2, 3, 4)), ((5, 3, 0), (1, 6, 1)), ((2, 2, 5), (4, 4, 1)), ((6, 2, 0), (4, 3, 1)), ((4, 4, 1), (0, 5, 4))],
)
def test_rates_among_some_are_the_extremes_of_all_tables(rows, columns):
    """`among`: in the numerator, in the denominator only, in neither."""
    size = sum(rows)
    given_ = (np.array([rows]) / size, [columns[0]], [size], [columns[0] + columns[1]])
    lower, upper = membership_bounds(*given_)
    below, above = membership_difference_bounds(*given_)
    every = list(tables_with(rows, columns))
    for k in range(2):
        rates = [table[k][0] / sum(table[k][:2]) for table in every if sum(table[k][:2])]
        assert (lower[k], upper[k]) == pytest.approx((min(rates), max(rates)))
    gaps = [one[0] / sum(one[:2]) - two[0] / sum(two[:2]) for one, two in every if sum(one[:2]) and sum(two[:2])]
    assert (below[0, 1], above[0, 1]) == pytest.approx((min(gaps), max(gaps)))
    assert below[0, 0] == above[1, 1] == 0


def test_a_group_outside_of_every_denominator_has_no_bounds():
    lower, upper = membership_bounds([[1.0, 0.0]], [3], [10], [6])
    assert lower[0] == upper[0] == 0.5
    assert np.isnan([lower[1], upper[1]]).all()
    below, above = membership_difference_bounds([[1.0, 0.0]], [3], [10], [6])
    assert np.isnan([below[0, 1], above[0, 1], below[1, 1]]).all()


def test_certain_membership_leaves_nothing_open():
    lower, upper = membership_bounds([[1, 0], [0, 1], [1, 0]], [3, 4, 5], [10, 10, 30])
    assert lower.tolist() == upper.tolist() == [8 / 40, 0.4]


@pytest.mark.parametrize("dependence", [-1.0, 0.0, 0.6, 1.0])
def test_the_truth_is_inside_whatever_goes_together_within_a_class(dependence):
    rng = np.random.default_rng(5)
    people = 20_000
    chance = rng.choice([0.1, 0.3, 0.6, 0.9], people)
    group = rng.random(people) < chance
    base = 0.2 + 0.5 * (chance > 0.5)
    decided = rng.random(people) < np.clip(base + 0.2 * dependence * (group - chance), 0, 1)
    classes, place = np.unique(chance, return_inverse=True)
    held = np.array([group[place == z].mean() for z in range(len(classes))])  # a model that is right within each class
    size = np.bincount(place).astype(float)
    lower, upper = membership_bounds(np.stack([held, 1 - held], axis=1), np.bincount(place, decided), size)
    truth = np.array([decided[group].mean(), decided[~group].mean()])
    assert (lower <= truth).all()
    assert (truth <= upper).all()
    fractional = (chance * decided).sum() / chance.sum()
    if dependence == 0:
        assert fractional == pytest.approx(truth[0], abs=0.02)
    else:
        assert abs(fractional - truth[0]) > 0.02


def test_limits_cover_the_worst_case():
    """The truth is the highest rate that the probabilities allow: what chance adds must reach it as often as it says."""
    rng = np.random.default_rng(8)
    p, chance, size = np.array([[0.2], [0.5], [0.8]]), np.array([0.1, 0.4, 0.5]), np.array([0.3, 0.4, 0.3])
    truth = (size * np.minimum(p[:, 0], chance)).sum() / (size @ p[:, 0])
    people = rng.multinomial(500, size, 800)
    reached, plain = 0, 0
    for n, x in zip(people, rng.binomial(people, chance), strict=True):
        corners, information = membership_corners(p, x, n)
        reached += float(rate_limits(corners, information, Z)[1][0]) >= truth
        plain += float(rate_limits(corners, 1.0, Z)[1][0]) >= truth
    assert reached / 800 >= 0.945
    assert plain < reached


def test_a_certain_group_tells_as_much_as_its_people():
    corners, information = membership_corners([[1, 0], [0, 1]], [30, 10], [100, 50], [60, 40])
    assert information == pytest.approx(np.ones((2, 2)))
    assert corners.denominator.tolist() == [[60, 60], [40, 40]]
    assert corners.numerator.tolist() == [[30, 30], [10, 10]]
