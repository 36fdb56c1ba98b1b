"""The form of a data sheet: what a data set is, who is in it, what its label means, and what to be careful about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._html import escape, table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its meaning and unit, the kind of its values, and how many people have no value."""

    name: str
    meaning: str
    unit: str
    kind: str
    missing: int


@dataclass(frozen=True, slots=True, repr=False)
class DataSheet:
    """What a reader has to know before believing a number from a data set. Made by `data_sheet`.

    Attributes
    ----------
    name, title : str
        The name in `fairlens.datasets`, and a title.
    what, who, when : str
        What a row is, who the people are, when it was recorded.
    n : int
        Rows.
    label : str
        What the outcome is, and what it is not.
    columns : tuple of Column
        Every column, in order.
    left_out : tuple of (str, str)
        Columns of the source that are not in the data, and why.
    cautions : tuple of str
        What may mislead.
    source, licence : str
        Where it comes from, and on which terms.
    """

    name: str
    title: str
    what: str
    who: str
    when: str
    n: int
    label: str
    columns: tuple[Column, ...]
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]
    source: str
    licence: str

    def to_frame(self) -> pd.DataFrame:
        """Give the columns as a frame: column, meaning, unit, kind, missing."""
        import pandas as pd

        rows = [(one.name, one.meaning, one.unit, one.kind, one.missing) for one in self.columns]
        return pd.DataFrame(rows, columns=["column", "meaning", "unit", "kind", "missing"])

    @property
    def _facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("What", self.what),
            ("Who", self.who),
            ("When", self.when),
            ("Rows", f"{self.n:,}"),
            ("The label", self.label),
            ("Source", self.source),
            ("Licence", self.licence),
        )

    def __repr__(self) -> str:
        facts = [f"{name}: {text}" for name, text in self._facts]
        cautions = [f"- {text}" for text in self.cautions]
        left = [f"- {names}: {why}" for names, why in self.left_out]
        parts = [self.title, *facts, "Cautions:", *cautions, "Columns:", self.to_frame().to_string(index=False), "Left out:", *left]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        facts = "".join(f"<p><b>{escape(name)}.</b> {_prose(text)}</p>" for name, text in self._facts)
        cautions = "".join(f"<li>{_prose(text)}</li>" for text in self.cautions)
        left = "".join(f"<li><code>{escape(names)}</code>: {_prose(why)}</li>" for names, why in self.left_out)
        rows = [[one.name, one.meaning, one.unit, one.kind, str(one.missing or "")] for one in self.columns]
        columns = table(["column", "meaning", "unit", "kind", "missing"], rows, 1)
        return (
            f"<div class='fairlens'><p><b>{escape(self.title)}</b></p>{facts}"
            f"<p><b>Be careful.</b></p><ul>{cautions}</ul>"
            f"<details><summary>The columns, and what was left out</summary>{columns}"
            f"<p><b>Left out.</b></p><ul>{left}</ul></details></div>"
        )


def _prose(text: str) -> str:
    """Escape a text, and set what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def columns_of(people: pd.DataFrame, meanings: Mapping[str, tuple[str, str]]) -> tuple[Column, ...]:
    """Describe every column: meaning and unit as given, kind and missing values as they are in the data."""
    missing = people.isna().sum()
    return tuple(Column(name, *meanings[name], _kind(people[name]), int(missing[name])) for name in people.columns)


def _kind(column: pd.Series[Any]) -> str:
    kind = str(column.dtype)
    if kind == "int64":
        return "0 or 1" if column.isin([0, 1]).all() else "whole number"
    if kind.startswith("datetime64"):
        return "date"
    return {"object": "text", "str": "text", "float64": "number", "bool": "true or false"}.get(kind, kind)
