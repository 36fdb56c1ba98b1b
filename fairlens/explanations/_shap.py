"""SHAP: Shapley values through the shap library, checked row by row against the user's own model. The only file that imports shap."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any, TypeVar

import numpy as np

from ..exceptions import BadValue, FairlensError, OutOfRange, PackageMissing
from ._attributor import Attribution, Function, Matrix, Report, Vector, largest_error
from ._encoded import Encoded
from ._shap_models import Way, ways
from ._tree_attributor import exact_trees

T = TypeVar("T")
_TOLERANCE = 1e-5
"""Of the sum of contributions, relative to the largest answer: models of 32 bits add up to this."""
_CHUNK = 50
_CALL = 20_000
"""Rows that shap asks a function about at once."""
_MIXED = 100
_NOT_BY_PATH = (
    "The branches of trees were to be weighed by the training rows; that takes a model of trees on numbers, and the output that its trees"
    " add up to: the score of a forest, the log-odds of boosted trees. The stated background was used instead."
)
_FAILURES = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class ShapAttributor:
    """Shapley values by shap: the explainer that is exact for the model where there is one, else one for any function.

    Models of trees and linear models are explained from within where their inputs are numbers and the output is what their parts
    add up to: the score of a forest, the log-odds of boosted trees and of logistic regression. Trees that can be read are looked up in
    tables of their leaves, which is exact in 64 bits; other trees go to shap's TreeExplainer. What comes out is compared with the
    model itself, for every row and for as many mixed rows; where it differs, or shap fails, an explainer for any function takes its
    place, and a note says so. Everything else goes to that explainer at once: all coalitions of the
    inputs up to `exact_inputs`, else random orderings.

    Parameters
    ----------
    tree_path_dependent
        True to weigh the branches of trees by the training rows instead of the background: faster, another question, and only
        for models of trees.
    exact_inputs
        All coalitions are asked up to so many inputs that differ at all: 2 ** inputs x background rows predictions per row.
    permutations
        Random orderings per row beyond that, each with its reverse.

    Notes
    -----
    S. M. Lundberg and S.-I. Lee, NeurIPS 2017, 4765-4774; S. M. Lundberg et al., Nature Machine Intelligence 2 (2020) 56-67 (trees).
    shap's own conversion of a tree's score to probabilities is an approximation, and is not used.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlens.explanations import ShapAttributor
    >>> Z, background = np.array([[1.0, 2.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])
    >>> found = ShapAttributor().attribute(lambda rows: rows[:, 0] * rows[:, 1], Z, background, categorical=(), seed=0, progress=None)
    >>> found.round(9).tolist()
    [[1.25, 0.75]]
    """

    tree_path_dependent: bool = False
    exact_inputs: int = 10
    permutations: int = 10
    name: str = field(default="shap", init=False)

    def __post_init__(self) -> None:
        for role, value, most in (("exact_inputs", self.exact_inputs, 16), ("permutations", self.permutations, 100_000)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= most:
                raise OutOfRange(
                    f"`{role}` is {value!r}.", f"It must be a whole number from 1 to {most:,}.", hint=f"ShapAttributor({role}=10)", role=role, value=value
                )  # fmt: skip

    @property
    def cache_key(self) -> str:
        """Everything that the answer depends on besides the question."""
        return f"shap {version('shap')} {self.tree_path_dependent} {self.exact_inputs} {self.permutations}"

    def predictions(self, rows: int, inputs: int, background: int) -> int:
        """Count what the model will be asked at most, if it has no explainer of its own."""
        if inputs <= self.exact_inputs:
            return rows * (1 << inputs) * background
        return rows * self.permutations * (2 * inputs + 1) * background

    def cost(self, question: Encoded) -> int:
        """Count what the model will be asked, without asking it."""
        if next(ways(question, self.tree_path_dependent), None) is not None:
            return _MIXED
        return self.predictions(len(question.Z), int(_varying(question.Z, question.background).sum()), len(question.background))

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give Shapley values (rows, inputs) of any function; see `Attributor.attribute`."""
        return self._any_function(f, np.asarray(Z, float), np.asarray(background, float), seed)

    def explain(self, question: Encoded) -> Attribution:
        """Give Shapley values by the best explainer, checked, and say which it was."""
        exact = exact_trees(question, path_dependent=self.tree_path_dependent)
        if isinstance(exact, Attribution):
            return exact
        notes = []
        tried = list(ways(question, self.tree_path_dependent))
        for way in tried:
            found = self._from_within(question, way)
            if isinstance(found, Attribution):
                return found
            notes.append(f"shap's {way.told} was replaced by an explainer for any function: {found}.")
        if self.tree_path_dependent and not tried:
            notes.append(_NOT_BY_PATH)
        return self._from_outside(question, tuple(notes))

    def _from_outside(self, question: Encoded, notes: tuple[str, ...]) -> Attribution:
        """Values of the model as any function, with what is to be said of the explainers that it replaces."""
        f, Z, background = question.f, question.Z, question.background
        inputs = int(_varying(Z, background).sum())
        f.afford(self.predictions(len(Z), inputs, len(background)))
        values = self._any_function(f, Z, background, question.seed)
        error = largest_error(values, question.base, question.fx)
        if not error <= _limit(question.fx):
            raise BadValue(
                f"Shapley values of the model do not add up to its answers: they are up to {error:.3g} off.",
                "It answers differently when it is asked again, or it depends on more than the columns of a row.",
                hint="model=lambda X: ... that reads nothing but the columns of each row, with a fixed seed",
                role="model",
            )
        few = inputs <= self.exact_inputs
        how = f"all {2**inputs:,} coalitions of {inputs} inputs" if few else f"{self.permutations} random orderings of {inputs} inputs per row"
        method = f"Shapley values of the model as it is, by shap {version('shap')}: {how}, against {len(background):,} background rows."
        return Attribution(values, question.base, method, notes, error)

    def _from_within(self, question: Encoded, way: Way) -> Attribution | str:
        """Values from the model's own parts, if they add up to its answers; else why not."""
        rows = np.concatenate([question.Z, _mixed(question)])
        started = _attempt(lambda: way.start(_shap))
        if isinstance(started, str):
            return started
        parts = []
        for start in range(0, len(rows), _CHUNK):  # few at once, so that shap shows no bar of its own, and whoever watches can stop it
            if question.progress is not None:
                question.progress(question.f.asked, question.f.total)
            part = _attempt(partial(started.run, rows[start : start + _CHUNK]))
            if isinstance(part, str):
                return part
            parts.append(part)
        values = np.concatenate(parts)
        if values.shape != rows.shape:
            return f"it gave numbers of shape {values.shape} for {rows.shape[0]:,} rows of {rows.shape[1]} inputs"
        answers = np.concatenate([question.fx, question.f(rows[len(question.Z) :])])
        base = started.base() if self.tree_path_dependent else question.base
        error = largest_error(values, base, answers)
        if not error <= _limit(answers):
            return f"its values miss the model's own answers by up to {error:.3g}"
        own = values[: len(question.Z)]
        against = "the training rows in each branch" if self.tree_path_dependent else f"{len(question.background):,} background rows"
        method = f"Shapley values by shap {version('shap')} ({way.told}), against {against}, checked against the model for every row."
        return Attribution(own, base, method, (), largest_error(own, base, question.fx))

    def _any_function(self, f: Function, Z: Matrix, background: Matrix, seed: int) -> Matrix:
        """Shapley values of a function, row by row; columns that never differ have none."""
        values = np.zeros(Z.shape)
        varying = np.flatnonzero(_varying(Z, background))
        differ = [i for i in range(len(Z)) if not _same(Z[i], background).all()]
        if not len(varying) or not differ:
            return values
        places, lists = _places(np.concatenate([Z, background])[:, varying])
        rows, base = places[: len(Z)], places[len(Z) :]

        def ask(some: Matrix) -> Vector:
            full = np.repeat(Z[:1], len(some), axis=0)
            for k, j in enumerate(varying):
                full[:, j] = lists[k][np.asarray(some[:, k], np.int64)]
            return f(full)

        shap = _shap()
        masker = shap.maskers.Independent(base, max_samples=len(base))
        batch = max(10, _CALL // len(base))
        with _random_state_kept():
            if len(varying) <= self.exact_inputs:
                explainer = shap.explainers.Exact(ask, masker)
                for i in differ:
                    values[i, varying] = explainer(rows[i : i + 1], silent=True, batch_size=batch).values[0]
            else:
                explainer = shap.explainers.Permutation(ask, masker, seed=seed)
                calls = self.permutations * (2 * len(varying) + 1)
                for i in differ:
                    np.random.seed(_seed(Z[i], seed))  # noqa: NPY002 - shap draws from the global state
                    values[i, varying] = explainer(rows[i : i + 1], max_evals=calls, silent=True, batch_size=batch).values[0]
        return values


def _limit(answers: Vector) -> float:
    return _TOLERANCE * max(1.0, float(np.abs(answers).max(initial=0.0)))


def _attempt(step: Callable[[], T]) -> T | str:
    """Do something that shap may fail at; give what it raised in words."""
    try:
        return step()
    except FairlensError:
        raise
    except _failures() as error:
        return f"it raised {type(error).__name__} ({' '.join(str(error).split())[:200]})"


def _varying(Z: Matrix, background: Matrix) -> Any:
    """Which columns differ anywhere."""
    both = np.concatenate([Z, background])
    return ~_same(both, both[:1]).all(axis=0)


def _same(one: Matrix, two: Matrix) -> Any:
    return (one == two) | (np.isnan(one) & np.isnan(two))


def _places(values: Matrix) -> tuple[Matrix, list[Vector]]:
    """Number the values of every column: shap takes values that are near each other for the same, and knows no missing ones."""
    places, lists = np.empty(values.shape), []
    for j in range(values.shape[1]):
        found, at = np.unique(values[:, j], return_inverse=True)
        places[:, j] = at.reshape(-1)
        lists.append(found)
    return places, lists


def _mixed(question: Encoded) -> Matrix:
    """Rows with values of a row and of a background row, at random."""
    Z, background, size = question.Z, question.background, min(_MIXED, len(question.Z))
    rng = np.random.default_rng(question.seed)
    own, other = Z[rng.integers(len(Z), size=size)], background[rng.integers(len(background), size=size)]
    return np.where(rng.random(own.shape) < 0.5, own, other)


def _seed(row: Vector, seed: int) -> int:
    """A seed for one row that does not depend on the others."""
    return int.from_bytes(hashlib.blake2b(row.tobytes() + str(seed).encode(), digest_size=4).digest(), "big")


@contextmanager
def _random_state_kept() -> Iterator[None]:
    """Leave NumPy's global random state as it was found."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _failures() -> tuple[type[Exception], ...]:
    """What shap raises where it cannot: built-in errors, and its own, which derive from Exception itself."""
    errors = sys.modules.get("shap.utils._exceptions")
    named = (getattr(errors, name, None) for name in ("ExplainerError", "InvalidModelError", "InvalidFeaturePerturbationError"))
    return (*_FAILURES, *(kind for kind in named if kind is not None))


def _shap() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # of matplotlib's colour maps, when shap makes its own
            import shap
    except ImportError as error:
        raise PackageMissing(
            "SHAP needs the package 'shap', which is not installed or cannot be imported.",
            str(error),
            hint="pip install shap",
            role="method",
            value="shap",
        ) from error
    return shap
