"""Two decisions about the same people: oracle, coverage, edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial
from statsmodels.stats.contingency_tables import mcnemar as oracle

from fairlens.stats import bonett_price, mcnemar, normal_quantile, paired_replicates

Z = normal_quantile(0.95)


@pytest.mark.parametrize(("gained", "lost"), [(15, 5), (5, 15), (0, 3), (0, 0), (7, 7), (1200, 1300), (1, 900), (0, 1)])
def test_mcnemar_is_the_exact_one(gained, lost):
    assert mcnemar(gained, lost) == pytest.approx(oracle([[0, gained], [lost, 0]], exact=True).pvalue, rel=1e-9)


def test_bonett_and_price_by_hand():
    """Ten gained and four lost of 60: 11/62 and 5/62, so 6/62 with the variance (16/62 - (6/62)^2)/62."""
    lower, upper = bonett_price(10, 4, 60, Z)
    half = Z * np.sqrt((16 / 62 - (6 / 62) ** 2) / 62)
    assert (lower, upper) == pytest.approx((6 / 62 - half, 6 / 62 + half))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_interval_holds_the_difference_and_has_some_width(gained, lost, same, confidence):
    n = gained + lost + same
    lower, upper = bonett_price(gained, lost, n, normal_quantile(confidence))
    if n == 0:
        assert np.isnan([lower, upper]).all()
        return
    assert -1 <= lower <= (gained - lost) / n <= upper <= 1
    assert lower < upper
    np.testing.assert_allclose(bonett_price(lost, gained, n, normal_quantile(confidence)), (-upper, -lower))


@pytest.mark.parametrize(("gain", "loss", "n"), [(0.02, 0.02, 40), (0.2, 0.05, 25), (0.1, 0.1, 60), (0.3, 0.3, 30)])
def test_bonett_and_price_cover_what_they_promise(gain, loss, n):
    gained, lost = (part.ravel() for part in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    able = gained + lost <= n
    gained, lost = gained[able], lost[able]
    chance = multinomial.pmf(np.stack([gained, lost, n - gained - lost], 1), n, [gain, loss, 1 - gain - loss])
    lower, upper = bonett_price(gained, lost, n, Z)
    assert 0.94 < (chance * ((lower <= gain - loss) & (gain - loss <= upper))).sum() <= 1


CELLS = np.array([[[40, 2], [6, 15]], [[10, 12], [4, 51]], [[3, 1], [0, 2]]])  # label, first decision, second decision


def precision(drawn, decision):
    """Of those decided for (axis 2 the first time, axis 3 the second), the share with the label."""
    decided = np.take(drawn, 1, axis=decision).sum(axis=2)
    return decided[:, 1] / decided[:, :2].sum(axis=1)


PRECISION = (lambda drawn: precision(drawn, 2), lambda drawn: precision(drawn, 3))


def test_replicates_are_those_of_drawing_people_again():
    found = paired_replicates(CELLS, *PRECISION, rounds=20_000)
    rows = np.repeat(np.arange(CELLS.size), CELLS.ravel())
    label, first, second = (part.ravel()[rows] for part in np.indices(CELLS.shape))
    rng = np.random.default_rng(3)
    again = []
    for _ in range(3000):
        some = rng.integers(0, len(rows), len(rows))
        y, p, q = label[some], first[some], second[some]
        again.append(((y == 1) & (q == 1)).sum() / ((y < 2) & (q == 1)).sum() - ((y == 1) & (p == 1)).sum() / ((y < 2) & (p == 1)).sum())
    np.testing.assert_allclose(np.quantile(found, [0.025, 0.5, 0.975]), np.quantile(again, [0.025, 0.5, 0.975]), atol=0.006)


def test_replicates_of_a_rate_agree_with_bonett_and_price():
    first, second = (lambda drawn: drawn[:, :, 1].sum(axis=(1, 2)) / CELLS.sum()), (lambda drawn: drawn[..., 1].sum(axis=(1, 2)) / CELLS.sum())
    found = paired_replicates(CELLS, first, second, rounds=20_000)
    gained, lost = int(CELLS[:, 0, 1].sum()), int(CELLS[:, 1, 0].sum())
    np.testing.assert_allclose(np.quantile(found, [0.025, 0.975]), bonett_price(gained, lost, CELLS.sum(), Z), atol=0.015)


def test_nobody_gives_no_replicate_and_a_seed_the_same_ones():
    assert np.isnan(paired_replicates(CELLS * 0, *PRECISION, rounds=5)).all()
    one, two = (paired_replicates(CELLS, *PRECISION, rounds=50, random_state=seed) for seed in (1, 1))
    np.testing.assert_array_equal(one, two)
