"""What scores tell apart from any threshold: ranking, calibration, curves, and the choice of thresholds."""

from ._choice import ThresholdChoice, choose_thresholds
from ._costs import Costs
from ._cross import CrossAUC, rank_across
from ._curve import CurveTable, curve
from ._error_costs import ErrorCosts, price_errors
from ._ids import SCORE_IDS, SCORES, ScoreMetric, is_score_metric
from ._rows import score_overall, score_pairs, score_rows
from ._sweep import ThresholdSweep, sweep_thresholds
from ._table import ScoreTable, measure_scores
from ._words import compare_scores

__all__ = [
    "SCORES",
    "SCORE_IDS",
    "Costs",
    "CrossAUC",
    "CurveTable",
    "ErrorCosts",
    "ScoreMetric",
    "ScoreTable",
    "ThresholdChoice",
    "ThresholdSweep",
    "choose_thresholds",
    "compare_scores",
    "curve",
    "is_score_metric",
    "measure_scores",
    "price_errors",
    "rank_across",
    "score_overall",
    "score_pairs",
    "score_rows",
    "sweep_thresholds",
]
