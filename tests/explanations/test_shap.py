"""Shapley values by shap: the same as by definition for every kind of model, and checked against the model itself."""

import sys
import warnings
from dataclasses import replace

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from coalitions import shapley
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

import fairlens as fl
from fairlens.exceptions import BadValue, OutOfRange, PackageMissing, TooManyPredictions
from fairlens.explanations import ShapAttributor, _leaf_tables
from fairlens.explanations import _shap as module
from fairlens.explanations._cache import CACHE
from fairlens.explanations._trees import Unread

N, B = 60, 8


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1):
        yield


def numeric(n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {"income": rng.normal(50, 10, n).round(1), "debt": rng.exponential(5, n), "children": rng.integers(0, 4, n), "owner": rng.random(n) < 0.5}
    )


def mixed(n: int = N) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    X = numeric(n)[["income", "owner"]]
    X.loc[rng.random(n) < 0.1, "income"] = np.nan
    X["zip"] = rng.choice(["north", "south", "west"], n)
    X["job"] = pd.Categorical(rng.choice(["clerk", "cook"], n), categories=["cook", "clerk", "nurse"])
    return X


def categories(n: int = N) -> pd.DataFrame:
    return mixed(n).assign(zip=lambda X: pd.Categorical(X["zip"]))


def codes(n: int = N) -> pd.DataFrame:
    return numeric(n)[["income", "debt"]].assign(zip=np.random.default_rng(5).integers(0, 6, n).astype(float))


def labels(X: pd.DataFrame, classes: int = 2) -> pd.Series:
    score = X["income"].fillna(50) + 6 * X.get("owner", 0) - X.get("debt", 0) + np.random.default_rng(6).normal(0, 3, len(X))
    if "zip" in X:
        score += 8 * X["zip"].isin(["south", 1.0, 4.0])
    return pd.Series(pd.qcut(score, classes, labels=False))


def preprocess() -> object:
    return make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["zip", "job"]), remainder="passthrough")


def forest(trees: int = 5) -> RandomForestClassifier:
    return RandomForestClassifier(trees, max_depth=4, random_state=0)


def histogram(**more: object) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(max_iter=6, min_samples_leaf=5, **more)


def xgb(**more: object) -> xgboost.XGBClassifier:
    return xgboost.XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1, **more)


def lgb() -> lightgbm.LGBMClassifier:
    return lightgbm.LGBMClassifier(n_estimators=6, min_child_samples=5, verbose=-1, n_jobs=1)


def filled(model: object) -> object:
    impute = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["zip", "job", "owner"]), (StandardScaler(), ["income"]))
    return make_pipeline(impute, HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=5)) if model is None else make_pipeline(impute, model)


MODELS = {
    "logistic": (numeric, lambda: LogisticRegression(max_iter=5000)),
    "tree": (numeric, lambda: DecisionTreeClassifier(max_depth=4, random_state=0)),
    "forest": (numeric, forest),
    "extra trees": (numeric, lambda: ExtraTreesClassifier(5, max_depth=4, random_state=0)),
    "boosting": (numeric, lambda: GradientBoostingClassifier(n_estimators=6, random_state=0)),
    "histogram": (numeric, histogram),
    "histogram, categories": (categories, lambda: histogram(categorical_features="from_dtype")),
    "histogram, codes": (codes, lambda: histogram(categorical_features=[2])),
    "pipeline, forest": (mixed, lambda: make_pipeline(preprocess(), forest())),
    "pipeline, histogram": (mixed, lambda: filled(None)),
    "xgboost": (numeric, xgb),
    "xgboost, categories": (categories, lambda: xgb(enable_categorical=True)),
    "lightgbm": (numeric, lgb),
    "lightgbm, categories": (categories, lgb),
    "calibrated": (numeric, lambda: CalibratedClassifierCV(forest(), cv=2)),
}


def fitted(name: str) -> tuple[pd.DataFrame, object]:
    make, model = MODELS[name]
    X = make()
    return X, model().fit(X, labels(X))


def audited(X: pd.DataFrame, model: object, **more: object) -> fl.Audit:
    return fl.audit(X, model=model, sensitive_features={"sex": ["f", "m"] * (len(X) // 2)}, **more)  # type: ignore[arg-type]


class Spy:
    """Keeps the question and the answer of an attributor."""

    name = "spy"

    def __init__(self, attributor: object = None) -> None:
        self.attributor = attributor or ShapAttributor()

    def attribute(self, f, Z, background, *, categorical, seed, progress):
        raise AssertionError("explain comes first")

    def explain(self, question):
        self.question = question
        self.found = self.attributor.explain(question)
        return self.found


def asked(audit: fl.Audit, background: object, attributor: object = None, **more: object) -> Spy:
    spy = Spy(attributor)
    spy.explained = fl.explain(audit, spy, rows=N, background=background, progress=False, **more)
    return spy


def probability(model: object, column: int = 1):
    return lambda rows: model.predict_proba(rows)[:, column]


@pytest.mark.parametrize("name", MODELS)
def test_scores_of_every_model_as_by_definition(name):
    X, model = fitted(name)
    spy = asked(audited(X, model), X.iloc[:B])
    wanted = shapley(probability(model), X, X.iloc[:B])
    assert np.abs(spy.found.values - wanted).max() < 1e-9 * (10 if "xgboost" in name else 1)
    assert spy.explained.max_error < 1e-9
    assert spy.explained.notes == ()
    assert spy.found.base == pytest.approx(model.predict_proba(X.iloc[:B])[:, 1].mean(), abs=1e-12)


def margin(name: str, model: object):
    if "xgboost" in name:
        return lambda rows: model.predict(rows, output_margin=True)
    if "lightgbm" in name:
        return lambda rows: model.predict(rows, raw_score=True)
    if hasattr(model, "decision_function"):
        return model.decision_function

    def odds(rows):
        kept = np.clip(model.predict_proba(rows)[:, 1], 1e-6, 1 - 1e-6)
        return np.log(kept / (1 - kept))

    return odds


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("tree", "extra trees", "pipeline, histogram")])
def test_log_odds_of_every_model_as_by_definition(name):
    X, model = fitted(name)
    spy = asked(audited(X, model), X.iloc[:B], output="log_odds")
    wanted = shapley(margin(name, model), X, X.iloc[:B])
    assert np.abs(spy.found.values - wanted).max() < (2e-6 if name == "xgboost" else 1e-9)  # it adds up trees in 32 bits
    assert spy.explained.max_error < (2e-6 if name == "xgboost" else 1e-9)


@pytest.mark.parametrize(
    ("name", "output", "wanted"),
    [
        ("logistic", "log_odds", "LinearExplainer"),
        ("forest", "score", "tables of their leaves"),
        ("boosting", "log_odds", "tables of their leaves"),
        ("histogram", "log_odds", "tables of their leaves"),
        ("xgboost", "log_odds", "tables of their leaves"),
        ("lightgbm", "log_odds", "tables of their leaves"),
        ("boosting", "score", "all 16 coalitions of 4 inputs"),
        ("pipeline, forest", "score", "all 16 coalitions"),
        ("xgboost, categories", "log_odds", "all 16 coalitions"),
        ("forest", "log_odds", "all 16 coalitions"),
    ],
)
def test_says_which_explainer_it_was(name, output, wanted):
    X, model = fitted(name)
    found = asked(audited(X, model), X.iloc[:B], output=output)
    assert wanted in found.explained.method
    assert (found.explained.background_n, "background rows" in found.explained.method) == (B, False)
    few = "coalitions" not in wanted
    assert (found.explained.predictions < 500) == few


def test_decisions_as_by_definition():
    X, model = fitted("pipeline, forest")
    spy = asked(audited(X, model, threshold=0.4), X.iloc[:B], output="decision")
    wanted = shapley(lambda rows: model.predict_proba(rows)[:, 1] >= 0.4, X, X.iloc[:B])
    assert np.abs(spy.found.values - wanted).max() < 1e-9
    decides = asked(audited(X, lambda rows: model.predict(rows)), X.iloc[:B])
    assert decides.explained.output == "decision"
    np.testing.assert_allclose(decides.found.values, shapley(model.predict, X, X.iloc[:B]), atol=1e-9)


@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("name", ["forest", "boosting"])
def test_a_named_class_of_several_against_all_others(name, label):
    X = numeric()
    model = MODELS[name][1]().fit(X, labels(X, 3))
    audit = audited(X, model, pos_label=label)
    spy = asked(audit, X.iloc[:B])
    np.testing.assert_allclose(spy.found.values, shapley(probability(model, label), X, X.iloc[:B]), atol=1e-9)
    odds = asked(audit, X.iloc[:B], output="log_odds")
    assert "coalitions" in odds.explained.method
    assert odds.explained.max_error < 1e-9


@pytest.mark.parametrize("name", ["logistic", "forest", "boosting", "xgboost"])
def test_the_other_class_of_two_is_the_mirror(name):
    X, model = fitted(name)
    output = "score" if name == "forest" else "log_odds"
    one, other = (asked(audited(X, model, pos_label=label), X.iloc[:B], output=output) for label in (1, 0))
    np.testing.assert_allclose(one.found.values, -other.found.values, atol=1e-9)
    assert one.explained.method == other.explained.method


def test_any_function_and_matrices():
    X = numeric()[["income", "debt", "children"]]
    model = lambda rows: 1 / (1 + np.exp(-(rows["income"] - 50) * rows["children"] / 20))  # noqa: E731
    spy = asked(audited(X, model, threshold=0.5), X.iloc[:B])
    wanted = shapley(model, X, X.iloc[:B])
    np.testing.assert_allclose(spy.found.values, wanted, atol=1e-9)
    matrix = X.to_numpy(float)
    other = asked(audited(matrix, lambda rows: model(pd.DataFrame(rows, columns=X.columns)).to_numpy(), threshold=0.5), matrix[:B])
    np.testing.assert_allclose(other.found.values, wanted, atol=1e-9)
    assert other.explained.features == ("x0", "x1", "x2")


def shap_library():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        import shap
    return shap


def test_categorical_splits_that_shap_ignores():
    """shap explains another model, and its own check says that all is well; ours is the definition."""
    X, model = fitted("histogram, codes")
    shap = shap_library()
    explainer = shap.TreeExplainer(model, X.iloc[:10].to_numpy(), feature_perturbation="interventional")
    values = explainer.shap_values(X.to_numpy(), check_additivity=True)
    error = np.abs(explainer.expected_value + values.sum(axis=1) - model.decision_function(X)).max()
    assert error > 0.5
    spy = asked(audited(X, model), X.iloc[:10], output="log_odds")
    assert np.abs(spy.found.values - shapley(model.decision_function, X, X.iloc[:10])).max() < 1e-9
    (note,) = spy.explained.notes
    assert "TreeExplainer, interventional was replaced by an explainer for any function" in note
    assert "miss the model's own answers" in note
    assert note in repr(spy.explained)
    assert "TreeExplainer" in spy.explained.html()


def near() -> tuple[pd.DataFrame, object]:
    """Values that differ only beyond 32 bits, and a model that tells them apart."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": 1 + 1e-9 * rng.integers(0, 40, N), "b": rng.normal(size=N)})
    y = (X["a"] > 1 + 20e-9).astype(int)
    return X, HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=3).fit(X, y)


def test_thresholds_that_shap_rounds_to_32_bits(monkeypatch):
    X, model = near()
    shap = shap_library()
    explainer = shap.TreeExplainer(model, shap.maskers.Independent(X.iloc[:B].to_numpy(), max_samples=B), feature_perturbation="interventional")
    values = explainer.shap_values(X.to_numpy(), check_additivity=False)
    assert np.abs(explainer.expected_value + values.sum(axis=1) - model.decision_function(X)).max() > 0.1
    wanted = shapley(model.decision_function, X, X.iloc[:B])
    exact = asked(audited(X, model), X.iloc[:B], output="log_odds")
    assert np.abs(exact.found.values - wanted).max() < 1e-9
    assert exact.explained.notes == ()
    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
    replaced = asked(audited(X, model), X.iloc[:B], output="log_odds")
    assert np.abs(replaced.found.values - wanted).max() < 1e-9
    assert "miss the model's own answers" in replaced.explained.notes[0]


def test_tree_explainer_where_tables_are_not_to_be_had(monkeypatch):
    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
    for name, output in (("forest", "score"), ("boosting", "log_odds"), ("xgboost", "log_odds"), ("lightgbm", "log_odds")):
        X, model = fitted(name)
        spy = asked(audited(X, model), X.iloc[:B], output=output)
        assert "TreeExplainer, interventional" in spy.explained.method
        f = probability(model) if output == "score" else margin(name, model)
        assert np.abs(spy.found.values - shapley(f, X, X.iloc[:B])).max() < 5e-6
        assert spy.explained.notes == ()
        assert spy.explained.predictions < 500


@pytest.mark.parametrize("kind", [ValueError, IndexError, AssertionError, "ExplainerError", "InvalidModelError"])
def test_an_explainer_that_raises_is_replaced_with_a_note(monkeypatch, kind):
    shap = shap_library()
    error = getattr(shap.utils._exceptions, kind) if isinstance(kind, str) else kind

    def broken(*_, **__):
        raise error("no such node")

    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
    monkeypatch.setattr(shap, "TreeExplainer", broken)
    X, model = fitted("forest")
    spy = asked(audited(X, model), X.iloc[:B])
    assert np.abs(spy.found.values - shapley(probability(model), X, X.iloc[:B])).max() < 1e-9
    assert f"it raised {error.__name__} (no such node)" in spy.explained.notes[0]


def test_an_explainer_whose_numbers_have_another_shape_is_replaced(monkeypatch):
    shap = shap_library()
    monkeypatch.setattr(shap, "LinearExplainer", lambda *_, **__: type("Odd", (), {"shap_values": lambda self, rows: rows[:, :1], "expected_value": 0.0})())
    X, model = fitted("logistic")
    spy = asked(audited(X, model), X.iloc[:B], output="log_odds")
    assert "numbers of shape" in spy.explained.notes[0]
    assert spy.explained.max_error < 1e-9


def test_other_errors_are_not_swallowed(monkeypatch):
    class Stop(Exception):
        pass

    def stop(done, total):
        raise Stop

    X, model = fitted("logistic")
    with pytest.raises(Stop):
        fl.explain(audited(X, model), background=X.iloc[:B], progress=stop)
    with pytest.raises(Stop):
        fl.explain(audited(X, model), background=X.iloc[:B], progress=stop, output="log_odds")


def test_whoever_watches_can_stop_an_explainer_of_shap(monkeypatch):
    """Also with an error of a kind that shap raises itself."""
    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
    X, model = fitted("boosting")
    steps = []

    def stop(done, total):
        steps.append(done)
        if len(steps) > 2:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fl.explain(audited(X, model), background=X.iloc[:B], progress=stop, output="log_odds", random_state=11)


@pytest.mark.parametrize("numba", [True, False])
def test_whoever_watches_can_stop_the_tables_of_leaves_anywhere(monkeypatch, numba):
    """It is asked again and again while tables are made and looked up: for every tree, every batch of leaves, and every block of rows."""
    if not numba:
        monkeypatch.setattr(_leaf_tables, "compiled", lambda: None)
    X, model = fitted("boosting")
    audit, steps = audited(X, model), []
    fl.explain(audit, background=X.iloc[:B], progress=lambda done, total: steps.append((done, total)), output="log_odds", random_state=21)
    assert len(steps) > len(model.estimators_) + 4
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    for last in range(1, len(steps)):
        seen = []

        def stop(done, total, last=last, seen=seen):
            seen.append(done)
            if len(seen) == last:
                raise RuntimeError("stopped")

        CACHE.clear()
        with pytest.raises(RuntimeError, match="stopped"):
            fl.explain(audit, background=X.iloc[:B], progress=stop, output="log_odds", random_state=21)
        assert len(seen) == last


def test_without_shap(monkeypatch):
    X, model = fitted("boosting")
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(PackageMissing, match="needs the package 'shap'") as caught:
        fl.explain(audited(X, model), background=X.iloc[:B], random_state=12)
    assert caught.value.hint == "pip install shap"
    assert fl.explain(audited(X, model), background=X.iloc[:B], output="log_odds", random_state=12).max_error < 1e-9


def test_all_of_a_large_background_is_used():
    """shap keeps 100 rows of it unless it is told."""
    X = numeric(240)
    model = LogisticRegression(max_iter=5000).fit(X, labels(X))
    far = X.copy()
    far.loc[100:, "income"] += 40
    spy = asked(audited(X, model), far, output="log_odds")
    assert (spy.explained.background_n, "The mean answer for 240 background rows is" in spy.explained.told) == (240, True)
    place = list(X.columns).index("income")
    wanted = model.coef_[0, place] * (spy.question.Z[:, place] - far["income"].mean())
    np.testing.assert_allclose(spy.found.values[:, place], wanted, atol=1e-9)
    spy = asked(audited(X, model), far)
    assert spy.found.base == pytest.approx(model.predict_proba(far)[:, 1].mean(), abs=1e-12)
    assert spy.explained.max_error < 1e-9


def test_branches_weighed_by_training_rows_on_request():
    X, model = fitted("forest")
    own = asked(audited(X, model), X.iloc[:B], ShapAttributor(tree_path_dependent=True))
    plain = asked(audited(X, model), X.iloc[:B])
    assert "training rows in each branch" in own.explained.method
    assert own.explained.max_error < 1e-9
    assert own.found.base != pytest.approx(plain.found.base, abs=1e-3)
    shap = shap_library()
    oracle = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").shap_values(X.to_numpy(float), check_additivity=False)[:, :, 1]
    np.testing.assert_allclose(own.found.values, oracle, atol=1e-6)


@pytest.mark.parametrize(("name", "output"), [("forest", "score"), ("xgboost", "log_odds"), ("lightgbm", "log_odds"), ("boosting", "log_odds")])
def test_branches_weighed_by_training_rows_by_shap_itself(monkeypatch, name, output):
    X, model = fitted(name)
    exact = asked(audited(X, model), X.iloc[:B], ShapAttributor(tree_path_dependent=True), output=output)
    monkeypatch.setattr(module, "exact_trees", lambda *_, **__: Unread("they were not looked at"))
    library = asked(audited(X, model), X.iloc[:B], ShapAttributor(tree_path_dependent=True), output=output)
    assert "branches weighed by training rows" in library.explained.method
    np.testing.assert_allclose(library.found.values, exact.found.values, atol=1e-5)


def test_path_dependence_that_cannot_be_had_is_told():
    X, model = fitted("logistic")
    spy = asked(audited(X, model), X.iloc[:B], ShapAttributor(tree_path_dependent=True))
    assert "stated background was used instead" in spy.explained.notes[0]
    assert spy.explained.max_error < 1e-9


def test_orderings_beyond_the_limit_add_up_whatever_the_order_of_rows():
    X = mixed(20)
    X["income"] = X["income"].fillna(50)
    model = lambda rows: np.clip(rows["income"] / 100 * (1 + rows["owner"]) * (1 - 0.5 * (rows["zip"] == "west")) - 0.1 * (rows["job"] == "cook"), 0, 1)  # noqa: E731
    few = ShapAttributor(exact_inputs=2, permutations=2)
    spy = asked(audited(X, model, threshold=0.5), X.iloc[:B], few)
    assert "2 random orderings of 4 inputs" in spy.explained.method
    assert spy.explained.max_error < 1e-9
    wanted = shapley(model, X, X.iloc[:B])
    assert 1e-6 < np.abs(spy.found.values - wanted).max() < 0.2
    q = spy.question
    order = np.random.default_rng(0).permutation(len(q.Z))

    def alone(places, seed=q.seed):
        return few.explain(replace(q, Z=q.Z[places], fx=q.fx[places], seed=seed)).values

    np.testing.assert_allclose(alone(order), spy.found.values[order], atol=1e-12)
    np.testing.assert_allclose(alone([7]), spy.found.values[7:8], atol=1e-12)
    assert np.abs(alone(order, q.seed + 1) - spy.found.values[order]).max() > 1e-6
    many = ShapAttributor(exact_inputs=2, permutations=100).attribute(q.f, q.Z[:3], q.background, categorical=q.categorical, seed=0, progress=None)
    assert np.abs(many - wanted[:3]).max() < 0.02


def test_the_global_random_state_is_left_as_it_was(capfd):
    X, model = fitted("pipeline, forest")
    for attributor in (ShapAttributor(), ShapAttributor(exact_inputs=2, permutations=2)):
        np.random.seed(7)  # noqa: NPY002
        before = np.random.get_state()[1].tolist()  # noqa: NPY002
        asked(audited(X, model), X.iloc[:B], attributor)
        assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_other_threads_draw_from_the_global_random_state_as_if_nothing_happened(monkeypatch):
    """Whenever the model is asked, it is as somebody left it who draws from it at the same time; nobody seeds it or puts it back."""

    def touched(*_):
        raise AssertionError("the global random state was changed")

    X = mixed()
    X["income"] = X["income"].fillna(50)
    drawn = []

    def model(rows):
        drawn.append(np.random.random())  # noqa: NPY002 - as a cell that runs beside it would
        return np.clip(rows["income"] / 100 * (1 + rows["owner"]) * (1 - 0.5 * (rows["zip"] == "west")), 0, 1)

    audit = audited(X, model, threshold=0.5)
    for attributor in (ShapAttributor(), ShapAttributor(exact_inputs=2, permutations=2)):
        np.random.seed(5)  # noqa: NPY002
        drawn.clear()
        with monkeypatch.context() as patch:
            for name in ("seed", "set_state", "shuffle", "permutation"):
                patch.setattr(np.random, name, touched)
            asked(audit, X.iloc[:B], attributor)
        assert len(drawn) > N
        assert drawn == np.random.RandomState(5).random_sample(len(drawn)).tolist()


def test_orderings_are_those_of_shap():
    shap, rng = shap_library(), np.random.default_rng(0)
    background, row = rng.integers(0, 4, (6, 5)).astype(float), np.array([1.0, 5.0, 2.0, 6.0, 3.0])
    f = lambda Z: Z[:, 0] * Z[:, 1] + np.sin(Z[:, 2] * Z[:, 3] * Z[:, 4])  # noqa: E731
    masker = shap.maskers.Independent(background)
    before = np.random.get_state()  # noqa: NPY002
    wanted = shap.explainers.Permutation(f, masker, seed=3)(row[None], max_evals=4 * 11, silent=True).values[0]
    np.random.set_state(before)  # noqa: NPY002
    found = module._by_orderings(module._masked(shap, f, masker, row), 4, 10, np.random.RandomState(3))
    assert found.tolist() == wanted.tolist()


def test_values_near_each_other_are_not_the_same():
    """shap takes values within 1e-5 of each other, relative to their size, for one value."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"when": 1.6e9 + rng.integers(0, 5_000, N), "noise": rng.normal(size=N)})
    model = lambda rows: (rows["when"] - 1.6e9) / 5_000  # noqa: E731
    spy = asked(audited(X, model, threshold=0.5), X.iloc[:B])
    np.testing.assert_allclose(spy.found.values, shapley(model, X, X.iloc[:B]), atol=1e-9)
    assert np.abs(spy.found.values[:, 0]).max() > 0.3


def test_columns_and_rows_that_never_differ_have_nothing():
    X = numeric().assign(same="x", none=np.nan)
    model = lambda rows: rows["income"] / 100 + 0 * (rows["same"] == "x")  # noqa: E731
    spy = asked(audited(X, model, threshold=0.5), X.iloc[:1])
    assert (spy.found.values[:, [4, 5]] == 0).all()
    assert (spy.found.values[0] == 0).all()
    assert "coalitions of 4 inputs" in spy.explained.method
    constant = pd.DataFrame({"a": [1] * N, "b": ["x"] * N})
    spy = asked(audited(constant, lambda rows: np.full(len(rows), 0.3), threshold=0.5), constant.iloc[:B])
    assert (spy.found.values == 0).all()
    assert (spy.explained.base, spy.explained.max_error) == (0.3, 0.0)


def test_one_input():
    X = numeric()[["income"]]
    spy = asked(audited(X, lambda rows: rows["income"] / 100, threshold=0.5), X.iloc[:B])
    np.testing.assert_allclose(spy.found.values[:, 0], X["income"] / 100 - X["income"].iloc[:B].mean() / 100, atol=1e-12)


def test_counts_before_it_asks():
    found = ShapAttributor(exact_inputs=4, permutations=10)
    assert found.predictions(5, 4, 20) == 5 * 16 * 20
    assert found.predictions(5, 6, 20) == 5 * 10 * 13 * 20
    X, model = fitted("boosting")
    audit = audited(X, model)
    with pytest.raises(TooManyPredictions, match=r"60 rows by 'shap', with 4 inputs and 8 background rows, take [\d,]+ predictions"):
        fl.explain(audit, background=X.iloc[:B], max_predictions=5_000)
    spent = fl.explain(audit, background=X.iloc[:B], max_predictions=10_000)
    assert 60 * 8 < spent.predictions <= 60 * 16 * 8 + 200
    cheap = fl.explain(audit, background=X.iloc[:B], output="log_odds", max_predictions=1_000)
    assert cheap.predictions < 1_000


def test_a_replacement_beyond_the_budget_is_refused(monkeypatch):
    X, model = fitted("histogram, codes")
    audit, asked_about = audited(X, model), []
    attributor = ShapAttributor()
    monkeypatch.setattr(ShapAttributor, "_any_function", lambda *_: asked_about.append(1))
    with pytest.raises(TooManyPredictions) as caught:
        fl.explain(audit, attributor, background=X.iloc[:B], output="log_odds", max_predictions=600)
    assert asked_about == []
    assert "TreeExplainer, interventional was replaced by an explainer for any function: its values miss" in str(caught.value)
    needed = int(caught.value.hint.split(",")[0].removeprefix("max_predictions=").replace("_", ""))
    monkeypatch.undo()
    assert 600 < fl.explain(audit, attributor, background=X.iloc[:B], output="log_odds", max_predictions=needed).predictions <= needed


@pytest.mark.parametrize("name", ["forest", "logistic", "xgboost", "pipeline, forest", "calibrated"])
@pytest.mark.parametrize("tried", ["tables", "shap after tables", "any function after tables"])
def test_the_preview_is_a_bound(monkeypatch, name, tried):
    """Of what is asked of a model that is explained as any function, and of all that is asked before an explainer from within is given up."""
    X, model = fitted(name)
    known = module.exact_trees
    if tried.startswith("any"):
        monkeypatch.setattr(module, "ways", lambda *_: iter(()))
    if tried != "tables":
        monkeypatch.setattr(module, "exact_trees", lambda *given, **named: known(*given, **named) and Unread("they were not looked at"))
    counts = {}

    class Counting(Spy):
        def explain(self, question):
            before = question.f.asked
            counts["told"] = self.attributor.cost(question)
            found = super().explain(question)
            counts["asked"] = question.f.asked - before
            return found

    spy = Counting()
    fl.explain(audited(X, model), spy, rows=N, background=X.iloc[:B], progress=False)
    assert 0 < counts["asked"] <= counts["told"]


def test_progress_knows_of_the_replacement_when_it_starts():
    X, model = fitted("histogram, codes")
    seen = []
    fl.explain(audited(X, model), background=X.iloc[:B], output="log_odds", progress=lambda done, total: seen.append((done, total)))
    totals = list(dict.fromkeys(total for _, total in seen))
    assert len(totals) <= 3
    assert all(done <= total for done, total in seen)


def test_a_model_that_answers_differently_each_time_is_refused():
    X = numeric()
    calls = []

    def changing(rows):
        calls.append(len(rows))
        return np.clip(rows["income"] / 100 + (0.1 if len(calls) > 2 else 0), 0, 1)

    with pytest.raises(BadValue, match="differently"):
        fl.explain(audited(X, changing, threshold=0.5), background=X.iloc[:B], random_state=1)


@pytest.mark.parametrize("arguments", [{"exact_inputs": 0}, {"exact_inputs": 17}, {"permutations": 0}, {"permutations": 1.5}, {"exact_inputs": True}])
def test_bad_settings(arguments):
    with pytest.raises(OutOfRange, match=f"`{next(iter(arguments))}`"):
        ShapAttributor(**arguments)
