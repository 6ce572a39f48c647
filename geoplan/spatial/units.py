"""Fill in which township, village and group each settlement belongs to, and list the units.

A code that the settlement layer gives is kept, also when the point lies in another unit's polygon (that is reported). A missing code is
filled, in this order: the polygon the point lies in; the parent of the lower unit it is known to be in; the code's own structure (a 15-digit
村民小组 code begins with its 12-digit village, a village code with the 9 digits of its township). What is still missing is ``""`` (未归属).
"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

UNIT_LEVELS: tuple[str, ...] = ("group", "village", "township")
"""From the smallest up; the settlement's column is ``<level>_code``."""
_UNIT_COLUMNS = ["code", "name", "parent_code", "geometry"]
_PREFIX = {"village": (15, 12, ""), "township": (12, 9, "000")}
"""Level → (digits of the lower code, digits kept, digits added)."""


def clean_codes(column: pd.Series) -> pd.Series:
    """Return codes as text without surrounding spaces; missing ones are ``""``."""
    text = column.astype("object").where(column.notna(), "")
    return text.map(lambda one: str(one).strip()).astype("str")


def empty_units(crs: CRS) -> gpd.GeoDataFrame:
    """Return a unit table without rows."""
    return gpd.GeoDataFrame({"code": [], "name": [], "parent_code": [], "geometry": []}, geometry="geometry", crs=crs).astype(
        {"code": "str", "name": "str", "parent_code": "str"}
    )


def list_units(layer: gpd.GeoDataFrame | None, *, crs: CRS) -> gpd.GeoDataFrame:
    """Return code, name, parent_code and geometry of a unit layer, one row per code (parts of one unit are united), in code order."""
    if layer is None or not len(layer):
        return empty_units(crs)
    table = pd.DataFrame(index=layer.index)
    for name in ("code", "name", "parent_code"):
        table[name] = clean_codes(layer[name]) if name in layer.columns else ""
    units = gpd.GeoDataFrame(table, geometry=np.asarray(layer.geometry.array), crs=layer.crs)
    coded = units[units["code"] != ""]
    first = coded.drop_duplicates("code").set_index("code")
    doubled = coded[coded["code"].duplicated(keep=False)]
    if len(doubled):
        united = doubled.groupby("code")["geometry"].agg(lambda parts: shapely.union_all(parts.to_numpy()))
        first.loc[united.index, "geometry"] = united
    first = first.sort_index().reset_index()
    return gpd.GeoDataFrame(first[_UNIT_COLUMNS], geometry="geometry", crs=layer.crs)


def locate_units(points: NDArray[np.object_], units: gpd.GeoDataFrame, given: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Return the code of the unit each point lies in, and whether the code it was given contradicts that.

    Parameters
    ----------
    points
        (n,) points, None where unknown.
    units
        Unit table with polygons.
    given
        (n,) codes the settlements carry, ``""`` where none.

    Returns
    -------
    found
        (n,) codes, ``""`` outside every polygon; of several polygons (a point on a border) the given one, else the smallest code.
    contradicted
        (n,) bool: a code is given, the point lies in polygons, and in none of that code.
    """
    found = pd.Series("", index=given.index, dtype="str")
    usable = units[units.geometry.notna() & ~units.geometry.is_empty]
    if not len(usable) or not len(points):
        return found, np.zeros(len(given), dtype=bool)
    tree = shapely.STRtree(np.asarray(usable.geometry.array))
    point, unit = tree.query(points, predicate="intersects")
    hits = pd.DataFrame({"point": point, "code": usable["code"].to_numpy()[unit]})
    hits["own"] = hits["code"].to_numpy() == given.to_numpy()[point]
    best = hits.sort_values(["point", "own", "code"], ascending=[True, False, True]).drop_duplicates("point")
    codes = np.full(len(given), "", dtype=object)
    codes[best["point"]] = best["code"]
    contradicted = np.zeros(len(given), dtype=bool)
    contradicted[best["point"]] = ~best["own"].to_numpy()
    return pd.Series(codes, index=given.index, dtype="str"), contradicted & (given != "").to_numpy()


def fill_from_below(codes: pd.Series, lower: pd.Series, lower_units: gpd.GeoDataFrame, *, level: str) -> pd.Series:
    """Fill missing codes of a level from the level below: its unit's parent, else the structure of its code."""
    parents = dict(zip(lower_units["code"], lower_units["parent_code"], strict=True))
    inherited = pd.Series([parents.get(one, "") for one in lower], index=lower.index, dtype="str")
    length, kept, tail = _PREFIX[level]
    structured = lower.str.fullmatch(rf"\d{{{length}}}").astype(bool)
    prefix = lower.str.slice(0, kept) + tail
    filled = codes.where(codes != "", inherited)
    return filled.where((filled != "") | ~structured, prefix).astype("str")


def complete_units(units: gpd.GeoDataFrame, codes: pd.Series, parents: pd.Series | None) -> gpd.GeoDataFrame:
    """Add a row without geometry for every code that settlements carry and the unit layer lacks, so that no one drops out of a roll-up.

    Parameters
    ----------
    units
        Unit table of the layer (perhaps empty).
    codes
        (n,) code of each settlement.
    parents
        (n,) code one level up, or None at the top.
    """
    carried = codes[codes != ""]
    lacking = sorted(set(carried) - set(units["code"]))
    if not lacking:
        return units
    parent: Sequence[str] = [""] * len(lacking)
    if parents is not None:
        # The parent most of the unit's settlements name; the smallest code when two are named equally often.
        named = (
            pd.DataFrame({"code": carried, "parent": parents[carried.index]})
            .groupby(["code", "parent"])
            .size()
            .reset_index(name="n")
        )
        top = named.sort_values(["n", "parent"], ascending=[False, True]).drop_duplicates("code").set_index("code")["parent"]
        parent = [str(top[one]) for one in lacking]
    added = gpd.GeoDataFrame(
        {"code": lacking, "name": [""] * len(lacking), "parent_code": list(parent)}, geometry=[None] * len(lacking), crs=units.crs
    )
    joined = pd.concat([units[_UNIT_COLUMNS], added[_UNIT_COLUMNS]], ignore_index=True) if len(units) else added[_UNIT_COLUMNS]
    joined = joined.sort_values("code", kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=units.crs)
