"""The columns that allow for many comparisons, and say what could have been seen."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.power import NormalIndPower

import fairlens as fl
from fairlens.stats import max_z_normal, max_z_permutation, mn_p

TABLES = {"a": (30, 15, 20, 35), "b": (60, 40, 30, 90), "c": (20, 5, 20, 15), "d": (10, 18, 22, 40)}


@pytest.fixture(scope="module")
def rows(rows_of):
    return rows_of(TABLES).assign(w=lambda f: np.random.default_rng(1).gamma(2, 1, len(f)), sex=lambda f: np.arange(len(f)) % 2)


def audit_of(rows, **more):
    return fl.audit(rows, **{"y_true": "y", "y_pred": "p", "sensitive_features": "group", **more})


def frame_of(result):
    return result.to_frame().set_index("group")


@pytest.mark.parametrize("kind", ["difference", "ratio"])
def test_p_is_that_of_the_score_test(rows, kind):
    """Pearson's chi-square with the factor (N - 1) / N, whatever is compared: the same hypothesis."""
    found = frame_of(getattr(audit_of(rows), kind)("selection_rate", reference="a"))
    counts = rows.groupby("group")["p"].agg(["sum", "count"])
    for group, p in found["p_value"].items():
        table = [[counts.loc[one, "sum"], counts.loc[one, "count"] - counts.loc[one, "sum"]] for one in (group, "a")]
        n = np.sum(table)
        statistic = scipy_stats.chi2_contingency(table, correction=False).statistic * (n - 1) / n
        assert p == pytest.approx(scipy_stats.chi2.sf(statistic, 1), rel=1e-9)


def test_p_to_everybody_is_that_to_the_rest(rows):
    rest, overall = (frame_of(audit_of(rows).difference("selection_rate", reference=one)) for one in ("rest", "overall"))
    assert overall["p_value"].equals(rest["p_value"])
    assert overall["p_adjusted"].equals(rest["p_adjusted"])


def test_adjusted_p_to_one_group_is_that_of_the_largest_z(rows):
    found = frame_of(audit_of(rows).difference("selection_rate", reference="b"))
    counts = rows.groupby("group")["p"].agg(["sum", "count"]).loc[["a", "c", "d", "b"]]
    expected = max_z_permutation(counts["sum"], counts["count"], 99_999, 5, reference=3).p_adjusted[:3]
    np.testing.assert_allclose(found.loc[["a", "c", "d"], "p_adjusted"], np.maximum(expected, found.loc[["a", "c", "d"], "p_value"]), atol=0.012)
    dunnett = (found["p_adjusted"] >= found["p_value"]) & (found["p_adjusted"] <= np.minimum(1, 3 * found["p_value"]) + 0.01)
    assert dunnett.all()


def test_adjusted_p_to_the_rest_is_that_of_the_largest_z(rows):
    found = frame_of(audit_of(rows).difference("true_positive_rate", reference="rest"))
    counts = rows[rows["y"] == 1].groupby("group")["p"].agg(["sum", "count"])
    expected = max_z_permutation(counts["sum"], counts["count"], 99_999, 5).p_adjusted
    np.testing.assert_allclose(found["p_adjusted"], np.maximum(expected, found["p_value"]), atol=0.012)


def test_weights_are_adjusted_with_effective_people(rows):
    found = frame_of(audit_of(rows, sample_weight="w").difference("selection_rate", reference="rest"))
    sums = rows.assign(pw=rows["p"] * rows["w"], ww=rows["w"] ** 2).groupby("group")[["pw", "w", "ww"]].sum()
    effective = sums["w"] ** 2 / sums["ww"]
    expected = max_z_normal(sums["pw"] / sums["w"] * effective, effective, 99_999, 5, weight=sums["w"]).p_adjusted
    np.testing.assert_allclose(found["p_adjusted"], np.maximum(expected, found["p_value"]), atol=0.012)


def test_several_metrics_and_attributes_share_the_error(rows):
    audit = audit_of(rows, sensitive_features=["group", "sex"])
    one = audit.difference("selection_rate", by="group").to_frame()
    both = audit.difference(["selection_rate", "accuracy"]).to_frame()
    first = both[(both["metric"] == "selection_rate") & (both["group"] != "(all)")]
    np.testing.assert_allclose(first["p_adjusted"], np.minimum(1, 4 * one["p_adjusted"]), rtol=1e-12)
    assert (both["p_adjusted"] >= both["p_value"] - 1e-15).all()
    assert (both["p_adjusted"] <= 1).all()


def test_one_comparison_needs_no_allowance(rows):
    two = rows[rows["group"].isin(["a", "b"])]
    for more in ({}, {"sample_weight": "w"}):
        for reference in ("b", "rest"):
            found = audit_of(two, **more).difference("selection_rate", reference=reference)
            if reference == "b":
                assert found.p_adjusted[0] == pytest.approx(found.rows[0].p_value, abs=0.012)
            assert (np.array(found.p_adjusted) >= [pair.p_value for pair in found.rows]).all()


def test_rows_that_cannot_be_compared_are_not_counted(rows_of):
    known = {"a": (30, 15, 20, 35), "b": (60, 40, 30, 90), "c": (20, 15, 20, 15)}
    plain = frame_of(audit_of(rows_of(known)).difference("true_positive_rate"))
    more = frame_of(audit_of(rows_of({**known, "few": (2, 1, 1, 0), "none": (0, 20, 0, 30)})).difference("true_positive_rate"))
    assert more.loc[["few", "none"], "p_adjusted"].isna().all()
    assert more.loc["none", ["p_value", "minimum_detectable"]].isna().all()
    assert math.isfinite(more.loc["few", "p_value"])
    assert more.loc[plain.index, "p_adjusted"].equals(plain["p_adjusted"])


def test_resampled_p_values_are_adjusted_by_their_number(rows):
    found = audit_of(rows).difference(["f1_score"], reference="a").to_frame()
    assert found["p_adjusted"].tolist() == pytest.approx(np.minimum(1, 3 * found["p_value"]).tolist())
    assert found["minimum_detectable"].isna().all()


def test_resampled_p_values_agree_with_the_score_test(rows):
    score, drawn = (frame_of(audit_of(rows).difference("selection_rate", interval=kind)) for kind in ("score", "bootstrap"))
    np.testing.assert_allclose(drawn["p_value"], score["p_value"], atol=0.06)
    assert (drawn["p_value"] >= 2 / 2_001).all()


def test_suppressed_rows_have_no_p(rows_of):
    audit = audit_of(rows_of({**TABLES, "few": (1, 1, 1, 1)}))
    shown = frame_of(audit.protect().difference("selection_rate"))
    assert shown.loc["few", ["p_value", "p_adjusted", "minimum_detectable"]].isna().all()
    assert shown["p_adjusted"].isna().sum() == (shown["status"] == "suppressed").sum()


@pytest.mark.parametrize("reference", ["a", "b"])
def test_the_smallest_difference_has_the_power_that_was_asked(rows, reference):
    audit = audit_of(rows)
    found = frame_of(audit.difference("selection_rate", reference=reference))
    rates = audit.by_group("selection_rate").to_frame().set_index("group")
    for group, row in found.iterrows():
        p, d, n, m = rates.loc[reference, "value"], row["minimum_detectable"], row["n"], row["n_reference"]
        power = min(_power(p, p + sign * d, n, m) for sign in (-1, 1) if 0 <= p + sign * d <= 1)
        assert power == pytest.approx(0.8, abs=0.01)  # in the direction that is harder to see
        effect = 2 * (math.asin(math.sqrt(min(1, p + d))) - math.asin(math.sqrt(p)))
        assert NormalIndPower().power(effect, n, 0.05, m / n) == pytest.approx(0.8, abs=0.06), group


def _power(p, q, n, m):
    """By simulation-free normal approximation: pooled variance under no difference, separate ones otherwise."""
    pooled = (n * q + m * p) / (n + m)
    z = scipy_stats.norm.ppf(0.975)
    null, true = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)), math.sqrt(q * (1 - q) / n + p * (1 - p) / m)
    return scipy_stats.norm.cdf((abs(p - q) - z * null) / true)


def test_the_smallest_difference_does_not_depend_on_what_was_seen(rows_of):
    one, two = (frame_of(audit_of(rows_of({"a": (50, 0, 50, 0), "b": b})).difference("selection_rate", reference="a")) for b in ((10, 0, 30, 0), (35, 0, 5, 0)))
    assert one.loc["b", "minimum_detectable"] == two.loc["b", "minimum_detectable"]


def test_to_everybody_the_smallest_difference_is_that_to_the_rest_scaled(rows):
    audit = audit_of(rows)
    rest, overall = (frame_of(audit.difference("selection_rate", reference=one)) for one in ("rest", "overall"))
    share = rows["group"].value_counts(normalize=True)
    for group in TABLES:
        assert overall.loc[group, "minimum_detectable"] == pytest.approx((1 - share[group]) * rest.loc[group, "minimum_detectable"])


def test_the_smallest_ratio_is_below_one(rows):
    audit = audit_of(rows)
    for reference in ("b", "rest", "overall"):
        found = frame_of(audit.ratio("selection_rate", reference=reference))
        assert ((found["minimum_detectable"] > 0) & (found["minimum_detectable"] < 1)).all()
    rates = audit.by_group("selection_rate").to_frame().set_index("group")["value"]
    found = frame_of(audit.ratio("selection_rate", reference="b")).loc["a"]
    assert _power(rates["b"], rates["b"] * found["minimum_detectable"], found["n"], found["n_reference"]) == pytest.approx(0.8, abs=0.01)


def test_fewer_independent_people_see_less(rows):
    plain = frame_of(audit_of(rows).difference("selection_rate"))
    for more in ({"sample_weight": "w"}, {"cluster": "who"}):
        less = frame_of(audit_of(rows.assign(who=np.arange(len(rows)) // 4), **more).difference("selection_rate"))
        assert (less["minimum_detectable"] > plain["minimum_detectable"]).all()


def test_the_order_of_the_groups_is_irrelevant(rows):
    turned = audit_of(rows.assign(group=rows["group"].map({"a": "z", "b": "y", "c": "x", "d": "w"})))
    one, two = frame_of(audit_of(rows).difference("selection_rate")), frame_of(turned.difference("selection_rate"))
    two.index = two.index.map({"z": "a", "y": "b", "x": "c", "w": "d"})
    numbers = ["difference", "lower", "upper", "p_value", "p_adjusted", "minimum_detectable"]
    np.testing.assert_allclose(two.loc[one.index, numbers], one[numbers], rtol=1e-12)
    assert float(mn_p(1, 2, 1, 2)) == 1
