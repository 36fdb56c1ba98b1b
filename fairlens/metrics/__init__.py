"""What is measured: rates as data, their intervals, and disparities between groups."""

from ._metric import Metric, get, names
from ._rates import RATES
from ._results import DifferenceTable, GroupRow, GroupTable, PairRow, RatioTable

__all__ = ["RATES", "DifferenceTable", "GroupRow", "GroupTable", "Metric", "PairRow", "RatioTable", "get", "names"]
