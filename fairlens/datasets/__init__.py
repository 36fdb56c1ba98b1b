"""Real data sets to practise on, each with its data sheet."""

from ._berkeley import load_berkeley
from ._load import load_mortgage
from ._sheets import DataSheet, data_sheet

__all__ = ["DataSheet", "data_sheet", "load_berkeley", "load_mortgage"]
