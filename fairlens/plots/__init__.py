"""Still pictures of results, each with its text alternative. The only package that draws with matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

from ..disparities import (
    AdjustedTable,
    BoundsTable,
    CollectionPlan,
    Description,
    DisparitySummary,
    MinimumDetectable,
    PooledTable,
    SampleSize,
    Screening,
    Verdict,
)
from ..exceptions import WrongKind
from ..explanations import ComparedExplanations, Dependence, Explanation, GapDecomposition, GapTable
from ..explanations._swarm import Swarm
from ..metrics import DifferenceTable, GroupTable, RatioTable
from ..scores import CrossAUC, CurveTable, ErrorCosts, ScoreTable, ThresholdChoice, ThresholdSweep
from ._agreement import draw_agreement
from ._beeswarm import draw_beeswarm
from ._bounds import draw_bounds
from ._bridge import draw_gap
from ._curves import draw_curves
from ._dependence import draw_dependence
from ._error_costs import draw_error_costs
from ._funnel import draw_funnel
from ._gaps import draw_gaps
from ._groups import draw_groups, draw_pairs
from ._matrix import draw_matrix
from ._panels import MOST_LINES
from ._picture import Picture
from ._planning import draw_collection, draw_detectable, draw_sizes
from ._pooled import draw_pooled
from ._scores import draw_choice, draw_cross, draw_scores
from ._shares import draw_description
from ._simpson import draw_adjusted
from ._summary import draw_summary
from ._sweep import Sweep, SweepLine, draw_sweep, draw_swept, largest, rate_sweeps, rate_text, write_threshold
from ._verdict import draw_verdict

if TYPE_CHECKING:
    from .._result import Result

__all__ = ["MOST_LINES", "Picture", "Sweep", "SweepLine", "draw", "draw_groups", "draw_sweep", "largest", "rate_sweeps", "rate_text", "write_threshold"]


_DRAWN: tuple[tuple[Any, Callable[..., Picture]], ...] = (
    (GroupTable, draw_groups),
    ((DifferenceTable, RatioTable), draw_pairs),
    (Verdict, draw_verdict),
    (CollectionPlan, draw_collection),
    (SampleSize, draw_sizes),
    (MinimumDetectable, draw_detectable),
    (GapDecomposition, draw_gap),
    (GapTable, draw_gaps),
    (Explanation, draw_matrix),
    (Dependence, draw_dependence),
    (Swarm, draw_beeswarm),
    (ComparedExplanations, draw_agreement),
    (AdjustedTable, draw_adjusted),
    (BoundsTable, draw_bounds),
    (Screening, draw_funnel),
    (DisparitySummary, draw_summary),
    (Description, draw_description),
    (PooledTable, draw_pooled),
    (CurveTable, draw_curves),
    (ScoreTable, draw_scores),
    (CrossAUC, draw_cross),
    (ThresholdChoice, draw_choice),
    (ThresholdSweep, draw_swept),
    (ErrorCosts, draw_error_costs),
)
"""Results, and what draws them."""


def draw(result: Result, ax: Axes | None = None) -> Picture:
    """Draw a result in its published form.

    Parameters
    ----------
    result
        Rates by group, differences, ratios, or a decomposed gap.
    ax
        Matplotlib axes to draw into; a figure of its own, which pyplot does not know, when None.

    Returns
    -------
    Picture

    Raises
    ------
    WrongKind
        If there is no picture of such a result, or `ax` is not matplotlib axes.

    Examples
    --------
    >>> import fairlens as fl
    >>> from fairlens import plots
    >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 10, sensitive_features={"sex": ["f", "m"] * 20})
    >>> picture = plots.draw(audit.by_group("selection_rate"))
    >>> [label.get_text().splitlines() for label in picture.ax_.get_yticklabels()]
    [['f', 'n=20'], ['m', 'n=20']]
    """
    if ax is not None and not isinstance(ax, Axes):
        raise WrongKind(
            f"`ax` is a {type(ax).__name__}.",
            "It must be one matplotlib axes.",
            hint="fig, ax = plt.subplots(); result.plot(ax=ax)",
            role="ax",
            value=ax,
        )
    shown = result.published()
    for kind, draw_it in _DRAWN:
        if isinstance(shown, kind):
            return draw_it(shown, ax)
    raise WrongKind(
        f"A picture of a {type(result).__name__} was asked for.",
        "There are pictures of rates by group, differences, ratios and decomposed gaps.",
        hint="audit.by_group().plot()",
        role="result",
        value=result,
    )
