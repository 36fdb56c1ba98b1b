"""Trees read from five libraries' models add up to what the models themselves say, to the last threshold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, early_stopping
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier, XGBRFClassifier

from fairlens.explanations import _trees
from fairlens.explanations._trees import Trees, Unread, read_trees

INPUTS = 5
KINDS = {
    "xgboost": lambda: XGBClassifier(n_estimators=25, max_depth=4),
    "xgboost-forest": lambda: XGBRFClassifier(n_estimators=10, max_depth=4),
    "lightgbm": lambda: LGBMClassifier(n_estimators=25, num_leaves=12, verbose=-1),
    "lightgbm-dart": lambda: LGBMClassifier(n_estimators=15, num_leaves=8, boosting_type="dart", verbose=-1),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=25, max_leaf_nodes=12),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=25),
    "boosting-zero": lambda: GradientBoostingClassifier(n_estimators=10, init="zero"),
    "forest": lambda: RandomForestClassifier(12, max_depth=5, random_state=0),
    "extra": lambda: ExtraTreesClassifier(12, max_depth=5, random_state=0),
    "tree": lambda: DecisionTreeClassifier(max_depth=4),
}
WITH_MISSING = ["xgboost", "xgboost-forest", "lightgbm", "histogram", "forest", "extra", "tree"]
FORESTS = {"forest", "extra", "tree"}


def rows(size: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(size, INPUTS))
    X[:, 3:] = rng.integers(-2, 4, (size, 2))
    return X


def labels(X: np.ndarray) -> np.ndarray:
    score = np.nan_to_num(X[:, 0], nan=1.0) * np.nan_to_num(X[:, 1], nan=-1.0) + np.nan_to_num(X[:, 3], nan=2.0)
    return (score + np.random.default_rng(1).normal(size=len(X)) > 0.5).astype(int)


def with_gaps(X: np.ndarray, seed: int = 5) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(X.shape) < 0.15, np.nan, X)


def fitted(kind: str, X: np.ndarray):
    return KINDS[kind]().fit(X, labels(X))


def own(model, X, column: int = 1) -> np.ndarray:
    """What the model itself says, on the scale on which its trees add up."""
    if isinstance(model, XGBClassifier):
        found = model.predict(X, output_margin=True).astype(float)
    elif isinstance(model, LGBMClassifier):
        found = model.predict(X, raw_score=True)
    elif hasattr(model, "decision_function"):
        found = model.decision_function(X)
    else:
        return model.predict_proba(X)[:, column]
    return found if column == 1 else -found


def assert_same(trees: Trees, model, X: np.ndarray, column: int = 1) -> None:
    """To 1e-12; xgboost itself adds up in 32 bits."""
    told, found = own(model, X, column), trees.margin(X)
    near = trees.tolerance(told) if trees.sums_single else 1e-12
    assert (np.abs(found - told) <= near).all(), np.abs(found - told).max()


def at_thresholds(trees: Trees, X: np.ndarray) -> np.ndarray:
    """Rows whose values are the thresholds themselves, and their neighbours in 64 and in 32 bits."""
    rng, made = np.random.default_rng(2), []
    for feature in range(trees.inputs):
        known = np.unique(trees.threshold[trees.feature == feature])
        if len(known):
            single = known.astype(np.float32)
            near = [known, np.nextafter(known, np.inf), np.nextafter(known, -np.inf), single, np.nextafter(single, np.float32(np.inf))]
            values = np.concatenate(near)
            drawn = X[rng.integers(len(X), size=len(values))].copy()
            drawn[:, feature] = values
            made.append(drawn)
    return np.concatenate(made)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", KINDS)
def test_trees_add_up_to_the_model(kind):
    X = rows(600)
    model = fitted(kind, X)
    trees = read_trees(model)
    assert isinstance(trees, Trees)
    assert trees.output == ("score" if kind in FORESTS else "log_odds")
    assert type(model).__name__ in trees.origin
    for some in (rows(2_000, 9), at_thresholds(trees, X)):
        assert_same(trees, model, some)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", WITH_MISSING)
def test_missing_values_go_where_the_model_sends_them(kind):
    X = with_gaps(rows(600))
    model = fitted(kind, X)
    some = with_gaps(rows(2_000, 9), 6)
    trees = read_trees(model)
    assert_same(trees, model, some)
    assert np.abs(trees.margin(np.nan_to_num(some)) - own(model, some)).max() > 1e-3


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "histogram"])
def test_missing_values_that_were_never_seen_in_training(kind):
    model = fitted(kind, rows(600))
    some = with_gaps(rows(1_000, 9), 6)
    assert_same(read_trees(model), model, some)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", KINDS)
def test_the_other_class_is_the_event(kind):
    X = rows(300)
    model = fitted(kind, X)
    assert_same(read_trees(model, 0), model, X, 0)


def test_a_forest_may_have_three_classes():
    X = rows(400)
    model = RandomForestClassifier(8, max_depth=4, random_state=0).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    for column in range(3):
        assert read_trees(model, column).margin(X) == pytest.approx(model.predict_proba(X)[:, column], abs=1e-12)


@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
def test_a_model_that_stopped_early_is_read_as_it_predicts():
    X, other = rows(400), rows(200, 3)
    y, noise = labels(X), np.random.default_rng(0).integers(0, 2, 200)
    boosted = XGBClassifier(n_estimators=40, early_stopping_rounds=3).fit(X, y, eval_set=[(other, noise)], verbose=False)
    assert len(read_trees(boosted).roots) == boosted.best_iteration + 1 < boosted.get_booster().num_boosted_rounds()
    assert_same(read_trees(boosted), boosted, X)
    names = [f"x{j}" for j in range(INPUTS)]
    X, other = pd.DataFrame(X, columns=names), pd.DataFrame(other, columns=names)
    light = LGBMClassifier(n_estimators=40, verbose=-1).fit(X, y, eval_set=[(other, noise)], callbacks=[early_stopping(3, verbose=False)])
    assert len(read_trees(light).roots) == light.best_iteration_ < 40
    assert read_trees(light).margin(X.to_numpy()) == pytest.approx(own(light, X), abs=1e-12)


def test_trees_without_a_question():
    X = np.ones((50, 2))
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, [0, 1] * 25)
    trees = read_trees(model)
    assert (trees.feature == -1).all()
    assert trees.margin(X) == pytest.approx(model.decision_function(X))


def categorical(kind: str):
    X = pd.DataFrame(rows(400), columns=list("abcde")).assign(c=pd.Categorical(np.resize(["u", "v", "w", "x"], 400)))
    y = X["c"].isin(["u", "w"]).to_numpy()
    made = {
        "xgboost": lambda: XGBClassifier(n_estimators=5, enable_categorical=True),
        "lightgbm": lambda: LGBMClassifier(n_estimators=5, min_data_per_group=5, verbose=-1),
        "histogram": lambda: HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype"),
    }
    return made[kind]().fit(X, y)


def two_columns(model):
    X = rows(300)
    return model.fit(X, np.column_stack([labels(X), labels(X[::-1])]))


def three_classes(model):
    X = rows(300)
    return model.fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))


def two_classes(model):
    return model.fit(rows(300), labels(rows(300)))


REFUSED = {
    "linear": (lambda: two_classes(LogisticRegression()), "a LogisticRegression is not a model of trees"),
    "pipeline": (lambda: two_classes(make_pipeline(StandardScaler(), DecisionTreeClassifier())), "a Pipeline is not"),
    "function": (lambda: len, "a builtin_function_or_method is not"),
    "unfitted": (RandomForestClassifier, "not fitted"),
    "three-xgboost": (lambda: three_classes(XGBClassifier(n_estimators=2)), "3 classes"),
    "three-lightgbm": (lambda: three_classes(LGBMClassifier(n_estimators=2, verbose=-1)), "3 classes"),
    "three-histogram": (lambda: three_classes(HistGradientBoostingClassifier(max_iter=2)), "3 classes"),
    "categories-xgboost": (lambda: categorical("xgboost"), "splits by categories"),
    "categories-lightgbm": (lambda: categorical("lightgbm"), "splits by categories"),
    "categories-histogram": (lambda: categorical("histogram"), "categorical features"),
    "dart": (lambda: two_classes(XGBClassifier(n_estimators=2, booster="dart")), "'dart'"),
    "linear-booster": (lambda: two_classes(XGBClassifier(n_estimators=2, booster="gblinear")), "'gblinear'"),
    "own-missing": (lambda: two_classes(XGBClassifier(n_estimators=2, missing=-1.0)), "-1.0 for a missing value"),
    "hinge": (lambda: two_classes(XGBClassifier(n_estimators=2, objective="binary:hinge")), "'binary:hinge'"),
    "zero-missing": (lambda: two_classes(LGBMClassifier(n_estimators=2, zero_as_missing=True, verbose=-1)), "zero for a missing value"),
    "linear-leaves": (lambda: two_classes(LGBMClassifier(n_estimators=2, linear_tree=True, verbose=-1)), "a linear model"),
    "other-sigmoid": (lambda: two_classes(LGBMClassifier(n_estimators=2, sigmoid=2.0, verbose=-1)), "sigmoid:2"),
    "averaged": (
        lambda: two_classes(LGBMClassifier(n_estimators=2, boosting_type="rf", subsample=0.5, subsample_freq=1, verbose=-1)),
        "averaged",
    ),
    "exponential": (lambda: two_classes(GradientBoostingClassifier(n_estimators=2, loss="exponential")), "'exponential'"),
    "other-start": (lambda: two_classes(GradientBoostingClassifier(n_estimators=2, init=LogisticRegression())), "another model"),
    "two-outputs": (lambda: two_columns(RandomForestClassifier(2, random_state=0)), "2 outputs"),
}


@pytest.mark.filterwarnings("ignore:.*boost_from_average.*:UserWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_reason(case):
    make, reason = REFUSED[case]
    found = read_trees(make())
    assert isinstance(found, Unread)
    assert reason in found.reason


@pytest.mark.parametrize("lacking", ["_predictors", "_baseline_prediction"])
def test_another_form_of_a_library_is_a_reason_and_no_crash(lacking):
    model = fitted("histogram", rows(200))
    delattr(model, lacking)
    found = read_trees(model)
    assert isinstance(found, Unread)
    assert f"this version of sklearn keeps its trees in another form (AttributeError: 'HistGradientBoostingClassifier' object has no attribute '{lacking}'" in found.reason


def test_an_infinite_leaf_is_refused():
    model = fitted("histogram", rows(200))
    model._baseline_prediction = np.array([[np.inf]])
    assert read_trees(model).reason == "a leaf has no finite value"


def test_a_class_that_derives_from_a_known_one_is_known():
    class Own(RandomForestClassifier):
        pass

    X = rows(200)
    assert isinstance(read_trees(Own(3, max_depth=2, random_state=0).fit(X, labels(X))), Trees)
    assert isinstance(read_trees(SimpleNamespace(classes_=[0, 1])), Unread)


def test_sums_of_32_bits_have_a_tolerance_of_their_own():
    X = rows(300)
    assert read_trees(fitted("histogram", X)).tolerance(np.array([0.0, -3.0])).tolist() == [1e-6, 3e-6]
    many = read_trees(XGBClassifier(n_estimators=300, max_depth=2).fit(X, labels(X)))
    assert 1e-6 < many.tolerance(np.array([1.0]))[0] < 1e-5


def test_every_reader_has_a_test():
    assert {type(make()).__mro__[k].__name__ for make in KINDS.values() for k in range(len(type(make()).__mro__))} >= {name for _, name in _trees._READERS}
