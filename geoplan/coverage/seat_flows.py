"""Share seats out among everybody who asks for them: as many people seated as there can be, with day seats before boarding, near before far.

With p_i people of demand i, c_j seats of supply j (a school's day seats and its boarding seats are two supplies), x_ij people sent along the
pairs within reach, Σ_j x_ij ≤ p_i and Σ_i x_ij ≤ c_j, in this order of importance:

1. Σ x is the largest possible: one more seat never leaves more people without.
2. As few as possible of them board: a day seat is left to who may board only when nobody is then left over who may not.
3. Σ t_ij x_ij is the least.

It is one flow (`geoplan.access.flow`): boarding costs more minutes than any chain of displacements through all supplies could save.

A seat of unknown number is given to nobody. Who is left over may still have found one there, so a second flow lets the unknown supplies take
everybody and keeps all who were seated: whoever it seats beside them is *unknown*, and who is left over then has no seat for sure, however many
the unknown ones are. A person may be unknown through another's moving over, without reaching an unknown seat himself.

By hand: places a (10 people, 5 min) and b (10, 20 min), school x with 10 day seats within reach of both, its boarding seats (5) for b alone: all 10 of a
and 5 of b find a seat: a has the day seats, b boards, 5 of b are left over. If another school y within reach of a has an unknown number of seats: a
could move over, so the 5 of b are unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_UNIT = 2.0**-17
"""Where people are fractions, a flow may lose so many of one demand by its own rounding (`geoplan.access.flow.FRACTION`); people: a hundred thousandth."""


@dataclass(frozen=True)
class SeatFlows:
    """Who is sent where, and who is left over.

    Attributes
    ----------
    sent
        (n,) people along each pair.
    seated, unknown, unseated
        (d,) people of each demand with a seat for sure, those who may have one, and those who have none for sure; they add up to the demand.
    used
        (s,) people on each supply, at most its capacity.
    """

    sent: NDArray[np.float64]
    seated: NDArray[np.float64]
    unknown: NDArray[np.float64]
    unseated: NDArray[np.float64]
    used: NDArray[np.float64]


def share_seats(
    demand: NDArray[np.int64],
    supply: NDArray[np.int64],
    minutes: NDArray[np.float64],
    persons: NDArray[np.float64],
    capacity: NDArray[np.float64],
    *,
    boards: NDArray[np.bool_],
) -> SeatFlows:
    """Return the flows.

    Parameters
    ----------
    demand, supply, minutes
        (n,) pairs within reach, minutes ≥ 0. Equal optima fall by their order, so number demands and supplies by id and sort pairs.
    persons
        (d,) people, finite and ≥ 0.
    capacity
        (s,) seats ≥ 0; NaN: not known.
    boards
        (s,) the supply's seats are boarding seats.
    """
    from geoplan.access.flow import share_least_minutes

    count, known = len(persons), ~np.isnan(capacity)
    farthest = float(minutes.max()) if len(minutes) else 0.0
    # No chain of displacements passes a supply twice, so none saves more minutes than this.
    dearer = (farthest + 1.0) * (len(capacity) + 1.0)
    cost = minutes + np.where(boards[supply], dearer, 0.0)
    sent = share_least_minutes(demand, supply, cost, persons, np.where(known, capacity, 0.0))
    whole = bool((persons == np.floor(persons)).all())
    slack = np.full(count, 0.0 if whole else _UNIT)
    # Nobody is without a seat by a thousandth of a thousandth of a person.
    seated = _settle(np.bincount(demand, weights=sent, minlength=count).astype(np.float64), persons, slack)
    left = persons - seated
    unknown = np.zeros(count)
    if (~known[supply]).any() and (left > 0.0).any():
        room = np.where(known, capacity, persons.sum() + 1.0)
        unknown = _seat_beside(demand, supply, seated, left, room, slack)
    used = np.minimum(np.bincount(supply, weights=sent, minlength=len(capacity)), np.where(known, capacity, 0.0))
    return SeatFlows(sent, seated, unknown, np.maximum(left - unknown, 0.0), used)


def _seat_beside(
    demand: NDArray[np.int64],
    supply: NDArray[np.int64],
    seated: NDArray[np.float64],
    left: NDArray[np.float64],
    room: NDArray[np.float64],
    slack: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (d,) how many of those left over find a seat beside all who are seated.

    A set of people that can be seated can always be added to until it is as large as any; so where those left over cost and the seated do not,
    the cheapest of the largest flows seats all who were seated.
    """
    from geoplan.access.flow import share_least_minutes

    count = len(seated)
    twice = np.r_[demand, demand + count], np.r_[supply, supply], np.r_[np.zeros(len(demand)), np.ones(len(demand))]
    sent = share_least_minutes(*twice, np.r_[seated, left], room)
    found = np.bincount(twice[0], weights=sent, minlength=2 * count)[count:].astype(np.float64)
    return _settle(found, left, slack)


def _settle(found: NDArray[np.float64], most: NDArray[np.float64], slack: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amounts that are all of ``most`` where only a rounding is missing, and never more."""
    return np.where(most - found <= slack, most, found)
