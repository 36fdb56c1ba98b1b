"""Texts: what is said in one language, and how numbers are written in it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .._html import fixed
from ..exceptions import BadValue, listed

_HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.name for path in _HERE.iterdir() if path.is_dir() and not path.name.startswith("_")))
_NOT_A_NUMBER = "–"


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts of one language by subject and name, with the marks that its numbers use.

    Examples
    --------
    >>> texts_of("en")["panel"]["reference"]
    'Compare with'
    >>> texts_of("es").percent(0.1234)
    '12,3 %'
    """

    language: str
    subjects: Mapping[str, Mapping[str, str]]
    metrics: Mapping[str, Mapping[str, str]]

    def __getitem__(self, subject: str) -> Mapping[str, str]:
        return self.subjects[subject]

    @property
    def marks(self) -> Mapping[str, str]:
        """The decimal mark, the mark between groups of digits, and how an interval is written."""
        return self.subjects["numbers"]

    def count(self, n: float | None) -> str:
        """Write a number of people; a dash where it is not told."""
        return _NOT_A_NUMBER if n is None else f"{n:,}".replace(",", self.marks["group"])

    def fixed(self, value: float, digits: int) -> str:
        """Write a number with a fixed number of decimals."""
        return fixed(value, digits).replace(".", self.marks["decimal"])

    def amount(self, value: float) -> str:
        """Write an amount of anything: one decimal, none from a thousand on, with marks between groups of digits."""
        whole = abs(value) >= 999.95
        shown = fixed(value, 0 if whole else 1)
        if not whole:
            return shown.replace(".", self.marks["decimal"])
        return ("-" if value < 0 else "") + self.count(int(shown.lstrip("-")))

    def interval(self, value: str, lower: str, upper: str) -> str:
        """Write a number with its interval."""
        return self.marks["interval"].replace("{value}", value).replace("{lower}", lower).replace("{upper}", upper)

    def percent(self, value: float, lower: float | None = None, upper: float | None = None) -> str:
        """Write a share in per cent with one decimal, with its interval."""
        if math.isnan(value):
            return _NOT_A_NUMBER
        shown = f"{self.fixed(100 * value, 1)} %"
        return shown if lower is None or upper is None else self.interval(shown, self.fixed(100 * lower, 1), self.fixed(100 * upper, 1))

    def points(self, value: float) -> str:
        """Write a difference of shares in points, with its sign."""
        if math.isnan(value):
            return _NOT_A_NUMBER
        shown = self.fixed(100 * value, 1)
        return shown if shown.startswith("-") else "+" + shown

    def times(self, value: float) -> str:
        """Write a ratio."""
        return self.fixed(value, 2)

    def metric(self, name: str, field: str, default: str) -> str:
        """Give the label, the people or the event of a metric; that of a metric of one's own as it is."""
        return self.metrics.get(name, {}).get(field, default)


@cache
def texts_of(language: str = "en") -> Texts:
    """Read the texts of a language.

    Raises
    ------
    BadValue
        If there are none.
    """
    if language not in LANGUAGES:
        raise BadValue(
            f"`language` is {language!r}.",
            f"There are texts in: {listed(LANGUAGES)}.",
            hint='language="en"',
            role="language",
            value=language,
        )
    read: dict[str, Any] = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((_HERE / language).glob("*.toml"))}
    metrics = read.pop("metrics")
    frozen = {name: MappingProxyType(texts) for name, texts in read.items()}
    return Texts(language, MappingProxyType(frozen), MappingProxyType(metrics))
