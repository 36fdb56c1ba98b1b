"""Several rows of one person are not several people: intervals count whole persons, and who they are stays in the process."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from answers import check_answers
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

import fairlens as fl
from fairlens import Spec
from fairlens._tally import tally_clusters
from fairlens.exceptions import ColumnNotFound, MissingValues, RowsNotHeld
from fairlens.metrics import RATES
from fairlens.stats._bootstrap import cluster_draws

LAWS = settings(max_examples=40, deadline=None, database=None, derandomize=True)


def made(size=900, people=250, seed=3):
    """Rows of people whose chance of a positive decision is their own."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, people, size)
    own, race = rng.beta(1, 1.5, people), rng.choice(["a", "b", "c"], people, p=[0.6, 0.3, 0.1])
    frame = pd.DataFrame({"who": who, "race": race[who], "sex": rng.choice(["f", "m"], size)})
    frame["p"] = (rng.random(size) < own[who]).astype(int)
    frame["y"] = (rng.random(size) < 0.3 + 0.4 * frame["p"]).astype(int)
    return frame.assign(s=rng.random(size).round(3), w=rng.gamma(1, 2, size))


@pytest.fixture(scope="module")
def rows():
    return made()


def audit_of(rows, **more):
    given = {"y_true": "y", "y_pred": "p", "sensitive_features": ["race", "sex"], "cluster": "who", **more}
    return fl.audit(rows, **given)


INSIDE = {
    "selection_rate": (lambda f: f["p"] >= 0, lambda f: f["p"]),
    "true_positive_rate": (lambda f: f["y"] == 1, lambda f: f["p"]),
    "precision": (lambda f: f["p"] == 1, lambda f: f["y"]),
    "accuracy": (lambda f: f["p"] >= 0, lambda f: f["p"] == f["y"]),
}


def few(who):
    """Square of the ratio of the normal quantile to Student's: few clusters do not know their variance well."""
    return (1.959964 / student.ppf(0.975, who.nunique() - 1)) ** 2


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("by", ["race", "sex"])
def test_the_variance_is_that_of_a_regression_with_clustered_errors(rows, name, weight, by):
    """The mean of an indicator, with the cluster-robust variance of statsmodels and its factor C / (C - 1)."""
    inside, event = INSIDE[name]
    for row in audit_of(rows, sample_weight=weight).by_group(name, by=by).rows:
        part = rows[(rows[by] == row.group[0]) & inside(rows)]
        w = np.ones(len(part)) if weight is None else part["w"].to_numpy()
        model = sm.WLS(event(part).to_numpy(float), np.ones(len(part)), weights=w)
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": part["who"].to_numpy(), "use_correction": True})
        assert row.value == pytest.approx(fitted.params[0], abs=1e-12)
        kish = w.sum() ** 2 / (w**2).sum()
        expected = row.value * (1 - row.value) / fitted.cov_params()[0, 0] * few(part["who"])
        assert row.effective == pytest.approx(min(expected, kish), rel=1e-4)
        assert row.effective <= row.n == len(part)


def test_rest_and_everybody_are_clustered_too(rows):
    audit = audit_of(rows)
    for pair in audit.difference("selection_rate", by="race", reference="rest").rows:
        rest = rows[rows["race"] != pair.row.group[0]]
        fitted = sm.OLS(rest["p"].to_numpy(float), np.ones(len(rest))).fit(cov_type="cluster", cov_kwds={"groups": rest["who"].to_numpy()})
        expected = pair.base.value * (1 - pair.base.value) / fitted.cov_params()[0, 0] * few(rest["who"])
        assert pair.base.effective == pytest.approx(expected, rel=1e-4)
    whole = audit.overall("selection_rate").rows[0]
    fitted = sm.OLS(rows["p"].to_numpy(float), np.ones(len(rows))).fit(cov_type="cluster", cov_kwds={"groups": rows["who"].to_numpy()})
    assert whole.effective == pytest.approx(whole.value * (1 - whole.value) / fitted.cov_params()[0, 0] * few(rows["who"]), rel=1e-4)


def test_a_share_of_all_selected_is_clustered_too(rows):
    """A ratio of sums over clusters: its linearised variance by hand."""
    audit = audit_of(rows)
    for row in audit.by_group("predicted_positive_share", by="race").rows:
        chosen = rows[rows["p"] == 1]
        inside = (chosen["race"] == row.group[0]).astype(float)
        fitted = sm.OLS(inside.to_numpy(), np.ones(len(chosen))).fit(cov_type="cluster", cov_kwds={"groups": chosen["who"].to_numpy()})
        expected = row.value * (1 - row.value) / fitted.cov_params()[0, 0] * few(chosen["who"])
        assert row.effective == pytest.approx(min(expected, len(chosen)), rel=1e-4)


def test_the_effective_number_is_the_variance_over_samples_of_people():
    values, told = [], []
    for seed in range(120):
        frame = made(400, 80, seed).assign(race="a")
        row = audit_of(frame, sensitive_features="race").by_group("selection_rate").rows[0]
        values.append(row.value)
        told.append(row.value * (1 - row.value) / row.effective)
    assert np.mean(told) == pytest.approx(np.var(values), rel=0.35)

def test_equal_rows_of_a_person_without_any_likeness_lose_nothing():
    """Rows drawn apart from their owner are worth about as many people as there are, though some of one owner are equal."""
    rng = np.random.default_rng(5)
    size = 30_000
    frame = pd.DataFrame({"who": rng.integers(0, size // 3, size), "g": "a", "p": rng.integers(0, 2, size)})
    row = fl.audit(frame, y_pred="p", sensitive_features="g", cluster="who").by_group("selection_rate").rows[0]
    assert row.effective == pytest.approx(size, rel=0.05)


@pytest.mark.parametrize("times", [2, 5])
def test_copies_of_a_person_tell_nothing_new(people, times):
    """Everybody several times over, with one id: the same rates, and the information of the people there are."""
    once = people.assign(who=np.arange(len(people)))
    copied = pd.concat([once] * times, ignore_index=True)
    plain, found = (audit_of(frame, cluster=cluster).by_group(by="race") for frame, cluster in ((once, None), (copied, "who")))
    for one, many in zip(plain.rows, found.rows, strict=True):
        assert many.n == times * one.n
        assert many.value == pytest.approx(one.value, abs=1e-12, nan_ok=True)
        if one.status != "undefined":
            assert many.effective <= one.n
            least = one.n - 1 if one.n < 2 else (one.n - 1) * (1.959964 / student.ppf(0.975, one.n - 1)) ** 2
            assert least * (1 - 1e-4) <= many.effective


def test_one_row_per_person_is_nearly_no_cluster(people):
    plain, found = (audit_of(people.assign(who=np.arange(len(people))), cluster=cluster).by_group(by="race") for cluster in (None, "who"))
    for one, alone in zip(plain.rows, found.rows, strict=True):
        assert (alone.value, alone.n) == (one.value, one.n)
        if 0 < one.value < 1:
            assert alone.effective == pytest.approx((one.n - 1) * (1.959964 / student.ppf(0.975, one.n - 1)) ** 2, rel=1e-4)
            assert alone.lower < one.lower
            assert alone.upper > one.upper
        else:
            assert (alone.lower, alone.upper, alone.effective) == (one.lower, one.upper, one.n)


ROW = st.tuples(st.integers(0, 8), st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 1), st.sampled_from([0.0, 0.5, 1.0, 7.0]))


@LAWS
@given(st.lists(ROW, min_size=1, max_size=40), st.booleans())
def test_nobody_is_worth_more_than_a_person(table, weighted):
    frame = pd.DataFrame([*table, (0, "a", 1, 1, 1.0)], columns=["who", "g", "y", "p", "w"])
    audit = audit_of(frame, sensitive_features="g", sample_weight="w" if weighted else None)
    for row in audit.by_group(list(RATES)).rows:
        if row.status == "undefined":
            continue
        assert 0 < row.effective <= row.n + 1e-9
        assert row.lower <= row.value <= row.upper
        assert row.upper - row.lower > 0.01
        clusters = frame[frame["g"] == row.group[0]]["who"].nunique()
        if row.value in (0, 1):
            assert row.effective <= clusters


@LAWS
@given(st.lists(ROW, min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_names_and_order_of_persons_are_irrelevant(table, random):
    frame = pd.DataFrame(table, columns=["who", "g", "y", "p", "w"])
    order = list(range(len(frame)))
    random.shuffle(order)
    named = frame.iloc[order].assign(who=[f"person {8 - k}" for k in frame["who"].iloc[order]])
    for interval in ("score", "bootstrap"):
        one, two = (audit_of(part, sensitive_features="g").by_group(["selection_rate", "f1_score"], interval=interval).to_frame() for part in (frame, named))
        pd.testing.assert_frame_equal(one, two, rtol=1e-12)


@pytest.mark.parametrize("metric", ["selection_rate", "f1_score"])
def test_the_bootstrap_is_one_over_persons(rows, metric):
    """Against drawing persons with all their rows, by NumPy."""
    from sklearn.metrics import f1_score

    audit = audit_of(rows)
    table = audit.by_group(metric, by="race", interval="bootstrap")
    rng = np.random.default_rng(11)
    owned = [part for _, part in rows.groupby("who")[["race", "y", "p"]]]
    drawn = {race: [] for race in "abc"}
    for _ in range(400):
        sample = pd.concat([owned[i] for i in rng.integers(0, len(owned), len(owned))])
        for race, part in sample.groupby("race"):
            drawn[race].append(part["p"].mean() if metric == "selection_rate" else f1_score(part["y"], part["p"]))
    for row in table.rows:
        values = np.array(drawn[row.group[0]])
        assert np.mean(row.draws) == pytest.approx(values.mean(), abs=4 * values.std() / 20 + 0.002)
        assert np.std(row.draws) == pytest.approx(values.std(), rel=0.15)


def test_groups_that_share_persons_are_compared_together(rows):
    """A person's rows of both sexes go together, which the bootstrap of a difference sees."""
    pair = audit_of(rows).difference("selection_rate", by="sex", interval="bootstrap").rows[0]
    alone = np.std(pair.row.draws) ** 2 + np.std(pair.base.draws) ** 2
    assert np.std(pair.draws) ** 2 < 0.9 * alone
    tables = np.zeros((len(set(rows["who"])), 2, 2))
    who = rows["who"].rank(method="dense").astype(int).to_numpy() - 1
    np.add.at(tables, (who, (rows["sex"] == "m").to_numpy().astype(int), rows["p"].to_numpy()), 1)
    drawn = cluster_draws(tables, 4000, np.random.default_rng(2))
    rates = drawn[:, :, 1] / drawn.sum(axis=2)
    assert np.std(rates[:, 0] - rates[:, 1]) == pytest.approx(np.std(pair.draws), rel=0.06)


@pytest.mark.parametrize("kind", ["text", "float", "array"])
def test_ids_of_every_kind_on_every_engine(frame, kind):
    columns = {"g": ["a", "b"] * 30, "y": [1, 0, 0, 1] * 15, "p": [1, 0, 1] * 20, "who": [i // 4 for i in range(60)]}
    columns["who"] = {"text": [f"p{i}" for i in columns["who"]], "float": [float(i) for i in columns["who"]], "array": columns["who"]}[kind]
    given = columns["who"] if kind == "array" else "who"
    plain = fl.audit(pd.DataFrame(columns), y_true="y", y_pred="p", sensitive_features="g", cluster="who")
    found = fl.audit(frame(columns), y_true="y", y_pred="p", sensitive_features="g", cluster=given)
    for interval in ("score", "bootstrap"):
        one, two = (audit.by_group(["accuracy", "f1_score"], interval=interval).to_frame() for audit in (plain, found))
        pd.testing.assert_frame_equal(one, two)


def test_whose_row_it_is_must_be_known(rows):
    for unknown in (rows["who"].where(rows["who"] > 2), rows["who"].astype(object).where(rows["who"] > 2, None)):
        with pytest.raises(MissingValues, match=r"`cluster` names the column 'who', which is missing for \d+ of 900") as caught:
            audit_of(rows.assign(who=unknown))
        assert "whose it is" in str(caught.value)
    with pytest.raises(ColumnNotFound, match="`cluster` names the column 'zz'"):
        audit_of(rows, cluster="zz")


def test_persons_stay_in_the_process(rows):
    named = rows.assign(who=[f"secret-{i}" for i in rows["who"]])
    audit = audit_of(named, favorable=1)
    for text in (pickle.dumps(audit), pickle.dumps(audit.by_group("accuracy"))):
        assert b"secret-" not in text
    for text in (json.dumps(audit.to_dict()), json.dumps(audit.cube.to_dict()), audit._repr_html_(), repr(audit), repr(audit.spec)):
        assert "secret-" not in text


def test_without_the_persons_there_is_no_interval(rows):
    audit = audit_of(rows, favorable=1)
    gone = [pickle.loads(pickle.dumps(audit)), audit_of(rows[:400], favorable=1) + audit_of(rows[400:], favorable=1), fl.audit(audit.cube)]
    for one in gone:
        assert one.cube == audit.cube
        for ask in (one.by_group, lambda one=one: one.difference("accuracy"), one.overall, lambda one=one: one.sentence):
            with pytest.raises(RowsNotHeld, match="'who'") as caught:
                ask()
            assert str(caught.value).endswith("Hint: fl.audit(data, ..., cluster='who') of all rows at once")
        assert "Audit of 900 people\nThe rows of this audit belong to persons ('who')" in repr(one)
        assert "belong to persons" in one._repr_html_()
        assert "among race = a" in repr(one.where(race="a"))
    result = pickle.loads(pickle.dumps(audit.by_group("accuracy")))
    assert result.to_frame().equals(audit.by_group("accuracy").to_frame())
    assert "not shown" in repr(result)
    assert "not shown" in result._repr_html_()


def test_clusters_follow_selections_and_thresholds(rows):
    audit = fl.audit(rows, y_true="y", y_score="s", threshold=[0.5, 0.3], sensitive_features=["race", "sex"], cluster="who")
    one = audit.where(race=["a", "b"]).at(0.3).by_group("selection_rate", by="sex")
    part = rows[rows["race"] != "c"].assign(p=lambda f: (f["s"] >= 0.3).astype(int))
    other = audit_of(part).by_group("selection_rate", by="sex")
    assert one.to_frame().equals(other.to_frame())
    split = audit.at({"a": 0.3}, by="race").by_group("true_positive_rate", by="sex")
    cut = np.where(rows["race"] == "a", 0.3, 0.5)
    assert split.to_frame().equals(audit_of(rows.assign(p=(rows["s"] >= cut).astype(int))).by_group("true_positive_rate", by="sex").to_frame())


@pytest.mark.parametrize("interval", ["score", "bootstrap"])
def test_published_intervals_are_the_raw_ones_without_those_who_left(rows, interval):
    some = rows.assign(race=rows["race"].where(np.arange(len(rows)) >= 4, None))
    few = pd.concat([some, some[10:13].assign(race="few")], ignore_index=True)
    whole, left = audit_of(few), audit_of(few[few["race"].notna()])
    shown = whole.protect()
    assert shown.tables.left_out == (("race", 4),)
    for metric in ("selection_rate", "f1_score"):
        raw = {row.group: row for row in left.by_group(metric, by="race", interval=interval).rows}
        for row in shown.by_group(metric, by="race", interval=interval).rows:
            if row.status == "ok":
                same = raw[row.group]
                assert row.value == pytest.approx(same.value, rel=1e-12)
                # clusters are resampled as seen from the groups that are shown, so that the hidden ones move nothing
                drawn = interval == "bootstrap" or metric == "f1_score"
                np.testing.assert_allclose([row.lower, row.upper], [same.lower, same.upper], rtol=0.05 if drawn else 1e-12)
                assert row.n == same.n
        assert shown.overall(metric).rows[0].n == left.overall(metric).rows[0].n
        one, two = (audit.by_group(metric, by="sex", interval=interval).to_frame() for audit in (shown, left))
        pd.testing.assert_frame_equal(one, two, rtol=1e-12)
    assert {row.status for row in shown.by_group("selection_rate", by="race").rows} == {"ok", "suppressed"}
    if interval == "score":
        check_answers(whole, ["selection_rate"])


def test_one_person_is_one_person():
    frame = pd.DataFrame({"g": ["a", "b"] * 50, "y": [0, 1, 1, 0] * 25, "p": [1, 0, 1, 1] * 25, "who": 1})
    for interval in ("score", "bootstrap"):
        for row in audit_of(frame, sensitive_features="g").by_group("selection_rate", interval=interval).rows:
            assert (row.n, row.effective, row.status) == (50, 1.0, "small")
            assert row.upper - row.lower > 0.7


def test_every_answer_of_clusters(rows):
    for weight in (None, "w"):
        audit = audit_of(rows, sample_weight=weight, favorable=1)
        assert "Rows of one who belong together" in str(audit)
        check_answers(audit)


def test_distinct_rows_of_each_person():
    frame = pd.DataFrame({"who": [1, 1, 2, 1], "g": ["a", "a", "b", "b"], "p": [1, 1, 0, 1], "w": [1.0, 3.0, 2.0, 5.0]})
    found = tally_clusters(frame, Spec(("g",), y_pred="p", cluster="who", sample_weight="w"))
    assert found.size == 2
    by_cell = sorted(zip(found.codes[:, 0].tolist(), found.decision.tolist(), found.weight.tolist(), found.square.tolist(), strict=True))
    assert by_cell == [(0, 1, 4.0, 10.0), (1, 0, 2.0, 4.0), (1, 1, 5.0, 25.0)]
