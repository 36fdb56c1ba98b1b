"""LIME, through the lime library: the local weights of every row, turned into contributions that can stand beside Shapley values."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..exceptions import BadValue, OutOfRange, PackageMissing
from ._attributor import Attribution, Function, Matrix, Places, Remarks, Report, Vector, largest_error
from ._lime_inputs import LACKING, Model, check, without_nan
from ._lime_pool import Basis, Mask, admit, basis, draw, fit, share_among
from ._lime_words import Quality, describe, remarks

if TYPE_CHECKING:
    from ._encoded import Encoded

Marks = npt.NDArray[np.uint64]
_FEWEST = 50
_BLOCK = 50_000


@dataclass(frozen=True, eq=False)
class LimeAttribution(Attribution):
    """What LIME found, with what tells row by row how far to trust it.

    Attributes
    ----------
    fidelity : array (rows,)
        R2 of the local regression, mean over the repeats; NaN where the model gives all perturbations the same number.
    residual : array (rows,)
        base + sum of contributions - f(row): what the contributions do not account for.
    spread : array (rows, inputs)
        Standard deviation of a contribution over the repeats; NaN with one repeat.
    """

    fidelity: Vector = field(default_factory=lambda: np.empty(0))
    residual: Vector = field(default_factory=lambda: np.empty(0))
    spread: Matrix = field(default_factory=lambda: np.empty((0, 0)))
    about: Callable[[Places | None], Remarks] | None = None

    def remarks(self, rows: Places | None = None) -> Remarks:
        """What is said of all rows, or of some."""
        return Attribution.remarks(self) if self.about is None else self.about(rows)


@dataclass(frozen=True)
class LimeAttributor:
    """LIME for any model, centred: contributions in units of the model's answer.

    lime gives the slope of a number, per standard deviation, and the step into a category. A slope does not say what a person's own
    value adds: its sign agrees with that of Shapley values hardly more often than a coin. Here a slope is multiplied with the
    distance of the row from the mean of the background, in standard deviations, and a step with the share of the background that
    does not have the category. So they nearly add up to f(row) - mean f(background).

    Parameters
    ----------
    n_samples
        Perturbations per row and repeat, the row itself among them.
    discretize
        True to cut numbers at their quartiles, as lime does unless told: less faithful to the model, and less stable.
    repeats
        How often each row is explained, with other random numbers. Contributions are the means; their spread is reported.
    pool
        True to share the perturbations among all rows: much faster, but the errors of all rows then go together.

    Notes
    -----
    Random numbers are keyed by the values of a row, the seed and the repeat: neither the order of rows nor what else is explained
    matters. Perturbed numbers stay within the range of the background. A missing category is a category; a missing number is refused.

    A row far from the background is near to few perturbations, and lime's ridge penalty then pulls its contributions towards 0; the
    residuals show it.

    Ribeiro, Singh and Guestrin, KDD 2016, 1135-1144.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlens.explanations import LimeAttributor
    >>> Z = np.random.default_rng(0).normal(size=(200, 2))
    >>> lime = LimeAttributor(n_samples=500, pool=True)
    >>> found = lime.attribute(lambda rows: 2 * rows[:, 0], Z[:1], Z, categorical=(), seed=0, progress=None)
    >>> bool(abs(found[0, 0] - 2 * (Z[0, 0] - Z[:, 0].mean())) < 0.02)
    True
    """

    n_samples: int = 2_000
    discretize: bool = False
    repeats: int = 3
    pool: bool = False
    name: str = field(default="lime", init=False)

    def __post_init__(self) -> None:
        for role, value, least in (("n_samples", self.n_samples, _FEWEST), ("repeats", self.repeats, 1)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise OutOfRange(
                    f"`{role}` is {value!r}.",
                    f"It must be a whole number from {least} on.",
                    hint=f"LimeAttributor({role}={max(least, 3) if role == 'repeats' else 2_000})",
                    role=role,
                    value=value,
                )
        if self.pool and self.discretize:
            raise BadValue(
                "`pool` is True and so is `discretize`.",
                "All rows can share perturbations only where numbers are not discretised.",
                hint="LimeAttributor(pool=True), or LimeAttributor(discretize=True)",
                role="pool",
                value=True,
            )

    @property
    def cache_key(self) -> str:
        """Everything that the answer depends on besides the question."""
        by = "pool" if self.pool else version("lime")
        return f"lime {by} {self.n_samples} {self.discretize} {self.repeats}"

    def predictions(self, rows: int, inputs: int, background: int) -> int:
        """Count what the model will be asked; a shared pool takes a little more where rows have categories that the background lacks."""
        return self.repeats * (self.n_samples - 1) if self.pool else rows * self.repeats * self.n_samples

    def attribute(
        self, f: Function, Z: Matrix, background: Matrix, *, categorical: tuple[int, ...], seed: int, progress: Report | None
    ) -> Matrix:
        """Give contributions (rows, inputs) in units of `f`.

        Parameters
        ----------
        f
            The model: a matrix to one number per row.
        Z, background
            Rows to explain, and rows to compare with: numbers and codes.
        categorical
            Positions of the columns that hold codes.
        seed
            Of every random choice.
        progress
            Called with (predictions done, predictions in all), or None.

        Raises
        ------
        MissingValues
            If a number is missing: lime cannot take it.
        """
        Z = np.asarray(Z, float)
        names = tuple(f"column {j}" for j in range(Z.shape[-1] if Z.ndim else 0))
        expected = self.predictions(len(Z), len(names), len(background)) + self.pool * len(Z)
        task = self._task(f, Z, background, categorical, names, seed, progress, expected)
        return np.asarray(task.run(task.model(task.rows) if self.pool else None).values.mean(axis=0), float)

    def explain(self, question: Encoded) -> LimeAttribution:
        """Give contributions with their fidelity, their residuals and their spread over the repeats."""
        q = question
        task = self._task(q.f, q.Z, q.background, q.categorical, q.names, q.seed, None, 0, q.marks)
        found = task.run(q.fx)
        values = found.values.mean(axis=0)
        residual = q.base + values.sum(axis=1) - q.fx
        with np.errstate(invalid="ignore"):
            fidelity = np.where(np.isfinite(found.fidelity), found.fidelity, 0).sum(axis=0) / np.isfinite(found.fidelity).sum(axis=0)
        quality = Quality(found.values, fidelity, residual)
        about = partial(remarks, self, quality, tuple(q.names), task.basis.newcomers(task.rows), task.gaps())
        said = about(None)
        return LimeAttribution(
            values, q.base, describe(self, q.seed), said.notes, largest_error(values, q.base, q.fx), said.diagnostics, said.warnings, "",
            fidelity, residual, quality.spread, about,
        )  # fmt: skip

    def _task(
        self, f: Function, Z: Matrix, background: Matrix, categorical: tuple[int, ...], names: Sequence[str], seed: int,
        progress: Report | None, expected: int, marks: Marks | None = None,
    ) -> _Task:  # fmt: skip
        Z, background = np.asarray(Z, float), np.asarray(background, float)
        check(Z, background, categorical, names)
        columns = list(categorical)
        rows, base = without_nan(Z, columns), without_nan(background, columns)
        model = Model(f, columns, progress, expected)
        own = np.ascontiguousarray(rows).view(np.uint64) if marks is None else marks
        return _Task(self, model, rows, base, basis(base, columns), columns, seed, own)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Contributions (repeats, rows, inputs) and R2 (repeats, rows)."""

    values: Matrix
    fidelity: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One run: rows and background without NaN, what LIME reads from the background, and what tells the values of the rows apart."""

    lime: LimeAttributor
    model: Model
    rows: Matrix
    background: Matrix
    basis: Basis
    categorical: list[int]
    seed: int
    marks: Marks

    def gaps(self) -> Mask:
        """Which categories of the rows (rows, inputs) are missing; all of an input where one of the background is."""
        found = np.zeros(self.rows.shape, bool)
        lacks = (self.background[:, self.categorical] == LACKING).any(axis=0)
        found[:, self.categorical] = (self.rows[:, self.categorical] == LACKING) | lacks
        return found

    def run(self, fx: Vector | None) -> _Found:
        """Explain every row as often as asked; a shared pool needs the model's answer for the rows themselves."""
        shape = (self.lime.repeats, *self.rows.shape)
        found = _Found(np.zeros(shape), np.full(shape[:2], np.nan))
        if fx is not None and self.lime.pool:
            self._by_pool(found, fx)
        elif len(self.rows):
            self._by_row(found)
        return found

    def _by_row(self, found: _Found) -> None:
        library = _Library.make(self.background, self.basis, self.lime.discretize)
        codes = library.codes(self.rows)
        share = share_among(codes, library.codes(self.background))
        distances = 1 - share if self.lime.discretize else self.basis.distances(self.rows)
        new = share == 0 if self.lime.discretize else self.basis.newcomers(self.rows)
        admitted = [{j: codes[i, j] for j in np.flatnonzero(new[i]).tolist()} for i in range(len(self.rows))]
        runs = [(i, k) for i in range(len(self.rows)) for k in range(self.lime.repeats)]
        size = max(1, _BLOCK // self.lime.n_samples)
        for start in range(0, len(runs), size):  # a model is asked about many rows at once, since some take long for any call
            block = [(i, k, _Draw(self.rows[i], self.lime.n_samples, self._key(self.marks[i].tobytes(), k), admitted[i])) for i, k in runs[start : start + size]]
            answers = self.model(np.concatenate([library.perturb(one) for _, _, one in block])).reshape(len(block), -1)
            for (i, k, one), answer in zip(block, answers, strict=True):
                weights, found.fidelity[k, i] = library.solve(one, answer)
                found.values[k, i] = weights * distances[i]

    def _by_pool(self, found: _Found, fx: Vector) -> None:
        kinds, kind_of = np.unique(np.where(self.basis.newcomers(self.rows), self.marks, 0), axis=0, return_inverse=True)
        distances = self.basis.distances(self.rows)
        for k in range(self.lime.repeats):
            plain = draw(self.basis, self.lime.n_samples - 1, self._rng(b"pool", k))
            answers = self.model(plain)
            for place, kind in enumerate(kinds):
                here = np.flatnonzero(kind_of.ravel() == place)
                pool, values = plain.copy(), answers.copy()
                changed = admit(self.basis, pool, self.rows[here[0]], self._rng(kind.tobytes(), k))
                if changed.any():
                    values[changed] = self.model(pool[changed])
                fits = fit(self.basis, pool, values, self.rows[here], fx[here])
                found.values[k, here] = fits.weights * distances[here]
                found.fidelity[k, here] = fits.fidelity

    def _rng(self, what: bytes, repeat: int) -> np.random.Generator:
        return np.random.default_rng(self._key(what, repeat))

    def _key(self, what: bytes, repeat: int) -> Any:
        """A seed that depends on nothing but these values, the seed and the repeat."""
        return np.frombuffer(blake2b(what + f"|{self.seed}|{repeat}".encode()).digest(), np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class _Draw:
    """One run of lime: a row, perturbations, the key of their random numbers, and categories that only this row has."""

    row: Vector
    size: int
    key: Any
    admitted: dict[int, float]


class _Drawn(Exception):
    """Ends a run of lime as soon as its perturbations are known."""

    def __init__(self, rows: Matrix) -> None:
        self.rows = rows


class _Random(np.random.RandomState):
    """lime's random numbers for one row: its normal ones stay within the range of the background."""

    low: Vector
    high: Vector

    def normal(self, *arguments: Any, **named: Any) -> Any:
        """Draw for a matrix of rows, as lime does, and move what is outside to the ends of the range."""
        found = np.asarray(super().normal(*arguments, **named))
        return np.clip(found.reshape(-1, len(self.low)), self.low, self.high).ravel()


@dataclass(frozen=True, slots=True, eq=False)
class _Library:
    """lime's explainer, brought to give the same answer about the same row whenever it is asked."""

    explainer: Any
    basis: Basis
    discretize: bool

    @classmethod
    def make(cls, background: Matrix, found: Basis, discretize: bool) -> _Library:
        explainer = _tabular()(
            background,
            mode="regression",
            categorical_features=np.flatnonzero(found.coded).tolist(),
            feature_selection="none",
            discretize_continuous=discretize,
            random_state=np.random.RandomState(0),
        )
        if discretize:
            _mend(explainer.discretizer)
        else:
            explainer.scaler.mean_, explainer.scaler.scale_ = found.mean.copy(), found.scale.copy()
        return cls(explainer, found, discretize)

    def codes(self, rows: Matrix) -> Matrix:
        """What lime compares: places of numbers among the quartiles, where it discretises them."""
        return np.asarray(self.explainer.discretizer.discretize(rows)) if self.discretize else rows

    def perturb(self, one: _Draw) -> Matrix:
        """Give lime's perturbations of a row, the row itself first."""

        def stop(rows: Matrix) -> Vector:
            raise _Drawn(rows)

        try:
            self._explain(one, stop)
        except _Drawn as drawn:
            rows = drawn.rows
        return np.concatenate([rows[:1], self.basis.clip(rows[1:])])  # rounding may have left the range again

    def solve(self, one: _Draw, answers: Vector) -> tuple[Vector, float]:
        """Give lime's weight of each input, and R2, from the model's answers to the perturbations."""
        weights = np.zeros(len(one.row))
        if (answers == answers[0]).all():
            return weights, np.nan
        found = self._explain(one, lambda _: answers)
        for j, weight in found.as_map()[1]:
            weights[j] = weight
        return weights, float(found.score)

    def _explain(self, one: _Draw, predict: Function) -> Any:
        """Ask lime about a row; all random numbers come from the key, so the same draw is the same again."""
        state = _Random(one.key)
        state.low, state.high = (self.basis.standardise(ends) for ends in (self.basis.lower, self.basis.upper))
        self.explainer.random_state = self.explainer.base.random_state = state
        if self.discretize:
            self.explainer.discretizer.random_state = state
        with self._admitting(one.admitted):
            return self.explainer.explain_instance(one.row, predict, num_features=len(one.row), num_samples=one.size)

    @contextmanager
    def _admitting(self, codes: dict[int, float]) -> Iterator[None]:
        """Let lime draw categories that the background lacks, as often as if the row were one more of the background."""
        values, shares = self.explainer.feature_values, self.explainer.feature_frequencies
        chance = self.basis.chance
        before = {j: (values[j], shares[j]) for j in codes}
        for j, code in codes.items():
            values[j], shares[j] = [*values[j], code], np.append((1 - chance) * shares[j], chance)
        try:
            yield
        finally:
            for j, (old, share) in before.items():
                values[j], shares[j] = old, share


def _tabular() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of lime's own old spellings, when it is compiled
            from lime.lime_tabular import LimeTabularExplainer
    except ImportError as error:
        raise PackageMissing(
            "LIME needs the package 'lime', which is not installed or cannot be imported.",
            str(error),
            hint="pip install lime, or LimeAttributor(pool=True), which does without",
            role="method",
            value="lime",
        ) from error
    return LimeTabularExplainer


def _mend(discretizer: Any) -> None:
    """Let a quartile with one value be drawn as this value: lime gives the model 0 instead, its distance from the mean."""
    for j in discretizer.to_discretize:
        for k, (low, high) in enumerate(zip(discretizer.mins[j], discretizer.maxs[j], strict=True)):
            if low == high:
                discretizer.means[j][k], discretizer.stds[j][k] = 0.0, 1.0
