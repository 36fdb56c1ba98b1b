"""Trees: the trees of a fitted classifier in one plain form, compared with numbers exactly as its own library compares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


Library = Literal["xgboost", "lightgbm", "sklearn", "histogram"]
"""Libraries that compare numbers in their own ways; scikit-learn has two."""

_LIGHTGBM_ZERO = float(np.float32(1e-35))
"""LightGBM takes smaller numbers for zero."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Why trees, or the exact values of trees, are not to be had: the words of a note."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trees:
    """A sum of binary trees and a constant. Nodes of all trees are numbered on; a leaf has the feature -1.

    Parameters
    ----------
    roots
        First node of every tree.
    feature, threshold, missing_left
        A row goes left where its value is at most the threshold, or is missing and `missing_left` is true.
    left, right
        Nodes below.
    value
        What a leaf adds.
    cover
        Weight of the training rows in a node.
    base
        The constant.
    inputs
        Number of columns.
    output
        What the sum is: log-odds of the event, or its score.
    library
        The package that made them, which decides how numbers are rounded.
    origin
        Kind of model, library and version, for a reader.
    """

    roots: Places
    feature: Places
    threshold: Numbers
    missing_left: Mask
    left: Places
    right: Places
    value: Numbers
    cover: Numbers
    base: float
    inputs: int
    output: Literal["log_odds", "score"]
    library: Library
    origin: str

    @property
    def sums_single(self) -> bool:
        """Whether the library adds up its trees in 32 bits."""
        return self.library == "xgboost"

    def rounded(self, X: Numbers) -> Numbers:
        """Values as the library compares them."""
        if self.library == "lightgbm":
            return np.where(np.abs(X) <= _LIGHTGBM_ZERO, 0.0, X)
        if self.library == "histogram":
            return X
        with np.errstate(over="ignore"):
            return X.astype(np.float32).astype(np.float64)

    def tolerance(self, margin: Numbers) -> Numbers:
        """How far the model's own answer may lie from the exact sum of its trees: 1e-6, or what 32 bits cannot hold."""
        size = np.maximum(1, np.abs(margin))
        rounding = 4 * 2.0**-24 * np.sqrt(len(self.roots)) if self.sums_single else 0.0
        return np.asarray(size * max(1e-6, rounding), float)

    def margin(self, X: Numbers) -> Numbers:
        """Sum up the trees for every row."""
        values, found = self.rounded(X), np.full(len(X), self.base)
        rows = np.arange(len(X))
        for root in self.roots:
            node = np.full(len(X), root)
            while True:
                feature = self.feature[node]
                if (feature < 0).all():
                    break
                at = values[rows, np.maximum(feature, 0)]
                left = np.where(np.isnan(at), self.missing_left[node], at <= self.threshold[node])
                node = np.where(feature < 0, node, np.where(left, self.left[node], self.right[node]))
            found += self.value[node]
        return found


def read_trees(model: Any, column: int = 1) -> Trees | Unread:
    """Read a fitted classifier of two classes: xgboost, lightgbm, or scikit-learn's trees, forests and gradient boosting.

    Parameters
    ----------
    model
        The classifier itself: not a pipeline around it.
    column
        The event's column of ``predict_proba``. Forests may have more than two.

    Returns
    -------
    The trees, or the reason why they cannot be read.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> trees = read_trees(DecisionTreeClassifier().fit([[1.0], [2.0]], [0, 1]))
    >>> trees.threshold[:1].tolist(), trees.value.tolist()
    ([1.5], [0.5, 0.0, 1.0])
    """
    reader = _reader(model)
    if reader is None:
        return Unread(f"a {type(model).__name__} is not a model of trees whose form is known")
    classes = len(getattr(model, "classes_", ()))
    if classes == 0:
        return Unread(f"the {type(model).__name__} has no classes_: it is not fitted")
    if classes < 2 or (classes > 2 and reader is not _read_forest):
        return Unread(f"the {type(model).__name__} has {classes} classes")
    try:
        found = reader(model, column)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        return Unread(f"this version of {_library(model)} keeps its trees in another form ({type(error).__name__}: {error})")
    return _checked(found)


def is_of_trees(model: Any) -> bool:
    """Whether a model is of a kind whose trees are read, fitted or not."""
    return _reader(model) is not None


Reader = Callable[[Any, int], Trees | Unread]


def _reader(model: Any) -> Reader | None:
    """Find the reader by the classes that the model's own class derives from; nothing is imported."""
    kinds = {(kind.__module__.split(".")[0], kind.__name__) for kind in type(model).__mro__}
    return next((reader for kind, reader in _READERS.items() if kind in kinds), None)


def _library(model: Any) -> str:
    names = [kind.__module__.split(".")[0] for kind in type(model).__mro__]
    return next((name for name in names if name in {library for library, _ in _READERS}), names[0])


def _origin(model: Any) -> str:
    library = _library(model)
    version = getattr(sys.modules.get(library), "__version__", "")
    return f"{type(model).__name__} of {'scikit-learn' if library == 'sklearn' else library} {version}".rstrip()


def _checked(found: Trees | Unread) -> Trees | Unread:
    if isinstance(found, Unread):
        return found
    if not (np.isfinite(found.value).all() and np.isfinite(found.base)):
        return Unread("a leaf has no finite value")
    return found


Arrays = Mapping[str, npt.NDArray[Any]]
"""One tree: feature (-1 in a leaf), threshold, missing_left, left, right, value, cover."""


def _joined(trees: Sequence[Arrays], base: float, inputs: int, output: Literal["log_odds", "score"], library: Library, origin: str) -> Trees:
    sizes = [len(tree["feature"]) for tree in trees]
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)

    def column(name: str, dtype: type, shift: bool = False) -> Any:
        parts: list[npt.NDArray[Any]] = [tree[name].astype(dtype) + (root if shift else 0) for tree, root in zip(trees, roots, strict=True)]
        return np.concatenate(parts).astype(dtype)

    return Trees(
        roots,
        column("feature", np.int64),
        column("threshold", np.float64),
        column("missing_left", np.bool_),
        column("left", np.int64, True),
        column("right", np.int64, True),
        column("value", np.float64),
        column("cover", np.float64),
        float(base),
        inputs,
        output,
        library,
        origin,
    )


def _read_xgboost(model: Any, column: int) -> Trees | Unread:
    if not np.isnan(model.missing if model.missing is not None else np.nan):
        return Unread(f"the model takes {model.missing!r} for a missing value")
    learner = json.loads(model.get_booster().save_raw("json"))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster["name"] != "gbtree":
        return Unread(f"the booster is {booster['name']!r}")
    if objective != "binary:logistic":
        return Unread(f"the objective is {objective!r}, not 'binary:logistic'")
    params, given = learner["learner_model_param"], booster["model"]["trees"]
    best = learner.get("attributes", {}).get("best_iteration")
    if best is not None:  # what the model predicts with after early stopping
        given = given[: (int(best) + 1) * int(booster["model"]["gbtree_model_param"]["num_parallel_tree"])]
    sign = 1.0 if column == 1 else -1.0
    trees = []
    for tree in given:
        if any(tree["split_type"]):
            return Unread("a tree splits by categories")
        if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
            return Unread("a leaf has several values")
        left = np.array(tree["left_children"])
        leaf, given_values = left < 0, np.array(tree["split_conditions"], np.float32)
        below = np.nextafter(given_values, np.float32(-np.inf))  # it asks whether a value is less, in 32 bits
        trees.append(
            {
                "feature": np.where(leaf, -1, tree["split_indices"]),
                "threshold": below.astype(float),
                "missing_left": np.array(tree["default_left"], bool),
                "left": left,
                "right": np.array(tree["right_children"]),
                "value": np.where(leaf, sign * given_values.astype(float), 0),
                "cover": np.array(tree["sum_hessian"]),
            }
        )
    share = float(params["base_score"].strip("[]"))
    base = sign * float(np.log(share / (1 - share)))
    return _joined(trees, base, int(params["num_feature"]), "log_odds", "xgboost", _origin(model))


def _read_lightgbm(model: Any, column: int) -> Trees | Unread:
    told = model.booster_.dump_model()
    objective = str(told.get("objective", ""))
    if objective.split() != ["binary", "sigmoid:1"]:
        return Unread(f"the objective is {objective!r}, not 'binary sigmoid:1'")
    if told["average_output"]:
        return Unread("the trees are averaged, not added up")
    sign = 1.0 if column == 1 else -1.0
    trees = []
    for tree in told["tree_info"]:
        flat = _flattened(tree["tree_structure"], sign)
        if isinstance(flat, Unread):
            return flat
        trees.append(flat)
    return _joined(trees, 0.0, int(told["max_feature_idx"]) + 1, "log_odds", "lightgbm", _origin(model))


def _flattened(root: Mapping[str, Any], sign: float) -> Arrays | Unread:
    """Number the nodes of nested dictionaries."""
    feature, threshold, missing, left, right, value, cover = ([] for _ in range(7))  # type: ignore[var-annotated]
    waiting: list[tuple[Mapping[str, Any], list[int], int]] = [(root, [], 0)]
    while waiting:
        node, side, parent = waiting.pop()
        place = len(feature)
        if place:
            side[parent] = place
        leaf = "split_feature" not in node
        if not leaf and node["decision_type"] != "<=":
            return Unread("a tree splits by categories")
        if "leaf_coeff" in node:
            return Unread("a leaf has a linear model")
        if not leaf and node["missing_type"] == "Zero":
            return Unread("the model takes zero for a missing value")
        feature.append(-1 if leaf else node["split_feature"])
        threshold.append(0.0 if leaf else node["threshold"])
        # where no value was missing in training, a missing one counts as zero
        missing.append(False if leaf else node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)
        value.append(sign * node["leaf_value"] if leaf else 0.0)
        cover.append(node.get("leaf_count", 1) if leaf else node["internal_count"])
        left.append(-1)
        right.append(-1)
        if not leaf:
            waiting += [(node["right_child"], right, place), (node["left_child"], left, place)]
    return {
        "feature": np.array(feature),
        "threshold": np.array(threshold, float),
        "missing_left": np.array(missing, bool),
        "left": np.array(left),
        "right": np.array(right),
        "value": np.array(value, float),
        "cover": np.array(cover, float),
    }


def _read_histogram(model: Any, column: int) -> Trees | Unread:
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        return Unread("the model has categorical features")
    sign = 1.0 if column == 1 else -1.0
    trees = []
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            {
                "feature": np.where(leaf, -1, nodes["feature_idx"]),
                "threshold": nodes["num_threshold"],
                "missing_left": nodes["missing_go_to_left"],
                "left": nodes["left"].astype(np.int64),
                "right": nodes["right"].astype(np.int64),
                "value": np.where(leaf, sign * nodes["value"], 0),
                "cover": nodes["count"],
            }
        )
    base = sign * float(np.ravel(model._baseline_prediction)[0])
    return _joined(trees, base, int(model.n_features_in_), "log_odds", "histogram", _origin(model))


def _read_boosting(model: Any, column: int) -> Trees | Unread:
    if model.loss != "log_loss":
        return Unread(f"the loss is {model.loss!r}, not 'log_loss'")
    sign = 1.0 if column == 1 else -1.0
    if isinstance(model.init_, str) or model.init == "zero":
        base = 0.0
    elif model.init is None:
        share = float(model.init_.class_prior_[1])
        base = sign * float(np.log(share / (1 - share)))
    else:
        return Unread("the model starts from another model (`init`)")
    scale = sign * float(model.learning_rate)
    trees = [_of_scikit(tree.tree_, scale * tree.tree_.value[:, 0, 0]) for tree in model.estimators_[:, 0]]
    return _joined(trees, base, int(model.n_features_in_), "log_odds", "sklearn", _origin(model))


def _read_forest(model: Any, column: int) -> Trees | Unread:
    if int(model.n_outputs_) != 1:
        return Unread(f"the model has {model.n_outputs_} outputs")
    members = getattr(model, "estimators_", [model])
    trees = []
    for member in members:
        shares = member.tree_.value[:, 0, :]
        trees.append(_of_scikit(member.tree_, shares[:, column] / shares.sum(axis=1) / len(members)))
    return _joined(trees, 0.0, int(model.n_features_in_), "score", "sklearn", _origin(model))


def _of_scikit(tree: Any, value: Numbers) -> Arrays:
    leaf = tree.children_left < 0
    return {
        "feature": np.where(leaf, -1, tree.feature),
        "threshold": tree.threshold,
        "missing_left": np.asarray(tree.missing_go_to_left, bool),
        "left": tree.children_left,
        "right": tree.children_right,
        "value": value,
        "cover": tree.weighted_n_node_samples,
    }


_READERS: dict[tuple[str, str], Reader] = {
    ("xgboost", "XGBClassifier"): _read_xgboost,
    ("lightgbm", "LGBMClassifier"): _read_lightgbm,
    ("sklearn", "HistGradientBoostingClassifier"): _read_histogram,
    ("sklearn", "GradientBoostingClassifier"): _read_boosting,
    ("sklearn", "ForestClassifier"): _read_forest,
    ("sklearn", "DecisionTreeClassifier"): _read_forest,
}
