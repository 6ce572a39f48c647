"""A made-up county of any size that keeps the contracts of `geoplan.contracts.results`, with hostile names in it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from pyproj import CRS
from shapely.geometry import LineString, Point, Polygon

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.grid import Grid
from geoplan.contracts.profiles import StandardItem, StandardsProfile
from geoplan.contracts.results import (
    AccessResult,
    CandidacyResult,
    CheckReport,
    CoverageResult,
    Demand,
    ExposureResult,
    LayerRecord,
    Layers,
    NetworkReport,
    PlanResult,
    Problem,
    SitesResult,
)
from geoplan.contracts.status import Severity
from geoplan.report.relocation_parts import RelocationParts, take_parts

WORK_CRS = CRS.from_epsg(4544)
WEST, SOUTH = 570_000.0, 3_560_000.0
COUNTY = "990821000000"
HOSTILE = [
    "<script>window.PWNED=1</script>",
    "\"quoted\" & 'single' <b>组</b>",
    "</script><img src=x onerror=window.PWNED=2>",
    "=cmd|'/c calc'!A1",
    "行分隔\u2028符\u2029组",
    "<!--注释-->组",
]
STATES = np.array(["covered", "gap", "unreachable", "unknown"])


@dataclass(frozen=True)
class MadeUp:
    """Everything a report function takes."""

    result: PlanResult
    plan: PlanConfig
    standards: StandardsProfile
    layers: Layers


def _wiggle(i: np.ndarray, j: np.ndarray, cell_m: float, per: int) -> tuple[np.ndarray, np.ndarray]:
    """Return bent lattice coordinates: neighbours share every vertex."""
    x = WEST + i / per * cell_m + 0.05 * cell_m * np.sin(i * 0.5 + j * 0.7)
    y = SOUTH + j / per * cell_m + 0.05 * cell_m * np.cos(i * 0.6 - j * 0.4)
    return x, y


def _cells(columns: int, rows: int, cell_m: float, per: int = 12) -> list[Polygon]:
    """Return rows × columns polygons with wiggly shared borders, row by row from the south-west."""
    polygons = []
    for r in range(rows):
        for c in range(columns):
            i0, j0, n = c * per, r * per, per
            ring = [(i0 + k, j0) for k in range(n)] + [(i0 + n, j0 + k) for k in range(n)]
            ring += [(i0 + n - k, j0 + n) for k in range(n)] + [(i0, j0 + n - k) for k in range(n)]
            i, j = np.array(ring, float).T
            polygons.append(Polygon(np.column_stack(_wiggle(i, j, cell_m, per))))
    return polygons


def make_items(count: int) -> StandardsProfile:
    """Return a profile of ``count`` items over every measure."""
    kinds = [
        ("clinic_time", "travel_time", "到卫生室时间", "time to clinic", "village", "clinic", None, 30.0, "min", "secondary"),
        ("hard_road", "road_access", "通硬化路", "hardened road", "village", None, None, 500.0, "m", "cited"),
        (
            "safe_water",
            "attribute",
            "安全饮水",
            "safe drinking water",
            "household",
            None,
            "safe_water_share",
            1.0,
            "share",
            "cited",
        ),
        ("clinic_here", "presence", "村有卫生室", "clinic in village", "village", "clinic", None, 1.0, "count", "cited"),
        ("water_time", "travel_time", "取水时间", "time to water", "household", "water", None, 20.0, "min", "secondary"),
        (
            "school_time",
            "travel_time",
            "到小学时间",
            "time to primary school",
            "township",
            "school",
            None,
            30.0,
            "min",
            "convention",
        ),
    ]
    items = []
    for k in range(count):
        one, measure, zh, en, level, service, column, threshold, unit, status = kinds[k % len(kinds)]
        tail = "" if k < len(kinds) else f"_{k}"
        items.append(
            StandardItem(
                id=one + tail, label_zh=zh + tail, label_en=en + tail, level=level, measure=measure, service=service, column=column,
                threshold=threshold, unit=unit, status=status, source="《中共广元市委关于脱贫攻坚的决定》", clause="二(二)",
                deadline=2020, remedy_zh="修建硬化路或就近设点", remedy_en="build a hardened road or open a post nearby",
            )
        )  # fmt: skip
    return StandardsProfile(id="four_level_2015", label_zh="四有标准(2015)", label_en="Four-level standard (2015)", items=items)


def _roll_up(gaps: pd.DataFrame, code: str, names: dict[str, str]) -> pd.DataFrame:
    """Sum people by unit × item × state: the roll-up table of the contract."""
    keys = [code, "item"]
    people = gaps.pivot_table(index=keys, columns="coverage", values="persons", aggfunc="sum", fill_value=0.0, sort=False)
    people = people.reindex(columns=STATES, fill_value=0.0).add_suffix("_persons")
    rank = gaps.coverage.map({"unreachable": 0, "gap": 1, "unknown": 2, "covered": 3})
    worst = rank.groupby([gaps[code], gaps["item"]]).min().map(["unreachable", "gap", "unknown", "covered"].__getitem__)
    by = gaps.assign(uncounted=gaps.persons.isna()).groupby(keys)
    out = people.assign(
        persons=people.sum(axis=1), coverage=worst, settlements=by.size(), service=by.service.first(),
        persons_unknown_settlements=by.uncounted.sum(),
    ).reset_index()  # fmt: skip
    out = out.rename(columns={code: "code"}).assign(name=lambda one: one.code.map(names))
    return out.assign(covered_share=out.covered_persons / out.persons.where(out.persons > 0))


def _gaps(settlements: gpd.GeoDataFrame, standards: StandardsProfile, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per settlement × item with values that agree with their state."""
    n, m = len(settlements), len(standards.items)
    base = settlements.loc[settlements.index.repeat(m)].reset_index(drop=True)
    items = [item for _ in range(n) for item in standards.items]
    state = rng.choice(STATES, p=[0.62, 0.2, 0.06, 0.12], size=n * m)
    state[:m] = "covered"
    threshold = np.array([item.threshold for item in items])
    small = np.array([item.measure in ("attribute", "presence") for item in items])
    pull = rng.uniform(0.2, 0.9, n * m)
    good, bad = np.where(small, threshold, threshold * pull), np.where(small, threshold * pull, threshold * (1 + pull))
    value = np.where(state == "covered", good, np.where(state == "gap", bad, np.nan))
    status = np.select([state == "unreachable", state == "unknown"], ["unreachable", "no_data"], "ok")
    return pd.DataFrame(
        {
            "settlement_id": base.settlement_id, "item": [i.id for i in items], "service": [i.service or "" for i in items],
            "level": [i.level for i in items], "coverage": state, "status": status, "value": value, "threshold": threshold,
            "unit": [i.unit for i in items], "shortfall": np.where(state == "covered", 0.0, np.abs(value - threshold)),
            "deadline": 2020, "overdue": state != "covered",
            "cause": np.select([state == "gap", state == "unreachable", state == "unknown"], ["beyond", "no_path", "no_data"], ""),
            "persons": base.persons, "households": base.households, "township_code": base.township_code,
            "village_code": base.village_code, "group_code": base.group_code,
        }
    )  # fmt: skip


def _relocation(ids: pd.Series, rng: np.random.Generator) -> tuple[ExposureResult, CandidacyResult]:
    """Return exposure and candidacy tables for the settlements."""
    n = len(ids)
    kinds = np.array(["landslide", "flood"])
    klass = rng.choice(["extreme", "high", "low", "none", ""], p=[0.08, 0.12, 0.15, 0.55, 0.1], size=2 * n)
    index = pd.Series(klass).map({"extreme": 1.0, "high": 0.75, "low": 0.25, "none": 0.0}).to_numpy(float)
    exposure = pd.DataFrame(
        {
            "settlement_id": ids.repeat(2).to_numpy(), "hazard_kind": np.tile(kinds, n), "status": np.where(klass == "", "no_data", "ok"),
            "hazard_class": klass, "exposure_index": index, "distance_m": np.where(klass == "", np.nan, np.where(index > 0, 0.0, 420.0)),
            "source_layer": np.where(np.tile(kinds, n) == "flood", "floods", "landslides"), "source_id": "H-1", "vintage": "2024-06",
        }
    )  # fmt: skip
    per = index.reshape(n, 2)
    known = ~np.isnan(per)
    best = np.where(known, per, -1).argmax(axis=1)
    summary = pd.DataFrame(
        {
            "settlement_id": ids.to_numpy(), "hazard_status": np.where(known.all(axis=1), "ok", "no_data"),
            "worst_kind": np.where(known.any(axis=1), kinds[best], ""), "worst_class": klass.reshape(n, 2)[np.arange(n), best],
            "hazard_index": np.where(known.any(axis=1), np.nanmax(np.where(known, per, -1), axis=1), np.nan),
        }
    )  # fmt: skip
    score = rng.uniform(0, 1, n)
    share = np.where(known.all(axis=1), 1.0, 0.6)
    klass4 = np.select([share < 0.7, score >= 0.8, score >= 0.6], ["证据不足", "应搬", "建议搬"], "可留")
    candidacy = pd.DataFrame(
        {
            "settlement_id": ids.to_numpy(), "candidacy_score": score, "score_low": score * 0.9, "score_high": np.minimum(1, score * 1.1),
            "evidence_share": share, "remoteness_index": rng.uniform(0, 1, n), "relocation_class": klass4,
            "rank": pd.Series(-score).rank(method="min").astype(int), "veto": "",
            "reason_zh": [f"综合得分 {s:.2f}:滑坡威胁与偏远程度共同决定" for s in score],
            "reason_en": [f"score {s:.2f}: landslide threat and remoteness decide" for s in score],
        }
    )  # fmt: skip
    contributions = pd.DataFrame(
        {
            "settlement_id": ids.repeat(2).to_numpy(), "indicator": np.tile(["hazard", "clinic_min"], n), "raw": np.tile([0.75, 42.0], n),
            "unit": np.tile(["index", "min"], n), "status": "ok", "points": score.repeat(2), "weight": 0.5, "contribution": score.repeat(2) * 0.5,
            "reason_zh": np.tile(["位于滑坡高易发区", "到卫生室 42 分钟"], n), "reason_en": np.tile(["in a high landslide zone", "42 min to a clinic"], n),
        }
    )  # fmt: skip
    return ExposureResult(exposure, summary), CandidacyResult(candidacy, contributions)


def _units(columns: int, rows: int, cell_m: float, per_village: int, per_township: int) -> dict[str, gpd.GeoDataFrame]:
    """Return groups, villages, townships and county that nest, villages and townships dissolved from groups."""
    n = columns * rows
    village = [f"990821{1 + k // per_village // per_township:03d}{1 + k // per_village % per_township:03d}" for k in range(n)]
    township = [code[:9] + "000" for code in village]
    group = [f"{village[k]}{1 + k % per_village:03d}" for k in range(n)]
    names = [HOSTILE[k] if k < len(HOSTILE) else f"第{1 + k % per_village}村民小组" for k in range(n)]
    frame = gpd.GeoDataFrame(
        {"code": group, "name": names, "parent_code": village, "township": township},
        geometry=_cells(columns, rows, cell_m), crs=WORK_CRS,
    )  # fmt: skip
    out = {"groups": frame[["code", "name", "parent_code", "geometry"]]}
    for level, key, parent in (("villages", "parent_code", "township"), ("townships", "township", None)):
        parts = frame.dissolve(by=key, as_index=False)
        parent_code = parts[parent] if parent else COUNTY
        label = "石桥沟村" if level == "villages" else "柏林镇"
        out[level] = gpd.GeoDataFrame(
            {"code": parts[key], "name": [f"{label}{k + 1}" for k in range(len(parts))], "parent_code": parent_code},
            geometry=parts.geometry.to_numpy(), crs=WORK_CRS,
        )  # fmt: skip
    whole = frame.union_all()
    out["county"] = gpd.GeoDataFrame({"code": [COUNTY], "name": ["示例县"], "parent_code": [""]}, geometry=[whole], crs=WORK_CRS)
    return out


def _settlements(units: dict[str, gpd.GeoDataFrame], count: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return settlements spread over all groups but the last, which is empty."""
    groups = units["groups"]
    home = groups.iloc[np.arange(count) % (len(groups) - 1)].reset_index(drop=True)
    centre = home.geometry.representative_point()
    spread = home.geometry.area.iloc[0] ** 0.5 * 0.2
    points = gpd.points_from_xy(centre.x + rng.uniform(-spread, spread, count), centre.y + rng.uniform(-spread, spread, count))
    persons = rng.integers(8, 120, count).astype(float)
    persons[1] = np.nan
    serial = np.arange(count) // (len(groups) - 1) + 1
    return gpd.GeoDataFrame(
        {
            "settlement_id": [f"{code}{k:02d}" for code, k in zip(home.code, serial, strict=True)],
            "name": [f"李家坪{k}" if k else "<i onmouseover=window.PWNED=3>崖上</i>" for k in range(count)],
            "group_code": home.code, "village_code": home.parent_code, "township_code": home.parent_code.str[:9] + "000",
            "persons": persons, "persons_status": np.where(np.isnan(persons), "no_data", "ok"), "persons_source": "layer",
            "households": np.ceil(persons / 3.6), "households_source": "layer", "slope_deg": 12.0, "elevation_m": 860.0,
        },
        geometry=points, crs=WORK_CRS,
    )  # fmt: skip


def _map_layers(extent: tuple[float, float, float, float], roads: int, rng: np.random.Generator) -> Layers:
    """Return roads, rivers, hazards and a DEM over the extent."""
    west, south, east, north = extent
    span_x, span_y = east - west, north - south
    lines, classes = [], []
    for k in range(roads):
        x0, y0 = west + rng.uniform(0, span_x), south + rng.uniform(0, span_y)
        step = rng.normal(0, span_x / max(roads, 20) ** 0.5 / 6, (25, 2)).cumsum(axis=0)
        lines.append(LineString(np.array([x0, y0]) + step))
        classes.append(["county", "township", "village", "group", "track"][k % 5])
    road = gpd.GeoDataFrame(
        {
            "road_id": [f"R{k}" for k in range(roads)], "name": "示例路", "road_class": classes, "surface": "concrete", "width_m": 4.5,
            "oneway": 0, "crossing": "", "road_layer": 0,
        },
        geometry=lines, crs=WORK_CRS,
    )  # fmt: skip
    t = np.linspace(0, 1, 40)
    river = LineString(np.column_stack([west + t * span_x, south + span_y * (0.4 + 0.1 * np.sin(9 * t))]))
    middle = Point((west + east) / 2, (south + north) / 2)
    vectors = {
        "roads": road,
        "rivers": gpd.GeoDataFrame({"name": ["白水河"]}, geometry=[river], crs=WORK_CRS),
        "landslides": gpd.GeoDataFrame(
            {"hazard_id": ["L1", "L2"], "name": ["老屋里滑坡", "</script>"], "hazard_class": ["high", "extreme"], "radius_m": [400.0, 300.0]},
            geometry=[middle, Point(west + span_x / 4, south + span_y / 3)], crs=WORK_CRS,
        ),
        "floods": gpd.GeoDataFrame({"hazard_id": ["F1"], "hazard_class": ["low"]}, geometry=[river.buffer(span_y / 60)], crs=WORK_CRS),
    }  # fmt: skip
    rows, cols = 240, 300
    yy, xx = np.mgrid[0:rows, 0:cols]
    dem = 900 + 400 * np.sin(xx / 21) * np.cos(yy / 17) + 120 * np.sin(xx / 5 + yy / 7)
    transform = Affine(span_x * 1.1 / cols, 0, west - 0.05 * span_x, 0, -span_y * 1.1 / rows, north + 0.05 * span_y)
    records = tuple(
        LayerRecord(one, "vector", (f"{one}.gpkg",), "ab" * 32, "EPSG:4544", "cgcs2000", "2024-06", "CC BY 4.0", "示例县自然资源局",
                    len(frame), len(frame), ("<b>3 polygons made valid</b>",) if one == "roads" else ())
        for one, frame in vectors.items()
    )  # fmt: skip
    return Layers(WORK_CRS, vectors, {"dem": Grid(dem, transform, WORK_CRS)}, records)


FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --window-size=1400,900"
).split()


@pytest.fixture(scope="module")
def driver(chromium, tmp_path_factory):
    """A browser that reaches no network and logs what it asks for."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    chromedriver = shutil.which("chromedriver")
    if chromedriver is None:
        pytest.skip("no chromedriver on this machine (Debian: apt-get install chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield made
    made.quit()


@pytest.fixture(scope="session")
def coverage_scene() -> ModuleType:
    """What makes up the tables of the coverage room (``coverage_scene.py``)."""
    return load_scene("coverage_scene")


def load_scene(name: str = "relocation_scene") -> ModuleType:
    """Return the module that makes up relocation tables; it is not a test."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    scene = importlib.util.module_from_spec(spec)
    sys.modules[name] = scene  # dataclasses look their module up
    spec.loader.exec_module(scene)
    return scene


def make_up(
    *, columns: int = 3, rows: int = 2, settlements: int = 12, items: int = 6, roads: int = 12, cell_m: float = 2500.0
) -> MadeUp:
    """Return a whole made-up county."""
    rng = np.random.default_rng(7)
    standards = make_items(items)
    units = _units(columns, rows, cell_m, per_village=2 if columns < 10 else 5, per_township=2 if columns < 10 else 8)
    places = _settlements(units, settlements, rng)
    layers = _map_layers(tuple(units["county"].total_bounds), roads, rng)
    gaps = _gaps(places, standards, rng)
    tables = [
        _roll_up(gaps, key, dict(zip(units[level].code, units[level].name, strict=True)))
        for level, key in (("groups", "group_code"), ("villages", "village_code"), ("townships", "township_code"))
    ]
    county = _roll_up(gaps.assign(county=COUNTY), "county", {COUNTY: "示例县"})
    exposure, candidacy = _relocation(places.settlement_id, rng)
    seats = units["townships"].geometry.representative_point()
    facilities = gpd.GeoDataFrame(
        {
            "facility_id": [f"F{k}" for k in range(len(seats))], "service": "clinic", "name": "中心<卫生院>", "level": "township",
            "capacity": 20.0, "snap_status": "ok", "off_road_m": 12.0, "township_code": units["townships"].code, "village_code": "",
        },
        geometry=seats.to_numpy(), crs=WORK_CRS,
    )  # fmt: skip
    times = pd.DataFrame(
        {
            "settlement_id": places.settlement_id,
            "service": "clinic",
            "season": "dry",
            "trip": "one_way",
            "status": "ok",
            "travel_time_min": 20.0,
        }
    )
    road = pd.DataFrame(
        {"settlement_id": places.settlement_id, "status": "ok", "road_id": "R0", "road_class": "village", "surface": "concrete"}
    )
    network = NetworkReport(1e5, 0.0, 0.0, 0, 0.0, 0, 0, 1, (1e5,), 0, 0, 0, ())
    patch = units["groups"].geometry.iloc[0].centroid.buffer(250)
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2"], "name": ["候选地块1", "'柏林'集镇<i>"], "kind": ["patch", "集镇"], "area_m2": [196_000.0, np.nan],
            "slope_deg": [6.0, 3.0], "capacity_persons": [2400.0, 360.0], "capacity_households": [600.0, 100.0], "capacity_basis_zh": "面积",
            "capacity_basis_en": "area", "road_m": [120.0, 10.0], "seat_min": [14.0, 1.0], "seat_status": "ok", "school_min": [14.0, np.nan],
            "school_status": ["ok", "unreachable"], "clinic_min": [14.0, 3.0], "clinic_status": "ok", "site_score": [0.8, 0.6], "rank": [1, 2],
            "township_code": units["townships"].code.iloc[0],
        },
        geometry=[patch, Point(seats.iloc[0])], crs=WORK_CRS,
    )  # fmt: skip
    problem = Problem(
        "CODE-SHORT",
        Severity.WARNING,
        "villages",
        "<script>代码</script>缺前导零",
        "codes lost a zero",
        "补零",
        "pad them",
        "code",
        ("1", "<b>2"),
        2,
    )
    failure = Problem(
        "GEOM-INVALID", Severity.ERROR, "groups", "面不合法", "polygons are invalid", "修复几何", "make them valid", "", ("9",), 1
    )
    found = {
        "demand": Demand(places, units["groups"], units["villages"], units["townships"], units["county"]), "exposure": exposure, "candidacy": candidacy,
        "sites": SitesResult(sites, pd.DataFrame({"reason": ["slope"], "label_zh": ["坡度"], "label_en": ["slope"]})),
    }  # fmt: skip
    scene = load_scene()
    parts = scene.make_relocation(SimpleNamespace(**found))
    result = PlanResult(
        **found, access=AccessResult(times, road, facilities, network), coverage=CoverageResult(gaps, *tables, county),
        checks=CheckReport((failure, problem)), records=layers.records, screening=scene.make_screening(places), **vars(parts),
        **dict.fromkeys("seats ledger programme water lines siting ranking comparison".split()),
    )  # fmt: skip
    plan = PlanConfig.model_validate(
        {
            "name": "示例县", "name_en": "Example County", "year": 2026, "roads": "roads", "dem": "dem", "groups": "groups",
            "services": [
                {"id": "clinic", "label_zh": "卫生室", "label_en": "clinic", "layers": ["clinics"]},
                {"id": "school", "label_zh": "小学", "label_en": "primary school", "layers": ["schools"]},
                {"id": "water", "label_zh": "饮水", "label_en": "water", "layers": ["water"], "mode": "walk", "trip": "round_trip", "kind": "water"},
            ],
            "hazards": [{"layer": "landslides", "kind": "landslide"}, {"layer": "floods", "kind": "flood"}],
            "access": {"barriers": ["rivers"]},
        }
    )  # fmt: skip
    return MadeUp(result, plan, standards, layers)


@pytest.fixture(scope="session")
def small() -> MadeUp:
    """Six groups (the last without anybody), twelve settlements, hostile names."""
    return make_up()


@pytest.fixture(scope="session")
def large() -> MadeUp:
    """A county of the stated size: 700 groups, 1,500 settlements, 20 items, 4,000 roads."""
    return make_up(columns=28, rows=25, settlements=1500, items=20, roads=4000, cell_m=1600.0)


@dataclass(frozen=True)
class Relocated:
    """A made-up county with everything the relocation room hands on."""

    result: PlanResult
    plan: PlanConfig
    standards: StandardsProfile
    layers: Layers
    parts: RelocationParts


def relocate(made: MadeUp) -> Relocated:
    """Return the county with the scores of its sites and maps of ruled-out ground, and its parts of relocation (see ``relocation_scene.py``)."""
    result = load_scene().add_scores(made.result)
    return Relocated(result, made.plan, made.standards, made.layers, take_parts(result))


@pytest.fixture(scope="session")
def relocated(small) -> Relocated:
    """The small county, relocated."""
    return relocate(small)


@pytest.fixture(scope="session")
def relocated_large(large) -> Relocated:
    """The county of the stated size, relocated."""
    return relocate(large)
