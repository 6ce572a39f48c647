"""Say how many people and households a receiving site holds, on what that rests, and what limits it.

    by area      persons = ⌊area_m2 / site_m2_per_person⌋,   households = ⌊persons / people_per_household⌋
    as stated    households of an existing place,            persons = ⌊households · people_per_household⌋
    by seats     persons = ⌊free seats / seats per person⌋   for school and clinic each (`geoplan.relocation.seats`)

The least of the ceilings that are known binds and is named: ``area`` or ``stated``, ``school``, ``clinic`` (in this order where equal).
Unknown seats do not bind, and ``seats_status`` says so. A place that states no capacity has none, not zero, whatever the seats.

By hand: 1 ha at 90 m² per person and 3.6 people per household: ⌊111.1⌋ = 111 people, ⌊30.8⌋ = 30 households; a school with 6 free places
at 76 per 1,000: 78 people, 21 households: the school binds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.site_profile import SeatNeed
from geoplan.contracts.status import Status
from geoplan.relocation.reasons import cite

_ROUNDING = 1e-9
"""A quotient that is a whole number must not lose one to rounding."""


def size_patches(area_m2: NDArray[np.float64], profile: RelocationProfile, *, people_per_household: float) -> pd.DataFrame:
    """Return capacity_persons, capacity_households and their basis in words for patches of ``area_m2``."""
    each = profile.site_m2_per_person
    persons = np.floor(np.asarray(area_m2, dtype=float) / each + _ROUNDING)
    households = np.floor(persons / people_per_household + _ROUNDING)
    basis_zh = f"可建面积 ÷ 人均 {each:g} m²,每户 {people_per_household:g} 人;依据 {cite(profile.site_cited)}"
    basis_en = f"buildable area ÷ {each:g} m² per person, {people_per_household:g} people per household; per "
    return pd.DataFrame(
        {
            "capacity_persons": persons,
            "capacity_households": households,
            "capacity_basis_zh": basis_zh,
            "capacity_basis_en": basis_en + cite(profile.site_cited, "en"),
        }
    )


def size_places(households: NDArray[np.float64], layer: str, *, people_per_household: float) -> pd.DataFrame:
    """Return the same columns for existing places with a stated capacity in households (NaN: none stated)."""
    stated = np.asarray(households, dtype=float)
    stated = np.where(np.isfinite(stated) & (stated >= 0), stated, np.nan)
    known = np.isfinite(stated)
    zh = np.where(known, f"图层 {layer} 所载户数,每户 {people_per_household:g} 人", f"图层 {layer} 未载容量")
    en = np.where(
        known, f"households stated in layer {layer}, {people_per_household:g} people each", f"layer {layer} states no capacity"
    )
    return pd.DataFrame(
        {
            "capacity_persons": np.floor(stated * people_per_household + _ROUNDING),
            "capacity_households": stated,
            "capacity_basis_zh": zh,
            "capacity_basis_en": en,
        }
    )


def bind_capacity(
    ground: pd.DataFrame, pools: pd.DataFrame, needs: list[SeatNeed], *, people_per_household: float
) -> pd.DataFrame:
    """Return the capacity of sites with every ceiling, the one that binds, and the basis in words.

    Parameters
    ----------
    ground
        site_id, kind (``patch`` or another), and capacity_persons, capacity_households, capacity_basis_zh, capacity_basis_en as
        `size_patches` and `size_places` give them.
    pools
        `geoplan.relocation.seats.pool_seats` of these sites.
    needs
        Kinds of seats, in the order in which equal ceilings are named.

    Returns
    -------
    DataFrame
        Index of ``ground``: capacity_persons, capacity_households, ground_persons, ground_households (by area or as stated), and for each
        kind <kind>_seats_free, <kind>_seats_status, <kind>_persons; binding ("" where the ground's capacity is unknown), seats_status (ok
        when every kind is known), capacity_basis_zh, capacity_basis_en.
    """
    out = pd.DataFrame(index=ground.index)
    out["ground_persons"] = ground["capacity_persons"].to_numpy(dtype=float)
    out["ground_households"] = ground["capacity_households"].to_numpy(dtype=float)
    persons, households = [out["ground_persons"].to_numpy()], [out["ground_households"].to_numpy()]
    known, texts = np.ones(len(ground), dtype=bool), []
    for need in needs:
        rows = pools[pools["kind"] == need.kind].set_index("site_id").reindex(ground["site_id"])
        free = rows["free_seats"].to_numpy(dtype=float)
        held = np.floor(free / (need.per_1000_persons / 1000.0) + _ROUNDING)
        status = rows["status"].fillna(str(Status.NO_DATA)).to_numpy(dtype=object)
        known &= np.isfinite(free)
        out[f"{need.kind}_seats_free"], out[f"{need.kind}_seats_status"], out[f"{need.kind}_persons"] = free, status, held
        persons.append(held)
        households.append(np.floor(held / people_per_household + _ROUNDING))
        texts.append([_say_seats(need, *one) for one in zip(status, free, held, strict=True)])
    stands = np.isfinite(persons[0])
    # Unknown seats bind nobody; an unknown ground leaves the whole unknown.
    of_persons, of_households = (np.where(np.isnan(one), np.inf, one) for one in (np.stack(persons), np.stack(households)))
    out["capacity_persons"] = np.where(stands, of_persons.min(axis=0), np.nan)
    out["capacity_households"] = np.where(stands, of_households.min(axis=0), np.nan)
    names = np.array(["", *(one.kind for one in needs)], dtype=object)
    first = np.lexsort((np.arange(len(names))[:, None] + np.zeros(len(ground)), of_persons, of_households), axis=0)[0]
    own = np.where(ground["kind"] == "patch", "area", "stated")
    out["binding"] = np.where(stands, np.where(first == 0, own, names[first]), "").astype(object)
    out["seats_status"] = np.where(known, str(Status.OK), str(Status.NO_DATA)).astype(object)
    return out.join(_tell(ground, texts, out["binding"], needs))


def _say_seats(need: SeatNeed, status: str, free: float, persons: float) -> tuple[str, str]:
    """Return what is known of the seats of one kind, in Chinese and English."""
    if status == str(Status.UNREACHABLE):
        return (
            f"{need.reach_min:g} 分钟内无{need.label_zh}",
            f"no {need.label_en} within {need.reach_min:g} min",
        )
    if status != str(Status.OK):
        return f"{need.label_zh}余量不明,未计", f"free {need.seat_en} of the {need.label_en} unknown, not counted"
    rate = f"{need.per_1000_persons:g}"
    return (
        f"{need.label_zh}余 {free:.1f} {need.seat_zh},每千人 {rate},可容 {persons:.0f} 人;依据 {cite(need)}",
        f"{free:.1f} free {need.seat_en} at {rate} per 1,000 people hold {persons:.0f} people; per {cite(need, 'en')}",
    )


def _tell(ground: pd.DataFrame, texts: list[list[tuple[str, str]]], binding: pd.Series, needs: list[SeatNeed]) -> pd.DataFrame:
    """Return the basis in words: ground, seats of each kind, and what binds."""
    zh: dict[str, str] = {
        "area": "面积",
        "stated": "所载容量",
        "": "容量不明",
        **{one.kind: f"{one.label_zh}余量" for one in needs},
    }
    en: dict[str, str] = {
        "area": "area",
        "stated": "stated capacity",
        "": "capacity unknown",
        **{one.kind: one.seat_en for one in needs},
    }
    rows = []
    for number, (own_zh, own_en, bound) in enumerate(
        zip(ground["capacity_basis_zh"], ground["capacity_basis_en"], binding, strict=True)
    ):
        seats = [one[number] for one in texts]
        rows.append(
            (
                ";".join([own_zh, *(one[0] for one in seats), f"受限于{zh[bound]}" if bound else zh[bound]]),
                "; ".join([own_en, *(one[1] for one in seats), f"bound by {en[bound]}" if bound else en[bound]]),
            )
        )
    return pd.DataFrame(rows, columns=["capacity_basis_zh", "capacity_basis_en"], index=ground.index)
