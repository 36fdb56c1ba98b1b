"""Still pictures of results, each with its text alternative. The only package that draws with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from ..scores import CrossAUC, CurveTable, ScoreTable, ThresholdChoice
from ._agreement import draw_agreement
from ._beeswarm import draw_beeswarm
from ._bounds import draw_bounds
from ._bridge import draw_gap
from ._curves import draw_curves
from ._dependence import draw_dependence
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
from ._sweep import Sweep, SweepLine, draw_sweep
from ._verdict import draw_verdict

if TYPE_CHECKING:
    from .._result import Result

__all__ = ["MOST_LINES", "Picture", "Sweep", "SweepLine", "draw", "draw_groups", "draw_sweep"]


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
    if isinstance(shown, GroupTable):
        return draw_groups(shown, ax)
    if isinstance(shown, DifferenceTable | RatioTable):
        return draw_pairs(shown, ax)
    if isinstance(shown, Verdict):
        return draw_verdict(shown, ax)
    if isinstance(shown, CollectionPlan):
        return draw_collection(shown, ax)
    if isinstance(shown, SampleSize):
        return draw_sizes(shown, ax)
    if isinstance(shown, MinimumDetectable):
        return draw_detectable(shown, ax)
    if isinstance(shown, GapDecomposition):
        return draw_gap(shown, ax)
    if isinstance(shown, GapTable):
        return draw_gaps(shown, ax)
    if isinstance(shown, Explanation):
        return draw_matrix(shown, ax)
    if isinstance(shown, Dependence):
        return draw_dependence(shown, ax)
    if isinstance(shown, Swarm):
        return draw_beeswarm(shown, ax)
    if isinstance(shown, ComparedExplanations):
        return draw_agreement(shown, ax)
    if isinstance(shown, AdjustedTable):
        return draw_adjusted(shown, ax)
    if isinstance(shown, BoundsTable):
        return draw_bounds(shown, ax)
    if isinstance(shown, Screening):
        return draw_funnel(shown, ax)
    if isinstance(shown, DisparitySummary):
        return draw_summary(shown, ax)
    if isinstance(shown, Description):
        return draw_description(shown, ax)
    if isinstance(shown, PooledTable):
        return draw_pooled(shown, ax)
    if isinstance(shown, CurveTable):
        return draw_curves(shown, ax)
    if isinstance(shown, ScoreTable):
        return draw_scores(shown, ax)
    if isinstance(shown, CrossAUC):
        return draw_cross(shown, ax)
    if isinstance(shown, ThresholdChoice):
        return draw_choice(shown, ax)
    raise WrongKind(
        f"A picture of a {type(result).__name__} was asked for.",
        "There are pictures of rates by group, differences, ratios and decomposed gaps.",
        hint="audit.by_group().plot()",
        role="result",
        value=result,
    )
