"""Asking: rows encoded and checked against the audit, the question put to an attributor, its answer checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._predict import Predictor
from ..exceptions import BadValue, WrongKind
from ._attributor import Attribution, Attributor, Matrix, Report, Vector, largest_error
from ._cache import CACHE, key_of
from ._encoded import Asked, Encoded, Output, too_many
from ._encoding import Encoding, encoding
from ._engines import rows_at
from ._sample import Sample
from ._scale import CLIP, Scale, margin_of

if TYPE_CHECKING:
    from .._audit import Audit

_NEAR = 1e-6
_PROBES = 64
_ADDS = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The attribution of every drawn row, and the question that it answers."""

    found: Attribution
    question: Encoded
    predictions: int
    notes: tuple[str, ...]
    name: str
    min_denominator: int


def ask(
    audit: Audit, attributor: Attributor, output: Output, sample: Sample, background: Any, budget: int, seed: int, progress: Report
) -> Answer:
    """Check that the model answers as in the audit, count what the method takes, and run it, or find it in the cache.

    Raises
    ------
    TooManyPredictions
        Before the model is asked at all, where the method says what it takes.
    BadValue
        If the model answers differently now, or after encoding and decoding.
    """
    handle = audit.handle
    rows = rows_at(handle.inputs, sample.places)
    against = rows_at(handle.inputs, sample.background) if background is None else background
    codec = encoding(rows, against)
    Z, base = codec.matrix[: len(sample.places)], codec.matrix[len(sample.places) :]
    threshold = audit.threshold if isinstance(audit.threshold, float) and audit.spec.y_score is not None else None
    scale = Scale(handle.predict, output, threshold)
    f = Asked(codec, scale, budget)
    nothing = np.zeros(0)
    question = Encoded(codec, handle.predict, f, Z, base, nothing, nothing, codec.names, codec.categorical, output, seed, progress)
    first = (len(Z) + len(base)) * (2 if output == "log_odds" else 1) + (0 if background is None else len(base)) + _PROBES
    f.total = _preview(attributor, question, first, budget)
    f.progress = progress
    plain = _guard(audit, handle.predict, codec, sample, rows, background, seed)
    f.asked = len(Z) + len(base) + (0 if background is None else len(base))
    margin = margin_of(handle.predict, codec.decode(codec.matrix), plain) if output == "log_odds" else None
    answers = scale.of(plain) if margin is None else margin.found
    if margin is not None:
        f.answer = margin.ask
        f.asked += len(codec.matrix)
    question = replace(question, fx=answers[: len(Z)], fb=answers[len(Z) :])
    found = _cached(attributor, question)
    progress(f.asked, f.asked)
    clipped = int(((plain < CLIP) | (plain > 1 - CLIP)).sum()) if output == "log_odds" and margin is None else 0
    notes = (f"{clipped:,} of {len(plain):,} probabilities were 0 or 1, or nearly; they count as {CLIP:g} from it.",) if clipped else ()
    return Answer(found, question, f.asked, notes, str(attributor.name), audit.spec.min_denominator)


def _preview(attributor: Attributor, question: Encoded, first: int, budget: int) -> int:
    """Count what the method takes, and refuse what is beyond the budget; of a method that cannot say, each call is counted."""
    if hasattr(attributor, "cost"):
        more = int(attributor.cost(question))
    elif hasattr(attributor, "predictions"):
        more = int(attributor.predictions(len(question.Z), len(question.names), len(question.background)))
    else:
        more = 0
    if first + more > budget:
        what = f"{len(question.Z):,} rows by {attributor.name!r}, with {len(question.names):,} inputs and {len(question.background):,} background rows, take"
        raise too_many(first + more, budget, what)
    return first + more


def _guard(
    audit: Audit, predict: Predictor, codec: Encoding, sample: Sample, rows: Any, background: Any, seed: int
) -> Vector:
    """Ask about all rows rebuilt and in another order: the answers must be those of the audit, and of a background as it was given."""
    n = len(sample.places)
    order = np.random.default_rng(seed).permutation(len(codec.matrix))
    found = np.empty(len(order))
    found[order] = predict(codec.decode(codec.matrix[order]))
    told = sample.scored[sample.places]
    told = np.concatenate([told, sample.scored[sample.background] if background is None else predict(background)])
    differing = ~_near(found, told, audit)
    if not differing.any():
        return found
    again = predict(rows)
    changed = not _near(again, told[:n], audit).all()
    count = int(differing.sum())
    if changed:
        raise BadValue(
            f"`model` now answers differently for {count:,} of {len(found):,} rows.",
            "It is random, or the model or the rows were changed after the audit.",
            hint="audit again with the model as it is: audit = fl.audit(X, model=model, ...); a random model needs a fixed seed",
            role="model",
        )
    raise BadValue(
        f"`model` answers differently for {count:,} of {len(found):,} rows after they were encoded as numbers and decoded.",
        "It depends on something besides the values in the columns of one row: the index, the order of rows, the other rows, the identity of objects,"
        " or on which kind of missing value a column has.",
        hint="model=lambda X: ... that reads nothing but the columns of each row",
        role="model",
    )


def _near(found: Vector, told: Vector, audit: Audit) -> Any:
    """Scores may differ in the last digits, since a matrix product depends on how its rows lie in memory; decisions may not."""
    if audit.spec.y_score is None:
        return found == told
    low, high = audit.spec.score_range
    return np.abs(found - told) <= _NEAR * (high - low)


def _cached(attributor: Attributor, question: Encoded) -> Attribution:
    key = None
    if hasattr(attributor, "cache_key"):
        rng = np.random.default_rng(question.seed)
        pool = np.concatenate([question.Z, question.background])
        probe = pool[rng.integers(len(pool), size=(_PROBES, pool.shape[1])), np.arange(pool.shape[1])]
        key = key_of(question, f"{attributor.name} {attributor.cache_key}", tuple(question.f(probe).tolist()))
    found = CACHE.get(key)
    if found is None:
        found = _run(attributor, question)
        CACHE.put(key, found)
    return found


def _run(attributor: Attributor, question: Encoded) -> Attribution:
    if hasattr(attributor, "explain"):
        found = attributor.explain(question)
        _check_shape(attributor, found.values, question.Z)
        return _with_remainder(found, question)
    values = attributor.attribute(
        question.f, question.Z, question.background, categorical=question.categorical, seed=question.seed, progress=None
    )
    values = _check_shape(attributor, values, question.Z)
    method = str(getattr(attributor, "method", f"Contributions by {attributor.name!r}."))
    error = largest_error(values, question.base, question.fx)
    return _with_remainder(Attribution(values, question.base, method, (), error), question)


def _check_shape(attributor: Attributor, values: Any, Z: Matrix) -> Matrix:
    found = np.asarray(values)
    if found.shape != Z.shape or found.dtype.kind not in "fiub" or not np.isfinite(found).all():
        what = f"an array of shape {found.shape} and type {found.dtype}" if found.shape != Z.shape or found.dtype.kind not in "fiub" else "numbers that are not finite"
        raise WrongKind(
            f"`method` {attributor.name!r} gave {what} for {Z.shape[0]:,} rows of {Z.shape[1]} inputs.",
            "It must give one finite number per row and input.",
            hint="def attribute(self, f, Z, background, *, categorical, seed, progress): return parts  # of the shape of Z",
            role="method",
        )
    return found.astype(float)


def _with_remainder(found: Attribution, question: Encoded) -> Attribution:
    """Say it where contributions do not add up, and nobody has said so yet."""
    scale = max(1.0, float(np.abs(question.fx).max(initial=0.0)))
    if not found.max_error > 1e-5 * scale or any("add up" in note for note in found.notes):
        return found
    note = f"The contributions of a row do not add up to the model's answer about it: up to {found.max_error:.3g} is left over."
    return replace(found, notes=(*found.notes, note))
