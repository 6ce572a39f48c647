"""Give every settlement its source: schemes by gravity, then by pumping, then springs; and say who is left out and why.

See `geoplan.coverage.schemes` for the rules. A source that is not fully known gives nothing, and leaves in doubt whoever it might have served: those
its pipe could reach (as far as is known of it), those within the walk to a spring, everybody where its place is not known.

By hand: a scheme of unknown yield 30 m above a hamlet 1 km away: nobody is served by it, and the hamlet is unknown, not unserved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.contracts.grid import Grid
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.hydraulics import L_PER_M3, to_l_s
from geoplan.coverage.pipes import PipeWorks, empty_pipes, lay_pipes
from geoplan.coverage.scheme_dispersed import pair_springs, share_springs
from geoplan.coverage.scheme_join import JOINED, NO_HEAD, NO_YIELD, join_settlements
from geoplan.coverage.scheme_routes import PipeGround, lay_pipe_ground, search_routes
from geoplan.coverage.scheme_sources import SCHEME, SPRING

NO_WAY = 0
"""No source has a way to the settlement at all."""


@dataclass(frozen=True)
class Layout:
    """Who gets water from where.

    Attributes
    ----------
    people
        settlement_id, persons, x, y, z, least_m, plannable; one row per settlement.
    sources
        As `geoplan.coverage.scheme_sources.place_sources` has it.
    source, served
        (settlements,) row of the source that serves, −1: none; gravity / pump / dispersed / "".
    need_m3_day
        (settlements,) what the source gives a day, losses included; 0 where none serves.
    refused
        (settlements,) NO_WAY, NO_YIELD or NO_HEAD: what kept out who is not served.
    doubt
        (settlements,) row of a source that is not fully known and might serve, −1: none.
    works
        Pipes by mode.
    """

    people: pd.DataFrame
    sources: pd.DataFrame
    source: NDArray[np.int64]
    served: NDArray[np.object_]
    need_m3_day: NDArray[np.float64]
    refused: NDArray[np.int64]
    doubt: NDArray[np.int64]
    works: dict[str, PipeWorks]


class _Draft:
    """What is given away so far; made and filled within one call of `lay_out_water`."""

    def __init__(self, people: pd.DataFrame, sources: pd.DataFrame) -> None:
        n = len(people)
        self.people, self.sources = people, sources
        self.free = people["plannable"].to_numpy() & (people["persons"].to_numpy() > 0)
        self.left = sources["yield_m3_day"].to_numpy().copy()
        self.source = np.full(n, -1, dtype=np.int64)
        self.served = np.full(n, "", dtype=object)
        self.need = np.zeros(n)
        self.refused = np.full(n, NO_WAY, dtype=np.int64)
        self.doubt = np.full(n, -1, dtype=np.int64)
        self.works: dict[str, PipeWorks] = {}

    def give(self, who: NDArray[np.int64], source: NDArray[np.int64], mode: str, need: NDArray[np.float64]) -> None:
        """Note that settlements are served."""
        self.source[who], self.served[who], self.need[who] = source, mode, need[who]
        self.free[who] = False

    def refuse(self, who: NDArray[np.int64], why: int) -> None:
        """Note what kept settlements out; a lack of yield says more than a lack of head, for a larger source would do."""
        self.refused[who] = np.where(self.refused[who] == NO_YIELD, NO_YIELD, why)

    def question(self, who: NDArray[np.int64], source: NDArray[np.int64] | int) -> None:
        """Note that sources which are not fully known might serve settlements; the first noted stays."""
        source = np.broadcast_to(source, who.shape)
        first, at = np.unique(who, return_index=True)
        unasked = self.doubt[first] < 0
        self.doubt[first[unasked]] = source[at[unasked]]


def lay_out_water(
    people: pd.DataFrame,
    sources: pd.DataFrame,
    dem: Grid | None,
    profile: WaterProfile,
    *,
    timed_id: NDArray[np.object_],
    timed_min: NDArray[np.float64],
    crs: CRS,
) -> Layout:
    """Return who gets water from where.

    Parameters
    ----------
    people
        settlement_id, persons, x, y, z, least_m (least head, metres above the datum), plannable (bool).
    sources
        `geoplan.coverage.scheme_sources.place_sources`.
    dem
        Heights; None: no pipe can be laid out.
    profile
        Figures.
    timed_id, timed_min
        (settlements,) source whose walk was timed ("" where none) and its round trip, minutes.
    crs
        Of the coordinates.
    """
    draft = _Draft(people, sources)
    _join_schemes(draft, dem, profile, crs)
    _join_springs(draft, profile, timed_id, timed_min)
    _question_unplaced(draft, profile)
    nothing = PipeWorks(empty_pipes(crs), np.zeros(len(sources)), *(np.full(len(people), np.nan) for _ in range(2)))
    works = {mode: draft.works.get(mode, nothing) for mode in ("gravity", "pump")}
    return Layout(people, sources, draft.source, draft.served, draft.need, draft.refused, draft.doubt, works)


def _join_schemes(draft: _Draft, dem: Grid | None, profile: WaterProfile, crs: CRS) -> None:
    """Join settlements to schemes by gravity, then by pumping."""
    schemes = np.flatnonzero((draft.sources["water_kind"] == SCHEME) & ~np.isnan(draft.sources["z"]))
    if dem is None or len(schemes) == 0 or not draft.free.any():
        return
    ground = lay_pipe_ground(dem, profile)
    limit = profile.pump.lift_max_m.value
    for mode, lift in (("gravity", 0.0), ("pump", limit))[: 1 + (limit > 0.0)]:
        if draft.free.any():
            _join_phase(draft, schemes, ground, profile, mode=mode, lift_m=lift, crs=crs)


def _join_phase(
    draft: _Draft, schemes: NDArray[np.int64], ground: PipeGround, profile: WaterProfile, *, mode: str, lift_m: float, crs: CRS
) -> None:
    """Join who is free to schemes whose water stands so much above its own level."""
    people, use = draft.people, profile.demand
    persons = people["persons"].to_numpy()
    need = np.where(draft.free, persons, 0.0) * use.piped_l_person_day.value / L_PER_M3 / (1.0 - use.loss_share.value)
    # Exhausted schemes need no search; the numbering stays that of all sources.
    able = schemes[~(draft.left[schemes] < need[draft.free].min())]
    free = np.flatnonzero(draft.free)
    at = draft.sources[["x", "y", "z"]].to_numpy()[able]
    top = at[:, 2] + profile.pipes.source_head_m.value
    trench = profile.pipes.trench_per_m.value
    some = people.iloc[free]
    least = some["least_m"].to_numpy()
    routes = search_routes(ground, at, top + lift_m, some[["x", "y", "z"]].to_numpy(), least, profile, trench_yuan_per_m=trench)
    peak = to_l_s(need[free]) * use.peak_factor.value
    fate, flow, left = join_settlements(
        routes, top + lift_m, least, need[free], peak, persons[free], np.ones(len(free), dtype=bool), draft.left[able], profile
    )
    joined = fate == JOINED
    works = lay_pipes(
        routes, joined, flow, top, some, draft.sources["source_id"].to_numpy()[able], profile, mode=mode, trench_yuan_per_m=trench, crs=crs
    )  # fmt: skip
    draft.works[mode] = _spread(works, able, free, len(draft.sources), len(people))
    draft.left[able] = left
    draft.give(free[routes.settlement[joined]], able[routes.source[joined]], mode, need)
    for why in (NO_HEAD, NO_YIELD):
        draft.refuse(free[routes.settlement[fate == why]], why)
    unclear = np.isnan(draft.left[able])[routes.source]
    draft.question(free[routes.settlement[unclear]], able[routes.source[unclear]])


def _spread(works: PipeWorks, able: NDArray[np.int64], free: NDArray[np.int64], sources: int, people: int) -> PipeWorks:
    """Return pipe works with the numbering of all sources and settlements."""
    lift, head, along = np.zeros(sources), np.full(people, np.nan), np.full(people, np.nan)
    lift[able], head[free], along[free] = works.lift_m, works.head_m, works.along_m
    return PipeWorks(works.pipes, lift, head, along)


def _join_springs(draft: _Draft, profile: WaterProfile, timed_id: NDArray[np.object_], timed_min: NDArray[np.float64]) -> None:
    """Share springs among who is still free."""
    sources, people = draft.sources, draft.people
    springs = np.flatnonzero(sources["water_kind"] == SPRING)
    row = pd.Series(np.arange(len(springs)), index=sources["source_id"].to_numpy()[springs])
    timed = row[~row.index.duplicated()].reindex(timed_id).fillna(-1).to_numpy(dtype=np.int64)
    who, spring, _ = pair_springs(
        sources[["x", "y", "z"]].to_numpy()[springs],
        people[["x", "y", "z"]].to_numpy(),
        profile.dispersed_way,
        timed_spring=timed,
        timed_min=timed_min,
    )
    need = np.where(draft.free, people["persons"].to_numpy(), 0.0) * profile.demand.dispersed_l_person_day.value / L_PER_M3
    chosen, left = share_springs(who, spring, need, draft.free, draft.left[springs])
    draft.left[springs] = left
    won = np.flatnonzero(chosen >= 0)
    draft.give(won, springs[chosen[won]], "dispersed", need)
    unclear = np.isnan(left[spring])
    draft.question(who[unclear], springs[spring[unclear]])
    draft.refuse(np.unique(who[~unclear]), NO_YIELD)


def _question_unplaced(draft: _Draft, profile: WaterProfile) -> None:
    """Leave in doubt who might be served by sources of which kind, height or place is not known."""
    sources = draft.sources
    xy = draft.people[["x", "y"]].to_numpy()
    pipe, walk = profile.pipes.length_max_km.value * 1000.0, profile.dispersed_way.level_m or 0.0
    kind, height = sources["water_kind"].to_numpy(), sources["z"].to_numpy()
    vague = np.flatnonzero((kind == "") | np.isnan(height))
    for k in vague:
        at = sources[["x", "y"]].to_numpy()[k]
        reach = np.inf if np.isnan(at[0]) else walk if kind[k] == SPRING else pipe
        # NaN distances (no place) are compared so that they count as near.
        far = np.hypot(xy[:, 0] - at[0], xy[:, 1] - at[1]) > reach
        draft.question(np.flatnonzero(~far), int(k))
