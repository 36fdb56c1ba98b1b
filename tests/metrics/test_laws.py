"""Laws of every metric, on tables that nobody thought of."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

import fairlens as fl
from fairlens.metrics import FORMULAS, RATES

LAWS = settings(max_examples=15, deadline=None, database=None, derandomize=True)
NAMES = [*RATES, *FORMULAS]
FEW = [replace(formula, draws=100) for formula in FORMULAS.values()]
"""Formulas with fewer draws: the laws hold for any number of them."""
METRICS = [*RATES, *FEW]
F1 = next(formula for formula in FEW if formula.name == "f1_score")
#             (tp, fp, fn, tn, unlabelled refused, unlabelled accepted)
COUNTS = st.tuples(*[st.integers(0, 7)] * 4, *[st.integers(0, 2)] * 2)
GROUPS = st.dictionaries(st.sampled_from("abc"), COUNTS, min_size=2, max_size=3)
CELLS = ((1, 1), (0, 1), (1, 0), (0, 0), (None, 0), (None, 1))
WEIGHTS = st.lists(st.floats(0.001, 100), min_size=3, max_size=3)

UNDEFINED = {
    "selection_rate": lambda p, n, pp, pn, size: size == 0,
    "rejection_rate": lambda p, n, pp, pn, size: size == 0,
    "prevalence": lambda p, n, pp, pn, size: p + n == 0,
    "true_positive_rate": lambda p, n, pp, pn, size: p == 0,
    "false_positive_rate": lambda p, n, pp, pn, size: n == 0,
    "false_negative_rate": lambda p, n, pp, pn, size: p == 0,
    "true_negative_rate": lambda p, n, pp, pn, size: n == 0,
    "precision": lambda p, n, pp, pn, size: pp == 0,
    "negative_predictive_value": lambda p, n, pp, pn, size: pn == 0,
    "false_discovery_rate": lambda p, n, pp, pn, size: pp == 0,
    "false_omission_rate": lambda p, n, pp, pn, size: pn == 0,
    "accuracy": lambda p, n, pp, pn, size: p + n == 0,
    "balanced_accuracy": lambda p, n, pp, pn, size: p == 0 or n == 0,
    "f1_score": lambda p, n, pp, pn, size: p + pp == 0,
}


def rows_of(groups, weights=(1.0, 2.0, 0.5)):
    rows = [
        (g, y, p, weights[(i + k) % 3], f"{g}{i}{k // 2}")
        for g, counts in groups.items()
        for i, ((y, p), n) in enumerate(zip(CELLS, counts, strict=True))
        for k in range(n)
    ]
    rows += [(g, y, p, 1.0, f"{g}{y}{p}") for g, y, p in (("y", 1, 0), ("y", 0, 1), ("z", 1, 1), ("z", 0, 0))]  # there are always two groups
    return pd.DataFrame(rows, columns=["g", "y", "p", "w", "who"]).astype({"y": float})


def audit_of(frame, **more):
    return fl.audit(frame, **{"y_true": "y", "y_pred": "p", "sensitive_features": "g", **more})


def margins(counts):
    tp, fp, fn, tn = counts[:4]
    return tp + fn, fp + tn, tp + fp, fn + tn, sum(counts)


KINDS = [{}, {"sample_weight": "w"}, {"cluster": "who"}, {"sample_weight": "w", "cluster": "who"}]
INTERVALS = [(kind, interval) for kind in KINDS for interval in ("score", "bootstrap")]


@pytest.mark.parametrize(("kind", "interval"), INTERVALS, ids=str)
@settings(LAWS, max_examples=6)
@given(GROUPS, WEIGHTS)
def test_rates_are_rates_and_never_certain(kind, interval, groups, weights):
    audit = audit_of(rows_of(groups, weights), **kind)
    for row in audit.by_group([*METRICS, "predicted_positive_share"], interval=interval).rows:
        name = row.metric.name
        if row.status == "undefined":
            assert np.isnan([row.value, row.lower, row.upper]).all()
            assert row.reason
            continue
        most = math.inf if "likelihood" in name else 1
        assert 0 <= row.value <= most
        assert 0 <= row.lower <= row.value <= row.upper <= most
        assert row.upper > row.lower
        assert row.n >= 1
        assert row.effective > 0
        if name in RATES and row.value in (0, 1):
            assert row.upper - row.lower > 0.05


@pytest.mark.parametrize("kind", KINDS, ids=str)
@settings(LAWS, max_examples=6)
@given(GROUPS, st.sampled_from(["rest", "overall", "largest"]))
def test_changes_are_within_their_limits_and_never_certain(kind, groups, reference):
    audit = audit_of(rows_of(groups), **kind)
    for interval in ("score", "miettinen_nurminen", "bootstrap"):
        for pair in audit.difference(["selection_rate", "true_positive_rate", F1], reference=reference, interval=interval).rows:
            if pair.status == "undefined":
                assert np.isnan([pair.change, pair.lower, pair.upper]).all()
                continue
            assert -1 - 1e-12 <= pair.lower <= pair.change + 1e-12
            assert pair.change - 1e-12 <= pair.upper <= 1 + 1e-12
            assert pair.upper > pair.lower
            assert 0 <= pair.p_value <= 1
    for interval in ("score", "bootstrap"):
        for pair in audit.ratio(["selection_rate", F1], reference=reference, interval=interval).rows:
            if pair.status != "undefined":
                assert 0 <= pair.lower <= pair.change * (1 + 1e-9)
                assert pair.change <= pair.upper * (1 + 1e-9)
                assert pair.upper > pair.lower
                assert pair.base.value > 0


@pytest.mark.parametrize("kind", KINDS, ids=str)
@LAWS
@given(GROUPS)
def test_undefined_is_where_the_table_of_metrics_says(kind, groups):
    found = {(row.group[0], row.metric.name): row for row in audit_of(rows_of(groups), **kind).by_group(METRICS).rows}
    for group, counts in groups.items():
        p, n, pp, pn, size = margins(counts)
        _, fp, _, tn = counts[:4]
        if size == 0:
            assert (group, "selection_rate") not in found
            continue
        for name in NAMES:
            nowhere = UNDEFINED.get(name)
            if name == "positive_likelihood_ratio":
                expected = p == 0 or fp == 0
            elif name == "negative_likelihood_ratio":
                expected = p == 0 or tn == 0
            else:
                expected = nowhere(p, n, pp, pn, size)
            row = found[group, name]
            assert (row.status == "undefined") is expected, name
            assert math.isnan(row.value) is expected


@LAWS
@given(GROUPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(groups, random):
    frame = rows_of(groups)
    order = list(range(len(frame)))
    random.shuffle(order)
    for kind in KINDS:
        one, two = (audit_of(part, **kind) for part in (frame, frame.iloc[order]))
        pd.testing.assert_frame_equal(one.by_group(METRICS).to_frame(), two.by_group(METRICS).to_frame(), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@LAWS
@given(GROUPS)
def test_names_of_groups_are_irrelevant(kind, groups):
    """Every name is as good as another, also where that turns the order of the groups."""
    tables = [*map(tuple, groups.values()), (0, 1, 1, 0, 0, 0), (1, 0, 0, 1, 0, 0)]
    assume(len(set(tables)) == len(tables))  # of two groups with equal counts, one has to be drawn first
    frame, other = rows_of(groups), {"a": "z", "b": "m", "c": "k", "z": "a", "y": "b"}
    one, two = (audit_of(part, **kind) for part in (frame, frame.assign(g=frame["g"].map(other))))
    names = METRICS if "cluster" not in kind else [*RATES, "predicted_positive_share"]  # persons are drawn for all groups together
    for ask in (lambda audit: audit.by_group(names), lambda audit: audit.difference("selection_rate", reference="rest")):
        first, second = ask(one).to_frame().assign(g=lambda f: f["g"].map(other)), ask(two).to_frame()
        keys = ["g", "metric"]
        first, second = (found.set_index(keys).sort_index().drop(columns=["p_adjusted"], errors="ignore") for found in (first, second))
        pd.testing.assert_frame_equal(first, second, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", [{}, {"sample_weight": "w"}], ids=str)
@LAWS
@given(GROUPS, GROUPS, WEIGHTS)
def test_merging_is_counting_together(kind, one, two, weights):
    frames = [rows_of(groups, weights) for groups in (one, two)]
    first, second, whole = (audit_of(frame, **kind) for frame in (*frames, pd.concat(frames, ignore_index=True)))
    for added in (first + second, second + first):
        np.testing.assert_array_equal(added.cube.sums["n"], whole.cube.sums["n"])
        for name, values in added.cube.sums.items():
            np.testing.assert_allclose(values, whole.cube.sums[name], rtol=1e-12)
        pd.testing.assert_frame_equal(added.by_group(METRICS).to_frame(), whole.by_group(METRICS).to_frame(), rtol=1e-12)


@LAWS
@given(GROUPS)
def test_weights_of_one_are_no_weights(groups):
    frame = rows_of(groups, (1.0, 1.0, 1.0))
    plain, weighted = audit_of(frame), audit_of(frame, sample_weight="w")
    for interval in ("score", "bootstrap"):
        one, two = (audit.by_group(METRICS, interval=interval).to_frame() for audit in (plain, weighted))
        pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=0, atol=0)
        one, two = (audit.difference(["accuracy", F1], reference="overall", interval=interval).to_frame() for audit in (plain, weighted))
        pd.testing.assert_frame_equal(one, two, check_dtype=False, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cluster", [None, "who"])
@LAWS
@given(GROUPS, WEIGHTS, st.sampled_from([1e-6, 0.1, 3.0, 1e6]))
def test_a_common_factor_of_the_weights_is_irrelevant(cluster, groups, weights, factor):
    frame = rows_of(groups, weights)
    one, two = (audit_of(part, sample_weight="w", cluster=cluster) for part in (frame, frame.assign(w=frame["w"] * factor)))
    for ask in (lambda audit: audit.by_group(METRICS), lambda audit: audit.difference("precision", reference="rest")):
        first, second = (ask(audit).to_frame().drop(columns=["p_adjusted"], errors="ignore") for audit in (one, two))
        for name in ("numerator", "denominator"):
            if name in first:
                np.testing.assert_allclose(first[name] * factor, second[name], rtol=1e-9)
                first, second = first.drop(columns=name), second.drop(columns=name)
        pd.testing.assert_frame_equal(first, second, rtol=1e-6, atol=1e-9)


@LAWS
@given(GROUPS, st.integers(2, 4))
def test_copies_of_a_row_with_one_owner_are_one_person(groups, times):
    frame = rows_of(groups).assign(who=lambda f: np.arange(len(f)))
    copied = pd.concat([frame] * times, ignore_index=True)
    one, two = audit_of(frame, cluster="who"), audit_of(copied, cluster="who")
    for row, many in zip(one.by_group(METRICS).rows, two.by_group(METRICS).rows, strict=True):
        assert many.n == times * row.n
        assert many.value == pytest.approx(row.value, abs=1e-12, nan_ok=True)
        if row.metric.name in RATES and row.status != "undefined":
            assert many.effective == pytest.approx(row.effective)
            np.testing.assert_allclose([many.lower, many.upper], [row.lower, row.upper], atol=1e-12)


@LAWS
@given(GROUPS)
def test_one_row_per_owner_is_nearly_no_cluster(groups):
    frame = rows_of(groups).assign(who=lambda f: np.arange(len(f)))
    for row, alone in zip(audit_of(frame).by_group(list(RATES)).rows, audit_of(frame, cluster="who").by_group(list(RATES)).rows, strict=True):
        assert (alone.n, alone.status == "undefined") == (row.n, row.status == "undefined")
        assert alone.value == pytest.approx(row.value, abs=1e-12, nan_ok=True)
        if row.status != "undefined":
            assert alone.effective <= row.n
            least = row.n - 1 if row.n < 2 else (row.n - 1) * (1.959964 / student.ppf(0.975, row.n - 1)) ** 2
            assert alone.effective == pytest.approx(row.n if row.value in (0, 1) else least, rel=1e-3)


@LAWS
@given(GROUPS)
def test_opposites_add_up_to_one(groups):
    for kind in KINDS:
        found = {(row.group, row.metric.name): row for row in audit_of(rows_of(groups), **kind).by_group(list(RATES)).rows}
        for (group, name), row in found.items():
            other = next((one for (g, other), one in found.items() if g == group and one.metric.numerator == row.metric.opposite.numerator and one.metric.denominator == row.metric.denominator), None)
            if other is not None and row.status != "undefined" and other.metric.name != name:
                assert row.value + other.value == pytest.approx(1)
                assert row.lower + other.upper == pytest.approx(1)
