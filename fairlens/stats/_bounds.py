"""Worst-case bounds of rates where labels or groups are not known. NumPy only."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ._intervals import Array, newcombe, wilson

_CORNERS = tuple(product((0.0, 1.0), repeat=2))


class Corners(NamedTuple):
    """A rate at the four extreme resolutions of what is unknown, on the last axis: numerators and denominators."""

    numerator: Array
    denominator: Array

    @property
    def values(self) -> Array:
        """The rates; NaN where nobody is in the denominator."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Array = np.where(self.denominator > 0, self.numerator / self.denominator, np.nan)
        return found


def label_corners(counts: npt.ArrayLike, numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Corners:
    """Resolve missing labels in the four extreme ways: those with either decision all negative or all positive.

    Parameters
    ----------
    counts
        Shape (..., 6): people, or sums of weights, by (y_true, y_pred) = 00, 01, 10, 11, ?0, ?1.
    numerator, denominator
        Six weights of 0 or 1 over these cells; every cell of the numerator is one of the denominator.

    Notes
    -----
    The rate is a ratio of two linear functions of how many of the unlabelled with each decision are positive. Such a ratio is
    monotone along every line, so its extremes over the box of all numbers are at the corners, where all resolutions
    are possible ones: the bounds are sharp (C. F. Manski, American Economic Review 80 (1990) 319-323).

    Examples
    --------
    >>> corners = label_corners([40, 10, 20, 30, 5, 10], [0, 0, 0, 1, 0, 0], [0, 0, 1, 1, 0, 0])
    >>> [round(limit, 4) for limit in map(float, rate_bounds(corners))]
    [0.5455, 0.6667]
    """
    counts = np.asarray(counts, float)
    top, bottom = np.asarray(numerator, float), np.asarray(denominator, float)
    known, unknown = counts[..., :4], counts[..., 4:]
    tops, bottoms = [], []
    for positive in _CORNERS:
        share = np.asarray(positive)
        resolved = known + np.concatenate([unknown * (1 - share), unknown * share], axis=-1)
        tops.append(resolved @ top[:4])
        bottoms.append(resolved @ bottom[:4])
    return Corners(np.stack(tops, axis=-1), np.stack(bottoms, axis=-1))


def group_corners(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, unknown_numerator: npt.ArrayLike, unknown_denominator: npt.ArrayLike
) -> Corners:
    """Give people of unknown group to a group in the four extreme ways: those in and those not in the numerator, all or none.

    Parameters
    ----------
    numerator, denominator
        Sums of the people known to be of the group.
    unknown_numerator, unknown_denominator
        Sums of the people who may be of the group.

    Notes
    -----
    The highest rate takes all that are in the numerator and no others, the lowest the others only. So the extremes of two groups
    can be had at once, and the bounds of their difference, `difference_bounds`, are sharp too: what raises one rate is not
    needed to lower the other.

    Examples
    --------
    >>> [round(limit, 4) for limit in map(float, rate_bounds(group_corners(30, 60, 5, 10)))]
    [0.4615, 0.5385]
    """
    top, bottom, more, of = (np.asarray(value, float) for value in (numerator, denominator, unknown_numerator, unknown_denominator))
    tops = [top + taken * more for taken, _ in _CORNERS]
    bottoms = [bottom + taken * more + others * (of - more) for taken, others in _CORNERS]
    return Corners(np.stack(tops, axis=-1), np.stack(bottoms, axis=-1))


def rate_bounds(corners: Corners) -> tuple[Array, Array]:
    """Lowest and highest rate over all resolutions; NaN where it is undefined in every one of them.

    Examples
    --------
    >>> rate_bounds(group_corners(0, 0, 0, 0))
    (array(nan), array(nan))
    """
    values = corners.values
    missing = np.isnan(values)
    none = missing.all(axis=-1)
    low = np.where(missing, np.inf, values).min(axis=-1)
    high = np.where(missing, -np.inf, values).max(axis=-1)
    return _hidden(low, none), _hidden(high, none)


def rate_limits(corners: Corners, information: npt.ArrayLike, z: float) -> tuple[Array, Array]:
    """Lowest and highest Wilson limit over the four resolutions: what is unknown, and chance beside it.

    Parameters
    ----------
    corners
        The four resolutions.
    information
        Effective people per unit of a denominator, one for each rate or one for each of its resolutions: 1 for counts, Kish's n over
        the sum of weights for weights.
    z
        Standard normal quantile, such as 1.96.

    Examples
    --------
    >>> [round(float(limit), 4) for limit in rate_limits(group_corners(30, 60, 5, 10), 1.0, 1.959964)]
    [0.3459, 0.6541]
    """
    effective = _effective(corners, information)
    lower, upper = wilson(np.nan_to_num(corners.values) * effective, effective, z)
    none = np.isnan(lower).all(axis=-1)
    low, high = np.fmin.reduce(lower, axis=-1), np.fmax.reduce(upper, axis=-1)
    return _hidden(low, none), _hidden(high, none)


def difference_bounds(first: Corners, second: Corners) -> tuple[Array, Array]:
    """Lowest and highest difference of two rates over all resolutions.

    Examples
    --------
    >>> low, high = difference_bounds(group_corners(30, 60, 5, 10), group_corners(20, 80, 5, 10))
    >>> round(float(low), 4), round(float(high), 4)
    (0.1674, 0.3032)
    """
    low1, high1 = rate_bounds(first)
    low2, high2 = rate_bounds(second)
    return low1 - high2, high1 - low2


def difference_limits(
    first: Corners, second: Corners, information1: npt.ArrayLike, information2: npt.ArrayLike, z: float
) -> tuple[Array, Array]:
    """Lowest and highest Newcombe limit of the difference over the resolutions of both rates.

    Examples
    --------
    >>> one, other = group_corners(30, 60, 5, 10), group_corners(20, 80, 5, 10)
    >>> [round(float(limit), 4) for limit in difference_limits(one, other, 1.0, 1.0, 1.959964)]
    [0.0119, 0.4424]
    """
    n1, n2 = _effective(first, information1)[..., :, None], _effective(second, information2)[..., None, :]
    x1, x2 = np.nan_to_num(first.values)[..., :, None] * n1, np.nan_to_num(second.values)[..., None, :] * n2
    lower, upper = newcombe(x1, n1, x2, n2, z)
    lower, upper = (limit.reshape(*limit.shape[:-2], -1) for limit in (lower, upper))
    none = np.isnan(lower).all(axis=-1)
    return _hidden(np.fmin.reduce(lower, axis=-1), none), _hidden(np.fmax.reduce(upper, axis=-1), none)


def membership_bounds(
    probabilities: npt.ArrayLike, selected: npt.ArrayLike, people: npt.ArrayLike, among: npt.ArrayLike | None = None
) -> tuple[Array, Array]:
    """Sharp bounds of each group's rate where groups are known only as probabilities per class of people.

    Parameters
    ----------
    probabilities
        Shape (classes, groups): the share of each group in each class; rows add up to 1.
    selected
        People of each class in the numerator.
    people
        People of each class.
    among
        People of each class in the denominator; all of them when None.

    Returns
    -------
    lower, upper
        Per group. NaN where nobody of a group can be in the denominator.

    Notes
    -----
    Within a class, group and outcome may go together in any way that keeps both margins: the joint share of a group p and an
    outcome m lies in ``[max(0, p + m - 1), min(p, m)]`` (Fréchet). Summed over classes this bounds the group's mean (N. Kallus, X.
    Mao and A. Zhou, Management Science 68 (2022) 1959-1981). With `among`, people have three outcomes: in the numerator, in the
    denominator only, in neither. Most of the group in the numerator goes together with fewest in the denominator only, so both
    ends are attained.

    Examples
    --------
    >>> lower, upper = membership_bounds([[0.9, 0.1], [0.2, 0.8]], [50, 30], [100, 100])
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([0.364, 0.111], [0.636, 0.444])
    """
    return rate_bounds(membership_corners(probabilities, selected, people, among)[0])


def membership_corners(
    probabilities: npt.ArrayLike, selected: npt.ArrayLike, people: npt.ArrayLike, among: npt.ArrayLike | None = None
) -> tuple[Corners, Array]:
    """Resolve groups that are known as probabilities in the two extreme ways; the arguments are those of `membership_bounds`.

    Returns
    -------
    corners
        Shape (groups, 2): each group's rate at its lower and its upper bound.
    information
        Shape (groups, 2): effective people per unit of the denominator, 1 at most. Where people of a class who are selected are too few
        for the group, the bound is their number over the group's, which varies more than a rate of so many people: its variance is
        linearised over people, and the effective number is r (1 - r) / variance.

    Examples
    --------
    >>> corners, information = membership_corners([[0.9, 0.1], [0.2, 0.8]], [50, 30], [100, 100])
    >>> corners.numerator.tolist(), information.round(2).tolist()
    ([[40.0, 70.0], [10.0, 40.0]], [[0.98, 0.98], [0.42, 1.0]])
    """
    p, selected, people = np.asarray(probabilities, float), np.asarray(selected, float), np.asarray(people, float)
    among = people if among is None else np.asarray(among, float)
    inside, outside, neither = selected[:, None], (among - selected)[:, None], (people - among)[:, None]
    top, only, worth = _end(p, inside, outside, neither)
    others, bottom, same = _end(p, outside, inside, neither)  # the lowest rate is the highest of not being selected
    return Corners(np.stack([bottom, top], axis=-1), np.stack([others + bottom, top + only], axis=-1)), np.stack([same, worth], axis=-1)


def _end(p: Array, first: Array, last: Array, between: Array) -> tuple[Array, Array, Array]:
    """Give each group as many of `first` as there are, and of `last` as few as can be: both sums, and the information in their share."""
    mass = p * (first + last + between)
    few, many = mass < first, mass > first + between
    top, only = np.where(few, mass, first), np.where(many, mass - first - between, 0.0)
    x, n = top.sum(axis=0), (top + only).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = x / n
        spread = np.zeros_like(rate)
        for kind, size in enumerate((first, last, between)):  # what one person of a kind adds to numerator and denominator
            up = np.where(few, p, float(kind == 0))
            spread += (size * (up - rate * (up + np.where(many, p - float(kind != 1), 0.0))) ** 2).sum(axis=0)
        worth = rate * (1 - rate) * n / spread
    return x, only.sum(axis=0), np.where(np.isfinite(worth) & (worth < 1) & (rate > 0) & (rate < 1), worth, 1.0)


def _effective(corners: Corners, information: npt.ArrayLike) -> Array:
    """Effective people at each resolution."""
    given = np.asarray(information, float)
    found: Array = corners.denominator * (given if given.ndim == corners.denominator.ndim else given[..., None])
    return found


def membership_difference_bounds(
    probabilities: npt.ArrayLike, selected: npt.ArrayLike, people: npt.ArrayLike, among: npt.ArrayLike | None = None
) -> tuple[Array, Array]:
    """Sharp bounds of the difference of the rates of any two groups known only as probabilities.

    Returns
    -------
    lower, upper
        Shape (groups, groups): the rate of the group of the row less that of the column.

    Notes
    -----
    The bounds of the two rates are combined. This loses nothing: where one group takes the numerator first and the other leaves it
    to last, both find their places, since together they are no more than the class.

    Examples
    --------
    >>> lower, upper = membership_difference_bounds([[0.9, 0.1], [0.2, 0.8]], [50, 30], [100, 100])
    >>> round(float(lower[0, 1]), 3), round(float(upper[0, 1]), 3)
    (-0.081, 0.525)
    """
    lower, upper = membership_bounds(probabilities, selected, people, among)
    below, above = lower[:, None] - upper[None, :], upper[:, None] - lower[None, :]
    same = np.eye(len(lower), dtype=bool)
    return np.where(same & ~np.isnan(below), 0.0, below), np.where(same & ~np.isnan(above), 0.0, above)


def _hidden(values: Array, where: npt.ArrayLike) -> Array:
    found: Array = np.where(np.asarray(where), np.nan, values)
    return found
