"""explain(): what each input adds to the model's answer, group by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from .._progress import Progress, Step
from .._thresholds import GroupThresholds
from ..exceptions import BadValue, OutOfRange, WrongKind, listed
from ._asking import ask
from ._attributor import Attributor
from ._bounds import Bounds, bounds_of
from ._encoded import Output
from ._explained import Readers, _there, explained, readers
from ._explanation import COLUMNS, Explanation
from ._options import check_columns
from ._sample import BACKGROUND, Sample, draw

if TYPE_CHECKING:
    from .._audit import Audit

_ROWS = 100


def explain(
    audit: Audit,
    method: Literal["shap", "lime", "occlusion"] | Attributor = "shap",
    by: str | Sequence[str] | None = None,
    *,
    output: Output = "score",
    rows: int | None = None,
    background: Any = None,
    max_predictions: int = 20_000_000,
    random_state: int | np.random.Generator | None = 0,
    confidence: float = 0.95,
    keep_values: bool = False,
    progress: bool | Step = True,
) -> Explanation:
    """Say what each input of the model adds to its answer, on average, in each group.

    The raw columns are the inputs, whatever the model makes of them; the groups need not be among them. Rows are drawn from every
    group by itself, and each is explained against one background, the same for all, so that groups can be compared.

    Parameters
    ----------
    audit
        Made with ``fl.audit(X, model=model, ...)``, so that it holds the rows and the model.
    method
        "shap", "lime", "occlusion", or an `Attributor`: one of these with its own settings, or yours.
    by
        A group column, a list of columns to cross, or None for each sensitive feature by itself.
    output
        "score" (the model's probability of the event, or its score), "decision" (1 or 0, at the audit's threshold), or "log_odds".
        A model that only decides has no score: its decision is explained.
    rows
        People to explain per group, 100 unless said; all where a group has fewer, and at least 30 where it has as many.
    background
        What the rows are compared with: a number of rows to draw from the audit, 100 unless said, or a frame like the audited rows.
        Readers are shown nothing against a background of fewer rows than a group must have people: it could be told what the model
        says of them.
    max_predictions
        The budget. What the method takes is counted before it starts; `preview_explanation` tells it without asking the model.
    random_state
        A seed, or a NumPy generator. NumPy's global state is left as it was.
    confidence
        Between 0 and 1.
    keep_values
        True to keep the contributions of every explained row, for your own eyes: a row is a person.
    progress
        True to show progress where a person watches, False for silence, or a function ``(done, total)`` of predictions.

    Returns
    -------
    Explanation
        Its frame has a column per attribute, then feature, mean, lower, upper, mean_abs, abs_lower, abs_upper, n, status, reason.

    Raises
    ------
    RowsNotHeld
        If the audit holds no rows and no model.
    TooManyPredictions
        If the method takes more predictions than the budget; the message says how many.
    BadValue
        If the model answers differently than in the audit, or after its rows were encoded and decoded; for an unknown method or output,
        and for a group column that is called like one of the frame.
    WrongKind
        If an input holds dates or nested values.

    Notes
    -----
    Means over the drawn rows of a group estimate those over its people; Student's intervals from the spread over rows. They hold for this
    model and this background. Differences of two groups' means add up to the difference of their mean answers.

    Examples
    --------
    >>> import pandas as pd, fairlens as fl
    >>> X = pd.DataFrame({"income": [20, 30, 40, 50] * 30, "zip": ["n", "s"] * 60})
    >>> audit = fl.audit(X, model=lambda rows: rows["income"] / 100, threshold=0.3, sensitive_features={"sex": ["f", "f", "m"] * 40})
    >>> explained = fl.explain(audit, background=X)
    >>> bool(explained.max_error < 1e-9), {row.feature for row in explained.rows if row.mean_abs > 0}
    (True, {'income'})
    """
    made = prepare(audit, method, by, output, rows, background, max_predictions, random_state, confidence)
    with Progress("Explaining", progress) as bar:
        answer = ask(audit, made.attributor, made.output, made.sample, made.own, int(max_predictions), made.seed, bar, made.bounds)
    return explained(audit, made.shown, made.views, made.attributes, confidence, made.sample, answer, keep_values)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What an explanation is made of, checked, before anything is encoded or asked."""

    attributor: Attributor
    output: Output
    seed: int
    views: list[tuple[str, ...]]
    attributes: tuple[str, ...]
    shown: Readers
    own: Any
    sample: Sample
    bounds: Bounds | None


def prepare(
    audit: Audit, method: Any, by: Any, output: Any, rows: Any, background: Any, max_predictions: Any, random_state: Any, confidence: Any, verb: str = "explain"
) -> Prepared:
    """Check what was asked, and draw the rows."""
    _check_audit(audit, verb)
    attributor, wanted = _attributor(method), _output(audit, output, verb)
    _check_numbers(rows, confidence, max_predictions, background)
    seed = _seed(random_state)
    views: list[tuple[str, ...]] = [(name,) for name in audit.spec.sensitive_features] if by is None else [audit._attributes(by)]
    attributes = audit._attributes(by)
    check_columns(audit, attributes, COLUMNS, verb)
    shown = readers(audit)
    own = None if background is None or isinstance(background, int | np.integer) else background
    count = None if own is not None else max(BACKGROUND, audit.spec.suppress_below) if background is None else int(background)
    each, few = _ROWS if rows is None else int(rows), audit.spec.suppress_below
    sample = draw(audit, views, attributes, each, count, shown.left_out, seed)
    there = _there(shown, views, attributes, sample)
    bounds = bounds_of(sample, shown.people(views, attributes), there, few, len(shown.left_out), each, count or 0, own)
    return Prepared(attributor, wanted, seed, views, attributes, shown, own, sample, bounds)


def _check_audit(audit: Any, verb: str = "explain", *asked: str) -> None:
    """Refuse what cannot be explained; hints write the call of `verb` with what was `asked` besides the audit."""
    if not hasattr(audit, "handle"):
        raise WrongKind(
            f"`audit` is a {type(audit).__name__}.",
            "It must be the audit itself, which holds the rows and the model.",
            hint=f"audit = fl.audit(X, model=model, ...); {_call(verb, 'audit', *asked)}",
            role="audit",
        )
    _ = audit.handle  # says what is missing, before anything else does
    spec = audit.spec
    wrong = {
        "cluster": (spec.cluster, "one person may have several rows", "leave cluster out, or keep one row per person"),
        "sensitive_features": (dict(spec.membership), "groups are known as probabilities", "sensitive_features=... of people whose group is known"),
    }
    for role, (given, why, hint) in wrong.items():
        if given:
            raise BadValue(
                f"An explanation was asked of an audit where {why}.",
                "Its means and their intervals are over rows, each of one person of one group.",
                hint=hint,
                role=role,
                value=given,
            )


def _attributor(method: Any) -> Attributor:
    if isinstance(method, str):
        found = _NAMED.get(method)
        if found is None:
            raise BadValue(
                f"`method` is {method!r}.",
                f"There are: {listed(_NAMED)}; or an object with a name and attribute(f, Z, background, ...).",
                hint='fl.explain(audit, method="shap")',
                role="method",
                value=method,
            )
        return found()
    if isinstance(method, type) or not isinstance(method, Attributor):
        made = f"{method.__name__}()" if isinstance(method, type) else '"shap"'
        raise WrongKind(
            f"`method` is {'the class ' + method.__name__ + ' itself' if isinstance(method, type) else 'a ' + type(method).__name__}.",
            f"It must be one of {listed(_NAMED)}, or an object with a name and attribute(f, Z, background, *, categorical, seed, progress).",
            hint=f"fl.explain(audit, method={made})",
            role="method",
        )
    return method


def _shap() -> Attributor:
    from ._shap import ShapAttributor

    return ShapAttributor()


def _lime() -> Attributor:
    from ._lime import LimeAttributor

    return LimeAttributor()


def _occlusion() -> Attributor:
    from ._occlusion import OcclusionAttributor

    return OcclusionAttributor()


_NAMED: dict[str, Callable[[], Attributor]] = {"shap": _shap, "lime": _lime, "occlusion": _occlusion}


def _call(verb: str, *arguments: str) -> str:
    return f"fl.{verb}({', '.join(arguments)})"


def _output(audit: Audit, output: Any, verb: str = "explain", *asked: str) -> Output:
    if output not in get_args(Output):
        raise BadValue(
            f"`output` is {output!r}.",
            f"There are: {listed(get_args(Output))}.",
            hint=_call(verb, "audit", *asked, 'output="score"'),
            role="output",
            value=output,
        )
    scores = audit.spec.y_score
    if scores is None and output == "log_odds":
        raise BadValue(
            "`output` is 'log_odds', and the model of this audit decides: it gives no score.",
            hint=_call(verb, "audit", *asked, 'output="decision"'),
            role="output",
            value=output,
        )
    if output == "decision" and scores is not None and not isinstance(audit.threshold, float):
        column = isinstance(audit.threshold, GroupThresholds)
        raise BadValue(
            "`output` is 'decision', and " + ("groups have thresholds of their own." if column else f"the decisions of this audit are the column {audit.spec.y_pred!r}, not those of its model."),
            "The inputs of a model explain what the model decides about a row, at one threshold.",
            hint=_call(verb, f"audit.at({audit.spec.threshold or 0.5!r})", *asked, 'output="decision"') + ', or output="score"',
            role="output",
            value=output,
        )
    return "decision" if scores is None else output


def _check_numbers(rows: Any, confidence: Any, max_predictions: Any, background: Any) -> None:
    counts = {"rows": (rows, _ROWS), "max_predictions": (max_predictions, 20_000_000)}
    if isinstance(background, int | float | np.number):
        counts["background"] = (background, BACKGROUND)
    for role, (value, usual) in counts.items():
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
            raise OutOfRange(
                f"`{role}` is {value!r}.", "It must be a whole number from 1 on.", hint=f"{role}={usual:_}", role=role, value=value
            )  # fmt: skip
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 < confidence < 1:
        raise OutOfRange(
            f"`confidence` is {confidence!r}.", "It must be between 0 and 1.", hint="confidence=0.95", role="confidence", value=confidence
        )  # fmt: skip


def _seed(random_state: Any) -> int:
    if isinstance(random_state, bool) or not (random_state is None or isinstance(random_state, int | np.integer | np.random.Generator)):
        raise WrongKind(
            f"`random_state` is a {type(random_state).__name__}.",
            "It must be a whole number, a NumPy generator, or None.",
            hint="random_state=0",
            role="random_state",
            value=random_state,
        )
    if isinstance(random_state, int | np.integer):
        if random_state < 0:
            raise OutOfRange(
                f"`random_state` is {random_state!r}.", "A seed is 0 or more.", hint="random_state=0", role="random_state", value=random_state
            )  # fmt: skip
        return int(random_state)
    return int(np.random.default_rng(random_state).integers(2**31))
