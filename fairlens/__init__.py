"""fairlens: audit machine-learning models for unfair treatment of groups of people, in a notebook.

This file is the index: each public name and the module that holds it. Nothing is loaded until it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_WHERE = {
    "ALL": "_levels",
    "AdjustedTable": "disparities",
    "Attributor": "explanations",
    "Audit": "_audit",
    "BoundsTable": "disparities",
    "CollectionPlan": "disparities",
    "ComparedExplanations": "explanations",
    "Costs": "scores",
    "Criterion": "disparities",
    "CrossAUC": "scores",
    "Cube": "_cube",
    "CurveTable": "scores",
    "Dependence": "explanations",
    "Description": "disparities",
    "DisparitySummary": "disparities",
    "ErrorCosts": "scores",
    "Explanation": "explanations",
    "ExplanationPreview": "explanations",
    "GapDecomposition": "explanations",
    "GapTable": "explanations",
    "MISSING": "_levels",
    "Membership": "_membership",
    "Metric": "metrics",
    "MinimumDetectable": "disparities",
    "Panel": "widgets",
    "PooledTable": "disparities",
    "SampleSize": "disparities",
    "ScoreTable": "scores",
    "Screening": "disparities",
    "Slice": "_slice",
    "Spec": "_spec",
    "ThresholdChoice": "scores",
    "ThresholdSweep": "scores",
    "ThresholdedMembership": "_membership",
    "UNLABELLED": "_levels",
    "Verdict": "disparities",
    "adjust": "disparities",
    "audit": "_audit",
    "bound": "disparities",
    "check": "disparities",
    "choose_thresholds": "scores",
    "compare_explanations": "explanations",
    "datasets": "datasets",
    "decompose_gap": "explanations",
    "dependence": "explanations",
    "describe": "disparities",
    "exceptions": "exceptions",
    "explain": "explanations",
    "measure_scores": "scores",
    "membership": "_membership",
    "metrics": "metrics",
    "minimum_detectable": "disparities",
    "panel": "widgets",
    "plan_collection": "disparities",
    "pool": "disparities",
    "preview_explanation": "explanations",
    "price_errors": "scores",
    "rank_across": "scores",
    "sample_size": "disparities",
    "screen": "disparities",
    "summarize": "disparities",
    "sweep_thresholds": "scores",
    "tally": "_tally",
}
__all__ = [
    "ALL",
    "MISSING",
    "UNLABELLED",
    "AdjustedTable",
    "Attributor",
    "Audit",
    "BoundsTable",
    "CollectionPlan",
    "ComparedExplanations",
    "Costs",
    "Criterion",
    "CrossAUC",
    "Cube",
    "CurveTable",
    "Dependence",
    "Description",
    "DisparitySummary",
    "ErrorCosts",
    "Explanation",
    "ExplanationPreview",
    "GapDecomposition",
    "GapTable",
    "Membership",
    "Metric",
    "MinimumDetectable",
    "Panel",
    "PooledTable",
    "SampleSize",
    "ScoreTable",
    "Screening",
    "Slice",
    "Spec",
    "ThresholdChoice",
    "ThresholdSweep",
    "ThresholdedMembership",
    "Verdict",
    "adjust",
    "audit",
    "bound",
    "check",
    "choose_thresholds",
    "compare_explanations",
    "datasets",
    "decompose_gap",
    "dependence",
    "describe",
    "exceptions",
    "explain",
    "measure_scores",
    "membership",
    "metrics",
    "minimum_detectable",
    "panel",
    "plan_collection",
    "pool",
    "preview_explanation",
    "price_errors",
    "rank_across",
    "sample_size",
    "screen",
    "summarize",
    "sweep_thresholds",
    "tally",
]

if TYPE_CHECKING:
    from . import datasets, exceptions, metrics
    from ._audit import Audit, audit
    from ._cube import Cube
    from ._levels import ALL, MISSING, UNLABELLED
    from ._membership import Membership, ThresholdedMembership, membership
    from ._slice import Slice
    from ._spec import Spec
    from ._tally import tally
    from .disparities import (
        AdjustedTable,
        BoundsTable,
        CollectionPlan,
        Criterion,
        Description,
        DisparitySummary,
        MinimumDetectable,
        PooledTable,
        SampleSize,
        Screening,
        Verdict,
        adjust,
        bound,
        check,
        describe,
        minimum_detectable,
        plan_collection,
        pool,
        sample_size,
        screen,
        summarize,
    )
    from .explanations import (
        Attributor,
        ComparedExplanations,
        Dependence,
        Explanation,
        ExplanationPreview,
        GapDecomposition,
        GapTable,
        compare_explanations,
        decompose_gap,
        dependence,
        explain,
        preview_explanation,
    )
    from .metrics import Metric
    from .scores import (
        Costs,
        CrossAUC,
        CurveTable,
        ErrorCosts,
        ScoreTable,
        ThresholdChoice,
        ThresholdSweep,
        choose_thresholds,
        measure_scores,
        price_errors,
        rank_across,
        sweep_thresholds,
    )
    from .widgets import Panel, panel


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'fairlens' has no attribute {name!r}")
    home = import_module(f".{_WHERE[name]}", __name__)
    return home if _WHERE[name] == name else getattr(home, name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
