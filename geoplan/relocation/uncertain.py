"""Lay out what a settlement's score rests on, and which of it is uncertain, as plain arrays for the kernel and the tornado.

Kinds of indicator, by id: travel times (``…_min``) stretch with speed; ``slope_deg`` and ``elevation_m`` carry the error of the elevation model;
``hazard_index`` follows the mapped classes; people and what is divided by people (``…_per_person``) follow the count of people; the rest is taken as
it is. Missing evidence is missing in every draw: how unsure it makes the class is told beside the score, never in it.

Hazard: each kind's class may be one worse or one better (low … extreme; none ↔ low), independently. The index moves with the worst class by 1/4 for
each class, vetoes are asked again of the slipped classes, and the hazard of a settlement is known when it is without the slip or when a kind is extreme.
The direction in which ground falls is not asked: the error is alike in all directions, so the slope along it may be called eastward.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import ndtri

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.results import Demand, ExposureResult
from geoplan.contracts.status import HAZARD_KIND_ZH, Status
from geoplan.relocation.candidacy import Case

FIXED, TIME, SLOPE, ELEVATION, HAZARD, PEOPLE, PER_PERSON = range(7)
CLASS_CODE = {"none": 0, "low": 1, "medium": 2, "high": 3, "extreme": 4}
"""Hazard classes as steps; the exposure index is a quarter of the step."""
PEOPLE_STEPS = 4096
LOCAL_FACTORS = ("dem_error", "hazard_class", "population")
"""What is uncertain of each settlement by itself."""


@dataclass(frozen=True)
class Inputs:
    """n settlements, k indicators, h hazard kinds."""

    raw: NDArray[np.float64]
    """(n, k) raw values; NaN where not ok."""
    points: NDArray[np.float64]
    """(n, k) points of the raw values as they stand; NaN is missing."""
    kinds: NDArray[np.int64]
    """(k,) what is uncertain of the indicator; FIXED where nothing is."""
    anchors: tuple[tuple[tuple[float, float], ...], ...]
    """Per indicator, its value function."""
    hazard: NDArray[np.int8]
    """(n, h) class code of each kind; −1 unknown."""
    veto: NDArray[np.bool_]
    """(h, 5) a class of a kind decides alone."""
    surveyed: NDArray[np.bool_]
    """(n,) the hazard is known whatever the classes are."""
    stream: NDArray[np.uint64]
    """(h,) number of the kind's own random stream."""
    xy: NDArray[np.float64]
    """(n, 2) easting and northing, metres; 0 where the position is missing."""
    located: NDArray[np.bool_]
    """(n,) the position is known."""
    key: NDArray[np.uint64]
    """(n,) random key of the settlement, from its id and the seed."""
    people: NDArray[np.float64]
    """(PEOPLE_STEPS,) equally likely factors on people, ascending."""
    local: tuple[str, ...]
    """Those of `LOCAL_FACTORS` that are uncertain here."""

    def take(self, rows: NDArray[np.int64]) -> Inputs:
        """Return the inputs of some settlements."""
        of_settlements = ("raw", "points", "hazard", "surveyed", "xy", "located", "key")
        return replace(self, **{name: getattr(self, name)[rows] for name in of_settlements})


def lay_inputs(
    demand: Demand,
    exposure: ExposureResult,
    profile: RelocationProfile,
    case: Case,
    weights: NDArray[np.float64],
    config: CertaintyConfig,
) -> Inputs:
    """Return the arrays; an indicator of weight 0 has nothing uncertain (it counts for nothing)."""
    used = {
        "dem_error": config.dem_error_m > 0,
        "hazard_class": config.hazard_worse_share + config.hazard_better_share > 0,
        "population": config.population_sd > 0,
    }
    kinds = np.array([_kind(one.id, used) for one in profile.indicators], dtype=np.int64)
    kinds[weights <= 0] = FIXED
    names, hazard = _hazard_codes(exposure, case.ids)
    veto = np.array([[_decides(profile, name, one) for one in CLASS_CODE] for name in names], dtype=bool).reshape(len(names), 5)
    present = set(kinds.tolist())
    local = {
        "dem_error": bool(present & {SLOPE, ELEVATION}),
        "hazard_class": used["hazard_class"] and len(names) > 0 and (HAZARD in present or bool(veto.any())),
        "population": bool(present & {PEOPLE, PER_PERSON}),
    }
    if not local["hazard_class"]:
        kinds[kinds == HAZARD] = FIXED
    geometry = demand.settlements.geometry.to_numpy()
    xy = np.column_stack([shapely.get_x(geometry), shapely.get_y(geometry)]).reshape(-1, 2)
    located = np.isfinite(xy).all(axis=1)
    worst = hazard.max(axis=1, initial=-1)
    return Inputs(
        raw=case.raw,
        points=case.points,
        kinds=kinds,
        anchors=tuple(tuple(one.anchors) for one in profile.indicators),
        hazard=hazard,
        veto=veto,
        surveyed=case.hazard_known & ((hazard >= 0).all(axis=1) | (worst < CLASS_CODE["extreme"])),
        stream=np.array([_stream(name) for name in names], dtype=np.uint64),
        xy=np.where(located[:, None], xy, 0.0),
        located=located,
        key=np.array([_key(config.seed, str(one)) for one in case.ids], dtype=np.uint64),
        people=np.exp(config.population_sd * ndtri((np.arange(PEOPLE_STEPS) + 0.5) / PEOPLE_STEPS)),
        local=tuple(name for name in LOCAL_FACTORS if local[name]),
    )


def flatten_anchors(inputs: Inputs) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return all anchor values, all anchor points, and where each indicator's begin (k + 1)."""
    pairs = np.array([pair for one in inputs.anchors for pair in one], dtype=float).reshape(-1, 2)
    starts = np.concatenate([[0], np.cumsum([len(one) for one in inputs.anchors])]).astype(np.int64)
    return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]), starts


def _kind(name: str, used: dict[str, bool]) -> int:
    """Return what is uncertain of an indicator."""
    if name.endswith("_min"):
        return TIME
    if name in ("slope_deg", "elevation_m") and used["dem_error"]:
        return SLOPE if name == "slope_deg" else ELEVATION
    if name == "hazard_index" and used["hazard_class"]:
        return HAZARD
    if used["population"] and name.endswith("_per_person"):
        return PER_PERSON
    return PEOPLE if used["population"] and (name.startswith("persons_") or name.endswith("_persons")) else FIXED


def _hazard_codes(exposure: ExposureResult, ids: NDArray[np.object_]) -> tuple[list[str], NDArray[np.int8]]:
    """Return the hazard kinds, and the class code of each settlement by each; of several rows of a kind the worst counts."""
    rows = exposure.exposure
    names = sorted(rows["hazard_kind"].dropna().astype(str).unique().tolist())
    codes = np.full((len(ids), len(names)), -1, dtype=np.int8)
    known = rows[(rows["status"] == str(Status.OK)) & rows["hazard_class"].isin(CLASS_CODE)]
    place = {one: number for number, one in enumerate(ids)}
    at = known["settlement_id"].map(place)
    known, at = known[at.notna()], at[at.notna()].to_numpy(dtype=np.int64)
    column = known["hazard_kind"].astype(str).map({name: number for number, name in enumerate(names)}).to_numpy(dtype=np.int64)
    np.maximum.at(codes, (at, column), known["hazard_class"].map(CLASS_CODE).to_numpy(dtype=np.int8))
    return names, codes


def _decides(profile: RelocationProfile, kind: str, hazard_class: str) -> bool:
    """Say whether a class of a kind is a veto of the profile."""
    return any(
        ("*" in one.hazard_kinds or kind in one.hazard_kinds) and hazard_class in one.hazard_classes for one in profile.vetoes
    )


def _stream(kind: str) -> int:
    """Return a hazard kind's random stream: known kinds by their fixed place, others by their name."""
    known = list(HAZARD_KIND_ZH)
    if kind in known:
        return known.index(kind)
    return 64 + int.from_bytes(hashlib.blake2b(kind.encode(), digest_size=4).digest(), "big")


def _key(seed: int, settlement_id: str) -> int:
    """Return 64 random bits that belong to a settlement and a seed."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{settlement_id}".encode(), digest_size=8).digest(), "big")
