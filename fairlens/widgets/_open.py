"""panel: check what is asked for, and open a live panel on an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .._audit import Audit
from .._protected import ProtectedAudit
from .._slice import Slice, check_slices
from .._thresholds import GroupThresholds
from ..disparities import Criterion
from ..exceptions import BadValue, WrongKind
from ..metrics import Metric
from ..metrics._disparity import need_favorable
from ..metrics._metric import chosen
from ..texts import texts_of
from ._choices import Choices
from ._moved import known_slice
from ._panel import Panel

MOST_PREDICTIONS = 5_000_000
"""What one explanation may ask of a model."""


def panel(
    audit: Audit,
    *,
    metrics: Sequence[str | Metric] | None = None,
    confidence: float = 0.95,
    title: str | None = None,
    profile: Any = "restricted",
    criteria: Criterion | Sequence[Criterion] = (),
    max_predictions: int = MOST_PREDICTIONS,
    language: str = "en",
    population: Any = None,
    costs: Any = None,
    slices: Slice | Sequence[Slice] = (),
    as_html: bool | None = None,
) -> Panel:
    """Open a live panel on an audit.

    Pick attributes, filter, choose metric, reference and threshold: every rate, interval, difference and sentence is computed in
    the browser, from the tables that may be published, with no round trip to the kernel.

    Parameters
    ----------
    audit
        An audit; it must know which decision a person wants (`favorable`).
    metrics
        Which rates to offer; all that the audit's roles allow when None.
    confidence
        Of every interval, between 0 and 1.
    title
        The name of the panel for those who cannot see it.
    profile
        As in `Audit.protect`.
    criteria
        One `Criterion`, or a list of them. The panel shows what `check` says of the published audit, at every stop of the threshold
        slider; always about everybody and at one threshold, whatever filter or thresholds by group are chosen.
    max_predictions
        The budget of one explanation that is asked for in the panel; it offers them where the audit holds rows and model.

    language
        Of every text and number: "en", "es".
    population
        Who should be there, as `describe` takes it, for the view of the data.
    costs
        What the two errors cost in your own words, for the view of thresholds.
    slices
        Slices to offer by name.
    as_html
        Show the panel as ordinary HTML, which needs no widget manager and no kernel; True where that is known to be needed when None.

    Returns
    -------
    Panel
        Show it as the last line of a cell.

    Raises
    ------
    RoleNeeded
        If `favorable` was not given, or a role that a criterion needs.
    BadValue
        If rows belong to persons, the audit is selected by more than a panel can show, a metric is no proportion of people, or criteria
        ask for more than 4,000 rulings.

    Examples
    --------
    >>> import fairlens as fl
    >>> hired, sex = [1, 1, 1, 0] * 25, ["m", "m", "f", "f"] * 25
    >>> audit = fl.audit(y_pred=hired, sensitive_features={"sex": sex}, favorable=1)
    >>> fl.panel(audit).show(reference="rest").view.rows[0].n
    50
    """
    if not isinstance(audit, Audit | ProtectedAudit):
        raise WrongKind(
            f"`audit` is a {type(audit).__name__}.",
            "A panel shows an audit.",
            hint="fl.panel(fl.audit(...))",
            role="audit",
        )
    if audit.spec.event_is_favorable is None:
        raise need_favorable("A panel")
    _check_selection(audit)
    if audit.spec.cluster is not None:
        raise BadValue(
            f"A panel was asked for of an audit whose rows belong to persons ({audit.spec.cluster!r}).",
            "Its intervals need to know which rows belong together, and that never leaves the kernel.",
            hint="audit.by_group(...).plot(), or fl.panel(fl.audit(data, ...)) of one row per person",
            role="cluster",
            value=audit.spec.cluster,
        )
    protected = audit.protect(profile)
    offered = _offered(protected, metrics, confidence)
    raw = audit if isinstance(audit, Audit) and audit.holds_rows else None
    whole = replace(protected, selection=())
    asked = (criteria,) if isinstance(criteria, Criterion) else criteria
    choices = Choices(
        whole,
        offered,
        texts_of(language),
        confidence,
        raw,
        population,
        costs,
        name="whole_audit" if protected.selection else _name_of(audit),
        selected=bool(protected.selection),
        moved=protected.threshold != protected.own_threshold,
        published=isinstance(audit, ProtectedAudit),
        opened=_opened(title, asked, max_predictions, as_html),
    )
    where = dict(protected.selection)
    free = [axis for axis in (*audit.spec.sensitive_features, *audit.groups) if len(where.get(axis, "ab")) > 1]
    by = protected.threshold.axis if isinstance(protected.threshold, GroupThresholds) else free[0]
    first = replace(choices.state(offered[0], by, where, "largest", protected.threshold), slices=_known(choices, slices))
    return Panel(choices, first, title if title is not None else choices.labels["title"], asked, max_predictions, as_html)


def _opened(title: str | None, criteria: Sequence[Criterion], max_predictions: int, as_html: bool | None) -> tuple[tuple[str, str], ...]:
    """The arguments that change no number, where they were given, as the code of a panel writes them."""
    given = {
        "title": None if title is None else repr(title),
        "criteria": "criteria" if criteria else None,
        "max_predictions": None if max_predictions == MOST_PREDICTIONS else repr(max_predictions),
        "as_html": None if as_html is None else repr(as_html),
    }
    return tuple((name, value) for name, value in given.items() if value is not None)


def _offered(protected: ProtectedAudit, metrics: Any, confidence: float) -> tuple[Metric, ...]:
    """The metrics that a panel may offer: proportions of people."""
    wanted = protected._metrics(metrics, confidence) if metrics is not None else chosen(None, protected.tables.has_y_true)
    protected._metrics(None, confidence)
    offered: list[Metric] = []
    for metric in wanted:
        if not isinstance(metric, Metric) or metric.of_all:
            raise BadValue(
                f"`metrics` has {metric.name!r}.",
                "A panel offers proportions of people: the browser computes nothing else.",
                hint=f"audit.by_group({metric.name!r}), and fl.panel(audit, metrics=['selection_rate'])",
                role="metrics",
                value=metric.name,
            )
        offered.append(metric)
    return tuple(offered)


def _known(choices: Choices, slices: Any) -> tuple[Slice, ...]:
    """Slices of columns and levels that the panel has."""
    return tuple(known_slice(choices, one) for one in check_slices(slices))


def _name_of(audit: Audit | ProtectedAudit) -> str:
    """The name under which the notebook knows an audit, for the code that a panel writes."""
    import sys

    if "IPython" not in sys.modules:
        return "audit"
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    known = shell.user_ns if shell is not None else {}
    return next((name for name, value in known.items() if value is audit and name.isidentifier() and not name.startswith("_")), "audit")


def _check_selection(audit: Audit | ProtectedAudit) -> None:
    """A panel has to have something to group by, of which thresholds by group are not one level only."""
    one = [axis for axis, levels in audit.selection if len(levels) == 1]
    split = isinstance(audit.threshold, GroupThresholds) and audit.threshold.axis in one
    if not split and len(one) < len(audit.groups):
        return
    chosen_levels = ", ".join(f"{axis}={list(levels)!r}" for axis, levels in audit.selection)
    raise BadValue(
        f"A panel was asked for of an audit that is selected by {chosen_levels}.",
        "A panel groups by an attribute of which more than one level is left, which thresholds by group are for.",
        hint="fl.panel(audit) of the whole audit, and pick the levels in it",
        role="audit",
        value=dict(audit.selection),
    )
