"""Sentences made from counts. `TEXTS` is sent to the browser, which fills the same texts in the same way."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .._html import ROUNDING
from .._levels import ALL, Level, name_of
from .._spec import Spec
from ..stats import newcombe, normal_quantile, people_needed
from ..stats._bootstrap import percentile_interval
from ..texts import Texts, texts_of
from ._formula import Measure
from ._write import written

MAX_NAMED = 3
ENGLISH = texts_of()
TEXTS = ENGLISH["sentence"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of one group and its reference, as a sentence needs them. `relative` is "overall" where the reference holds the group.

    Counts are of so many independent people as the rows are worth. `rest` is numerator and denominator of everybody else and
    `share` the group's share of the whole, where these do not follow from the counts; `draws` are resampled differences.
    """

    group: str
    reference: str
    metric: Measure
    x1: float
    n1: float
    x2: float
    n2: float
    status: str
    relative: str | None = None
    rest: tuple[float, float] | None = None
    share: float | None = None
    draws: Any = field(default=None, compare=False, repr=False)
    per_person: float = 1.0

    def interval(self, z: float) -> tuple[float, float]:
        """Limits of the difference; to overall by scaling those to the rest."""
        if self.draws is not None:
            lower, upper, _ = percentile_interval(self.draws, 1 - math.erfc(z / math.sqrt(2)))
            return min(float(lower), self.difference), max(float(upper), self.difference)
        if self.relative == "overall":
            rest = (self.x2 - self.x1, self.n2 - self.n1) if self.rest is None else self.rest
            lower, upper = newcombe(self.x1, self.n1, *rest, z)
            share = 1 - (self.n1 / self.n2 if self.share is None else self.share)
            return float(lower) * share, float(upper) * share
        lower, upper = newcombe(self.x1, self.n1, self.x2, self.n2, z)
        return float(lower), float(upper)

    @property
    def difference(self) -> float:
        """The first rate less the second."""
        return self.x1 / self.n1 - self.x2 / self.n2


def label_of(group: str | tuple[Level, ...]) -> str:
    """Name a group in a sentence, a table or a picture."""
    if isinstance(group, str):
        return group
    return ", ".join(name_of(level) for level in group if level != ALL) or ALL


def lowered(label: str) -> str:
    """Begin a label in the middle of a sentence: in lower case, but for a name such as F1."""
    return label if label[1:2].isupper() or label[1:2].isdigit() else label[:1].lower() + label[1:]


def words_of(spec: Spec, metric: Measure, texts: Texts = ENGLISH) -> dict[str, str]:
    """The phrases of a metric in the user's words."""
    words = {name: word_of(spec, name, texts) for name in ("persons", "decision", "truth")}
    return {
        "persons": words["persons"],
        "among": _fill(texts.metric(metric.name, "among", metric.among), words),
        "event": _fill(texts.metric(metric.name, "event", metric.event), words),
    }


def word_of(spec: Spec, name: str, texts: Texts = ENGLISH) -> str:
    """The user's word for people, a decision or a label; that of the language where there is none."""
    own = dict(spec.words)
    return spec.word(name) if name in own or (name == "persons" and "person" in own) else texts["words"][name]


def within_of(parts: Sequence[str]) -> str:
    """Begin a sentence with who is counted and how they are decided about, where that is not everybody as the audit decides."""
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}: " if text else ""


def compare(
    comparisons: Sequence[Comparison], spec: Spec, confidence: float, *, within: str = "", plan: bool = False, texts: Texts = ENGLISH
) -> str:
    """Say the largest difference that the data support, or that they cannot tell; then the one that is nearest to being supported.

    A difference is supported if its interval excludes 0 at the Bonferroni level of all comparisons that have a number.
    `within` is the beginning that `within_of` gives. With `plan`, a sentence that cannot tell adds how many more people it takes.
    """
    able = [one for one in comparisons if one.status == "ok"]
    tail = _left_out(comparisons, texts)
    if not able:
        return within + texts["sentence"]["nothing"] + tail
    strict = normal_quantile(confidence, len(able))
    supported = [one for one in able if _excludes_zero(one.interval(strict))]
    if supported:
        top = _widest(supported)
        return within + _supported(top, spec, normal_quantile(confidence), texts) + tail
    top = max(able, key=lambda one: nearness(one.difference, one.interval(strict)))
    text = _cannot(top, spec, strict, len(able), texts)
    if plan and top.relative is None and top.draws is None and top.metric.event:
        needed = people_needed(top.x1, top.n1, top.x2, top.n2, strict)
        if needed is not None:
            text += _fill(texts["sentence"]["more"], {"n": texts.count(math.ceil(needed * top.per_person)), "group": top.group, "persons": words_of(spec, top.metric, texts)["persons"]})
    return within + text + tail


def describe(rows: Sequence[tuple[str, Measure, float, float, float, int | None, str]], within: str = "") -> str:
    """Say the rates of a table in words, one clause per group with its interval and n."""
    parts, left = [], []
    for label, metric, value, lower, upper, n, status in rows:
        if math.isnan(value):
            left.append(f"{label} ({status})")
            continue
        if not metric.event:
            weak = ", few people" if status == "small" else ""
            parts.append(f"{label} {lowered(metric.label)} {written(metric, value, lower, upper)}, n={n:,}{weak}")
            continue
        digits = 0 if upper - lower >= 0.01 else 1
        limits = f"{_hundred(lower, digits)} to {_hundred(upper, digits)}, n={n:,}"
        weak = ", few people" if status == "small" else ""
        parts.append(f"{label} {lowered(metric.label)} {_hundred(value, digits)} % ({limits}{weak})")
    tail = _left(left)
    return within + ("; ".join(parts) + "." if parts else TEXTS["nothing"]) + tail


def _supported(one: Comparison, spec: Spec, z: float, texts: Texts) -> str:
    low, high = one.interval(z)
    if not one.metric.event:
        return _scored(one, spec, low, high, None, texts)
    digits = _digits(one)
    ends = [low, high] if one.difference > 0 else [-high, -low]
    values = _values(one, spec, digits, texts)
    values |= {"low": _hundred(max(ends[0], 0.0), digits, texts), "high": _hundred(ends[1], digits, texts), "harm": _harm(one, spec, texts)}
    return _fill(texts["sentence"]["supported"], values)


def _cannot(one: Comparison, spec: Spec, z: float, k: int, texts: Texts) -> str:
    low, high = one.interval(z)
    of = _fill(texts["sentence"]["of"], {"k": str(k)}) if k > 1 else ""
    if not one.metric.event:
        return _scored(one, spec, low, high, of, texts)
    digits = _digits(one)
    values = _values(one, spec, digits, texts)
    values |= {"low": _signed(low, digits, texts), "high": _signed(high, digits, texts), "of": of}
    return _fill(texts["sentence"]["cannot"], values)


def _scored(one: Comparison, spec: Spec, low: float, high: float, of: str | None, texts: Texts) -> str:
    """The sentence of a metric that counts no people; with `of`, that the data cannot tell."""
    said, change = texts["sentence"], one.difference
    ends = (low, high) if change > 0 else (-high, -low)

    def write(value: float) -> str:
        return texts.local(written(one.metric, value))

    def signed(value: float) -> str:
        return _fill(said["lower" if value < 0 else "higher"], {"d": write(abs(value))})

    values = {
        "metric": texts.metric(one.metric.name, "label", one.metric.label),
        "group": one.group,
        "reference": one.reference,
        "persons": word_of(spec, "persons", texts),
        "x": write(one.x1 / one.n1),
        "y": write(one.x2 / one.n2),
        "d": signed(change),
        "harm": _harm(one, spec, texts),
    }
    if of is None:
        return _fill(said["scored"], {**values, "low": write(ends[0]), "high": write(ends[1])})
    return _fill(said["scored_cannot"], {**values, "low": signed(low), "high": signed(high), "of": of})


def _values(one: Comparison, spec: Spec, digits: int, texts: Texts) -> dict[str, str]:
    return {
        **words_of(spec, one.metric, texts),
        "group": one.group,
        "reference": one.reference,
        "x": _hundred(one.x1 / one.n1, digits, texts),
        "y": _hundred(one.x2 / one.n2, digits, texts),
        "d": _signed(one.difference, digits, texts),
    }


def _harm(one: Comparison, spec: Spec, texts: Texts = ENGLISH) -> str:
    wanted, said = spec.event_is_favorable, texts["sentence"]
    if wanted is None or one.metric.favorable is None:
        return ""
    good = wanted == (one.metric.favorable == "event")
    worse = one.group if (one.difference < 0) == good else one.reference
    people = worse if worse in (said["rest"], said["overall"]) else _fill(said["worse"], {"worse": worse, "persons": words_of(spec, one.metric, texts)["persons"]})
    return _fill(said["harm"], {"worse": people})


def _widest(comparisons: Sequence[Comparison]) -> Comparison:
    """The first of the largest differences; rounding errors of sums of weights decide nothing."""
    return max(comparisons, key=lambda one: round(abs(one.difference), 12))


def nearness(difference: float, limits: tuple[float, float]) -> float:
    """How far a difference is from 0, by the length of its interval on that side; 1 and more where the interval excludes 0.

    The largest difference that is not supported is that of the smallest group; this one is that of which the data say most.
    """
    size = abs(difference)
    below = difference - limits[0] if difference > 0 else limits[1] - difference
    return round(size / below, 9) if size > 0 and below > 0 else 0.0


def _left_out(comparisons: Sequence[Comparison], texts: Texts = ENGLISH) -> str:
    return _left([f"{one.group} ({texts['sentence'][one.status]})" for one in comparisons if one.status != "ok"], texts)


def _left(names: Sequence[str], texts: Texts = ENGLISH) -> str:
    if len(names) > MAX_NAMED:
        return _fill(texts["sentence"]["left_many"], {"k": str(len(names))})
    return _fill(texts["sentence"]["left_out"], {"names": "; ".join(names)}) if names else ""


def _excludes_zero(interval: tuple[float, float]) -> bool:
    return interval[0] > 0 or interval[1] < 0


def _digits(one: Comparison) -> int:
    """Whole people of 100 where they subtract to the difference that is printed, else one decimal."""
    whole = [math.floor(100 * abs(v) + 0.5 + ROUNDING) for v in (one.x1 / one.n1, one.x2 / one.n2, one.difference)]
    return 0 if abs(whole[0] - whole[1]) == whole[2] and whole[2] >= 1 else 1


def _hundred(value: float, digits: int, texts: Texts = ENGLISH) -> str:
    return texts.fixed(100 * value, digits)


def _signed(value: float, digits: int, texts: Texts = ENGLISH) -> str:
    return _fill(texts["sentence"]["fewer" if value < 0 else "greater"], {"d": _hundred(abs(value), digits, texts)})


def _fill(text: str, values: dict[str, str]) -> str:
    """Fill the names once, so that a group called "{x}" stays what it is."""
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), text)
