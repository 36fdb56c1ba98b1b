"""Real data sets to practise on, each with its data sheet."""

from ._adult import load_adult
from ._berkeley import load_berkeley
from ._compas import load_compas
from ._load import load_mortgage
from ._sheet import DataSheet
from ._sheets import data_sheet

__all__ = ["DataSheet", "data_sheet", "load_adult", "load_berkeley", "load_compas", "load_mortgage"]
