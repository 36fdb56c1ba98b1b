"""Players: inputs by themselves, or several of them together as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..exceptions import BadValue, ColumnNotFound, WrongKind, listed
from ._codec import Mask, Places
from ._parts import MIX, NOT_EXPLAINED

NamedGroups = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Players:
    """Who shares a gap out: names, the player of each input, and the inputs of those players that have several or another name."""

    names: tuple[str, ...]
    of_input: Places
    named: NamedGroups = ()

    def spread(self, mask: Mask) -> Mask:
        """From players (rows, players) to inputs (rows, inputs)."""
        return mask if not self.named else mask[:, self.of_input]


def read_players(inputs: Sequence[str], players: Any) -> Players:
    """Read the argument `players`; each input that it does not name is a player by itself."""
    _check_inputs(inputs)
    if players is None:
        return Players(tuple(inputs), np.arange(len(inputs)))
    if not isinstance(players, Mapping) or not all(isinstance(name, str) for name in players):
        raise WrongKind(
            f"`players` is a {type(players).__name__}.",
            "It must say for each name which inputs belong together.",
            hint=f"players={{'both': {list(inputs[:2])!r}}}",
            role="players",
            value=players,
        )
    named = tuple((name, _inputs_of(name, wanted, inputs)) for name, wanted in players.items())
    _check_names(named)
    taken = [one for _, some in named for one in some]
    _check_once(named, taken, inputs)
    owner = {one: name for name, some in named for one in some}
    names = tuple(dict.fromkeys(owner.get(one, one) for one in inputs))
    of_input = np.array([names.index(owner.get(one, one)) for one in inputs], np.int64)
    return Players(names, of_input, named)


def _inputs_of(name: str, wanted: Any, inputs: Sequence[str]) -> tuple[str, ...]:
    some = (wanted,) if isinstance(wanted, str) else tuple(wanted) if isinstance(wanted, list | tuple | set | frozenset) else ()
    if not some:
        raise WrongKind(
            f"`players` has {name!r}: {wanted!r}.",
            "It must name one input or several.",
            hint=f"players={{{name!r}: {list(inputs[:2])!r}}}",
            role="players",
            value=wanted,
        )
    unknown = [one for one in some if one not in inputs]
    if unknown:
        raise ColumnNotFound(
            f"`players` has {name!r} with the input {unknown[0]!r}, which the model does not have.",
            f"Its inputs are: {listed(inputs, 30)}.",
            hint=f"players={{{name!r}: {list(inputs[:2])!r}}}",
            role="players",
            value=unknown[0],
        )
    return tuple(one for one in inputs if one in some)


def _check_inputs(inputs: Sequence[str]) -> None:
    taken = next((name for name in inputs if name in (MIX, NOT_EXPLAINED)), None)
    if taken is not None:
        raise BadValue(
            f"The model has an input that is called {taken!r}.",
            "So is a row of the answer that is no input.",
            hint=f"audit X.rename(columns={{{taken!r}: {taken.strip('()')!r}}}), with a model that knows it by that name",
            role="data",
            value=taken,
        )


def _check_names(named: NamedGroups) -> None:
    for name, some in named:
        if not name.strip() or name in (MIX, NOT_EXPLAINED):
            raise BadValue(
                f"`players` has the name {name!r}.",
                "A row of the answer that is no input is called so." if name.strip() else "A row of the answer would have no name.",
                hint=f"players={{{(name.strip('() ') or 'both') + ('_group' if name.strip() else '')!r}: {list(some)!r}}}",
                role="players",
                value=name,
            )


def _check_once(named: NamedGroups, taken: Sequence[str], inputs: Sequence[str]) -> None:
    """An input has one player, and a name stands for one player."""
    twice = next((one for one in taken if taken.count(one) > 1), None)
    if twice is not None:
        owners = [name for name, some in named if twice in some]
        raise BadValue(
            f"`players` has the input {twice!r} in {listed(owners)}.",
            "What an input carries is counted once.",
            hint=f"players={{{owners[0]!r}: {list(dict(named)[owners[0]])!r}}}",
            role="players",
            value=twice,
        )
    for name, _ in named:
        if name in inputs and name not in taken:
            raise BadValue(
                f"`players` has the name {name!r}, which is an input of its own.",
                "Two rows of the answer would have one name.",
                hint=f"players={{{name + '_group'!r}: [...]}}",
                role="players",
                value=name,
            )
