"""Texts: what is said in one language, and how numbers are written in it."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .._html import fixed, number
from ..exceptions import BadValue, listed

_HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.name for path in _HERE.iterdir() if path.is_dir() and not path.name.startswith("_")))
_NOT_A_NUMBER, _ENGLISH = "–", "en"
_REASONS = ("reasons", "rulings", "intervals")
_NUMBER = re.compile(r"[-+]?[\d.]+")


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts of one language by subject and name, with the marks that its numbers use.

    Examples
    --------
    >>> texts_of("en")["panel"]["reference"]
    'Compare with'
    >>> texts_of("es").percent(0.1234)
    '12,3 %'
    >>> texts_of("es").reason("the reference has no rate")
    'la referencia no tiene tasa'
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
        return _NOT_A_NUMBER if n is None else self.local(str(n))

    def fixed(self, value: float, digits: int) -> str:
        """Write a number with a fixed number of decimals."""
        return self.local(fixed(value, digits))

    def number(self, value: float) -> str:
        """Write a threshold in as few digits as name it and no other."""
        return self.local(number(value))

    def share(self, value: float) -> str:
        """Write a confidence or a power in per cent, without the sign and without decimals that are 0."""
        return self.local(fixed(100 * value, 1).removesuffix(".0"))

    def local(self, text: str) -> str:
        """Write the digits of a number with the marks of the language."""
        whole, *rest = text.split(".")
        return self.marks["decimal"].join([re.sub(r"\B(?=(?:\d{3})+$)", self.marks["group"], whole), *rest])

    def amount(self, value: float) -> str:
        """Write an amount of anything: one decimal, none from a thousand on, with marks between groups of digits."""
        return self.fixed(value, 0 if abs(value) >= 999.95 else 1)

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

    def reason(self, said: str) -> str:
        """Say in this language why a number is missing, or what has to be known about it; what nobody translated stays as it is."""
        return said if self.language == _ENGLISH else self._retold(said)

    def _retold(self, said: str) -> str:
        parts = said.split("; ")
        for k in range(len(parts), 0, -1):
            found = self._retold_one("; ".join(parts[:k]))
            if found is not None:
                return "; ".join([found, *([self._retold("; ".join(parts[k:]))] if k < len(parts) else [])])
        return "; ".join([self._local_number(parts[0]), *([self._retold("; ".join(parts[1:]))] if len(parts) > 1 else [])])

    def _retold_one(self, said: str) -> str | None:
        """The text of this language that stands for an English one, with the same numbers in its places."""
        for subject, name, pattern in _patterns():
            if match := pattern.fullmatch(said):
                values = {key: self._retold(value) for key, value in match.groupdict().items()}
                return self.subjects[subject][name].format(**values)
        return None

    def _local_number(self, text: str) -> str:
        return re.sub(r"\d+(?:\.\d+)?", lambda found: self.local(found[0]), text) if _NUMBER.fullmatch(text) else text


@cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """The English reasons as patterns, those that say most of themselves first."""
    english = texts_of(_ENGLISH)
    found = [(subject, name, text) for subject in _REASONS for name, text in english[subject].items()]
    found.sort(key=lambda one: -len(re.sub(r"{\w+}", "", one[2])))
    return tuple((subject, name, re.compile(_pattern(text))) for subject, name, text in found)


def _pattern(text: str) -> str:
    """What a text looks like when its places are filled: with one reason, or with something that holds no second reason."""
    return re.sub(r"\\{(\w+)\\}", lambda place: f"(?P<{place[1]}>{'.+' if place[1] == 'reason' else '[^;]+'})", re.escape(text))


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
