"""Values from tables of leaves against every coalition, against shap, and against the model; with numba and without."""

import builtins
import sys
import warnings
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

import fairlens as fl
from fairlens.exceptions import BadValue
from fairlens.explanations import _compiled, _leaf_tables
from fairlens.explanations._compiled import add_groups, compiled, count_states
from fairlens.explanations._leaf_tables import LeafTables, leaf_tables, tree_shap
from fairlens.explanations._tree_attributor import TreeAttributor
from fairlens.explanations._tree_groups import MOST_INPUTS, plan_of
from fairlens.explanations._trees import Trees, Unread, read_trees

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")

INPUTS = 5
MODELS = {
    "xgboost": lambda: XGBClassifier(n_estimators=12, max_depth=4),
    "lightgbm": lambda: LGBMClassifier(n_estimators=12, num_leaves=14, min_child_samples=5, verbose=-1),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=12, max_leaf_nodes=14, min_samples_leaf=5),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=12, random_state=0),
    "forest": lambda: RandomForestClassifier(8, max_depth=6, random_state=0),
    "stumps": lambda: GradientBoostingClassifier(n_estimators=6, max_depth=1, random_state=0),
}
WITH_MISSING = ("xgboost", "lightgbm", "histogram", "forest")


def rows(size: int, seed: int = 0, inputs: int = INPUTS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(size, inputs))
    X[:, -1] = rng.integers(-2, 4, size)
    return X


def labels(X: np.ndarray) -> np.ndarray:
    filled = np.nan_to_num(X, nan=0.7)
    return (filled[:, 0] * filled[:, 1] + filled[:, 2] + np.random.default_rng(1).normal(size=len(X)) > 0.3).astype(int)


def with_gaps(X: np.ndarray) -> np.ndarray:
    return np.where(np.random.default_rng(5).random(X.shape) < 0.2, np.nan, X)


def trees_of(kind: str, X: np.ndarray) -> Trees:
    found = read_trees(MODELS[kind]().fit(X, labels(X)))
    assert isinstance(found, Trees)
    return found


def shapley(worth, inputs: int) -> np.ndarray:
    """Shapley values (rows, inputs) from the worth of every coalition."""
    known = {coalition: worth(coalition) for size in range(inputs + 1) for coalition in combinations(range(inputs), size)}
    found = np.zeros((len(known[()]), inputs))
    for j in range(inputs):
        for size in range(inputs):
            weight = factorial(size) * factorial(inputs - size - 1) / factorial(inputs)
            for coalition in combinations([k for k in range(inputs) if k != j], size):
                found[:, j] += weight * (known[tuple(sorted((*coalition, j)))] - known[coalition])
    return found


def by_every_coalition(trees: Trees, X: np.ndarray, background: np.ndarray) -> np.ndarray:
    def worth(coalition):
        mixed = np.tile(background, (len(X), 1))
        own = np.repeat(X, len(background), axis=0)
        mixed[:, coalition] = own[:, coalition]
        return trees.margin(mixed).reshape(len(X), -1).mean(axis=1)

    return shapley(worth, trees.inputs)


def by_every_coalition_along_paths(trees: Trees, X: np.ndarray) -> np.ndarray:
    values = trees.rounded(X)

    def walk(node: int, row: np.ndarray, coalition) -> float:
        feature = trees.feature[node]
        if feature < 0:
            return trees.value[node]
        left, right = trees.left[node], trees.right[node]
        if feature in coalition:
            at = row[feature]
            goes = trees.missing_left[node] if np.isnan(at) else at <= trees.threshold[node]
            return walk(left if goes else right, row, coalition)
        below = [trees.cover[child] * walk(child, row, coalition) for child in (left, right)]
        return sum(below) / trees.cover[node]

    return shapley(lambda coalition: np.array([sum(walk(root, row, coalition) for root in trees.roots) for row in values]), trees.inputs)


@pytest.fixture(params=["numba", "numpy"])
def engine(request, monkeypatch):
    """With numba, and with its import taken away."""
    if request.param == "numba":
        pytest.importorskip("numba")
        assert compiled() is not None
        yield request.param
        return
    compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    assert compiled() is None
    yield request.param
    monkeypatch.undo()
    compiled.cache_clear()


@pytest.mark.parametrize("kind", MODELS)
def test_against_every_coalition(kind, engine):
    trees, X, background = trees_of(kind, rows(300)), rows(6, 3), rows(15, 4)
    values, base = tree_shap(trees, X, background)
    assert values == pytest.approx(by_every_coalition(trees, X, background), abs=1e-12)
    assert base == pytest.approx(trees.margin(background).mean(), abs=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_along_paths_against_every_coalition(kind, engine):
    trees, X = trees_of(kind, rows(300)), rows(6, 3)
    values, base = tree_shap(trees, X, path_dependent=True)
    assert values == pytest.approx(by_every_coalition_along_paths(trees, X), abs=1e-12)
    assert base + values.sum(axis=1) == pytest.approx(trees.margin(X), abs=1e-12)


@pytest.mark.parametrize("kind", WITH_MISSING)
def test_missing_values_against_every_coalition(kind, engine):
    trees, X, background = trees_of(kind, with_gaps(rows(300))), with_gaps(rows(8, 3)), with_gaps(rows(12, 4))
    assert np.isnan(X).any()
    assert tree_shap(trees, X, background)[0] == pytest.approx(by_every_coalition(trees, X, background), abs=1e-12)
    assert tree_shap(trees, X, path_dependent=True)[0] == pytest.approx(by_every_coalition_along_paths(trees, X), abs=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_parts_add_up_for_many_rows(kind, engine):
    trees, X = trees_of(kind, rows(500)), rows(3_000, 9)
    for path_dependent in (False, True):
        values, base = tree_shap(trees, X, rows(200, 8), path_dependent=path_dependent)
        assert base + values.sum(axis=1) == pytest.approx(trees.margin(X), abs=1e-12)


@pytest.mark.parametrize("path_dependent", [False, True])
def test_numbers_without_numba_are_the_same(path_dependent, monkeypatch):
    pytest.importorskip("numba")
    trees, X, background = trees_of("lightgbm", rows(500)), rows(2_500, 9), rows(1_500, 8)
    fast = tree_shap(trees, X, background, path_dependent=path_dependent)
    monkeypatch.setattr(_leaf_tables, "compiled", lambda: None)
    slow = tree_shap(trees, X, background, path_dependent=path_dependent)
    assert fast[0] == pytest.approx(slow[0], abs=1e-14)
    assert fast[1] == slow[1]


def test_the_loops_say_the_same_before_they_are_compiled(monkeypatch):
    monkeypatch.setattr(_leaf_tables, "compiled", lambda: None)
    trees, X, background = trees_of("xgboost", rows(300)), rows(40, 9), rows(30, 8)
    plain = leaf_tables(trees, background)
    assert isinstance(plain, LeafTables)
    loops = _compiled.Compiled(add_groups, count_states)
    codes = plain.plan.codes(trees.rounded(X))
    assert loops.values(plain.plan, plain.tables, codes, INPUTS, lambda: None) == pytest.approx(plain.values(X), abs=1e-14)
    codes = plain.plan.codes(trees.rounded(background))
    counts = loops.counts(plain.plan, codes, lambda: None)
    assert counts.tolist() == _leaf_tables._counts(plain.plan, codes, lambda: None).tolist()
    assert counts.sum() == 30 * len(plain.plan.bits)


def test_compiled_code_needs_no_folder_to_be_kept_in(monkeypatch):
    numba = pytest.importorskip("numba")
    asked, real = [], numba.njit

    def njit(**options):
        asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", njit)
    compiled.cache_clear()
    try:
        assert compiled() is not None
    finally:
        compiled.cache_clear()
    assert asked == [{"nogil": True, "cache": True}, {"nogil": True}] * 2


def test_rows_and_background_in_any_order_and_number(engine):
    trees, X, background = trees_of("forest", rows(300)), rows(2_100, 3), rows(50, 4)
    values = tree_shap(trees, X, background)[0]
    assert tree_shap(trees, X[::-1], np.tile(background[::-1], (3, 1)))[0][::-1] == pytest.approx(values, abs=1e-14)
    assert tree_shap(trees, X[:1], background)[0] == pytest.approx(values[:1], abs=1e-14)
    assert tree_shap(trees, X[:0], background)[0].shape == (0, INPUTS)


def test_tables_do_not_grow_with_the_background():
    trees = trees_of("xgboost", rows(300))
    few, many = leaf_tables(trees, rows(2, 1)), leaf_tables(trees, rows(3_000, 1))
    assert few.nbytes == many.nbytes > 0


def test_what_is_asked_nowhere_gets_exactly_nothing(engine):
    X = rows(300)
    y = (X[:, 0] > 0).astype(int)
    values = tree_shap(read_trees(DecisionTreeClassifier().fit(X, y)), X, X)[0]
    assert (values[:, 1:] == 0).all()
    assert np.abs(values[:, 0]).min() > 0


def test_trees_without_a_question(engine):
    model = HistGradientBoostingClassifier(max_iter=2).fit(np.ones((60, 3)), [0, 1, 1] * 20)
    values, base = tree_shap(read_trees(model), rows(4, inputs=3), rows(5, inputs=3))
    assert values.tolist() == np.zeros((4, 3)).tolist()
    assert base == pytest.approx(model.decision_function(np.ones((1, 3)))[0])


@pytest.fixture(scope="module")
def shap():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("path_dependent", [False, True])
@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "forest", "histogram", "boosting"])
def test_agrees_with_shap(kind, path_dependent, shap):
    X = rows(2_000).astype(np.float32).astype(float)
    model = MODELS[kind]().set_params(**{"max_iter" if kind == "histogram" else "n_estimators": 60}).fit(X, labels(X))
    some, background = rows(80, 3).astype(np.float32).astype(float), X[:40]
    explainer = shap.TreeExplainer(model) if path_dependent else shap.TreeExplainer(model, shap.maskers.Independent(background, max_samples=40))
    told = explainer.shap_values(some, check_additivity=False)
    told = told[:, :, 1] if told.ndim == 3 else told
    values, base = tree_shap(read_trees(model), some, background, path_dependent=path_dependent)
    scale = max(1.0, float(np.abs(told).max()))
    assert np.abs(values - told).max() < 1e-6 * scale
    assert base == pytest.approx(np.ravel(explainer.expected_value)[-1], abs=1e-6)


def deep_tree(depth: int) -> Trees:
    """One way down, with another input at each of its steps."""
    size = 2 * depth + 1
    inner = np.arange(0, size - 1, 2)
    feature, left, right = np.full(size, -1), np.full(size, -1), np.full(size, -1)
    feature[inner], left[inner], right[inner] = np.arange(depth), inner + 1, inner + 2
    cover = np.array([2.0 ** (depth - k // 2 - k % 2) for k in range(size)])
    return Trees(
        np.array([0]), feature, np.zeros(size), np.zeros(size, bool), left, right,
        np.where(feature < 0, np.arange(size) / size, 0), cover, 0.5, depth, "log_odds", "histogram", "a tree made by hand",
    )  # fmt: skip


def test_a_way_of_sixteen_inputs_is_exact(engine):
    trees, X, background = deep_tree(MOST_INPUTS), rows(50, 1, MOST_INPUTS) - 0.6, rows(40, 2, MOST_INPUTS) - 0.6
    values, base = tree_shap(trees, X, background)
    assert base + values.sum(axis=1) == pytest.approx(trees.margin(X), abs=1e-12)
    assert base == pytest.approx(trees.margin(background).mean(), abs=1e-12)
    few = deep_tree(9)
    assert tree_shap(few, X[:4, :9], background[:, :9])[0] == pytest.approx(by_every_coalition(few, X[:4, :9], background[:, :9]), abs=1e-12)


def test_longer_ways_are_refused():
    trees = deep_tree(MOST_INPUTS + 1)
    found = leaf_tables(trees, rows(5, inputs=17))
    assert isinstance(found, Unread)
    assert found.reason == "the way to a leaf asks about 17 inputs, more than 16"
    with pytest.raises(BadValue, match="a tree made by hand cannot be looked up: the way to a leaf asks about 17 inputs") as caught:
        tree_shap(trees, rows(5, inputs=17), rows(5, inputs=17))
    assert "Hint: " in str(caught.value)


def test_large_tables_are_refused_before_they_are_made():
    trees = trees_of("forest", rows(300))
    needed = int(plan_of(trees, 1 << 30).table_at[-1])
    assert isinstance(leaf_tables(trees, rows(5), needed), LeafTables)
    found = leaf_tables(trees, rows(5), needed - 1)
    assert isinstance(found, Unread)
    assert f"more than {needed - 1:,} numbers" in found.reason


def test_a_forest_without_a_limit_of_depth_is_refused():
    X = np.random.default_rng(0).normal(size=(1_500, 30))
    y = (X[:, :15].sum(axis=1) + np.random.default_rng(1).normal(size=1_500) * 4 > 0).astype(int)
    found = leaf_tables(read_trees(RandomForestClassifier(5, random_state=0).fit(X, y)), X[:50])
    assert isinstance(found, Unread)


def test_branches_without_training_rows_have_no_path_dependent_values():
    trees = deep_tree(3)
    trees.cover[:] = 0
    found = leaf_tables(trees, None)
    assert isinstance(found, Unread)
    assert "how many training rows" in found.reason
    assert isinstance(leaf_tables(trees, rows(5, inputs=3)), LeafTables)


@pytest.mark.parametrize("background", [None, np.zeros((0, INPUTS))])
def test_something_to_compare_with_is_needed(background):
    with pytest.raises(BadValue, match="`background` has no rows"):
        tree_shap(trees_of("stumps", rows(100)), rows(3), background)


def test_numba_is_imported_only_when_something_is_compiled(monkeypatch):
    real, imported = builtins.__import__, []
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest, **more: imported.append(name) or real(name, *rest, **more))
    compiled.cache_clear()
    plan_of(trees_of("stumps", rows(100)), 1 << 20)
    assert "numba" not in imported
    compiled()
    assert "numba" in imported


NAMES = ["income", "debt", "age", "years", "children"]


def audited(kind: str, output: str = "log_odds", wrap=lambda model: model, pos_label: int = 1):
    X = pd.DataFrame(rows(400), columns=NAMES)
    y = labels(X.to_numpy())
    model = wrap(MODELS[kind]()).fit(X, y)
    return fl.audit(X, y_true=y, model=model, pos_label=pos_label, favorable=1, sensitive_features={"sex": np.resize(["f", "m", "m"], 400)})


def explained(audit, attributor, output: str):
    return fl.explain(audit, attributor, output=output, background=None, keep_values=True, progress=False)


@pytest.mark.parametrize(("kind", "output"), [("xgboost", "log_odds"), ("lightgbm", "log_odds"), ("histogram", "log_odds"), ("boosting", "log_odds"), ("forest", "score")])
@pytest.mark.parametrize("pos_label", [0, 1])
def test_explain_by_trees(kind, output, pos_label):
    found = explained(audited(kind, pos_label=pos_label), TreeAttributor(), output)
    assert "by tables of their leaves" in found.method
    assert found.max_error < (1e-5 if kind == "xgboost" else 1e-12)
    assert not [note for note in found.notes if "replaced" in note]


def test_explain_along_paths():
    found = explained(audited("histogram"), TreeAttributor(path_dependent=True), "log_odds")
    assert "the training rows in each branch" in found.method
    assert found.max_error < 1e-12


class Shifted(HistGradientBoostingClassifier):
    """Answers with something that its trees do not add up to."""

    def decision_function(self, X):
        return super().decision_function(X) + 0.01 * np.sin(40 * np.asarray(X)[:, 0])

    def predict_proba(self, X):
        share = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.column_stack([1 - share, share])


@pytest.mark.parametrize(
    ("kind", "output", "wrap", "reason"),
    [
        ("boosting", "score", lambda model: model, "add up to its log-odds, not to its score"),
        ("forest", "decision", lambda model: model, "add up to its score, not to its decision"),
        ("boosting", "log_odds", lambda model: make_pipeline(StandardScaler(), model), "a Pipeline is not a model of trees"),
        ("boosting", "log_odds", lambda model: LogisticRegression(), "a LogisticRegression is not a model of trees"),
        ("histogram", "log_odds", lambda model: Shifted(max_iter=5), "its trees, as they were read, miss its answers by up to 0.0"),
    ],
)
def test_anything_else_goes_to_shap_and_says_so(kind, output, wrap, reason):
    audit = audited(kind, wrap=wrap)
    found = fl.explain(audit, TreeAttributor(), output=output, rows=30, background=10, progress=False)
    assert [note for note in found.notes if reason in note and "replaced by shap's" in note]
    assert "shap " in found.method
    assert "tables of their leaves" not in found.method


def test_inputs_that_are_no_numbers_go_to_shap():
    X = pd.DataFrame(rows(300), columns=NAMES).assign(zip=np.resize(["a", "b", "c"], 300))
    y = labels(X[NAMES].to_numpy())
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(X[NAMES], y)

    class Own(RandomForestClassifier):
        def predict_proba(self, X):
            return model.predict_proba(X[NAMES])

    own = Own(5, max_depth=3, random_state=0).fit(X[NAMES], y)
    audit = fl.audit(X, model=own, sensitive_features={"sex": np.resize(["f", "m"], 300)})
    found = fl.explain(audit, TreeAttributor(), rows=30, background=10, progress=False)
    assert [note for note in found.notes if "an input is not a number" in note]


def test_any_function_goes_to_shap():
    Z, background = np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]])
    made = TreeAttributor()
    found = made.attribute(lambda X: X @ np.array([2.0, 3.0]), Z, background, categorical=(), seed=0, progress=None)
    assert found == pytest.approx(np.array([[2.0, 6.0]]))
    assert made.predictions(1, 2, 1) > 0
    assert isinstance(made, fl.Attributor)
