"""Trees explained exactly, by tables of their leaves, where the model is one of trees and nothing else; checked against the model itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ._attributor import Attribution, Function, Matrix, Report, Warned, at_most, largest_error
from ._encoded import Encoded
from ._leaf_tables import leaf_tables
from ._trees import Trees, Unread, read_trees

if TYPE_CHECKING:
    from ._shap import ShapAttributor

TRAINING = "the training rows, as the branches of the trees weigh them"
"""What the base is the mean answer for, where branches are weighed by the training rows."""
MIXED = 100
"""Rows with values of two people that the model is asked about, to compare."""


@dataclass(frozen=True)
class TreeAttributor:
    """Exact Shapley values of models of trees; any other model, and any other output, goes to shap, and a note says so.

    They are exact in 64 bits, and so they are those of the model up to 1e-6 on the margin, or up to 32-bit rounding where the
    model itself adds up its trees in 32 bits, as xgboost does. The time per row does not grow with the background. It takes classifiers of xgboost, lightgbm and scikit-learn as they are,
    not inside a pipeline, on inputs that are all numbers: boosted trees for the output "log_odds", forests for "score".

    Parameters
    ----------
    path_dependent
        True to weigh the branches of trees by the training rows instead of the background: another question.

    Examples
    --------
    >>> import numpy as np, pandas as pd, fairlens as fl
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from fairlens.explanations._tree_attributor import TreeAttributor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(200, 3)), columns=["income", "debt", "age"])
    >>> model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(X, X["income"] > X["debt"])
    >>> audit = fl.audit(X, model=model, pos_label=True, sensitive_features={"sex": ["f", "m"] * 100})
    >>> found = fl.explain(audit, method=TreeAttributor(), progress=False)
    >>> found.max_error < 1e-12
    True
    """

    path_dependent: bool = False
    name: str = field(default="trees", init=False)

    @property
    def cache_key(self) -> str:
        """Everything that the answer depends on besides the question."""
        return f"trees {self.path_dependent}"

    def cost(self, question: Encoded) -> int:
        """Count what the model will be asked."""
        return MIXED if isinstance(_trees_of(question), Trees) else self._any().cost(question)

    def preview_notes(self, question: Encoded) -> tuple[str, ...]:
        """What the cost depends on."""
        return self._any().preview_notes(question)

    def predictions(self, rows: int, inputs: int, background: int) -> int:
        """Count what the model will be asked at most, if its trees cannot be read."""
        return self._any().predictions(rows, inputs, background)

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give Shapley values (rows, inputs) of any function, by shap; see `Attributor.attribute`."""
        return self._any().attribute(f, Z, background, categorical=categorical, seed=seed, progress=progress)

    def explain(self, question: Encoded) -> Attribution:
        """Give the exact values of the model's trees; where that cannot be done, shap's, with a note why."""
        found = exact_trees(question, path_dependent=self.path_dependent)
        if isinstance(found, Attribution):
            return found
        note = f"The exact values of trees were replaced by shap's, since {found.reason}."
        other = self._any().explain(question)
        warned = Warned(note, "the exact values of trees were replaced by shap's")
        return replace(other, notes=(note, *other.notes), warnings=(warned, *other.warnings))

    def _any(self) -> ShapAttributor:
        from ._shap import ShapAttributor

        return ShapAttributor(tree_path_dependent=self.path_dependent)


def exact_trees(question: Encoded, *, path_dependent: bool = False) -> Attribution | Unread:
    """Explain a model of trees exactly, if it is one and its trees add up to its answers; else say why not.

    Compared are all rows to explain, all background rows, and rows that mix the values of both.
    """
    trees = _trees_of(question)
    if isinstance(trees, Unread):
        return trees
    report = partial(_report, question)
    made = leaf_tables(trees, None if path_dependent else question.background, report=report)
    if isinstance(made, Unread):
        return made
    mixed = _mixed(question)
    rows = np.concatenate([question.Z, question.background, mixed])
    answers = np.concatenate([question.fx, question.fb, question.f(mixed)])
    values = made.values(rows, report)
    error = np.abs(made.base + values.sum(axis=1) - answers)
    if not (error <= trees.tolerance(answers)).all():
        return Unread(f"its trees, as they were read, miss its answers by up to {at_most(float(np.nanmax(error))):.3g}")
    own = values[: len(question.Z)]
    against = " against the training rows in each branch," if path_dependent else ""
    rounding = " The model itself adds up its trees in 32 bits." if trees.sums_single else ""
    method = (
        f"Exact Shapley values of the trees of {trees.origin}, by tables of their leaves,{against}"
        f" checked against the model for every row.{rounding}"
    )
    return Attribution(own, made.base, method, (), largest_error(own, made.base, question.fx), base_of=TRAINING if path_dependent else "")


def _report(question: Encoded) -> None:
    """Say that it goes on: whoever watches can stop it here."""
    if question.progress is not None:
        question.progress(question.f.asked, question.f.total)


def _trees_of(question: Encoded) -> Trees | Unread:
    if not question.is_numeric:
        return Unread("an input is not a number")
    if question.predict.form != "predict_proba":
        return Unread("the model has no predict_proba")
    trees = read_trees(question.model, question.predict.column)
    if isinstance(trees, Unread):
        return trees
    if trees.output != question.output:
        return Unread(f"the trees of {trees.origin} add up to its {_SAID[trees.output]}, not to its {_SAID[question.output]}")
    if trees.inputs != question.Z.shape[1]:
        return Unread(f"the model was fitted on {trees.inputs} inputs, and the rows have {question.Z.shape[1]}")
    return trees


_SAID = {"score": "score", "log_odds": "log-odds", "decision": "decision"}


def _mixed(question: Encoded) -> Matrix:
    rng = np.random.default_rng(question.seed)
    size = min(MIXED, len(question.Z))
    own = question.Z[rng.integers(len(question.Z), size=size)]
    other = question.background[rng.integers(len(question.background), size=size)]
    return np.where(rng.random(own.shape) < 0.5, own, other)
