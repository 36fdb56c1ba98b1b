"""The options of decompose_gap that say how much is computed, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._spec import is_number
from ..exceptions import BadValue, OutOfRange, RoleNeeded, WrongKind
from ._budget import Limits
from ._outcomes import Outcome

if TYPE_CHECKING:
    from .._audit import Audit


def check_columns(audit: Audit, attributes: Sequence[str], own: Sequence[str], verb: str) -> None:
    """Refuse group columns that are called like a column of the answer, where one of the two would be lost."""
    taken = next((name for name in attributes if name in own), None)
    if taken is not None:
        role = audit.spec.role_of(taken)
        raise BadValue(
            f"`{role}` names the column {taken!r}, and fl.{verb} makes a table by it.",
            f"That table has columns of its own called {', '.join(own)}.",
            hint=f"fl.audit(..., {role}={{{taken + '_group'!r}: people[{taken!r}]}})",
            role=role,
            value=taken,
        )


def read_limits(n_rounds: int | None, max_predictions: int) -> Limits:
    """Read the number of rounds, if fixed, and the budget."""
    for role, value in (("n_rounds", n_rounds), ("max_predictions", max_predictions)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
            raise OutOfRange(
                f"`{role}` is {value!r}.", "It must be a whole number from 1 on.", hint=f"{role}={10 if role == 'n_rounds' else 20_000_000}", role=role, value=value
            )  # fmt: skip
    return Limits(n_rounds, max_predictions)


def read_generator(random_state: int | np.random.Generator | None) -> np.random.Generator:
    """Read the seed."""
    if random_state is None or isinstance(random_state, int | np.integer | np.random.Generator):
        return np.random.default_rng(random_state)
    raise WrongKind(
        f"`random_state` is a {type(random_state).__name__}.",
        "It must be a whole number, a NumPy generator, or None.",
        hint="random_state=0",
        role="random_state",
        value=random_state,
    )


def read_thresholds(audit: Audit, outcome: Outcome, thresholds: Any, group: object) -> tuple[float | None, ...]:
    """Give the thresholds to decide at, ascending, the audit's own among them; a gap of scores has none."""
    own = audit.threshold
    assert own is None or isinstance(own, int | float)
    if thresholds is None or thresholds is False:
        return (None,) if outcome.output == "score" else (own,)
    if outcome.output == "score":
        raise BadValue(
            f"`thresholds` was given for a gap in {outcome.metric.name!r}.",
            "No decision is made for it, so no threshold changes it.",
            hint=f"fl.decompose_gap(audit, {group!r}, metric={outcome.metric.name!r})",
            role="thresholds",
            value=thresholds,
        )
    if audit.spec.y_score is None:
        raise RoleNeeded(
            "`thresholds` was given.",
            "This audit's model decides, and gives no scores to decide at other thresholds.",
            hint="fl.audit(X, model=lambda X: clf.predict_proba(X)[:, 1], threshold=0.5, ...)",
            role="y_score",
            value=thresholds,
        )
    assert own is not None  # scores without a threshold are refused before
    return _ascending(audit, thresholds, float(own))


def _ascending(audit: Audit, thresholds: Any, own: float) -> tuple[float, ...]:
    if thresholds is True:
        tables = audit.protect().tables
        given: Any = tables.published_edges or tables.steps
    else:
        given = thresholds.tolist() if hasattr(thresholds, "tolist") else thresholds
    if not isinstance(given, list | tuple) or not given or not all(map(is_number, given)):
        raise WrongKind(
            f"`thresholds` is {thresholds!r}.",
            "It must be a list of numbers, or True for all that readers may see.",
            hint="thresholds=[0.4, 0.5, 0.6]",
            role="thresholds",
            value=thresholds,
        )
    wanted = tuple(sorted({own, *(float(one) for one in given)}))
    for threshold in wanted:
        audit.tables.check_threshold(threshold)
    return wanted
