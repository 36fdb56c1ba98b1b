"""explain as a user meets it: groups, samples, budgets, the cache, and errors."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    LevelNotFound,
    ModelFailed,
    NotTwoValues,
    OutOfRange,
    RowsNotHeld,
    TooManyPredictions,
    WrongKind,
)
from fairlens.explanations import LimeAttributor, ShapAttributor
from fairlens.explanations._cache import CACHE

N = 900


def people(n: int = N, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    groups = pd.DataFrame({"race": rng.choice(["Black", "white", "other"], n, p=[0.3, 0.6, 0.1]), "sex": rng.choice(["f", "m"], n)})
    X = pd.DataFrame(
        {
            "income": rng.normal(50, 10, n) - 6 * (groups["race"] == "Black"),
            "zip": np.where(rng.random(n) < 0.2 + 0.5 * (groups["race"] == "Black"), "south", "north"),
            "noise": rng.normal(size=n),
        }
    )
    return X, groups


def score(rows: pd.DataFrame) -> np.ndarray:
    return np.clip(rows["income"] / 100 - 0.2 * (rows["zip"] == "south") + 0.1, 0, 1).to_numpy()


def audited(n: int = N, model=score, **more: object) -> fl.Audit:
    X, groups = people(n)
    return fl.audit(X, **{"model": model, "threshold": 0.5, "sensitive_features": groups, **more})  # type: ignore[arg-type]


class Linear:
    """Contributions of `score` where nothing is clipped, in two lines: the zip is a code, 0 for north."""

    name = "linear"

    def __init__(self):
        self.rows = 0

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        self.rows, self.categorical, self.seed, self.progress = len(Z), categorical, seed, progress
        return (Z - background.mean(axis=0)) * (0.01, -0.2, 0)


@pytest.fixture(autouse=True)
def _empty_cache():
    CACHE.clear()


def by(found: fl.Explanation, group: object, feature: str):
    wanted = group if isinstance(group, tuple) else (group,)
    return next(row for row in found.rows if row.feature == feature and tuple(one for one in row.group if one != fl.ALL) == wanted)


def test_groups_need_not_be_inputs_and_the_proxy_is_found():
    found = fl.explain(audited(), Linear())
    assert found.features == ("income", "zip", "noise")
    assert by(found, "Black", "zip").upper < 0 < by(found, "white", "zip").lower
    assert by(found, "Black", "noise").mean_abs == 0
    assert list(found.to_frame()) == ["race", "sex", "feature", "mean", "lower", "upper", "mean_abs", "abs_lower", "abs_upper", "n", "status", "reason"]


def test_means_differ_as_the_mean_answers_of_groups_do():
    found = fl.explain(audited(400), rows=400, keep_values=True)
    X, groups = people(400)
    answers = score(X)
    for sex in ("f", "m"):
        total = sum(row.mean for row in found.rows if sex in row.group)
        assert total + found.base == pytest.approx(answers[groups["sex"] == sex].mean(), abs=1e-9)
    assert found.max_error < 1e-9


def test_each_attribute_by_itself_or_crossed():
    audit = audited()
    alone = fl.explain(audit, Linear())
    assert [one for one in alone.groups] == [("Black", fl.ALL), ("other", fl.ALL), ("white", fl.ALL), (fl.ALL, "f"), (fl.ALL, "m")]
    one = fl.explain(audit, Linear(), by="sex")
    assert one.attributes == ("sex",)
    assert one.groups == (("f",), ("m",))
    crossed = fl.explain(audit, Linear(), by=["race", "sex"])
    wanted = audit.by_group("selection_rate", by=["race", "sex"]).rows
    assert list(crossed.groups) == [row.group for row in wanted]
    assert [(group, total) for group, _, total in crossed.sampled] == [(row.group, row.people) for row in wanted]


def test_every_group_is_drawn_from_by_itself():
    method = Linear()
    found = fl.explain(audited(), method, by="race", rows=50)
    _, groups = people()
    sizes = groups["race"].value_counts()
    assert dict((group[0], n) for group, n, _ in found.sampled) == {"Black": 50, "white": 50, "other": 50}
    assert {group[0]: total for group, _, total in found.sampled} == sizes.to_dict()
    assert method.rows == 150
    assert {row.n for row in found.rows} == {50}


def test_at_least_thirty_of_a_group_and_all_of_a_smaller_one():
    X, groups = people()
    groups.loc[:, "race"] = np.where(np.arange(N) < 12, "rare", groups["race"])
    found = fl.explain(fl.audit(X, model=score, threshold=0.5, sensitive_features=groups), Linear(), by="race", rows=5)
    assert {group[0]: n for group, n, _ in found.sampled} == {"Black": 30, "white": 30, "other": 30, "rare": 12}


def test_overlapping_groups_are_explained_once():
    method = Linear()
    found = fl.explain(audited(), method, rows=100, keep_values=True)
    assert method.rows < 100 * 5
    assert len(found.values.places) == method.rows
    assert all(len(found.values.members[group]) == n for group, n, _ in found.sampled)


def test_means_are_those_of_the_drawn_rows():
    found = fl.explain(audited(), Linear(), by="race", keep_values=True)
    X, groups = people()
    for group in found.groups:
        places = found.values.places[found.values.members[group]]
        assert (groups["race"].iloc[places] == group[0]).all()
        values = found.values.of(group)
        for j, name in enumerate(found.features):
            row = by(found, group, name)
            assert row.mean == pytest.approx(values[:, j].mean(), abs=1e-6)
            assert row.mean_abs == pytest.approx(np.abs(values[:, j]).mean(), abs=1e-6)
            half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values[:, j])
            assert (row.mean - row.lower, row.upper - row.mean) == pytest.approx((half, half), abs=1e-6)
            assert row.lower <= row.mean <= row.upper
            assert 0 <= row.abs_lower <= row.mean_abs <= row.abs_upper
    assert found.values.contributions.dtype == np.float32
    np.testing.assert_allclose(found.values.inputs[:, 0], X["income"].iloc[found.values.places], rtol=1e-6)
    assert found.values.levels == (None, ("north", "south"), None)
    assert "each row is a person" in repr(found.values)


def test_three_people_are_explained_and_marked_small():
    X, groups = people(300)
    groups.loc[[3, 5, 8], "race"] = "rare"
    groups.loc[[9], "race"] = "only"
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups)
    found = fl.explain(audit, Linear(), by="race")
    rare, only = by(found, "rare", "income"), by(found, "only", "income")
    assert (rare.n, rare.status) == (3, "small")
    assert "fewer than 10" in rare.reason
    assert rare.lower < rare.mean < rare.upper
    assert (only.n, only.status, only.reason) == (1, "small", "one person has no interval")
    assert np.isfinite(only.mean)
    assert np.isnan([only.lower, only.upper, only.abs_lower]).all()
    assert all(row.group[0] not in ("rare", "only") for row in found.supported)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    audit = audited()
    frames = [fl.explain(audit, Linear(), random_state=state).to_frame() for state in (0, 0, 1, np.random.default_rng(0), None)]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert not frames[0].equals(frames[2])


def test_the_background_is_drawn_or_given():
    audit, (X, _) = audited(), people()
    assert fl.explain(audit, Linear()).background_n == 100
    assert fl.explain(audit, Linear(), background=30).background_n == 30
    everybody = fl.explain(audit, Linear(), background=5_000)
    assert everybody.background_n == N
    assert everybody.base == pytest.approx(score(X).mean(), abs=1e-12)
    own = fl.explain(audit, Linear(), background=X.iloc[:7])
    assert (own.background_n, own.base) == (7, pytest.approx(score(X.iloc[:7]).mean(), abs=1e-12))


def test_a_selection_explains_those_people_only():
    _, groups = people()
    found = fl.explain(audited().where(sex="f"), Linear(), by="race")
    women = groups[groups["sex"] == "f"]["race"].value_counts().to_dict()
    assert {group[0]: total for group, _, total in found.sampled} == women
    assert found.setting == "among sex = f"
    assert found.sentence.startswith("Among sex = f: ")
    assert fl.explain(audited(), Linear()).setting == ""


def test_decisions_at_the_threshold_of_the_audit():
    audit = audited(400)
    low, high = (fl.explain(audit.at(t), output="decision", rows=400, by="sex", background=40) for t in (0.4, 0.6))
    X, groups = people(400)
    for found, threshold in ((low, 0.4), (high, 0.6)):
        total = sum(row.mean for row in found.rows if row.group == ("f",)) + found.base
        assert total == pytest.approx((score(X) >= threshold)[groups["sex"] == "f"].mean(), abs=1e-9)
        assert found.threshold == threshold
        assert found.is_in_points
    assert low.base > high.base
    assert "deciding at a score of 0.4" in low.setting or "decided at a score of 0.4" in low.setting


def test_log_odds_are_those_of_the_model_or_of_its_probability():
    X, groups = people(300)
    numbers = X.drop(columns="zip")
    model = LogisticRegression().fit(numbers, X["income"] + 5 * X["noise"] > 48)
    audit = fl.audit(numbers, model=model, pos_label=True, sensitive_features=groups)
    found = fl.explain(audit, output="log_odds", rows=300, by="sex")
    women = (groups["sex"] == "f").to_numpy()
    total = sum(row.mean for row in found.rows if row.group == ("f",)) + found.base
    assert total == pytest.approx(model.decision_function(numbers)[women].mean(), abs=1e-9)
    assert (found.unit, found.is_in_points) == ("log-odds", False)
    sure = fl.explain(audited(300, lambda rows: (rows["income"] > 60) * 1.0 * 0.9999999), "occlusion", output="log_odds", by="sex")
    assert "probabilities were 0 or 1" in sure.notes[-1]
    assert sure.base > -14


def test_scores_of_another_range():
    audit = audited(200, lambda rows: rows["income"].to_numpy() * 10, threshold=500, score_range=(-1_000, 2_000))
    found = fl.explain(audit, Linear())
    assert (found.unit, found.is_in_points) == ("units of the score", False)
    with pytest.raises(OutOfRange, match="log_odds"):
        fl.explain(audit, Linear(), output="log_odds")


def test_weights_weigh_people():
    X, groups = people(200)
    weights = pd.Series(np.where(groups["sex"] == "f", 2.0, 1.0) * np.random.default_rng(0).choice([0, 1, 3], 200))
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups, sample_weight=weights)
    found = fl.explain(audit, Linear(), by="race", rows=200, keep_values=True)
    used = (weights > 0).to_numpy()
    for group, n, total in found.sampled:
        inside = used & (groups["race"] == group[0]).to_numpy()
        assert n == total == inside.sum()
        values = found.values.of(group)[:, 0]
        row = by(found, group, "income")
        assert row.mean == pytest.approx(np.average(values, weights=weights[inside]), abs=1e-6)
    even = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups, sample_weight=pd.Series(np.full(200, 4.0)))
    plain = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups)
    one, other = (fl.explain(audit, Linear(), by="race", rows=200, background=X) for audit in (even, plain))
    for a, b in zip(one.rows, other.rows, strict=True):
        assert (a.mean, a.lower, a.upper) == pytest.approx((b.mean, b.lower, b.upper), abs=1e-12)


@pytest.mark.parametrize("form", ["polars", "pyarrow", "matrix"])
def test_other_engines_give_the_same_answer(form):
    X, groups = people(200)
    X["zip"] = (X["zip"] == "south").astype(float)
    given = {"polars": pl.DataFrame, "pyarrow": pa.Table.from_pandas, "matrix": lambda frame: frame.to_numpy()}[form](X)

    def model(rows):
        frame = pd.DataFrame(rows, columns=X.columns) if form == "matrix" else pl.DataFrame(rows).to_pandas() if form == "pyarrow" else rows.to_pandas()
        return np.clip(frame["income"] / 100 - 0.2 * frame["zip"] + 0.1, 0, 1).to_numpy()

    columns = {name: list(groups[name]) for name in groups}
    audit = fl.audit(given, model=model, threshold=0.5, sensitive_features=columns)
    plain = fl.audit(X, model=lambda rows: model(rows if form != "pyarrow" else pa.Table.from_pandas(rows)) if form != "polars" else model(pl.DataFrame(rows)), threshold=0.5, sensitive_features=columns)
    one, other = fl.explain(audit, background=30), fl.explain(plain, background=30)
    np.testing.assert_allclose([row.mean for row in one.rows], [row.mean for row in other.rows], atol=1e-12)
    assert one.features == (("x0", "x1", "x2") if form == "matrix" else ("income", "zip", "noise"))


def test_a_third_method_is_asked_with_everything_it_needs():
    method = Linear()
    fl.explain(audited(), method, random_state=7)
    assert (method.categorical, method.seed, method.progress) == ((1,), 7, None)


def test_what_a_method_gives_is_checked():
    class Wrong(Linear):
        def attribute(self, f, Z, background, *, categorical, seed, progress):
            return self.answer(Z)

    for answer, told in (
        (lambda Z: Z[:, :2], "shape"),
        (lambda Z: np.full(Z.shape, np.nan), "not finite"),
        (lambda Z: np.full(Z.shape, "a"), "type <U1"),
        (lambda Z: None, "type object"),
    ):
        method = Wrong()
        method.answer = answer
        with pytest.raises(WrongKind, match=told) as caught:
            fl.explain(audited(100), method)
        assert "'linear'" in str(caught.value)


def test_a_method_that_does_not_count_is_stopped_at_the_budget():
    class Greedy(Linear):
        def attribute(self, f, Z, background, *, categorical, seed, progress):
            for _ in range(100):
                f(Z)
            raise AssertionError("not stopped")

    with pytest.raises(TooManyPredictions, match="This takes more than 2,000 predictions"):
        fl.explain(audited(100), Greedy(), max_predictions=2_000)


def test_a_made_up_code_is_refused():
    class Mean(Linear):
        def attribute(self, f, Z, background, *, categorical, seed, progress):
            return f(np.repeat(background.mean(axis=0)[None], len(Z), axis=0))

    with pytest.raises(BadValue, match=r"in the column 'zip', which stands for nothing"):
        fl.explain(audited(100), Mean())


def test_the_cost_is_told_before_the_model_is_asked():
    calls = []

    def counted(rows):
        calls.append(len(rows))
        return score(rows)

    audit = audited(model=counted)
    calls.clear()
    with pytest.raises(TooManyPredictions) as caught:
        fl.explain(audit, max_predictions=1_000)
    assert calls == []
    needed = int(caught.value.hint.split(",")[0].removeprefix("max_predictions=").replace("_", ""))
    found = fl.explain(audit, max_predictions=needed)
    assert sum(calls) == found.predictions <= needed


def test_progress_is_reported_in_predictions():
    seen = []
    found = fl.explain(audited(200), background=20, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert all(done <= total for done, total in seen)
    assert seen[-1] == (found.predictions, found.predictions)


def test_lime_through_the_same_door():
    found = fl.explain(audited(60), "lime", by="sex", background=40)
    assert found.method_name == "lime"
    assert "LIME" in found.method
    assert by(found, "f", "zip").mean_abs > by(found, "f", "noise").mean_abs


@pytest.mark.parametrize(
    ("arguments", "kind", "told"),
    [
        ({"method": "shapp"}, BadValue, "There are: 'shap', 'lime', 'occlusion'"),
        ({"method": ShapAttributor}, WrongKind, "the class ShapAttributor itself"),
        ({"method": 3}, WrongKind, "a int"),
        ({"output": "probability"}, BadValue, "'score', 'decision', 'log_odds'"),
        ({"rows": 0}, OutOfRange, "`rows`"),
        ({"rows": 2.5}, OutOfRange, "`rows`"),
        ({"background": 0}, OutOfRange, "`background`"),
        ({"background": True}, OutOfRange, "`background`"),
        ({"max_predictions": -1}, OutOfRange, "`max_predictions`"),
        ({"confidence": 1}, OutOfRange, "`confidence`"),
        ({"random_state": "0"}, WrongKind, "`random_state`"),
        ({"random_state": -1}, OutOfRange, "`random_state`"),
        ({"by": "zip"}, LevelNotFound, "'zip'"),
    ],
)
def test_bad_arguments(arguments, kind, told):
    with pytest.raises(kind) as caught:
        fl.explain(audited(100), **arguments)
    assert told in str(caught.value)
    assert "\nHint: " in str(caught.value)


def test_an_audit_without_rows_or_model():
    X, groups = people(100)
    with pytest.raises(RowsNotHeld, match="counts only"):
        fl.explain(fl.audit(y_pred=[0, 1] * 50, sensitive_features=groups))
    with pytest.raises(RowsNotHeld):
        fl.explain(audited(100) + audited(100, lambda rows: score(rows)))
    with pytest.raises(WrongKind, match="the audit itself"):
        fl.explain(audited(100).protect())
    with pytest.raises(WrongKind, match="DataFrame"):
        fl.explain(X)


def test_audits_whose_rows_are_not_one_person_of_one_group():
    X, groups = people(100)
    with pytest.raises(BadValue, match="several rows"):
        fl.explain(fl.audit(X, model=score, threshold=0.5, sensitive_features=groups, cluster=[f"p{k // 2}" for k in range(100)]))
    shares = fl.membership(pd.DataFrame({"a": [0.4] * 100, "b": [0.6] * 100}), name="race")
    with pytest.raises(BadValue, match="probabilities"):
        fl.explain(fl.audit(X, model=score, threshold=0.5, sensitive_features=shares))


def test_decisions_that_are_not_those_of_the_model():
    X, groups = people(100)
    taken = fl.audit(X, model=score, threshold=0.5, y_pred=[0, 1] * 50, sensitive_features=groups)
    with pytest.raises(BadValue, match="not those of its model"):
        fl.explain(taken, output="decision")
    assert fl.explain(taken, Linear()).output == "score"
    assert fl.explain(taken.at(0.5), "occlusion", output="decision").threshold == 0.5
    by_group = audited(100, threshold=[0.5, 0.6]).at({"f": 0.6}, by="sex")
    with pytest.raises(BadValue, match="thresholds of their own"):
        fl.explain(by_group, output="decision")
    assert fl.explain(by_group, Linear()).output == "score"


def test_a_model_that_decides_has_no_log_odds():
    audit = audited(100, lambda rows: (score(rows) > 0.4).astype(int), threshold=None)
    with pytest.raises(BadValue, match="gives no score"):
        fl.explain(audit, output="log_odds")
    assert fl.explain(audit, "occlusion").output == "decision"


def test_a_positive_label_that_the_model_does_not_know():
    X, groups = people(100)
    model = LogisticRegression().fit(X[["income"]], X["zip"])
    with pytest.raises(BadValue, match="`pos_label` is 1, which the model does not know"):
        fl.audit(X[["income"]], model=model, sensitive_features=groups)
    audit = fl.audit(X[["income"]], model=model, pos_label="south", sensitive_features=groups)
    assert fl.explain(audit, background=20).max_error < 1e-9


def test_dates_are_refused_by_name():
    X, groups = people(100)
    X["since"] = pd.to_datetime("2020-01-01") + pd.to_timedelta(range(100), unit="D")
    with pytest.raises(WrongKind, match="'since' holds datetime64") as caught:
        fl.explain(fl.audit(X, model=score, threshold=0.5, sensitive_features=groups))
    assert "X['since']" in caught.value.hint


def test_categories_that_the_audited_rows_do_not_have():
    X, groups = people(100)
    X["zip"] = pd.Categorical(X["zip"])
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups)
    background = X.assign(zip=pd.Categorical(["west", "north"] * 50))
    with pytest.raises(BadValue, match="'west' in the column 'zip'"):
        fl.explain(audit, background=background)


def test_a_text_that_the_model_does_not_know_is_its_own_error():
    X, _ = people(100)

    def strict(rows):
        if not rows["zip"].isin(["north", "south"]).all():
            raise ValueError("Found unknown categories")
        return score(rows)

    with pytest.raises(ModelFailed, match="Found unknown categories"):
        fl.explain(audited(100, strict), background=X.assign(zip="west").iloc[:20])


@pytest.mark.parametrize("kind", ["index", "order", "whole", "missing"])
def test_a_model_whose_scores_change_after_encoding_and_decoding(kind):
    X, groups = people(100)
    X.index = pd.Index(range(500, 600))
    groups.index = X.index
    X["zip"] = X["zip"].astype(object)
    X.loc[X.index[:20], "zip"] = None
    X.loc[X.index[20:40], "zip"] = np.nan

    def model(rows):
        plain = np.clip(rows["income"] / 100, 0, 1).to_numpy()
        if kind == "index":
            return np.clip(plain + (np.asarray(rows.index) < 500) * 0.1, 0, 1)
        if kind == "order":
            return np.clip(plain + np.linspace(0, 0.05, len(rows)), 0, 1)
        if kind == "whole":
            return np.clip(plain - plain.mean() + 0.5, 0, 1)
        return np.clip(plain + 0.1 * np.array([value is None for value in rows["zip"]]), 0, 1)

    audit = fl.audit(X, model=model, threshold=0.5, sensitive_features=groups)
    with pytest.raises(BadValue, match="after they were encoded as numbers and decoded") as caught:
        fl.explain(audit, rows=100 if kind in ("index", "missing") else 40)
    assert "\nHint: " in str(caught.value)
    assert ("depends on the other rows" in str(caught.value)) == (kind in ("order", "whole"))


def test_a_model_that_was_changed_after_the_audit():
    shift = [0.0]
    audit = audited(100, lambda rows: np.clip(score(rows) + shift[0], 0, 1))
    shift[0] = 0.01
    with pytest.raises(BadValue, match="It is random, or the model or the rows were changed after the audit"):
        fl.explain(audit)


def test_constant_inputs_have_no_part():
    X, groups = people(100)
    X["one"], X["word"] = 1, "x"
    found = fl.explain(fl.audit(X, model=score, threshold=0.5, sensitive_features=groups), background=20)
    assert {row.mean_abs for row in found.rows if row.feature in ("one", "word")} == {0}
    assert found.max_error < 1e-9


def test_missing_values_are_explained_like_any_other():
    X, groups = people(200)
    X.loc[::9, "income"] = np.nan
    X.loc[::7, "zip"] = None
    model = lambda rows: np.clip(rows["income"].fillna(40) / 100 - 0.2 * (rows["zip"] == "south") + 0.1 * rows["zip"].isna(), 0, 1)  # noqa: E731
    found = fl.explain(fl.audit(X, model=model, threshold=0.5, sensitive_features=groups), background=20)
    assert found.max_error < 1e-9


def test_levels_are_those_of_the_audit():
    X, groups = people(300)
    groups["age"] = np.random.default_rng(0).integers(18, 80, 300)
    groups.loc[:40, "race"] = None
    audit = fl.audit(X, model=score, threshold=0.5, sensitive_features=groups, bins={"age": [30, 60]})
    found = fl.explain(audit, Linear())
    assert [group for group in found.groups] == [
        tuple(row.group) for row in audit.by_group("selection_rate").rows
    ]
    assert (fl.MISSING, fl.ALL, fl.ALL) in found.groups


class Kept:
    """Puts the question to another attributor, and keeps what comes back."""

    name = "kept"

    def __init__(self, attributor):
        self.attributor = attributor

    def attribute(self, *arguments, **named):
        raise AssertionError("explain comes first")

    def explain(self, question):
        self.question = question
        self.found = self.attributor.explain(question)
        return self.found


@pytest.mark.parametrize(
    "method",
    [LimeAttributor(n_samples=200), LimeAttributor(n_samples=200, discretize=True), LimeAttributor(n_samples=200, pool=True), ShapAttributor(exact_inputs=2, permutations=2), ShapAttributor()],
    ids=["lime", "discretised", "pool", "orderings", "coalitions"],
)
@pytest.mark.parametrize("kept", ["some", "turned"])
def test_other_rows_change_nothing(method, kept):
    """Neither rare values nor an input that differs in other rows only: all that is drawn for a row comes from its own values."""
    X, _ = people(120)
    X["job"] = np.resize(["baker", "clerk", "doctor"], 120)
    X["site"] = 1.0
    background = X.iloc[:20].copy()
    X.loc[60:, "job"] = np.resize(["actor", "cook", "nurse"], 60)
    X.loc[70:, "site"] = 2.0
    X.loc[10, "job"] = "doorman"

    def model(rows):
        return np.clip(score(rows) * (0.5 + 0.1 * rows["job"].str.len() * np.sin(rows["noise"]) / rows["site"]), 0, 1).to_numpy()  # three together: reversed orderings are not exact

    def values(rows, places):
        spy = Kept(method)
        audit = fl.audit(rows, model=model, threshold=0.5, sensitive_features={"all": ["a"] * len(rows)})
        fl.explain(audit, spy, rows=200, background=background, progress=False)
        return dict(zip(places, spy.found.values, strict=True))

    whole = values(X, range(120))
    places = list(range(40)) if kept == "some" else list(range(119, -1, -1))
    other = values(X.iloc[places].reset_index(drop=True), places)
    np.testing.assert_allclose([other[i] for i in range(40)], [whole[i] for i in range(40)], atol=1e-9, rtol=0)


def test_an_attributor_that_writes_into_its_rows_spoils_nothing():
    class Writing(Linear):
        def attribute(self, f, Z, background, *, categorical, seed, progress):
            found = super().attribute(f, Z, background, categorical=categorical, seed=seed, progress=progress)
            Z[:], background[:] = 0, 0
            return found

    audit, (X, _) = audited(100), people(100)
    found = fl.explain(audit, Writing(), keep_values=True)
    plain = fl.explain(audit, Linear(), keep_values=True)
    np.testing.assert_allclose(found.values.inputs[:, 0], X["income"].iloc[found.values.places], rtol=1e-6)
    assert (found.max_error, found.base) == (plain.max_error, plain.base)


def test_a_background_with_values_that_nobody_has_says_so():
    X, _ = people(100)
    found = fl.explain(audited(100), Linear(), background=X.assign(zip="west").iloc[:20])
    assert found.notes[-1].startswith("The background holds values that no audited row has, in 'zip'")
    assert found.published().notes[-1] == found.notes[-1]
    assert not any("no audited row" in note for note in fl.explain(audited(100), Linear(), background=X.iloc[:20]).notes)
    one = X.assign(zip=np.where(np.arange(100) == 99, "west", X["zip"]))
    audit = fl.audit(one, model=score, threshold=0.5, sensitive_features={"sex": ["f"] * 99 + ["m"]}).where(sex="f")
    assert not any("no audited row" in note for note in fl.explain(audit, Linear(), background=one.iloc[80:]).notes)


def test_labels_of_a_model_of_three_classes():
    X, groups = people(300)
    numbers = X[["income", "noise"]]
    labels = np.where(X["income"] > 52, "high", np.where(X["income"] < 44, "low", "middle"))
    model = LogisticRegression(max_iter=2_000).fit(numbers, labels)
    audit = fl.audit(numbers, y_true=labels, model=model, pos_label="high", sensitive_features=groups)
    assert audit.overall("true_positive_rate").to_frame()["denominator"][0] == (labels == "high").sum()
    assert "`y_true` has 3 of the model's classes: 'high' is the event, and all others are not." in audit.notes
    found = fl.explain(audit, rows=300, by="sex", background=20)
    women = (groups["sex"] == "f").to_numpy()
    total = sum(row.mean for row in found.rows if row.group == ("f",)) + found.base
    assert total == pytest.approx(model.predict_proba(numbers)[women, 0].mean(), abs=1e-9)


def test_several_labels_beside_a_model_that_does_not_know_them():
    X, groups = people(300)
    y_true = np.resize(["high", "low", "unknown"], 300)
    with pytest.raises(NotTwoValues) as caught:
        fl.audit(X, y_true=y_true, model=score, threshold=0.5, pos_label="high", sensitive_features=groups)
    written = caught.value.hint.split(", where")[0].removeprefix("y_true=")
    again = fl.audit(X, y_true=eval(written, {"np": np, "y_true": y_true}), model=score, threshold=0.5, pos_label="high", sensitive_features=groups)
    assert again.overall("true_positive_rate").to_frame()["denominator"][0] == 100
