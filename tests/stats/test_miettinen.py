"""Score interval of a difference and the z of a margin: published values, the definition, the edges."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion

from fairlens.stats import koopman, miettinen, mn_p, mn_z, normal_quantile, ratio_z

Z = normal_quantile(0.95)
#            x1  n1  x2  n2    Mee               Miettinen-Nurminen
NEWCOMBE = [
    ((56, 70, 48, 80), (0.0533, 0.3377), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1821, 0.8370), (0.1700, 0.8406)),
    ((6, 7, 2, 7), (0.0544, 0.8478), (0.0342, 0.8534)),
    ((5, 56, 0, 29), (-0.0313, 0.1926), (-0.0326, 0.1933)),
]
COUNTS = st.tuples(st.integers(1, 80), st.integers(1, 80)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


def rounded(limits):
    return tuple(round(float(limit), 4) for limit in limits)


@pytest.mark.parametrize(("counts", "mee", "corrected"), NEWCOMBE)
def test_examples_of_newcombe_1998(counts, mee, corrected):
    assert rounded(miettinen(*counts, Z)) == corrected
    assert rounded(miettinen(*counts, Z, corrected=False)) == mee


def test_compas_false_positive_rates():
    assert rounded(miettinen(805, 1795, 349, 1488, Z)) == (0.1822, 0.2452)


def by_grid(x1, n1, x2, n2, z, steps=4001, rates=4001):
    """All differences that the score test keeps, its restricted rates found by trying many."""
    kept = []
    for delta in np.linspace(-1, 1, steps)[1:-1]:
        p2 = np.linspace(max(0, -delta), min(1, 1 - delta), rates)[1:-1]
        p1 = p2 + delta
        likelihood = x1 * np.log(p1) + (n1 - x1) * np.log1p(-p1) + x2 * np.log(p2) + (n2 - x2) * np.log1p(-p2)
        best = likelihood.argmax()
        variance = (p1[best] * (1 - p1[best]) / n1 + p2[best] * (1 - p2[best]) / n2) * (n1 + n2) / (n1 + n2 - 1)
        if abs(x1 / n1 - x2 / n2 - delta) <= z * np.sqrt(variance):
            kept.append(delta)
    return kept[0], kept[-1]


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (6, 7, 2, 7), (5, 56, 0, 29), (0, 10, 0, 20), (3, 40, 19, 25)])
def test_limits_are_those_of_the_definition(counts):
    np.testing.assert_allclose(miettinen(*counts, Z), by_grid(*counts, Z), atol=1e-3)


def exact_z(x1, n1, x2, n2, delta):
    """The statistic in sixty digits, its restricted rate found by halving the derivative of the likelihood."""
    getcontext().prec = 60
    x1, n1, x2, n2, delta = map(Decimal, (x1, n1, x2, n2, delta))
    low, high = max(Decimal(0), -delta), min(Decimal(1), 1 - delta)
    for _ in range(150):
        p = (low + high) / 2
        slope = (x1 / (p + delta) if x1 else 0) - ((n1 - x1) / (1 - p - delta) if n1 > x1 else 0)
        slope += (x2 / p if x2 else 0) - ((n2 - x2) / (1 - p) if n2 > x2 else 0)
        low, high = (p, high) if slope > 0 else (low, p)
    variance = ((low + delta) * (1 - low - delta) / n1 + low * (1 - low) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return float((x1 / n1 - x2 / n2 - delta) / variance.sqrt())


@pytest.mark.parametrize(
    "asked",
    [(56, 70, 48, 80, 0.1), (3, 10**7, 10**4, 10**7, -0.0009), (0, 10**6, 0, 10**6, 1e-5), (5, 10**8, 5, 100, -0.01), (1, 2, 10**6, 10**7, 0.3)],
)
def test_z_is_right_for_few_and_for_many_people(asked):
    assert float(mn_z(*asked)) == pytest.approx(exact_z(*asked), rel=1e-6)


def test_p_without_a_margin_is_that_of_statsmodels():
    expected = proportion.test_proportions_2indep(56, 70, 48, 80, method="score", compare="diff", correction=True).pvalue
    assert float(mn_p(56, 70, 48, 80)) == pytest.approx(expected, rel=1e-12)


def test_statsmodels_has_another_interval_for_the_first_example():
    """Up to 0.15.0 it takes the second count for the second number of people, and finds no limits where that one is small."""
    assert rounded(proportion.confint_proportions_2indep(56, 70, 48, 80, method="score", compare="diff")) == (0.0526, 0.3440)
    with pytest.raises(ValueError, match="different signs"):
        proportion.confint_proportions_2indep(9, 10, 3, 10, method="score", compare="diff")


EDGES = [(0, 10, 0, 20), (0, 10, 0, 10), (10, 10, 20, 20), (10, 10, 0, 20), (0, 20, 10, 10), (0, 1, 0, 1), (1, 1, 0, 1), (0, 3, 5, 9), (0.3, 0.6, 0.1, 0.2)]


@pytest.mark.parametrize("counts", EDGES)
@pytest.mark.parametrize("corrected", [True, False])
def test_edges_have_an_interval_of_some_width(counts, corrected):
    lower, upper = miettinen(*counts, Z, corrected=corrected)
    assert -1 <= lower < upper <= 1
    assert lower <= counts[0] / counts[1] - counts[2] / counts[3] <= upper


def test_nobody_is_not_a_number():
    lower, upper = miettinen([0, 3, 0], [0, 9, 0], [2, 0, 0], [5, 0, 0], Z)
    assert np.isnan([lower, upper]).all()
    assert np.isnan(mn_z([0, 3], [0, 9], [2, 0], [5, 0], 0.1)).all()
    assert np.isnan(ratio_z([0, 3], [0, 9], [2, 0], [5, 0], 0.8)).all()


@settings(deadline=None, max_examples=80)
@given(COUNTS)
def test_limits_hold_the_difference_and_turn_with_the_groups(counts):
    x1, n1, x2, n2 = counts
    lower, upper = miettinen(*counts, Z)
    assert -1 <= lower <= x1 / n1 - x2 / n2 <= upper <= 1
    assert upper - lower > 0.01
    np.testing.assert_allclose(miettinen(x2, n2, x1, n1, Z), (-upper, -lower), atol=1e-9)
    np.testing.assert_allclose(miettinen(n1 - x1, n1, n2 - x2, n2, Z), (-upper, -lower), atol=1e-9)


@settings(deadline=None, max_examples=80)
@given(COUNTS, st.floats(-0.98, 0.98), st.sampled_from([0.9, 0.95, 0.99]))
def test_a_margin_is_outside_of_the_limits_where_z_rejects_it(counts, margin, confidence):
    z = normal_quantile(confidence)
    lower, upper = miettinen(*counts, z)
    if min(abs(lower - margin), abs(upper - margin)) > 1e-9:
        assert (abs(mn_z(*counts, margin)) > z) == (not lower <= margin <= upper)


@settings(deadline=None, max_examples=80)
@given(COUNTS.filter(lambda c: c[2] > 0), st.floats(0.05, 20), st.sampled_from([0.9, 0.95]))
def test_a_ratio_is_outside_of_koopmans_limits_where_z_rejects_it(counts, phi, confidence):
    z = normal_quantile(confidence)
    lower, upper = koopman(*counts, z)
    if min(abs(lower - phi), abs(upper - phi)) > 1e-6 * phi:
        assert (abs(ratio_z(*counts, phi)) > z) == (not lower <= phi <= upper)


def test_ratio_z_is_the_score_test_of_statsmodels():
    expected = proportion.test_proportions_2indep(40, 200, 75, 300, value=0.8, method="score", compare="ratio", correction=False)
    assert float(ratio_z(40, 200, 75, 300, 0.8)) == pytest.approx(expected.statistic, rel=1e-9)


@pytest.mark.parametrize(("n1", "p1", "n2", "p2"), [(50, 0.02, 1000, 0.05), (20, 0.1, 500, 0.1), (30, 0.5, 90, 0.4)])
def test_the_interval_covers_what_it_promises(n1, p1, n2, p2):
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    kept = np.abs(mn_z(x1, n1, x2, n2, p1 - p2)) <= Z
    chance = stats.binom.pmf(x1, n1, p1) * stats.binom.pmf(x2, n2, p2)
    assert 0.935 < (chance * kept).sum() < 0.975


def test_arrays_are_answered_one_by_one():
    table = np.array([counts for counts, _, _ in NEWCOMBE]).T
    lower, upper = miettinen(*table, Z)
    alone = [miettinen(*counts, Z) for counts, _, _ in NEWCOMBE]
    np.testing.assert_array_equal(np.stack([lower, upper], axis=1), alone)
    assert miettinen(56, 70, 48, 80, [Z, 1.0])[0].shape == (2,)
