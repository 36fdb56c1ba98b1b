"""Rows that stand for more or fewer people: rates are weighted, n is rows, and intervals use the number of equal rows that would tell as much."""

import pickle

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest
from answers import check_answers
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

import fairlens as fl
from fairlens.exceptions import (
    ColumnNotFound,
    CubesDiffer,
    MissingValues,
    OutOfRange,
    ShapesDiffer,
    WrongKind,
)
from fairlens.metrics import FORMULAS, RATES
from fairlens.stats import koopman, miettinen, newcombe, normal_quantile

Z = normal_quantile(0.95)


def rate_of(event, given):
    """The weighted share of an event among the people for whom `given` holds."""
    return lambda y, p, w: np.average(event(y, p)[given(y, p)], weights=w[given(y, p)])


ORACLES = {
    "selection_rate": lambda y, p, w: fairlearn.selection_rate(y, p, sample_weight=w),
    "rejection_rate": lambda y, p, w: 1 - fairlearn.selection_rate(y, p, sample_weight=w),
    "prevalence": lambda y, p, w: np.average(y, weights=w),
    "true_positive_rate": lambda y, p, w: sk.recall_score(y, p, sample_weight=w),
    "false_positive_rate": lambda y, p, w: 1 - sk.recall_score(y, p, pos_label=0, sample_weight=w),
    "false_negative_rate": lambda y, p, w: 1 - sk.recall_score(y, p, sample_weight=w),
    "true_negative_rate": lambda y, p, w: sk.recall_score(y, p, pos_label=0, sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(y, p, sample_weight=w),
    "negative_predictive_value": lambda y, p, w: sk.precision_score(y, p, pos_label=0, sample_weight=w),
    "false_discovery_rate": lambda y, p, w: 1 - sk.precision_score(y, p, sample_weight=w),
    "false_omission_rate": lambda y, p, w: 1 - sk.precision_score(y, p, pos_label=0, sample_weight=w),
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p, sample_weight=w),
    "f1_score": lambda y, p, w: sk.f1_score(y, p, sample_weight=w),
    "positive_likelihood_ratio": lambda y, p, w: sk.class_likelihood_ratios(y, p, sample_weight=w)[0],
    "negative_likelihood_ratio": lambda y, p, w: sk.class_likelihood_ratios(y, p, sample_weight=w)[1],
}
INSIDE = {
    "selection_rate": lambda y, p: y == y, "accuracy": lambda y, p: y == y, "true_positive_rate": lambda y, p: y == 1,
    "false_positive_rate": lambda y, p: y == 0, "precision": lambda y, p: p == 1, "false_omission_rate": lambda y, p: p == 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(people):
    return people.assign(w=np.random.default_rng(8).gamma(0.7, 2.0, len(people)))


def audit_of(rows, **more):
    given = {"y_true": "y", "y_pred": "p", "sensitive_features": ["race", "sex"], "sample_weight": "w", **more}
    return fl.audit(rows, **given)


def test_there_is_an_oracle_for_every_rate_and_formula():
    assert set(ORACLES) == {*RATES, *FORMULAS}


@pytest.mark.parametrize("name", ORACLES)
def test_weighted_values_are_those_of_scikit_learn(rows, name):
    found = audit_of(rows).by_group(name, by="race").to_frame().set_index("race")["value"]
    for race, part in rows.groupby("race"):
        expected = ORACLES[name](*(part[column].to_numpy() for column in ("y", "p", "w")))
        assert found[race] == pytest.approx(expected, abs=1e-12)
    expected = ORACLES[name](*(rows[column].to_numpy() for column in ("y", "p", "w")))
    assert audit_of(rows).overall(name).to_frame()["value"][0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["selection_rate", "true_positive_rate", "false_positive_rate"])
@pytest.mark.parametrize("by", ["race", ["race", "sex"]], ids=str)
def test_weighted_groups_are_those_of_fairlearn(rows, name, by):
    expected = fairlearn.MetricFrame(
        metrics=getattr(fairlearn, name), y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows[by],
        sample_params={"sample_weight": rows["w"]},
    ).by_group  # fmt: skip
    found = audit_of(rows).by_group(name, by=by).to_frame().set_index([by] if isinstance(by, str) else by)["value"]
    assert len(found) == len(expected)
    for group, value in expected.items():
        assert found.loc[group] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", INSIDE)
def test_intervals_use_kishs_number_and_n_is_rows(rows, name):
    table = audit_of(rows).by_group(name, by="race", confidence=0.9)
    for row in table.rows:
        part = rows[rows["race"] == row.group[0]]
        w = part["w"][INSIDE[name](part["y"], part["p"])].to_numpy()
        kish = w.sum() ** 2 / (w**2).sum()
        assert row.effective == pytest.approx(kish, rel=1e-12)
        assert row.n == len(w)
        assert row.denominator == pytest.approx(w.sum())
        expected = proportion_confint(row.value * kish, kish, alpha=0.1, method="wilson")
        np.testing.assert_allclose([row.lower, row.upper], expected, atol=1e-12)


def test_kishs_number_is_the_variance_of_a_weighted_mean(rows):
    """Where the outcome has nothing to do with the weights, p (1 - p) / n_eff is the variance over samples."""
    rng = np.random.default_rng(0)
    w = rows["w"].to_numpy()[:200]
    kish = w.sum() ** 2 / (w**2).sum()
    drawn = (rng.random((20_000, 200)) < 0.3) @ w / w.sum()
    assert drawn.var() == pytest.approx(0.21 / kish, rel=0.05)
    row = fl.audit(y_pred=(rng.random(200) < 0.3).astype(int), sensitive_features={"g": ["a"] * 200}, sample_weight=w).by_group("selection_rate").rows[0]
    assert row.effective == pytest.approx(kish)


def test_weighted_means_are_those_of_statsmodels(rows):
    for row in audit_of(rows).by_group("selection_rate", by="sex").rows:
        part = rows[rows["sex"] == row.group[0]]
        described = DescrStatsW(part["p"], weights=part["w"])
        assert row.value == pytest.approx(described.mean, abs=1e-12)
        assert row.denominator == pytest.approx(described.sum_weights)


@pytest.mark.parametrize(
    ("kind", "interval", "method"),
    [("difference", "score", newcombe), ("difference", "miettinen_nurminen", miettinen), ("ratio", "score", koopman)],
)
def test_comparisons_use_kishs_number_of_both(rows, kind, interval, method):
    audit = audit_of(rows)
    by = {row.group[0]: row for row in audit.by_group("true_positive_rate", by="race").rows}
    for pair in getattr(audit, kind)("true_positive_rate", by="race", reference="white", interval=interval).rows:
        one, two = by[pair.row.group[0]], by["white"]
        expected = method(one.value * one.effective, one.effective, two.value * two.effective, two.effective, Z)
        np.testing.assert_allclose([pair.lower, pair.upper], expected, atol=1e-12)


def test_the_rest_is_everybody_else(rows):
    found = audit_of(rows).difference("selection_rate", by="race", reference="rest")
    for pair in found.rows:
        rest = rows[rows["race"] != pair.row.group[0]]
        assert pair.base.value == pytest.approx(np.average(rest["p"], weights=rest["w"]), abs=1e-12)
        assert pair.base.effective == pytest.approx(rest["w"].sum() ** 2 / (rest["w"] ** 2).sum(), rel=1e-9)
        assert pair.base.n == len(rest)
    share = {row.group[0]: row.denominator for row in audit_of(rows).by_group("selection_rate", by="race").rows}
    for pair, rest in zip(audit_of(rows).difference("selection_rate", by="race", reference="overall").rows, found.rows, strict=True):
        scale = 1 - share[pair.row.group[0]] / sum(share.values())
        np.testing.assert_allclose([pair.change, pair.lower, pair.upper], [scale * one for one in (rest.change, rest.lower, rest.upper)], atol=1e-12)
        assert pair.p_value == rest.p_value


def test_every_engine_gives_the_same_weighted_audit(frame):
    columns = {"g": ["a", "b", "c", None] * 30, "y": [1, 0, 0, 1, 1, 0] * 20, "p": [1, 0, 1] * 40, "w": [0.5, 1.25, 0.0, 3.0] * 30}
    roles = {"y_true": "y", "y_pred": "p", "sensitive_features": "g"}
    plain = fl.audit(pd.DataFrame(columns), sample_weight="w", **roles)
    for found in (fl.audit(frame(columns), sample_weight="w", **roles), fl.audit(frame(columns), sample_weight=columns["w"], **roles)):
        assert found.cube == plain.cube
        assert found.by_group(["accuracy", "f1_score"]).to_frame().equals(plain.by_group(["accuracy", "f1_score"]).to_frame())


@pytest.mark.parametrize("kind", ["int8", "int64", "float32", "Int64", "uint16"])
def test_whole_weights_are_weights(rows, kind):
    whole = (rows["w"].round() % 100).astype(int)
    found = audit_of(rows.assign(w=whole.astype(kind))).by_group("accuracy").to_frame()
    assert found.equals(audit_of(rows.assign(w=whole.astype(float))).by_group("accuracy").to_frame())


@pytest.mark.parametrize(
    ("first", "error", "said"),
    [
        (np.nan, MissingValues, "missing for 1 of 900"),
        (np.inf, OutOfRange, "1 of 900 weights are negative, infinite"),
        (-0.1, OutOfRange, "1 of 900 weights are negative"),
        (1e200, OutOfRange, "1 of 900 weights are"),
        (1e-200, OutOfRange, "1 of 900 weights are"),
    ],
)
def test_a_weight_is_a_number_of_people(rows, first, error, said):
    wrong = rows.assign(w=[first, *rows["w"][1:]])
    with pytest.raises(error, match="`sample_weight`") as caught:
        audit_of(wrong)
    assert said in str(caught.value)
    assert str(caught.value).splitlines()[-1].startswith("Hint: data = data")
    assert "decision" not in str(caught.value)


def test_other_wrong_weights(rows):
    with pytest.raises(OutOfRange, match="900 of 900 weights are zero"):
        audit_of(rows.assign(w=0.0))
    for wrong in ("x", True):
        with pytest.raises(WrongKind, match="It must hold numbers"):
            audit_of(rows.assign(w=wrong))
    with pytest.raises(ColumnNotFound, match="`sample_weight` names the column 'zz'"):
        audit_of(rows, sample_weight="zz")
    with pytest.raises(ShapesDiffer, match="`sample_weight` has 2 values"):
        audit_of(rows, sample_weight=[1.0, 2.0])


def test_people_of_no_weight_are_in_n_and_in_nothing_else(rows):
    some = rows.assign(w=np.where(np.arange(len(rows)) < 300, 0.0, rows["w"]))
    for with_them, without in zip(audit_of(some).by_group("accuracy").rows, audit_of(some[300:]).by_group("accuracy").rows, strict=True):
        assert with_them.n > without.n
        np.testing.assert_allclose([with_them.value, with_them.lower, with_them.upper], [without.value, without.lower, without.upper], rtol=1e-12)


def test_a_group_of_no_weight_has_no_rate(rows):
    audit = audit_of(rows.assign(w=rows["w"] * (rows["race"] != "Black")), favorable=1)
    for metric in ("selection_rate", "f1_score", "balanced_accuracy"):
        row = next(row for row in audit.by_group(metric, by="race").rows if row.group == ("Black",))
        assert (row.status, row.reason) == ("undefined", "everybody in the denominator has weight 0")
        assert row.n > 0
        assert np.isnan(row.value)
    check_answers(audit)


@pytest.mark.parametrize("metric", ["selection_rate", "f1_score"])
@pytest.mark.parametrize("reference", ["rest", "overall"])
def test_a_rest_of_no_weight_is_nobody(rows, metric, reference):
    """Sums in another order leave a rounding error, which is no person."""
    audit = audit_of(rows.assign(w=rows["w"] * (rows["race"] == "white") / 3))
    pair = next(pair for pair in audit.difference(metric, by="race", reference=reference).rows if pair.row.group == ("white",))
    assert pair.status == "undefined"
    assert np.isnan([pair.change, pair.lower, pair.upper]).all()


def test_one_giant_weight_is_one_person(rows):
    audit = audit_of(rows.assign(w=np.where(np.arange(len(rows)) == 5, 1e12, 1.0)), favorable=1)
    giant = rows.loc[5]
    row = next(row for row in audit.by_group("selection_rate", by="race").rows if row.group == (giant["race"],))
    assert row.n > 10
    assert row.effective == pytest.approx(1, abs=1e-6)
    assert (row.status, row.reason) == ("small", "no more information than from fewer than 10 people")
    assert row.upper - row.lower > 0.7
    pairs = audit.difference("selection_rate", by="race", reference=giant["race"]).rows
    assert {pair.reason for pair in pairs} == {"no more information on the reference than from fewer than 10 people"}
    assert giant["race"] not in audit.difference("selection_rate", by="race", reference="best").rows[0].reference
    check_answers(audit)


@pytest.mark.parametrize("interval", ["score", "bootstrap"])
def test_unit_weights_are_no_weights(people, interval):
    plain = fl.audit(people, y_true="y", y_pred="p", sensitive_features=["race", "sex"], favorable=1)
    names = [*RATES, *FORMULAS, "predicted_positive_share"]
    for scale in (1, 0.1, 3, 1e6):
        weighted = audit_of(people.assign(w=scale), favorable=1)
        one, two = (audit.by_group(names, interval=interval).to_frame() for audit in (plain, weighted))
        numbers = ["value", "lower", "upper"]
        np.testing.assert_allclose(two[numbers].astype(float), one[numbers].astype(float), rtol=1e-9, atol=1e-12)
        assert two.drop(columns=[*numbers, "numerator", "denominator"]).equals(one.drop(columns=[*numbers, "numerator", "denominator"]))
        np.testing.assert_allclose(two["denominator"] / scale, one["denominator"], rtol=1e-9)
        for kind in ("difference", "ratio"):
            pairs = [getattr(audit, kind)(["selection_rate", "f1_score"], interval=interval).to_frame() for audit in (plain, weighted)]
            pd.testing.assert_frame_equal(*pairs, rtol=1e-9, atol=1e-12, check_dtype=False)
        assert weighted.sentence == plain.sentence


def test_weighted_audits_add_up(rows):
    whole, first, second = (audit_of(part) for part in (rows, rows[:400], rows[400:]))
    added = first + second
    np.testing.assert_array_equal(added.cube.sums["n"], whole.cube.sums["n"])
    for name in ("w", "w2"):
        np.testing.assert_allclose(added.cube.sums[name], whole.cube.sums[name], rtol=1e-12)
    pd.testing.assert_frame_equal(added.by_group().to_frame(), whole.by_group().to_frame(), rtol=1e-12)
    with pytest.raises(CubesDiffer, match=r"differ in sums\.\nOne has \('n', 'w', 'w2'\), the other \('n',\)"):
        whole.cube + audit_of(rows, sample_weight=None).cube


def test_weights_go_round_with_spec_cube_and_pickle(rows, tmp_path):
    audit = audit_of(rows, favorable=1, y_score="s", threshold=0.45, words={"person": "loan"})
    audit.spec.save(tmp_path / "spec.yaml")
    spec = fl.Spec.load(tmp_path / "spec.yaml")
    assert spec == audit.spec
    assert spec.sample_weight == "w"
    for other in (fl.audit(rows, spec=spec), fl.audit(fl.Cube.from_dict(audit.cube.to_dict())), pickle.loads(pickle.dumps(audit))):
        assert other.cube == audit.cube
        assert other.difference("selection_rate").to_frame().equals(audit.difference("selection_rate").to_frame())
    with pytest.raises(ColumnNotFound, match="'w'"):
        fl.audit(rows.drop(columns="w"), spec=spec)
    assert "weighted by w" in str(audit)
    check_answers(audit)


def test_the_weights_bootstrap_agrees_with_the_score_interval(rows):
    many = pd.concat([rows] * 5, ignore_index=True)
    score, drawn = (audit_of(many).by_group("selection_rate", by="sex", interval=kind).rows for kind in ("score", "bootstrap"))
    for one, two in zip(score, drawn, strict=True):
        assert two.upper - two.lower == pytest.approx(one.upper - one.lower, rel=0.12)
        assert (two.value, two.n, two.effective) == (one.value, one.n, one.effective)


def test_scores_are_weighted_too(rows):
    weighted = audit_of(rows, y_pred=None, y_score="s", threshold=0.45)
    w = rows["w"].to_numpy()
    assert weighted.cube.sums["score"].sum() == pytest.approx((rows["s"] * w).sum())
    assert weighted.cube.sums["score2"].sum() == pytest.approx((rows["s"] ** 2 * w).sum())
    assert weighted.overall("selection_rate").to_frame()["value"][0] == pytest.approx(np.average(rows["s"] >= 0.45, weights=w))


def test_a_shown_interval_of_a_suppressed_audit_is_the_raw_one(rows):
    few = pd.concat([rows, rows[:3].assign(race="few")], ignore_index=True)
    audit = audit_of(few, favorable=1)
    for metric in ("selection_rate", "f1_score"):
        raw, shown = ({row.group: row for row in one.by_group(metric, by="race").rows} for one in (audit, audit.protect()))
        assert shown["few",].status == "suppressed"
        for group, row in shown.items():
            if row.status == "ok":
                assert (row.value, row.lower, row.upper, row.n) == (raw[group].value, raw[group].lower, raw[group].upper, raw[group].n)
    check_answers(audit)


def test_what_is_left_to_the_reader_has_no_nan(rows):
    check_answers(audit_of(rows, favorable=1))
