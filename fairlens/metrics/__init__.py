"""What is measured: rates as data, formulas over counts, their intervals, and disparities between groups."""

from ._formula import FORMULAS, Formula, register
from ._metric import CELLS, Metric, get, names
from ._rates import RATES
from ._results import DifferenceTable, GroupRow, GroupTable, PairRow, RatioTable

__all__ = [
    "CELLS",
    "FORMULAS",
    "RATES",
    "DifferenceTable",
    "Formula",
    "GroupRow",
    "GroupTable",
    "Metric",
    "PairRow",
    "RatioTable",
    "get",
    "names",
    "register",
]
