"""Say how many people and households a receiving site holds, and on what that rests.

    persons    = ⌊area_m2 / site_m2_per_person⌋
    households = ⌊persons / people_per_household⌋

By hand: 1 ha at 90 m² per person and 3.6 people per household: ⌊111.1⌋ = 111 people, ⌊30.8⌋ = 30 households. The capacity an
existing place states is taken as it is; a place that states none has none, not zero.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.profiles import RelocationProfile
from geoplan.relocation.reasons import cite


def size_patches(area_m2: NDArray[np.float64], profile: RelocationProfile, *, people_per_household: float) -> pd.DataFrame:
    """Return capacity_persons, capacity_households and their basis in words for patches of ``area_m2``."""
    each = profile.site_m2_per_person
    # 1e-9: an area that is a whole multiple must not lose a person to rounding.
    persons = np.floor(np.asarray(area_m2, dtype=float) / each + 1e-9)
    households = np.floor(persons / people_per_household + 1e-9)
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
            "capacity_persons": np.floor(stated * people_per_household + 1e-9),
            "capacity_households": stated,
            "capacity_basis_zh": zh,
            "capacity_basis_en": en,
        }
    )
