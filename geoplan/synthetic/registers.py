"""Write what other departments have on file about the same clinics and villages, and the truth about which rows are the same.

Clinics: the medical insurance's list (医保定点机构) beside the health bureau's. Most rows carry the health bureau's code, some only a name that is
spelled otherwise, a few another name or no place; places are up to 150 m off; some beds and doctors contradict; rows are missing and extra on both
sides, and one code is written on two rows. Villages: the civil affairs' list beside the statistics bureau's, both without places.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geoplan.synthetic.frame import EPSG, Floats, Ints

TRUTH = ["comparison", "left_id", "right_id", "matched_by", "state", "columns"]
"""Columns of the truth about two lists; ``columns`` are the contradicting ones, ``;`` between."""
SHIFT_M = 150.0
"""Farthest that the two places of one clinic lie apart."""
PERSONS_TOLERANCE = 5.0
"""People of a village that two departments may count differently and still agree."""
_ALONE_M, _EXTRA_M = 900.0, 700.0
_SOUNDS = dict(
    zip(
        "新红东光建民团永前长龙凤青白金石双大高平太清明文兴安福和玉星",
        "欣洪冬广健明圆咏钱常隆风清百全实霜达皋坪泰青名闻星按幅河王兴",
        strict=True,
    )
)
_ROLES = {"left_only": 7, "misspelt": 10, "prefixed": 10, "same": 6, "unplaced": 4, "renamed": 5, "twice": 1}
"""How many village clinics are on the other list in each way; all others carry the health bureau's code."""
_OTHERS = ("康民诊所", "仁济诊所", "惠民药房", "同心诊所", "益寿堂", "百草堂")


def register_clinics(
    rng: np.random.Generator, clinics: gpd.GeoDataFrame, points: gpd.GeoDataFrame, town_names: dict[str, str]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the medical insurance's list and the truth of comparing ``clinics`` with it.

    The list has facility_id (its own), code (the health bureau's id, may be empty), name, level, capacity, doctors, township_code and a point
    (none for a few). Planted: matches by code, by name (same, misspelt, with the township's name before it, or without a place), by place alone
    (another name, under 60 m off); rows on one side only; contradictions in capacity, doctors and level.
    """
    xy = shapely.get_coordinates(clinics.geometry.to_numpy())
    role = _cast_roles(rng, clinics, xy)
    kept, left_only = np.flatnonzero(role != "left_only"), np.flatnonzero(role == "left_only")
    listed, role = clinics.iloc[kept].reset_index(drop=True), role[kept]
    angle = rng.uniform(0.0, 2.0 * np.pi, len(kept))
    far = np.where(role == "renamed", 60.0, SHIFT_M - 1.0) * np.sqrt(rng.random(len(kept)))
    where = np.round(xy[kept] + far[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), 1)
    table = _copy_rows(listed, role, town_names)
    wrong = _contradict(rng, table)
    extra, extra_xy = _add_extras(rng, points, xy, table.iloc[np.flatnonzero(role == "twice")], town_names)
    table = pd.concat([table, extra], ignore_index=True)
    places = shapely.points(np.vstack([where, extra_xy]))
    places[: len(kept)][role == "unplaced"] = None
    order = rng.permutation(len(table))
    ids = np.empty(len(table), dtype=object)
    ids[order] = [f"YB{k + 1:04d}" for k in range(len(table))]
    table.insert(0, "facility_id", ids)
    matched_by = np.select([role == "code", role == "renamed"], ["code", "place"], "name")
    truth: list[tuple[str, ...]] = [
        ("clinics", left, right, by, "contradicts" if columns else "agrees", columns)
        for left, right, by, columns in zip(listed["facility_id"], ids, matched_by, wrong, strict=False)
    ]
    truth += [("clinics", one, "", "", "left_only", "") for one in clinics["facility_id"].iloc[left_only]]
    truth += [("clinics", "", one, "", "right_only", "") for one in ids[len(kept) :]]
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(places, crs=EPSG), crs=EPSG)
    return frame.iloc[order].reset_index(drop=True), _sorted(truth)


def register_villages(
    rng: np.random.Generator, villages: gpd.GeoDataFrame, points: gpd.GeoDataFrame, town_names: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the civil affairs' list, the statistics bureau's and the truth of comparing them.

    Each has code, name, township_code, persons and households. Four villages of the civil list were merged away and are in no other; three are
    only in the statistics; a twelfth of the civil rows has no code and another form of the name; a seventh counts other people.
    """
    sums = points.groupby("village_code")[["persons", "households"]].sum()
    code = villages["code"].to_numpy(dtype=object)
    table = pd.DataFrame(
        {
            "code": code,
            "name": villages["name"].to_numpy(dtype=object),
            "township_code": villages["parent_code"].to_numpy(dtype=object),
            "persons": sums["persons"].reindex(code).to_numpy(dtype=np.int64),
            "households": sums["households"].reindex(code).to_numpy(dtype=np.int64),
        }
    )
    n = len(table)
    rows = rng.permutation(n)
    civil_only, statistics_only, uncoded = rows[:4], rows[4:7], rows[7 : 7 + n // 12]
    civil, statistics = table.copy(), table.copy()
    small = rng.integers(-int(PERSONS_TOLERANCE), int(PERSONS_TOLERANCE) + 1, n)
    wrong = np.zeros(n, dtype=bool)
    wrong[rng.permutation(n)[: n // 7]] = True
    large = np.round(table["persons"] * rng.uniform(0.05, 0.2, n)).astype(np.int64) + int(PERSONS_TOLERANCE) + 1
    civil["persons"] += np.where(wrong, large, small)
    missing = rng.random(n) < 0.03
    civil["households"] = civil["households"].astype(float).where(~missing)
    civil.loc[uncoded, "name"] = [
        town_names[town] + name if k % 2 else name[:-1] + "社区居委会"
        for k, (town, name) in enumerate(zip(civil["township_code"].iloc[uncoded], civil["name"].iloc[uncoded], strict=True))
    ]
    own = civil["code"].to_numpy(dtype=object).copy()
    civil.loc[uncoded, "code"] = ""
    # A row without a code is named by its place in the list, as the reader of layers names it.
    keep_left, keep_right = np.setdiff1d(np.arange(n), statistics_only), np.setdiff1d(np.arange(n), civil_only)
    left_id = np.full(n, "", dtype=object)
    left_id[keep_left] = np.where(
        civil["code"].to_numpy()[keep_left] == "", [f"villages_civil-{k + 1:06d}" for k in range(len(keep_left))], own[keep_left]
    )
    both = np.setdiff1d(keep_left, civil_only)
    by_name = set(uncoded.tolist())
    truth: list[tuple[str, ...]] = [
        (
            "villages",
            left_id[k],
            own[k],
            "name" if k in by_name else "code",
            *(("contradicts", "persons") if wrong[k] else ("agrees", "")),
        )
        for k in both.tolist()
    ]
    truth += [("villages", left_id[k], "", "", "left_only", "") for k in civil_only]
    truth += [("villages", "", own[k], "", "right_only", "") for k in statistics_only]
    return civil.iloc[keep_left].reset_index(drop=True), statistics.iloc[keep_right].reset_index(drop=True), _sorted(truth)


def _cast_roles(rng: np.random.Generator, clinics: gpd.GeoDataFrame, xy: Floats) -> np.ndarray:
    """Return how each clinic is on the other list; all but ``code`` are village clinics with no other clinic within 900 m."""
    gap = cKDTree(xy).query(xy, k=2)[0][:, 1]
    alone = rng.permutation(np.flatnonzero((clinics["level"] == "village").to_numpy() & (gap > _ALONE_M)))
    role = np.full(len(clinics), "code", dtype=object)
    first = 0
    for name, count in _ROLES.items():
        role[alone[first : first + count]] = name
        first += count
    return role


def _copy_rows(listed: gpd.GeoDataFrame, role: np.ndarray, town_names: dict[str, str]) -> pd.DataFrame:
    """Return the clinics as the other department has them, before anything contradicts."""
    parts = zip(listed["name"], role, listed["township_code"], strict=True)
    return pd.DataFrame(
        {
            "code": np.where(np.isin(role, ["code", "twice"]), listed["facility_id"], ""),
            "name": [_rename(name, kind, town_names[town], k) for k, (name, kind, town) in enumerate(parts)],
            "level": listed["level"].to_numpy(dtype=object),
            "capacity": listed["capacity"].to_numpy(dtype=float),
            "doctors": listed["doctors"].to_numpy(dtype=float),
            "township_code": listed["township_code"].to_numpy(dtype=object),
        }
    )


def _rename(name: str, role: str, town: str, k: int) -> str:
    """Return the name as the other department spells it."""
    if role == "misspelt":
        return _SOUNDS.get(name[0], name[0]) + name[1:].replace("村卫生室", "村卫生站")
    if role == "prefixed":
        return town + name
    if role == "renamed":
        return "王李张陈"[k % 4] + "医生诊所"
    return name


def _contradict(rng: np.random.Generator, table: pd.DataFrame) -> list[str]:
    """Change some beds, doctors and levels of ``table`` in place, lose some doctors, fill in others; return the contradicting columns."""
    n = len(table)
    wrong: list[list[str]] = [[] for _ in range(n)]
    known = table["doctors"].notna().to_numpy()
    village = (table["level"] == "village").to_numpy()
    table.loc[~known, "doctors"] = 1.0
    for column, rows in (
        ("capacity", rng.permutation(n)[:9]),
        ("doctors", rng.permutation(np.flatnonzero(known))[:10]),
        ("level", rng.permutation(np.flatnonzero(village))[:3]),
    ):
        for k in rows.tolist():
            wrong[k].append(column)
        if column == "level":
            table.loc[rows, column] = "township"
        else:
            table.loc[rows, column] += np.array([1.0, 2.0, 3.0])[rng.integers(0, 3, len(rows))]
    lost = rng.permutation(np.array([k for k in range(n) if "doctors" not in wrong[k]]))[:8]
    table.loc[lost, "doctors"] = np.nan
    return [";".join(sorted(one)) for one in wrong]


def _add_extras(
    rng: np.random.Generator, points: gpd.GeoDataFrame, taken: Floats, twice: pd.DataFrame, town_names: dict[str, str]
) -> tuple[pd.DataFrame, Floats]:
    """Return private clinics that the other list lacks, and a second row with a code already used, all far from every clinic."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    free = rng.permutation(np.flatnonzero(cKDTree(taken).query(xy)[0] > _EXTRA_M))
    at = _spread(xy, free, len(_OTHERS) + len(twice))
    rows: list[dict[str, object]] = []
    for k, other in zip(at.tolist(), _OTHERS, strict=False):
        rows.append(
            {
                "code": "",
                "name": other,
                "level": "village",
                "capacity": float(rng.integers(0, 4)),
                "doctors": float(rng.integers(1, 3)),
                "township_code": points["township_code"].iloc[k],
            }
        )
    for k, one in zip(at[len(_OTHERS) :].tolist(), twice.to_dict("records"), strict=True):
        rows.append(one | {"township_code": points["township_code"].iloc[k]})
    return pd.DataFrame(rows), np.round(xy[at] + rng.uniform(-30.0, 30.0, (len(at), 2)), 1)


def _spread(xy: Floats, rows: Ints, count: int) -> Ints:
    """Return the first ``count`` of ``rows`` that lie 3 km apart."""
    chosen: list[int] = []
    for k in rows.tolist():
        if all(np.hypot(*(xy[k] - xy[one])) > 3000.0 for one in chosen):
            chosen.append(k)
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=np.int64)


def _sorted(rows: list[tuple[str, ...]]) -> pd.DataFrame:
    """Return the truth in the order of its ids."""
    return pd.DataFrame(rows, columns=TRUTH).sort_values(["comparison", "left_id", "right_id"]).reset_index(drop=True)
