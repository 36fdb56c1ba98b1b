"""Disparities between groups: many groups at once, adjusted for other attributes, bounded, and held against criteria."""

from ._adjust import adjust
from ._adjusted import AdjustedTable
from ._bound import bound
from ._bounded import BoundsTable
from ._collection import CollectionPlan, plan_collection
from ._criterion import Criterion
from ._describe import describe
from ._described import Description
from ._planning import MinimumDetectable, SampleSize, minimum_detectable, sample_size
from ._pool import PooledTable, pool
from ._screen import Screening, screen
from ._summary import DisparitySummary, summarize
from ._verdict import Verdict, check

__all__ = [
    "AdjustedTable",
    "BoundsTable",
    "CollectionPlan",
    "Criterion",
    "Description",
    "DisparitySummary",
    "MinimumDetectable",
    "PooledTable",
    "SampleSize",
    "Screening",
    "Verdict",
    "adjust",
    "bound",
    "check",
    "describe",
    "minimum_detectable",
    "plan_collection",
    "pool",
    "sample_size",
    "screen",
    "summarize",
]
