"""Asking: rows encoded and checked against the audit, the question put to an attributor, its answer checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._predict import Predictor
from ..exceptions import BadValue, WrongKind, listed
from ._attributor import Attribution, Attributor, Matrix, Report, Vector, largest_error
from ._bounds import Bounds
from ._cache import CACHE, Key, content_of, key_of
from ._encoded import Asked, Encoded, Output, too_many
from ._encoding import Encoding, encoding
from ._engines import rows_at, values_at
from ._raw import key_of as value_key
from ._sample import Mask, Sample
from ._scale import CLIP, Scale, margin_of

if TYPE_CHECKING:
    from .._audit import Audit

_NEAR = 1e-6
_PROBES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The attribution of every drawn row, and the question that it answers.

    `clipped` marks the rows, and then those of the background, whose probability was moved away from 0 or 1.
    """

    found: Attribution
    question: Encoded
    predictions: int
    notes: tuple[str, ...]
    clipped: Mask
    name: str
    min_denominator: int


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """A question before the model is asked: what of it is known from the rows alone."""

    question: Encoded
    scale: Scale
    rows: Any
    given: bool


def asking(
    audit: Audit, output: Output, sample: Sample, background: Any, budget: int, seed: int, progress: Report, bounds: Bounds | None = None
) -> Asking:
    """Encode rows and background; the model is not asked."""
    handle = audit.handle
    rows = rows_at(handle.inputs, sample.places)
    against = rows_at(handle.inputs, sample.background) if background is None else background
    codec = encoding(rows, against)
    Z, base = codec.matrix[: len(sample.places)], codec.matrix[len(sample.places) :]
    threshold = audit.threshold if output == "decision" and isinstance(audit.threshold, float) and audit.spec.y_score is not None else None
    scale = Scale(handle.predict, output, threshold)
    f = Asked(codec, scale, budget, hides=bounds is not None)
    f.before = _before(len(Z), len(base), output, background is not None)
    nothing = np.zeros(0)
    question = Encoded(codec, handle.predict, f, Z, base, nothing, nothing, codec.names, codec.categorical, output, seed, progress)
    return Asking(question, scale, rows, background is not None)


def ask(
    audit: Audit, attributor: Attributor, output: Output, sample: Sample, background: Any, budget: int, seed: int, progress: Report,
    bounds: Bounds | None = None,
) -> Answer:
    """Check that the model answers as in the audit, count what the method takes, and run it, or find it in the cache.

    Raises
    ------
    TooManyPredictions
        Before the model is asked at all, where the method says what it takes.
    BadValue
        If the model answers differently now, or after encoding and decoding.
    """
    made = asking(audit, output, sample, background, budget, seed, progress, bounds)
    question, scale, f = made.question, made.scale, made.question.f
    f.total = _affordable(attributor, made, bounds)
    f.progress = progress
    size, predict, codec = len(question.Z), question.predict, question.codec
    plain = _guard(audit, predict, codec, sample, made.rows, background, seed, hides=f.hides)
    f.asked = len(codec.matrix) + (0 if background is None else len(question.background))
    margin = margin_of(predict, codec.decode(codec.matrix), plain) if output == "log_odds" else None
    answers = scale.of(plain) if margin is None else margin.found
    if margin is not None:
        f.answer = margin.ask
        f.asked += len(codec.matrix)
    question = replace(question, fx=answers[:size], fb=answers[size:])
    found = _cached(attributor, question, plain, scale.threshold)
    progress(f.asked, f.asked)
    clipped = (plain < CLIP) | (plain > 1 - CLIP) if output == "log_odds" and margin is None else np.zeros(len(plain), bool)
    return Answer(found, question, f.asked, _strange(audit, made), clipped, str(attributor.name), audit.spec.min_denominator)


def cost_of(attributor: Attributor, question: Encoded) -> int | None:
    """Count what the method will ask at most; None where it cannot say."""
    if hasattr(attributor, "cost"):
        return int(attributor.cost(question))
    if hasattr(attributor, "predictions"):
        return int(attributor.predictions(len(question.Z), len(question.names), len(question.background)))
    return None


def bound_of(attributor: Attributor, made: Asking, bounds: Bounds, budget: int) -> int | None:
    """Count what the method would ask at most about as many rows as readers may think there are; None where it cannot say.

    Each of them is taken to differ from the background in every input, so that nothing of the rows themselves is in the number.
    """
    question, inputs = made.question, len(made.question.names)
    f = replace(question.f, budget=budget, before=_before(bounds.rows, bounds.background, question.output, made.given))
    Z, background = np.full((bounds.rows, inputs), np.inf), np.zeros((bounds.background, inputs))
    cost = cost_of(attributor, replace(question, f=f, Z=Z, background=background))
    return None if cost is None else f.before + cost


def _before(rows: int, background: int, output: Output, given: bool) -> int:
    return (rows + background) * (2 if output == "log_odds" else 1) + given * background + _PROBES


def _affordable(attributor: Attributor, made: Asking, bounds: Bounds | None) -> int:
    """Count what the question takes, and refuse what is beyond the budget; of a method that cannot say, each call is counted."""
    question = made.question
    needed, budget, by = question.f.before + (cost_of(attributor, question) or 0), question.f.budget, f"by {attributor.name!r}, with {len(question.names):,} inputs"
    if needed > budget and bounds is not None:
        most = bound_of(attributor, made, bounds, budget)
        raise too_many(most, budget, f"Up to {bounds.rows:,} rows {by} and up to {bounds.background:,} background rows, take" + ("" if most is None else " up to"))
    if needed > budget:
        raise too_many(needed, budget, f"{len(question.Z):,} rows {by} and {len(question.background):,} background rows, take")
    return needed


def _strange(audit: Audit, made: Asking) -> tuple[str, ...]:
    """Say which inputs of a background that was given hold texts or categories that no audited row has."""
    question = made.question
    new = []
    for j, column in enumerate(question.codec.coded if made.given else ()):
        if column is None or column.truth:
            continue
        drawn = set(question.background[:, j].tolist()) - set(question.Z[:, j].tolist())
        strangers = {key for key, code in column.keys.items() if code in drawn}
        if strangers and strangers - {value_key(value) for value in set(values_at(audit.handle.inputs, j))}:
            new.append(question.names[j])
    if not new:
        return ()
    return (
        f"The background holds values that no audited row has, in {listed(new)}: people are compared with some whom the audit did not see,"
        " and what the model says of such values was not checked against it.",
    )


def _guard(
    audit: Audit, predict: Predictor, codec: Encoding, sample: Sample, rows: Any, background: Any, seed: int, *, hides: bool = False
) -> Vector:
    """Ask about all rows rebuilt and in another order: the answers must be those of the audit, and of a background as it was given."""
    order = np.random.default_rng(seed).permutation(len(codec.matrix))
    found = np.empty(len(order))
    found[order] = predict(codec.decode(codec.matrix[order]))
    known = sample.scored[sample.places]
    known = np.concatenate([known, sample.scored[sample.background] if background is None else predict(background)])
    differing = ~_near(found, known, audit)
    if not differing.any():
        return found
    told = "some rows" if hides else f"{int(differing.sum()):,} of {len(found):,} rows"
    if not _near(predict(audit.handle.inputs), sample.scored, audit).all():  # the very rows of the audit, all of them as there
        raise BadValue(
            f"`model` now answers differently for {told}.",
            "It is random, or the model or the rows were changed after the audit.",
            hint="audit again with the model as it is: audit = fl.audit(X, model=model, ...); a random model needs a fixed seed",
            role="model",
        )
    alone = _near(predict(rows), sample.scored[sample.places], audit).all()
    raise BadValue(
        f"`model` answers differently for {told} after they were encoded as numbers and decoded.",
        "It depends on something besides the values in the columns of one row: the index, the order of rows, the other rows, the identity of objects,"
        " or on which kind of missing value a column has."
        if alone
        else "It answers as in the audit about all its rows together, and differently about some of them: what it says of a row depends on the other"
        " rows, on their order or number.",
        hint="model=lambda X: ... that reads nothing but the columns of each row" + ("" if alone else "; a mean or a rank must be that of the training rows"),
        role="model",
    )


def _near(found: Vector, told: Vector, audit: Audit) -> Any:
    """Scores may differ in the last digits, since a matrix product depends on how its rows lie in memory; decisions may not."""
    if audit.spec.y_score is None:
        return found == told
    low, high = audit.spec.score_range
    return np.abs(found - told) <= _NEAR * (high - low)


def _cached(attributor: Attributor, question: Encoded, plain: Vector, threshold: float | None) -> Attribution:
    key = _key(attributor, question, plain, threshold) if hasattr(attributor, "cache_key") else None
    found = CACHE.get(key)
    if found is None:
        found = _run(attributor, question)
        CACHE.put(key, found)
    return found


def _key(attributor: Attributor, question: Encoded, plain: Vector, threshold: float | None) -> Key | None:
    """The question by its content, with the plain scores of rows, background and mixed rows; None where the model has no content to tell it by."""
    content = content_of(question.predict)
    if content is None:
        return None
    f, rng = question.f, np.random.default_rng(question.seed)
    pool = np.concatenate([question.Z, question.background])
    probe = pool[rng.integers(len(pool), size=(_PROBES, pool.shape[1])), np.arange(pool.shape[1])]
    f.afford(_PROBES)
    scores = question.predict(question.codec.decode(probe))
    f.asked += _PROBES
    kind = type(attributor)
    method = f"{kind.__module__}.{kind.__qualname__} {attributor.name} {getattr(attributor, 'cache_key')}"  # noqa: B009 - no part of the protocol
    key = key_of(question, method, content, threshold, (plain, scores))
    return Key(key.digest, (*key.code, kind))


def _run(attributor: Attributor, question: Encoded) -> Attribution:
    own = replace(question, Z=question.Z.copy(), background=question.background.copy())  # whatever it writes there is its own
    if hasattr(attributor, "explain"):
        found: Attribution = attributor.explain(own)
        _check_shape(attributor, found.values, question.Z)
        return found
    values = attributor.attribute(own.f, own.Z, own.background, categorical=own.categorical, seed=own.seed, progress=None)
    values = _check_shape(attributor, values, question.Z)
    method = str(getattr(attributor, "method", f"Contributions by {attributor.name!r}."))
    return Attribution(values, question.base, method, (), largest_error(values, question.base, question.fx))


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
