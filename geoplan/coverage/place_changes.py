"""Open, close or move facilities and say at once who gains and who loses: a look-up in kept times, nothing is searched again.

Minutes of a pair do not depend on which other facilities are open, so the answer is exact. A road that is cut or a wet season changes the pairs
themselves: then two tables of times are compared (`compare_coverage`), whichever way they were made.

By hand: x is 42 min from a and 10 from b; opening y, 25 min from a, against 30 min: a gains, b is as before. Moving x to y: b loses if y is 50 from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from geoplan.access.reach_changes import add_facilities, close_facilities, cut_reach
from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.reach import Reach
from geoplan.contracts.results import Demand
from geoplan.contracts.standards_profile import StandardItem
from geoplan.coverage.what_if_tables import CoverageChange, compare_coverage, time_reach
from geoplan.errors import TableError


def change_reach(
    reach: Reach,
    *,
    add: Iterable[str] = (),
    close: Iterable[str] = (),
    move: Mapping[str, str] | None = None,
    candidates: Reach | None = None,
) -> Reach:
    """Return the table after facilities are opened, closed and moved.

    Parameters
    ----------
    reach
        Minutes to the facilities there are.
    add
        Candidates that open.
    close
        Facilities that close.
    move
        Facility → candidate it moves to: closed here, opened there.
    candidates
        Minutes to candidate places, of the same settlements; cut to the cut-off of ``reach`` where it goes farther.

    Raises
    ------
    TableError
        ``REACH-UNKNOWN``: a facility or candidate is in no table; those of `geoplan.access.reach_changes`.
    """
    moved = dict(move or {})
    opened = list(dict.fromkeys([*add, *moved.values()]))
    kept = close_facilities(reach, [*close, *moved])
    if not opened:
        return kept
    if candidates is None:
        raise TableError(
            "there are no times to candidate places", code="REACH-UNKNOWN", ids=opened, remedy="Give the table of candidates."
        )
    others = [one for one in candidates.supply_ids if one not in set(opened)]
    missing = sorted(set(opened) - set(candidates.supply_ids))
    if missing:
        raise TableError(
            "places to open are not in the table of candidates",
            code="REACH-UNKNOWN",
            ids=missing,
            remedy="Name candidates of that table.",
        )
    some = close_facilities(candidates, others)
    least = min(kept.cutoff_min, some.cutoff_min)
    return add_facilities(cut_reach(kept, cutoff_min=least), cut_reach(some, cutoff_min=least))


def what_if(
    reach: Reach,
    items: Sequence[StandardItem],
    demand: Demand,
    *,
    service: str,
    season: str = "dry",
    add: Iterable[str] = (),
    close: Iterable[str] = (),
    move: Mapping[str, str] | None = None,
    candidates: Reach | None = None,
    services: Sequence[ServiceConfig] = (),
    persons: pd.Series | None = None,
) -> CoverageChange:
    """Return who gains and who loses the items of a service when facilities open, close and move.

    Parameters
    ----------
    reach, add, close, move, candidates
        As `change_reach`.
    items
        Standard items; those of ``service`` and ``season`` with measure ``travel_time`` are judged. Tables hold one way: an item of the round
        trip is unknown.
    demand
        Settlements with their people and units.
    service, season
        What the table is of.
    services
        Services of the plan.
    persons
        People by settlement id (an age group); everybody if not given.

    Raises
    ------
    TableError
        ``REACH-CUTOFF``: an item asks for more minutes than the table goes; else as `change_reach`.
    """
    mine = [one for one in items if one.service == service and one.season == season and one.measure == "travel_time"]
    changed = change_reach(reach, add=add, close=close, move=move, candidates=candidates)
    far = [one.id for one in mine if one.threshold is not None and one.threshold > changed.cutoff_min]
    if far:
        raise TableError(
            f"the table ends at {changed.cutoff_min:g} min, before the standard", code="REACH-CUTOFF", ids=far,
            remedy="Search with a cut-off of at least the threshold.",
        )  # fmt: skip
    before, after = (
        time_reach(cut_reach(one, cutoff_min=changed.cutoff_min), service=service, season=season) for one in (reach, changed)
    )
    return compare_coverage(before, after, mine, demand, services=services, persons=persons)
