"""Describe how settlements are allocated to receiving sites: who moves, what limits hold, what weighs how much."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from geoplan.contracts.base import Frozen

MovingClass = Literal["应搬", "建议搬"]


class AllocationConfig(Frozen):
    """Who moves, within which limits, and what a plan is judged by; the weights are the county's own and are shown with the result.

    A plan costs, in yuan: yuan_per_person_minute × Σ persons × (travel minutes + minutes charged for another township) + Σ opening_yuan of
    opened sites + Σ site_yuan_per_person × persons + unassigned_yuan_per_person × persons without a site.
    """

    classes: list[MovingClass] = Field(default=["应搬"], min_length=1)
    """Classes of settlements that move."""
    with_willing: bool = False
    """Also move 建议搬 settlements of groups at the stage 愿搬 (people were asked and want to)."""
    whole_groups: bool = True
    """A group whose form is ``whole`` (整组搬迁) moves with all its settlements, those that could stay among them."""
    keep_together: Literal["group", "settlement"] = "group"
    """``group``: the moving settlements of a village group go to one site; ``settlement``: each goes its own way."""
    travel_limit_min: float = Field(default=60.0, gt=0)
    """Farthest the old land may lie from the new home, minutes, for every settlement of a unit (inclusive)."""
    same_township_bonus_min: float = Field(default=15.0, ge=0)
    """So many minutes nearer a site of the own township counts; charged to all others, so that no plan costs less than nothing."""
    min_site_persons: float = Field(default=0.0, ge=0)
    """Fewest people of an opened site; a column ``min_persons`` of the sites goes before it."""
    max_sites: int | None = Field(default=None, ge=0)
    """Most sites that may open (absent: all)."""
    opening_yuan: float = Field(default=1_000_000.0, ge=0)
    """Cost of opening a site, yuan; a column ``opening_yuan`` of the sites goes before it."""
    site_yuan_per_person: float = Field(default=0.0, ge=0)
    """Cost of a place at a site, yuan per person; a column ``yuan_per_person`` of the sites goes before it."""
    yuan_per_person_minute: float = Field(default=200.0, ge=0)
    """What one minute between the new home and the old land is worth over the horizon, yuan per person."""
    unassigned_yuan_per_person: float = Field(default=1_000_000.0, gt=0)
    """Penalty of a person without a site, yuan; so large that nobody is left out to save travel or an opening."""
    gap_share: float = Field(default=0.005, ge=0, lt=1)
    """Proven gap at which the search ends, share of the plan's value; 0: proven optimal."""
    time_limit_s: float = Field(default=20.0, gt=0)
    """Seconds the solver may search; then the best plan so far is handed out with its gap."""
    threads: int = Field(default=1, ge=1)
    """Threads of the solver; fixed, so that equal input gives equal plans on every machine."""
    strict: bool = False
    """Refuse a plan that leaves anyone without a site, and say what to relax."""
