"""A description in words and as a table, in any language; the panel says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._html import Cell, escape, fixed, table
from .._levels import ALL, MISSING, name_of
from .._spec import Spec
from ..metrics import GroupRow
from ..metrics._rates import RATES
from ..metrics._sentence import MAX_NAMED, label_of, words_of
from ..stats import normal_quantile
from ..texts import Texts, texts_of
from ._adjusted import filled

if TYPE_CHECKING:
    from ._described import Description, DescriptionRow, Lacking, Represented, Whole


_TIE = 9
"""Decimals beyond which two groups are equally far from 1: the first of them is named, whatever the order of a sum."""


def told(answer: Description, texts: Texts | None = None) -> str:
    """Say which group's share is furthest from that in the population; without a population, who is there."""
    texts = texts or texts_of()
    if answer.has_population:
        return answer.within + _represented(answer, texts)
    return answer.within + " ".join(_people(answer, whole, texts) for whole in answer.wholes)


def _represented(answer: Description, texts: Texts) -> str:
    said = texts["data"]
    able = [(row, one) for row in answer.rows if (one := row.represented) is not None and one.able]
    if not able:
        return said["nothing"]
    strict = normal_quantile(answer.confidence, len(able))
    apart = [(row, one) for row, one in able if _excludes_one(one, strict)]
    if apart:
        row, top = max(apart, key=lambda pair: _distance(pair[1]))
        z, text = normal_quantile(answer.confidence), said["represented"]
    else:
        row, top = max(able, key=lambda pair: _nearness(pair[1], strict))
        z, text = strict, said["cannot"]
    x, y = _of_hundred(top, texts)
    low, high = top.limits(z)
    values = {
        "persons": persons_of(answer.spec, texts), "group": label_of(row.group), "x": x, "y": y, "ratio": texts.times(top.value),
        "low": texts.times(low), "high": texts.times(high), "known": said["among_known"] if _is_among_known(answer, row) else "",
        "n": texts.count(top.row.n), "of": said["of"].replace("{k}", str(len(able))) if len(able) > 1 else "",
    }  # fmt: skip
    return filled(text, values)


def _is_among_known(answer: Description, row: DescriptionRow) -> bool:
    own = used(answer.attributes, row)
    return any_unknown([other for other in answer.rows if used(answer.attributes, other) == own])


def _excludes_one(one: Represented, z: float) -> bool:
    low, high = one.limits(z)
    return low > 1 or high < 1


def _nearness(one: Represented, z: float) -> float:
    """How near the interval is to excluding 1: at 1 it touches."""
    low, high = one.limits(z)
    near = (1 - one.value) / (high - one.value) if one.value < 1 else (one.value - 1) / (one.value - low)
    return round(near, _TIE)


def _distance(one: Represented) -> float:
    """How far a ratio is from 1, on the logarithm."""
    return math.inf if one.value == 0 else round(abs(math.log(one.value)), _TIE)


def _of_hundred(one: Represented, texts: Texts) -> tuple[str, str]:
    """Both shares as people of 100, in as few decimals as tell them apart from each other and from nobody."""
    shares = (one.row.value, one.population)
    for digits in (0, 1, 2):
        plain = [fixed(100 * share, digits) for share in shares]
        told_apart = plain[0] != plain[1] and all(float(text) > 0 or share == 0 for text, share in zip(plain, shares, strict=True))
        if told_apart and (digits or all(share == 0 or share >= 0.01 for share in shares)):
            break
    x, y = (texts.fixed(100 * share, digits) for share in shares)
    return x, y


def _people(answer: Description, whole: Whole, texts: Texts) -> str:
    said, persons = texts["data"], persons_of(answer.spec, texts)
    if whole.n is None:
        return said["hidden"].replace("{persons}", persons)
    rows = [row for row in answer.rows if used(answer.attributes, row) == whole.by]
    shown = [row for row in rows if not math.isnan(row.share.value)]
    largest = sorted(shown, key=lambda row: -(row.n or 0))[:MAX_NAMED]
    parts = [
        filled(said["one"], {"group": label_of(row.group), "share": _share(row.share, texts), "n": texts.count(row.n)}) for row in largest
    ]
    more = len(shown) - len(largest)
    if more:
        parts.append(said["more_groups"].replace("{k}", texts.count(more)) if more > 1 else said["more_group"])
    names = " / ".join(whole.by)
    values = {"n": texts.count(whole.n), "persons": persons, "shares": "; ".join(parts) or said["suppressed"], "by": filled(said["by"], {"names": names})}
    text = filled(said["people"], values)
    if whole.unlabelled:
        text += said["no_label"].replace("{n}", texts.count(whole.unlabelled))
    left = len(rows) - len(shown)
    if left:
        text += said["left_out"].replace("{k}", texts.count(left)) if left > 1 else said["left_one"]
    return text


def persons_of(spec: Spec, texts: Texts) -> str:
    """What people are called: in the user's word, or in that of the language."""
    return words_of(spec, RATES["prevalence"], texts)["persons"]


def used(attributes: Sequence[str], row: DescriptionRow) -> tuple[str, ...]:
    """The attributes that a row is about."""
    return tuple(name for name, level in zip(attributes, row.group, strict=True) if level != ALL)


def any_unknown(rows: Sequence[DescriptionRow]) -> bool:
    """Whether the group of somebody is not known, so that representation is among the others."""
    return any(MISSING in row.group for row in rows)


def _share(row: GroupRow, texts: Texts) -> str:
    return texts.percent(row.value, row.lower, row.upper)


def description_table(answer: Description, texts: Texts | None = None) -> str:
    """Write the table, and under it what is to be known about it."""
    texts = texts or texts_of()
    said, share = texts["data"], texts.fixed(100 * answer.confidence, 1).removesuffix(texts.marks["decimal"] + "0")
    notes = [_note(row, texts, answer.has_population) for row in answer.rows]

    def with_interval(name: str) -> str:
        return filled(said["interval"], {"label": said[name], "share": share})

    columns = [name for name in answer.columns if _is_told(answer, name)]
    headers = [*answer.attributes, said["n"], with_interval("share")]
    headers += [said["population"], with_interval("representation")] if answer.has_population else []
    headers += [with_interval("base_rate"), said["labelled"], with_interval("unlabelled")] if answer.has_labels else []
    headers += [filled(said["interval"], {"label": filled(said["missing"], {"column": name}), "share": share}) for name in columns]
    headers += [said["note"]] if any(notes) else []
    lines = [
        [
            *map(name_of, row.group), Cell(texts.count(row.n), row.n), _rate(row.share, texts), *_compared(answer, row, texts),
            *_labelled(answer, row, texts), *(_part(row.lacking[name], texts) if name in row.lacking else Cell("–") for name in columns),
            *([note] if any(notes) else []),
        ]
        for row, note in zip(answer.rows, notes, strict=True)
    ]  # fmt: skip
    under = []
    untold = [name for name in answer.columns if name not in columns]
    if untold:
        under.append(filled(said["untold"], {"columns": ", ".join(untold)}))
    if answer.has_population and any_unknown(answer.rows):
        under.append(filled(said["known"], {"persons": persons_of(answer.spec, texts)}))
    if answer.spec.membership:
        under.append(said["fractions"])
    return table(headers, lines, len(answer.attributes)) + "".join(f"<p>{escape(line)}</p>" for line in under)


def _is_told(answer: Description, name: str) -> bool:
    """Whether a number of people without a value is shown for any group that somebody is of."""
    return any(row.n != 0 and row.lacking[name].n is not None for row in answer.rows if name in row.lacking)


def _labelled(answer: Description, row: DescriptionRow, texts: Texts) -> list[Cell]:
    if not answer.has_labels:
        return []
    labelled = None if row.base is None else row.base.n
    return [Cell("–") if row.base is None else _rate(row.base, texts), Cell(texts.count(labelled), labelled), _part(row.unlabelled, texts)]


def _compared(answer: Description, row: DescriptionRow, texts: Texts) -> list[Cell]:
    if not answer.has_population:
        return []
    one = row.represented
    if one is None:
        return [Cell("–"), Cell("–")]
    known = Cell(texts.percent(one.population), one.population)
    if math.isnan(one.value):
        return [known, Cell("–" if one.population > 0 else texts["data"]["nobody"])]
    low, high = one.limits(normal_quantile(answer.confidence))
    return [known, Cell(texts.interval(texts.times(one.value), texts.times(low), texts.times(high)), one.value)]


def _rate(row: GroupRow, texts: Texts) -> Cell:
    if math.isnan(row.value):
        return Cell(texts["data"]["suppressed" if row.status == "suppressed" else "weightless" if row.n else "undefined"])
    few = f", {texts['data']['small']}" if row.status == "small" else ""
    return Cell(_share(row, texts) + few, row.value)


def _part(part: Lacking, texts: Texts) -> Cell:
    """A number of people, and what part of their group they are."""
    if part.n is None:
        return Cell(texts["data"]["suppressed"])
    if math.isnan(part.share):
        return Cell(texts.count(part.n), part.n)
    return Cell(filled(texts["data"]["part"], {"n": texts.count(part.n), "share": texts.percent(part.share, part.lower, part.upper)}), part.n)


def _note(row: DescriptionRow, texts: Texts, has_population: bool) -> str:
    if has_population and row.represented is None and MISSING in row.group:
        return texts["data"]["unknown"]
    return row.share.reason if row.share.status in ("small", "suppressed") else ""
