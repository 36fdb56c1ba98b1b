"""decompose_gap as a user meets it: groups, rates, models, budgets and errors."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

import fairlens as fl
from fairlens.exceptions import (
    BadValue,
    ColumnNotFound,
    LevelNotFound,
    MissingValues,
    OutOfRange,
    RoleNeeded,
    RowsNotHeld,
    ThresholdNotHeld,
    WrongKind,
)

N = 400


def lending(n: int = N, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"race": rng.choice(["Black", "white", "other"], n, p=[0.35, 0.45, 0.2]), "sex": rng.choice(["f", "m"], n)})
    people["age"] = rng.integers(18, 80, n)
    black = people["race"] == "Black"
    X = pd.DataFrame(
        {
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.normal(50, 10, n) - 6 * black),
            "zip": pd.Categorical(np.where(rng.random(n) < 0.2 + 0.5 * black, "south", "north"), categories=["north", "south", "west"]),
            "job": rng.choice(["clerk", "nurse", "cook"], n),
            "owner": rng.random(n) < 0.5,
            "children": rng.integers(0, 4, n),
        }
    )
    y = pd.Series((X["income"].fillna(50) - 8 * (X["zip"] == "south") + rng.normal(0, 8, n) > 46).astype(int))
    return X, people, y


def pipeline(X: pd.DataFrame, y: pd.Series) -> object:
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["zip", "job"]), remainder="passthrough")
    return make_pipeline(encode, RandomForestClassifier(8, max_depth=4, random_state=0)).fit(X, y)


def lending_audit(**changes: object) -> fl.Audit:
    X, people, y = lending()
    roles = {"y_true": y, "model": pipeline(X, y), "sensitive_features": people[["race", "sex"]], "favorable": 1}
    return fl.audit(X, **{**roles, **changes})  # type: ignore[arg-type]


def numbers(gap: fl.GapDecomposition) -> dict[str, float]:
    return {part.feature: part.contribution for part in gap.parts}


@pytest.fixture(scope="module")
def audited() -> fl.Audit:
    return lending_audit(words={"decision": "approved", "person": "applicant"})


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (metric, reference)
        for metric in ("selection_rate", "true_positive_rate", "false_positive_rate")
        for reference in ("rest", "white", "largest", "best")
        if reference != "best" or metric == "selection_rate"
    ],
)
def test_gap_is_that_of_difference(audited, metric, reference):
    gap = fl.decompose_gap(audited, "Black", reference=reference, metric=metric, n_rounds=2)
    table = audited.difference(metric, by="race", reference=reference).to_frame()
    row = table[table["race"] == "Black"].iloc[0]
    assert abs(gap.gap - row["difference"]) <= 1e-12
    assert (gap.gap_lower, gap.gap_upper) == (row["lower"], row["upper"])
    assert gap.reference == row["reference"]
    assert gap.closes
    frame = gap.to_frame()
    assert list(frame) == ["feature", "contribution", "lower", "upper", "share", "n"]
    assert frame["contribution"].sum() == pytest.approx(gap.gap, abs=1e-12)
    assert frame["share"].sum() == pytest.approx(1, abs=1e-9)
    assert (frame["n"] == row["n"] + row["n_reference"]).all()
    assert frame["contribution"].abs().is_monotonic_decreasing
    assert sorted(frame["feature"]) == sorted(lending()[0].columns)


def test_pipeline_on_mixed_columns_blames_the_planted_proxy(audited):
    gap = fl.decompose_gap(audited, "Black", reference="white")
    assert {part.feature for part in gap.parts[:2]} == {"income", "zip"}
    assert {part.feature for part in gap.supported} >= {"income", "zip"}
    assert 4 <= gap.rounds <= 20
    assert gap.predictions == N + gap.rounds * 2 * 4 * int(gap.parts and gap.n)
    assert gap.background_n == N
    assert dict(gap.background_shares) == lending()[1]["race"].value_counts(normalize=True).to_dict()


def test_holds_both_rates_for_a_picture(audited):
    gap = fl.decompose_gap(audited, "Black", reference="white", n_rounds=1)
    rates = audited.by_group("selection_rate", by="race").to_frame().set_index("race")
    for row, level in ((gap.group_rate, "Black"), (gap.reference_rate, "white")):
        assert [row.value, row.lower, row.upper, row.n] == rates.loc[level, ["value", "lower", "upper", "n"]].tolist()
    assert (gap.group, gap.reference, gap.metric, gap.attributes) == ("Black", "white", "selection_rate", ("race",))
    assert gap.spec == audited.spec


def test_crossing_and_selection(audited):
    crossed = fl.decompose_gap(audited, ("Black", "f"), by=["race", "sex"], reference=("white", "m"), n_rounds=2)
    wanted = audited.difference("selection_rate", by=["race", "sex"], reference=("white", "m")).to_frame()
    found = wanted[(wanted["race"] == "Black") & (wanted["sex"] == "f")]["difference"].item()
    assert crossed.group == ("Black", "f")
    assert crossed.reference == ("white", "m")
    assert abs(crossed.gap - found) <= 1e-12
    assert crossed.closes
    inside = audited.where(sex="f")
    for metric in ("selection_rate", "true_positive_rate"):
        gap = fl.decompose_gap(inside, "Black", metric=metric, n_rounds=2)
        same = inside.difference(metric, by="race", reference="rest").to_frame().set_index("race")
        assert abs(gap.gap - same.loc["Black", "difference"]) <= 1e-12
        assert gap.closes
        assert gap.background_n == int((lending()[1]["sex"] == "f").sum())


def test_bins_missing_levels_and_labels_agree_with_the_cube():
    X, people, y = lending()
    people.loc[people.index % 9 == 0, "race"] = None
    people["age"] = people["age"].astype(float).where(people.index % 7 != 0)
    labels = y.astype(float).where(y.index % 5 != 0)
    audit = fl.audit(X, y_true=labels, model=pipeline(X, y), sensitive_features=people, bins={"age": [30, 55]})
    for group, by in ((fl.MISSING, "race"), (fl.MISSING, "age"), ("<30", None), ("[30, 55)", "age")):
        for metric in ("selection_rate", "true_positive_rate", "false_positive_rate"):
            gap = fl.decompose_gap(audit, group, by=by, metric=metric, n_rounds=1)
            table = audit.difference(metric, by=gap.attributes, reference="rest").to_frame()
            assert abs(gap.gap - table[table[gap.attributes[0]] == group]["difference"].item()) <= 1e-12
            assert gap.closes


def test_whatever_decides():
    X, people, y = lending()
    matrix = np.column_stack([X["income"].fillna(0), X["owner"], X["children"]])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(matrix, y.map({0: "no", 1: "yes"}))
    race = {"race": people["race"].to_numpy()}
    scores = fl.audit(matrix, model=tree, sensitive_features=race, pos_label="yes", threshold=[0.4, 0.6])
    decisions = fl.audit(matrix, model=_Decides(tree), sensitive_features=race, pos_label="yes")
    function = fl.audit(matrix, model=lambda rows: tree.predict(rows) == "yes", sensitive_features=race, pos_label="yes")
    for audit in (scores, scores.at(0.6), decisions, function):
        gap = fl.decompose_gap(audit, "Black", n_rounds=3)
        wanted = audit.difference("selection_rate", by="race", reference="rest").to_frame().set_index("race")
        assert abs(gap.gap - wanted.loc["Black", "difference"]) <= 1e-12
        assert gap.closes
    same = [numbers(fl.decompose_gap(audit, "Black", n_rounds=3)) for audit in (decisions, function)]
    assert same[0] == same[1]
    assert list(same[0]) == list(same[1])
    assert set(same[0]) == {"x0", "x1", "x2"}


class _Decides:
    def __init__(self, model: DecisionTreeClassifier) -> None:
        self.model, self.classes_ = model, model.classes_

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.model.predict(X)


def test_a_group_that_the_model_does_not_see_can_still_have_a_gap(audited):
    """The group is no input, so the inputs carry all of it; as an ignored input it carries nothing."""
    X, people, y = lending()
    model = pipeline(X, y)
    wide = fl.audit(X.assign(race=people["race"]), model=lambda rows: model.predict_proba(rows[list(X)])[:, 1], threshold=0.5, sensitive_features="race")
    gap = fl.decompose_gap(wide, "Black", n_rounds=2)
    assert numbers(gap)["race"] == 0
    assert gap.gap != 0
    assert gap.closes


def test_background_of_its_own(audited):
    X, people, _ = lending()
    white = X[people["race"] == "white"]
    gap = fl.decompose_gap(audited, "Black", background=white, n_rounds=2)
    assert gap.background_n == len(white)
    assert gap.background_shares == (("white", 1.0),)
    assert gap.closes
    assert gap.gap == fl.decompose_gap(audited, "Black", n_rounds=1).gap
    other = fl.decompose_gap(audited, "Black", background=lending(50, seed=9)[0], n_rounds=2)
    assert (other.background_n, other.background_shares) == (50, ())
    assert other.closes


def test_the_same_seed_gives_the_same_numbers_and_leaves_numpy_alone(audited):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = fl.decompose_gap(audited, "Black", random_state=5, n_rounds=2)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    again = fl.decompose_gap(audited, "Black", random_state=np.random.default_rng(5), n_rounds=2)
    assert first == again
    assert numbers(fl.decompose_gap(audited, "Black", random_state=6, n_rounds=2)) != numbers(first)


def test_progress_is_told(audited):
    seen: list[tuple[int, int]] = []
    gap = fl.decompose_gap(audited, "Black", n_rounds=2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (gap.predictions, gap.predictions)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert all(done <= total for done, total in seen)


def test_inputs_are_not_changed():
    X, people, y = lending()
    kept = X.copy(deep=True)
    audit = fl.audit(X, model=pipeline(X, y), sensitive_features=people["race"])
    fl.decompose_gap(audit, "Black", n_rounds=1)
    pd.testing.assert_frame_equal(X, kept)


def test_model_is_asked_in_few_calls():
    X, people, y = lending()
    model, calls = pipeline(X, y), []

    def counted(rows: pd.DataFrame) -> np.ndarray:
        calls.append(len(rows))
        return model.predict_proba(rows)[:, 1]  # type: ignore[attr-defined]

    audit = fl.audit(X, model=counted, threshold=0.5, sensitive_features=people["race"])
    calls.clear()
    gap = fl.decompose_gap(audit, "Black", n_rounds=3)
    assert len(calls) == 5
    assert sum(calls) == gap.predictions == N + 3 * 8 * N


def test_one_round_is_an_answer_without_an_error_of_the_sampling(audited):
    gap = fl.decompose_gap(audited, "Black", n_rounds=1)
    assert gap.rounds == 1
    assert gap.closes
    assert np.isnan(list(gap.monte_carlo_se.values())).all()
    assert gap.to_frame()[["lower", "upper"]].notna().all(axis=None)


def test_rounds_adapt_to_the_budget(audited):
    round_ = 2 * 4 * N
    fits = fl.decompose_gap(audited, "Black", max_predictions=N + 2 * round_ + 5)
    assert (fits.rounds, fits.predictions) == (2, N + 2 * round_)
    assert fits.sampled is None


def test_sampling_stops_early_where_people_differ_more():
    """A linear score of two inputs over few people: the spread over people outweighs that of the sampling soon."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    audit = fl.audit(X, model=lambda rows: rows[:, 0] * 5 + rows[:, 1] * 5 > 0, sensitive_features={"g": ["a", "b"] * 30})
    rounds = fl.decompose_gap(audit, "a").rounds
    assert 4 <= rounds < 20
    assert fl.decompose_gap(audit, "a", n_rounds=rounds + 3).rounds == rounds + 3


def asked(audit: fl.Audit, **changes: object) -> fl.GapDecomposition:
    arguments = {"group": "Black", "n_rounds": 1, **changes}
    return fl.decompose_gap(audit, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"group": "Blakc"}, LevelNotFound, "There are: 'Black', 'other', 'white', 'f', 'm'."),
        ({"group": "f", "by": "race"}, LevelNotFound, "fl.decompose_gap(audit, 'Black', by='race')"),
        ({"group": ("Black", "x"), "by": ["race", "sex"]}, LevelNotFound, "('Black', 'f')"),
        ({"group": ("Black", "f")}, BadValue, "by=['race', 'sex']"),
        ({"group": {"Black"}}, WrongKind, "fl.MISSING"),
        ({"group": []}, WrongKind, "group=None for all groups"),
        ({"group": ["Black", "Blakc"]}, LevelNotFound, "There are: 'Black', 'other', 'white', 'f', 'm'."),
        ({"group": None, "reference": "purple"}, LevelNotFound, "purple"),
        ({"group": None, "reference": "overall"}, BadValue, "reference='rest'"),
        ({"by": 3}, WrongKind, "`by` is 3"),
        ({"by": ["race", "race"]}, WrongKind, "each column once"),
        ({"by": "zip"}, LevelNotFound, "'zip'"),
        ({"reference": "overall"}, BadValue, "reference='rest'"),
        ({"reference": "Black"}, BadValue, "itself the reference"),
        ({"reference": "purple"}, LevelNotFound, "purple"),
        ({"metric": "precision"}, BadValue, "selection_rate, true_positive_rate, false_positive_rate"),
        ({"metric": "fairness"}, BadValue, "selection_rate, true_positive_rate, false_positive_rate"),
        ({"metric": ["recall"]}, BadValue, "selection_rate, true_positive_rate, false_positive_rate"),
        ({"output": "margin"}, BadValue, "output='decision'"),
        ({"output": "decision", "metric": "log_loss"}, BadValue, "output='score'"),
        ({"output": "score", "metric": "precision"}, BadValue, "mean_score, mean_score_positive"),
        ({"output": "score", "reference": "best"}, BadValue, "reference='largest'"),
        ({"output": "score", "thresholds": [0.5]}, BadValue, "no threshold changes it"),
        ({"thresholds": []}, WrongKind, "thresholds=[0.4, 0.5, 0.6]"),
        ({"thresholds": 0.4}, WrongKind, "thresholds=[0.4, 0.5, 0.6]"),
        ({"thresholds": [0.123]}, ThresholdNotHeld, "0.12, 0.13"),
        ({"players": ["income"]}, WrongKind, "players={"),
        ({"players": {"money": []}}, WrongKind, "players={'money'"),
        ({"players": {"money": ["incom"]}}, ColumnNotFound, "'incom'"),
        ({"players": {"money": ["income"], "all": ["income", "zip"]}}, BadValue, "counted once"),
        ({"players": {"zip": ["income", "job"]}}, BadValue, "one name"),
        ({"players": {"": ["income", "job"]}}, BadValue, "players={'both': ['income', 'job']}"),
        ({"players": {"(label mix)": ["income"]}}, BadValue, "players={'label mix_group': ['income']}"),
        ({"players": {"(rows not explained)": ["zip"]}}, BadValue, "that is no input"),
        ({"n_rounds": 0}, OutOfRange, "`n_rounds` is 0"),
        ({"n_rounds": 2.5}, OutOfRange, "`n_rounds` is 2.5"),
        ({"max_predictions": True}, OutOfRange, "`max_predictions` is True"),
        ({"random_state": "x"}, WrongKind, "random_state=0"),
        ({"background": lending()[0][["zip"]]}, BadValue, "X_test.columns"),
        ({"background": 50}, WrongKind, "`background` is a int"),
        ({"background": 0.5}, WrongKind, "background=X_train"),
    ],
)
def test_bad_questions_say_what_to_ask(audited, changes, kind, told):
    with pytest.raises(kind) as caught:
        asked(audited, **changes)
    assert told in str(caught.value)
    assert "\nHint: " in str(caught.value)


@pytest.mark.parametrize("name", ["(label mix)", "(rows not explained)"])
def test_an_input_is_not_called_like_a_row_that_is_none(name):
    X = pd.DataFrame({"x": np.arange(80.0), name: np.arange(80.0)})
    audit = fl.audit(X, model=lambda rows: (rows["x"] > 30).astype(int), sensitive_features={"g": ["a", "b"] * 40})
    with pytest.raises(BadValue, match="that is no input") as caught:
        fl.decompose_gap(audit, "a")
    assert f"Hint: audit X.rename(columns={{{name!r}: {name.strip('()')!r}}})" in str(caught.value)


def test_scikit_learns_name_of_a_rate_is_known(audited):
    assert asked(audited, metric="recall").metric == "true_positive_rate"
    assert asked(audited, metric=fl.metrics.get("recall")).metric == "true_positive_rate"


def test_a_level_of_two_features_needs_by():
    X, people, y = lending()
    twice = people[["sex"]].assign(parent=people["sex"])
    audit = fl.audit(X, model=pipeline(X, y), sensitive_features=twice)
    with pytest.raises(BadValue, match="by='sex'"):
        asked(audit, group="f")
    assert asked(audit, group="f", by="parent").attributes == ("parent",)


def test_needs_rows_a_model_and_labels(audited):
    _, people, y = lending()
    with pytest.raises(RowsNotHeld, match="model=model"):
        asked(fl.audit(y_pred=y, sensitive_features=people["race"]))
    with pytest.raises(RowsNotHeld):
        asked(pickle.loads(pickle.dumps(audited)))
    with pytest.raises(WrongKind, match="audit itself"):
        asked(audited.protect())
    with pytest.raises(RoleNeeded, match="y_true"):
        asked(lending_audit(y_true=None), metric="true_positive_rate")


def test_decisions_of_somebody_else_are_not_explained_by_the_model():
    _, _, y = lending()
    audit = lending_audit(y_pred=1 - y)
    with pytest.raises(BadValue, match=r"audit\.at\(0\.5\)"):
        asked(audit)
    assert asked(audit.at(0.5)).closes


def test_a_random_model_is_refused():
    X, people, _ = lending()
    rng = np.random.default_rng(0)
    audit = fl.audit(X, model=lambda rows: rng.random(len(rows)), threshold=0.5, sensitive_features=people["race"])
    with pytest.raises(BadValue, match="random, or the model or the rows were changed"):
        asked(audit)


def test_a_model_that_reads_more_than_the_columns_is_refused():
    X, people, _ = lending()
    by_index = fl.audit(X, model=lambda rows: np.asarray(rows.index) % 2 == 0, sensitive_features=people["race"])
    by_others = fl.audit(X, model=lambda rows: rows["children"] > rows["children"].iloc[:7].mean(), sensitive_features=people["race"])
    for audit in (by_index, by_others):
        with pytest.raises(BadValue, match="besides the columns of one row"):
            asked(audit)


def test_rows_changed_after_the_audit_are_refused():
    X, people, y = lending()
    audit = fl.audit(X, model=pipeline(X, y), sensitive_features=people["race"])
    X.loc[:100, "income"] = 0.0
    with pytest.raises(BadValue, match="changed after the audit"):
        asked(audit)


def test_scores_may_differ_in_the_last_digits():
    """A matrix product depends on how its rows lie in memory."""
    X, people, y = lending()
    numeric = X[["children", "owner"]].astype(float).assign(income=X["income"].fillna(0))
    model = LogisticRegression().fit(numeric, y)
    audit = fl.audit(numeric, model=lambda rows: model.predict_proba(rows)[:, 1] + len(rows) * 1e-15, threshold=0.5, sensitive_features=people["race"])
    assert asked(audit).closes


def test_no_number_for_a_mixed_row_is_an_error():
    X = pd.DataFrame({"a": [0, 1] * 20, "b": [0, 1] * 20})
    model = lambda rows: np.where(rows["a"] == rows["b"], rows["a"] / 2, np.nan)  # noqa: E731
    audit = fl.audit(X, model=model, threshold=0.5, sensitive_features={"g": ["a", "b", "a", "a"] * 10})
    with pytest.raises(MissingValues, match="no number for"):
        fl.decompose_gap(audit, "a")


def test_undefined_and_lonely_groups_have_no_parts():
    X = np.arange(40.0).reshape(20, 2)
    labels = [0] * 10 + [1] + [0, 1] * 4 + [1]
    groups = {"g": ["a"] * 10 + ["b"] * 9 + ["c"]}
    audit = fl.audit(X, y_true=labels, model=lambda rows: (rows[:, 0] > 9).astype(int), sensitive_features=groups, min_denominator=1, suppress_below=1)
    nobody = fl.decompose_gap(audit, "a", metric="true_positive_rate")
    assert (nobody.status, nobody.reason) == ("undefined", "nobody in the denominator")
    alone = fl.decompose_gap(audit, "c")
    assert alone.status == "small"
    assert alone.gap == audit.difference("selection_rate", reference="rest").to_frame()["difference"].iloc[2]
    for gap in (nobody, alone):
        frame = gap.to_frame()
        assert frame["feature"].tolist() == ["x0", "x1"]
        assert frame[["contribution", "lower", "upper", "share", "n"]].isna().all(axis=None)
        assert not gap.closes
        assert (gap.rounds, gap.predictions) == (0, 0)
        assert gap.reason in gap.sentence


def test_answers_hold_no_row(audited):
    gap = fl.decompose_gap(audited, "Black", n_rounds=2)
    again = pickle.loads(pickle.dumps(gap))
    assert again == gap
    assert again.published() == gap.published()
    assert len(pickle.dumps(gap)) < 20_000
    plain = gap.to_dict()
    assert plain["kind"] == "GapDecomposition"
    assert plain["gap"] == [gap.gap, gap.gap_lower, gap.gap_upper]
    assert len(plain["rows"]) == 5
    assert N not in [len(value) for value in plain.values() if isinstance(value, list)]
