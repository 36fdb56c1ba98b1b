"""Bootstraps over counts have the distribution of bootstraps over rows."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from fairlens.stats._bootstrap import cell_draws, cluster_draws, percentile_interval, weighted_draws

CELLS = np.array([[40, 10, 7, 23, 0, 5], [3, 0, 0, 2, 0, 0]])


def rng(seed=0):
    return np.random.default_rng(seed)


def test_cells_are_drawn_as_rows_are():
    drawn = cell_draws(CELLS, 20_000, rng())
    for g, cells in enumerate(CELLS):
        labels = np.repeat(np.arange(6), cells)
        rows = labels[rng(1).integers(0, len(labels), (20_000, len(labels)))]
        by_row = (rows[..., None] == np.arange(6)).sum(axis=1)
        np.testing.assert_allclose(drawn[:, g].mean(axis=0), by_row.mean(axis=0), atol=0.12)
        np.testing.assert_allclose(np.cov(drawn[:, g].T), np.cov(by_row.T), atol=0.5)
        kept = cells > 0
        for cell in np.flatnonzero(kept):
            assert scipy_stats.ks_2samp(drawn[:, g, cell], by_row[:, cell]).pvalue > 1e-3 or np.ptp(by_row[:, cell]) == 0


def test_groups_keep_their_sizes_and_are_drawn_apart():
    drawn = cell_draws(CELLS, 5_000, rng())
    assert (drawn.sum(axis=2) == CELLS.sum(axis=1)).all()
    assert (drawn[:, CELLS == 0] == 0).all()
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1]) < 0.05
    assert cell_draws([[0, 0]], 3, rng()).tolist() == [[[0, 0]]] * 3


def test_the_same_seed_is_the_same_draw():
    for draw in (lambda r: cell_draws(CELLS, 5, r), lambda r: weighted_draws(CELLS, CELLS * 2.0, 5, r), lambda r: cluster_draws(CELLS[:, None], 5, r)):
        np.testing.assert_array_equal(draw(rng(3)), draw(rng(3)))
        assert not np.array_equal(draw(rng(3)), draw(rng(4)))


def test_weighted_sums_have_the_mean_and_variance_of_a_poisson_bootstrap():
    """Against drawing each row a Poisson(1) number of times, with weights that differ within a cell."""
    weights = rng(5).gamma(0.5, 2, 300)
    cell = rng(6).integers(0, 3, 300)
    w, w2 = (np.bincount(cell, values) for values in (weights, weights**2))
    drawn = weighted_draws(w[None], w2[None], 40_000, rng())[:, 0]
    times = rng(7).poisson(1, (40_000, 300))
    by_row = np.stack([times[:, cell == k] @ weights[cell == k] for k in range(3)], axis=1)
    np.testing.assert_allclose(drawn.mean(axis=0), by_row.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(drawn.var(axis=0), by_row.var(axis=0), rtol=0.04)
    rates, row_rates = (sums[:, 0] / sums.sum(axis=1) for sums in (drawn, by_row))
    assert rates.std() == pytest.approx(row_rates.std(), rel=0.03)
    np.testing.assert_allclose(np.quantile(rates, [0.025, 0.975]), np.quantile(row_rates, [0.025, 0.975]), atol=0.15 * row_rates.std())


def test_equal_weights_are_the_very_poisson_bootstrap():
    drawn = weighted_draws([[6.0]], [[18.0]], 50_000, rng())[:, 0, 0] / 3  # two people of weight 3
    assert set(drawn) <= set(range(20))
    counts = np.bincount(drawn.astype(int), minlength=8)[:8]
    expected = scipy_stats.poisson.pmf(np.arange(8), 2) * 50_000
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected) + 3).all()


def test_nobody_is_never_drawn():
    assert (weighted_draws([[0.0, 1.0]], [[0.0, 1.0]], 100, rng())[:, 0, 0] == 0).all()


def test_clusters_are_drawn_whole():
    """Against drawing clusters by their number and adding up their tables."""
    tables = rng(8).poisson(1.0, (60, 2, 3)).astype(float)
    tables[30:] = tables[:30]  # equal ones are drawn together
    drawn = cluster_draws(tables, 20_000, rng())
    picked = rng(9).integers(0, 60, (20_000, 60))
    by_row = np.stack([tables[at].sum(axis=0) for at in picked])
    np.testing.assert_allclose(drawn.mean(axis=0), by_row.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(np.cov(drawn.reshape(-1, 6).T), np.cov(by_row.reshape(-1, 6).T), rtol=0.1, atol=2)


@pytest.mark.parametrize("scale", [1.0, 0.37])
def test_the_order_of_clusters_is_irrelevant(scale):
    tables = rng(8).poisson(1.0, (50, 2, 3)) * scale
    shuffled = tables[rng(1).permutation(50)]
    np.testing.assert_allclose(cluster_draws(tables, 70, rng()), cluster_draws(shuffled, 70, rng()), rtol=1e-12)


def test_no_clusters_are_no_draws():
    assert cluster_draws(np.zeros((0, 2, 6)), 4, rng()).shape == (4, 2, 6)
    assert cluster_draws(np.ones((1, 1, 2)), 4, rng()).tolist() == [[[1, 1]]] * 4


def test_percentiles_are_those_of_numpy():
    values = rng().normal(size=(501, 3))
    values[::7, 1] = np.nan
    values[::3, 2] = np.inf
    lower, upper, lost = percentile_interval(values, 0.9)
    known = np.where(np.isfinite(values), values, np.nan)
    np.testing.assert_allclose([lower, upper], np.nanquantile(known, [0.05, 0.95], axis=0), rtol=1e-12)
    np.testing.assert_allclose(lost, np.isnan(known).mean(axis=0))


def test_percentiles_of_nothing():
    lower, upper, lost = percentile_interval(np.full((9, 1), np.nan), 0.95)
    assert np.isnan([lower[0], upper[0]]).all()
    assert lost[0] == 1
    assert [float(one) for one in percentile_interval([2.0], 0.95)] == [2, 2, 0]
