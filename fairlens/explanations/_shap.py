"""SHAP: Shapley values through the shap library, checked row by row against the user's own model. The only file that imports shap."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, FairlensError, OutOfRange, PackageMissing
from ._attributor import Attribution, Function, Matrix, Report, Vector, Warned, at_most, largest_error
from ._encoded import Encoded, too_many
from ._shap_models import Way, ways
from ._tree_attributor import TRAINING, exact_trees
from ._trees import is_of_trees

T = TypeVar("T")
Mask = npt.NDArray[np.bool_]
_TOLERANCE = 1e-5
"""Of the sum of contributions, relative to the largest answer: models of 32 bits add up to this."""
_CHUNK, _WAIT = 50, 0.5
"""Rows that an explainer is given at once, at most, and the seconds that they should take: between them it can be stopped."""
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
    inputs up to `exact_inputs`, else random orderings. These are drawn here: NumPy's global random state is neither read nor changed.

    Parameters
    ----------
    tree_path_dependent
        True to weigh the branches of trees by the training rows instead of the background: faster, another question, and only
        for models of trees.
    exact_inputs
        All coalitions are asked of a row that differs from the background in up to so many inputs: 2 ** inputs x background rows
        predictions for it.
    permutations
        Random orderings per row beyond that, each with its reverse; also where all coalitions are beyond the budget, and a note says so.

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
        """Count what the model will be asked at most, without asking it; no bound where a model is explained from within and that fails.

        What takes the place of an explainer that failed is counted before it runs, and refused if it is beyond the budget.
        """
        plan = self._plan(question)
        return plan.compared if plan.inside else plan.compared + plan.cost

    def preview_notes(self, question: Encoded) -> tuple[str, ...]:
        """What the cost depends on."""
        plan = self._plan(question)
        if not plan.inside:
            return (plan.note,) if plan.note else ()
        more = "for more predictions, which are counted first" if question.f.hides else f"by up to {at_most(plan.cost):,.0f} predictions more"
        return (f"The model is explained from within. Where that fails, it is explained as any function, {more}.",)

    def _plan(self, question: Encoded) -> _Plan:
        """Choose between all coalitions and orderings, row by row; what is chosen depends on the question and on nothing that happens."""
        inside = next(ways(question, self.tree_path_dependent), None) is not None
        readable = question.is_numeric and question.predict.form == "predict_proba"
        compared = min(_MIXED, len(question.Z)) * (int(inside) + int(readable))
        players, size = _differing(question.Z, question.background).sum(axis=1), len(question.background)
        few = players <= self.exact_inputs
        all_of_them = np.where(players, 1 << np.where(few, players, 0), 0) * size
        orderings = np.where(players, self.permutations * (2 * players + 1), 0) * size
        wanted = int(np.where(few, all_of_them, orderings).sum())
        if question.f.before + compared + wanted <= question.f.budget:
            return _Plan(few, wanted, compared, inside, "")
        cheap = few & (all_of_them <= orderings)
        count = "more" if question.f.hides else f"{wanted:,}"
        note = (
            f"All coalitions of the inputs would take {count} predictions, beyond the budget `max_predictions` of {question.f.budget:,}."
            f" {self.permutations:,} random orderings per row were asked instead: nearly the same on average, with an error of chance in each row that"
            " widens the intervals."
        )
        return _Plan(cheap, int(np.where(cheap, all_of_them, orderings).sum()), compared, inside, note if (few & ~cheap).any() else "")

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give Shapley values (rows, inputs) of any function; see `Attributor.attribute`."""
        Z, background = np.asarray(Z, float), np.asarray(background, float)
        few = _differing(Z, background).sum(axis=1) <= self.exact_inputs
        return self._any_function(f, Z, background, few, [row.tobytes() for row in Z + 0.0], seed)

    def explain(self, question: Encoded) -> Attribution:
        """Give Shapley values by the best explainer, checked, and say which it was."""
        exact = exact_trees(question, path_dependent=self.tree_path_dependent)
        if isinstance(exact, Attribution):
            return exact
        why = f" Tables of the leaves of its trees were not used: {exact.reason}." if is_of_trees(question.model) else ""
        warned = []
        tried = list(ways(question, self.tree_path_dependent))
        for way in tried:
            found = self._from_within(question, way)
            if isinstance(found, Attribution):
                return replace(found, method=found.method + why)
            replaced = f"shap's {way.told} was replaced by an explainer for any function"
            warned.append(Warned(f"{replaced}: {found}.", replaced))
        if self.tree_path_dependent and not tried:
            warned.append(Warned(_NOT_BY_PATH, "branches could not be weighed by the training rows"))
        return self._from_outside(question, tuple(warned), why)

    def _from_outside(self, question: Encoded, warned: tuple[Warned, ...], why: str) -> Attribution:
        """Values of the model as any function, with what is to be said of the explainers that it replaces."""
        f, Z, background = question.f, question.Z, question.background
        plan = self._plan(question)
        needed = f.asked + plan.cost
        if needed > f.budget:
            said = "With what was asked already, this takes" + ("" if f.hides else " up to")
            raise too_many(None if f.hides else needed, f.budget, " ".join((*(one.text for one in warned), said)))
        f.total = max(f.total, needed)
        values = self._any_function(f, Z, background, plan.exact, [row.tobytes() for row in question.marks], question.seed)
        error = largest_error(values, question.base, question.fx)
        if not error <= _limit(question.fx):
            raise BadValue(
                f"Shapley values of the model do not add up to its answers: they are up to {error:.3g} off.",
                "It answers differently when it is asked again, or it depends on more than the columns of a row.",
                hint="model=lambda X: ... that reads nothing but the columns of each row, with a fixed seed",
                role="model",
            )
        how = self._how(plan, _differing(Z, background).sum(axis=1))
        method = f"Shapley values of the model as it is, by shap {version('shap')}: {how}.{why}"
        notes = (*(one.text for one in warned), *([plan.note] if plan.note else []))
        return Attribution(values, question.base, method, notes, error, (), warned)

    def _how(self, plan: _Plan, players: Any) -> str:
        """What was asked, in words that tell of no single row."""
        most, own = int(players.max(initial=0)), plan.exact | (players == 0)
        if own.all():
            return f"all {2**most:,} coalitions of {most} inputs"
        if not (plan.exact & (players > 0)).any():
            return f"{self.permutations} random orderings of {most} inputs per row"
        few = int(players[plan.exact].max())
        return f"all coalitions where a row differs from the background in up to {few} inputs, else {self.permutations} random orderings of up to {most} inputs per row"

    def _from_within(self, question: Encoded, way: Way) -> Attribution | str:
        """Values from the model's own parts, if they add up to its answers; else why not."""
        rows = np.concatenate([question.Z, _mixed(question)])
        started = _attempt(lambda: way.start(_shap))
        if isinstance(started, str):
            return started
        parts, start, size = [], 0, 1
        while start < len(rows):  # few at once, so that shap shows no bar of its own, and whoever watches can stop it
            if question.progress is not None:
                question.progress(question.f.asked, question.f.total)
            began = perf_counter()
            part = _attempt(partial(started.run, rows[start : start + size]))
            if isinstance(part, str):
                return part
            parts.append(part)
            start, took = start + size, perf_counter() - began
            size = min(2 * size, _CHUNK) if took < _WAIT / 2 else max(size // 2, 1) if took > _WAIT else size
        values = np.concatenate(parts)
        if values.shape != rows.shape:
            return f"it gave numbers of shape {values.shape} for {rows.shape[0]:,} rows of {rows.shape[1]} inputs"
        answers = np.concatenate([question.fx, question.f(rows[len(question.Z) :])])
        base = started.base() if self.tree_path_dependent else question.base
        error = largest_error(values, base, answers)
        if not error <= _limit(answers):
            return f"its values miss the model's own answers by up to {at_most(error):.3g}"
        own = values[: len(question.Z)]
        against = ", against the training rows in each branch" if self.tree_path_dependent else ""
        method = f"Shapley values by shap {version('shap')} ({way.told}){against}, checked against the model for every row."
        return Attribution(own, base, method, (), largest_error(own, base, question.fx), base_of=TRAINING if self.tree_path_dependent else "")

    def _any_function(self, f: Function, Z: Matrix, background: Matrix, exact: Mask, marks: Sequence[bytes], seed: int) -> Matrix:
        """Shapley values of a function, row by row, by all coalitions where `exact`; an input in which a row differs from nobody has none.

        What a row is asked depends on this row, its mark and the background alone: neither on the other rows nor on their order.
        """
        values, differ = np.zeros(Z.shape), _differing(Z, background)
        some = np.flatnonzero(differ.any(axis=1)).tolist()
        if not some:
            return values
        places, lists = _places(np.concatenate([Z, background]))
        started: dict[tuple[bytes, bool], Any] = {}
        shap, batch = _shap(), max(10, _CALL // len(background))
        for i in some:
            players, kind = np.flatnonzero(differ[i]), (differ[i].tobytes(), bool(exact[i]))
            if kind not in started:
                masker = shap.maskers.Independent(places[len(Z) :][:, players], max_samples=len(background))
                ask = partial(_ask, f, background[0], players, [lists[j] for j in players])
                started[kind] = shap.explainers.Exact(ask, masker) if exact[i] else partial(_masked, shap, ask, masker)
            row = places[i, players]
            if exact[i]:
                values[i, players] = started[kind](row[None], silent=True, batch_size=batch).values[0]
            else:
                values[i, players] = _by_orderings(started[kind](row), self.permutations, batch, np.random.RandomState(_seed(marks[i], seed)))
        return values


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """How a model is explained as any function: which rows by all coalitions, and what that takes at most.

    `compared` is what the explainers from within take, which come first where there is one `inside`.
    """

    exact: Mask
    cost: int
    compared: int
    inside: bool
    note: str


def _ask(f: Function, fill: Vector, players: Any, lists: Sequence[Vector], some: Matrix) -> Vector:
    """Ask about rows of places among the values of some columns; in the others all rows have one value."""
    full = np.repeat(fill[None], len(some), axis=0)
    for k, j in enumerate(players):
        full[:, j] = lists[k][np.asarray(some[:, k], np.int64)]
    return f(full)


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


def _differing(Z: Matrix, background: Matrix) -> Mask:
    """In which inputs (rows, inputs) each row differs from any row of the background."""
    constant = _same(background, background[:1]).all(axis=0)
    found: Mask = ~(constant & _same(Z, background[:1]))
    return found


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


def _seed(mark: bytes, seed: int) -> int:
    """A seed for one row that does not depend on the others."""
    return int.from_bytes(hashlib.blake2b(mark + str(seed).encode(), digest_size=4).digest(), "big")


def _masked(shap: Any, ask: Function, masker: Any, row: Vector) -> Any:
    """The answer about a row as a function of the inputs that keep their values; shap's, which asks about nothing twice in a row."""
    return shap.utils.MaskedModel(shap.models.Model(ask), masker, shap.links.identity, True, row)


def _by_orderings(masked: Any, count: int, batch: int, rng: np.random.RandomState) -> Vector:
    """Mean change of the answer as inputs take their values one by one: over random orderings, each with its reverse.

    These are the numbers of shap's PermutationExplainer. That seeds NumPy's global state and draws from it, where other threads draw too.
    """
    inputs = masked.varying_inputs()
    found, size = np.zeros(len(masked)), len(inputs)
    for _ in range(count):
        rng.shuffle(inputs)
        changes = np.diff(masked(np.concatenate([[masked.delta_mask_noop_value], inputs, inputs]), zero_index=0, batch_size=batch))
        found[inputs] += changes[:size]
        found[inputs] -= changes[size:]
    return found / (2 * count)


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
