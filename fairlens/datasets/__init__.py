"""Real data sets to practise on, each with its data sheet."""

from ._load import load_mortgage
from ._sheets import DataSheet, data_sheet

__all__ = ["DataSheet", "data_sheet", "load_mortgage"]
