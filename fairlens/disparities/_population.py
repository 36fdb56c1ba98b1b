"""Population: the known shares that groups are held against, as the user gives them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from .._levels import MISSING, Level, name_of, normalise
from .._spec import is_number
from ..exceptions import BadValue, LevelNotFound, OutOfRange, WrongKind, listed
from ..metrics._row import Group

Population = Mapping[Any, Mapping[Any, float]]
Shares = dict[Group, float]
_TOLERANCE = 1e-6
_HINT = 'population={"race": {"Black": 0.13, "white": 0.87}}, or {("race", "sex"): {("Black", "f"): 0.07, ...}} for a crossing'


def read_population(population: Population | None, groups: Iterable[str]) -> dict[tuple[str, ...], Shares]:
    """Read what is known of the population, by attributes in the order in which they were named; shares add up to 1.

    Raises
    ------
    WrongKind, OutOfRange, LevelNotFound, BadValue
        If it is no mapping of mappings of numbers, names a column that is not audited, or holds shares that do not add up to 1.
    """
    if population is None:
        return {}
    if not isinstance(population, Mapping) or not population:
        raise WrongKind(
            f"`population` is {population!r}.",
            "It must say for each attribute which share of the population each level has.",
            hint=_HINT,
            role="population",
            value=population,
        )
    have = tuple(groups)
    found = {}
    for key, values in population.items():
        names = (key,) if isinstance(key, str) else tuple(key) if isinstance(key, tuple) else ()
        unknown = [name for name in names if name not in have]
        if not names or unknown or len(set(names)) < len(names):
            raise LevelNotFound(
                f"`population` names {unknown[0] if unknown else key!r}.",
                f"This audit has the group columns: {listed(have)}.",
                hint=_HINT if not have else f"population={{{have[0]!r}: ...}}",
                role="population",
                value=key,
            )
        found[names] = _shares(names, values)
    return found


def _shares(names: tuple[str, ...], values: Any) -> Shares:
    said = names[0] if len(names) == 1 else names
    if not isinstance(values, Mapping) or not values:
        raise WrongKind(
            f"`population` gives {values!r} for {said!r}.",
            "It must say for each level a share, or a number of people.",
            hint=_HINT,
            role="population",
            value=values,
        )
    found: Shares = {}
    for level, share in values.items():
        levels = level if isinstance(level, tuple) else (level,)
        group = tuple(normalise(one, "population") for one in levels if one != MISSING)
        if len(group) != len(names) or group in found:
            raise BadValue(
                f"`population` has the level {level!r} for {said!r}{' twice' if group in found else ''}.",
                f"Each is one known level of {', '.join(map(repr, names))}.",
                hint=_HINT,
                role="population",
                value=level,
            )
        if not is_number(share) or share < 0:
            raise OutOfRange(
                f"`population` gives {share!r} for {said!r}, {level!r}.",
                "It must be a share, or a number of people.",
                hint=_HINT,
                role="population",
                value=share,
            )
        found[group] = float(share)
    total = math.fsum(found.values())
    if abs(total - 1) > _TOLERANCE and (total <= 0 or (max(found.values()) <= 1 and any(share % 1 for share in found.values()))):
        raise BadValue(
            f"`population` has shares for {said!r} that add up to {total:g}.",
            "Shares add up to 1; numbers of people may be given instead.",
            hint=f'add what is missing: population={{{said!r}: {{..., "other": {max(1 - total, 0):g}}}}}',
            role="population",
            value=total,
        )
    return {group: share / total for group, share in found.items()}


def population_of(known: Mapping[tuple[str, ...], Shares], columns: tuple[str, ...]) -> Shares | None:
    """Give the shares of a crossing of columns, in whatever order the population names these; None where it does not."""
    for names, shares in known.items():
        if set(names) == set(columns):
            order = [names.index(column) for column in columns]
            return {tuple(group[i] for i in order): share for group, share in shares.items()}
    return None


def check_levels(shares: Shares, groups: Iterable[Group], columns: tuple[str, ...]) -> None:
    """Refuse a population that says nothing about a group that is here."""
    lacking = [group for group in groups if MISSING not in group and group not in shares]
    if lacking:
        said: Any = columns[0] if len(columns) == 1 else columns
        named: list[Level | Group] = [group[0] if len(group) == 1 else group for group in lacking]
        raise LevelNotFound(
            f"`population` says nothing about {', '.join(map(name_of, lacking[0]))} of {said!r}, whom this audit has.",
            f"It has: {listed([group[0] if len(group) == 1 else group for group in shares])}; it lacks {listed(named)}.",
            hint=f"population={{{said!r}: {{..., {named[0]!r}: 0.05}}}}, or put these people into the levels that the population has",
            role="population",
            value=named[0],
        )
