"""Compute the demonstration county a second time, with plain tools and none of geoplan's science, and hold the two together.

Layers are read with geopandas and rasterio, profiles as plain dictionaries. Where the two differ by more than a stated tolerance, one of
them is wrong.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import shapely
import yaml
from affine import Affine

SEED = 20260101
INDEX = {"none": 0.0, "low": 0.25, "medium": 0.5, "high": 0.75, "extreme": 1.0}


@pytest.fixture(scope="module")
def plain():
    """The helper beside this file."""
    spec = importlib.util.spec_from_file_location("oracle_plain", Path(__file__).with_name("plain.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle_plain"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(root):
    return root / "layers" / "demo"


@pytest.fixture(scope="module")
def plan(folder):
    return yaml.safe_load((folder / "county.yaml").read_text("utf-8"))


def preset(root, name):
    return yaml.safe_load((root / "geoplan" / "presets" / f"{name}.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def layer(plain, folder):
    return lambda name: plain.read_layer(folder, name)


@pytest.fixture(scope="module")
def settlements(layer):
    return layer("settlements").set_index("settlement_id")


@pytest.fixture(scope="module")
def county(plain, folder, plan, root):
    return plain.County.read(folder, plan, preset(root, plan["access"]["speeds"]), preset(root, plan["access"]["walking"]))


def supply(frame, *levels):
    frame = frame[frame["level"].isin(levels)] if levels else frame
    return np.column_stack([frame.geometry.x, frame.geometry.y])


def found_minutes(demo_result, service, season):
    times = demo_result.access.times
    return times[(times["service"] == service) & (times["season"] == season)].set_index("settlement_id")["travel_time_min"]


@pytest.mark.slow
@pytest.mark.parametrize("season", ["dry", "wet"])
def test_travel_times_are_those_of_scipy_over_the_explicit_graph(demo_result, county, settlements, layer, season):
    """All 1,500 settlements: who is cut off agrees exactly; half of the minutes within six seconds, 99 in 100 within one, all within three."""
    places = np.column_stack([settlements.geometry.x, settlements.geometry.y])
    own = county.solve("ride", season, places, supply(layer("clinics"), "village", "township"))
    found = found_minutes(demo_result, "clinic", season).reindex(settlements.index).to_numpy()
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(own))
    reached = np.isfinite(own)
    assert reached.sum() > 1400
    apart = np.abs(found - own)[reached]
    assert np.median(apart) < 0.1
    assert np.percentile(apart, 99.0) < 1.0
    assert apart.max() < 3.0


def test_exposure_of_every_settlement_is_what_shapely_says(demo_result, plan, settlements, layer):
    """Worst class among the zones that hold the place or touch a house of it; none where both are surveyed; unknown otherwise."""
    houses = layer("homesteads")
    home = settlements.index.get_indexer(houses["settlement_id"])
    assert (home >= 0).all()
    surveyed = layer("hazard_survey").union_all()
    exposure = demo_result.exposure.exposure
    for hazard in plan["hazards"]:
        zones = layer(hazard["layer"])
        reach = zones["radius_m"] if "radius_m" in zones else zones.get("setback_m", pd.Series(0.0, index=zones.index))
        points = settlements.geometry.to_numpy()
        inside = shapely.distance(points[:, None], zones.geometry.to_numpy()[None, :]) <= reach.to_numpy()
        index = zones["hazard_class"].map(INDEX).to_numpy()
        worst = np.where(inside, index, -1.0).max(axis=1)
        touched = shapely.distance(houses.geometry.to_numpy()[:, None], zones.geometry.to_numpy()[None, :]) <= reach.to_numpy()
        np.maximum.at(worst, home, np.where(touched, index, -1.0).max(axis=1))
        named = {index: name for name, index in INDEX.items()}
        looked_at = shapely.covers(surveyed, points)
        np.logical_and.at(looked_at, home, shapely.covers(surveyed, houses.geometry.to_numpy()))
        outside = np.where(looked_at, "none", "")
        expected = {one: named.get(w, o) for one, w, o in zip(settlements.index, worst, outside, strict=True)}
        found = exposure[exposure["hazard_kind"] == hazard["kind"]].set_index("settlement_id")["hazard_class"]
        assert found.reindex(list(expected)).to_dict() == expected, hazard["layer"]


def points_of(value, status, indicator):
    """Return points of one raw value: linear between anchors, flat beyond; out of reach has its own; else unknown."""
    if status in ("unreachable", "unsnapped"):
        worst = indicator.get("unreachable_points", 1.0)
        return math.nan if worst is None else worst
    if status != "ok":
        return math.nan
    anchors = indicator["anchors"]
    if value <= anchors[0][0]:
        return anchors[0][1]
    for (x0, v0), (x1, v1) in itertools.pairwise(anchors):
        if value <= x1:
            return v0 + (v1 - v0) * (value - x0) / (x1 - x0)
    return anchors[-1][1]


def raw_values(demo_result, settlements):
    """Return {indicator: (values, states)} of every settlement from the tables of the other rooms and the layer itself."""
    times, road = demo_result.access.times, demo_result.access.road.set_index("settlement_id").reindex(settlements.index)
    summary = demo_result.exposure.summary.set_index("settlement_id").reindex(settlements.index)
    slope = demo_result.demand.settlements.set_index("settlement_id")["slope_deg"].reindex(settlements.index)
    x, y = settlements.geometry.x.to_numpy(), settlements.geometry.y.to_numpy()
    near = np.hypot(x[:, None] - x, y[:, None] - y) <= 1000.0
    ok = pd.Series("ok", index=settlements.index)
    raw = {
        "hazard_index": (summary["hazard_index"], summary["hazard_status"]),
        "slope_deg": (slope, ok),
        "farmland_mu_per_person": (settlements["farmland_mu"] / settlements["persons"], ok),
        "persons_within_1km": (pd.Series(near @ settlements["persons"].to_numpy(float), index=settlements.index), ok),
        "road_min": (road["all_weather_min"], road["all_weather_status"]),
    }
    for name, service in {
        "seat_min": "seat",
        "clinic_min": "clinic",
        "primary_school_min": "primary_school",
        "water_round_min": "water",
    }.items():
        rows = (
            times[(times["service"] == service) & (times["season"] == "dry")]
            .set_index("settlement_id")
            .reindex(settlements.index)
        )
        raw[name] = (rows["travel_time_min"], rows["status"])
    return raw


def test_candidacy_of_every_settlement_follows_from_the_raw_values_and_the_profile(demo_result, plan, settlements, root):
    """Score = Σ w·p / Σ w over what is known; vetoes first, then evidence, then the two lines, then hazard known."""
    profile = preset(root, plan["relocation"])
    raw = raw_values(demo_result, settlements)
    assert {one["id"] for one in profile["indicators"]} == set(raw)
    exposure = demo_result.exposure.exposure
    vetoed = set()
    for veto in profile["vetoes"]:
        hit = exposure["hazard_kind"].isin(veto["hazard_kinds"]) & exposure["hazard_class"].isin(veto["hazard_classes"])
        vetoed |= set(exposure.loc[hit, "settlement_id"])
    total = sum(one["weight"] for one in profile["indicators"])
    found = demo_result.candidacy.candidacy.set_index("settlement_id")
    for one in settlements.index:
        parts = [(i["weight"] / total, points_of(raw[i["id"]][0][one], raw[i["id"]][1][one], i)) for i in profile["indicators"]]
        share = sum(w for w, p in parts if not math.isnan(p))
        score = sum(w * p for w, p in parts if not math.isnan(p)) / share
        if one in vetoed:
            expected = "应搬"
        elif share < profile["min_evidence_share"] - 1e-9:
            expected = "证据不足"
        elif score >= profile["must_score"]:
            expected = "应搬"
        elif score >= profile["suggest_score"]:
            expected = "建议搬"
        else:
            expected = "可留" if raw["hazard_index"][1][one] == "ok" else "证据不足"
        assert found.loc[one, "candidacy_score"] == pytest.approx(score, abs=1e-9)
        assert found.loc[one, "relocation_class"] == expected, one


YES = {"是": 1.0, "否": 0.0, True: 1.0, False: 0.0, "true": 1.0, "false": 0.0}


def count_ages(profile, item, settlements):
    """Return the people an item is for: everybody, those counted, or the stated share of everybody."""
    people = settlements["persons"].astype(float)
    if item.get("age_group") is None:
        return people
    group = next(one for one in profile["age_groups"] if one["id"] == item["age_group"])
    return settlements[group["column"]].astype(float).fillna(people * group["share_of_persons"])


def facts(places, column):
    """Return a column of facilities as numbers, yes 1 and no 0, NaN where it is absent or empty."""
    if column not in places:
        return pd.Series(np.nan, index=places.index)
    return pd.to_numeric(places[column].map(lambda one: YES.get(one, one)), errors="coerce")


def find_units(places, item, layer):
    """Return the unit code of each facility: its own, or that of the polygon it stands in (bus stops carry no codes)."""
    column = f"{item['level']}_code"
    if column in places:
        return places[column]
    units = layer(f"{item['level']}s")
    points = places.to_crs(units.crs).geometry
    found = [
        next((code for code, shape in zip(units["code"], units.geometry, strict=True) if shape.intersects(one)), "")
        for one in points
    ]
    return pd.Series(found, index=places.index)


def state_in_unit(item, places, asked, settlements, layer):
    """Return the state of every settlement for a thing its unit must have: enough facilities, or enough of something for its people."""
    unit, own = find_units(places, item, layer), settlements[f"{item['level']}_code"]
    state = {}
    for code in own.unique():
        here = places[unit == code]
        if item["measure"] == "ratio":
            amount, people = facts(here, item["amount"]), asked[own == code].sum()
            known = item["per_persons"] * amount.sum() / people
            state[code] = "covered" if known >= item["threshold"] else "unknown" if amount.isna().any() else "gap"
            continue
        meets, fails = pd.Series(True, index=here.index), pd.Series(False, index=here.index)
        for column, least in item.get("require", {}).items():
            meets, fails = meets & (facts(here, column) >= least), fails | (facts(here, column) < least)
        state[code] = (
            "covered" if meets.sum() >= item["threshold"] else "unknown" if (~fails).sum() >= item["threshold"] else "gap"
        )
    return own.map(state)


def states_of(demo_result, item, settlements, layer, plan, surfaces, asked):
    """Return (state, share of the people asked for who are short) of every settlement for one standard item."""
    ids = settlements.index
    service = next((one for one in plan["services"] if one["id"] == item.get("service")), None)
    if item.get("service") is not None and service is None:
        return pd.Series("unknown", index=ids), pd.Series(np.nan, index=ids)
    status, met, lacking = pd.Series("ok", index=ids), None, 1.0
    if item["measure"] == "travel_time":
        assert item.get("mode", service.get("mode", "ride")) == service.get("mode", "ride")
        assert item.get("walker", service.get("walker", "adult")) == service.get("walker", "adult")
        times = demo_result.access.times
        rows = times[(times["service"] == item["service"]) & (times["season"] == item.get("season", "dry"))]
        rows = rows.set_index("settlement_id").reindex(ids)
        met, status = rows["travel_time_min"] <= item["threshold"], rows["status"]
    elif item["measure"] == "road_access":
        rows = demo_result.access.road.set_index("settlement_id").reindex(ids)
        if item.get("surfaces"):
            assert set(item["surfaces"]) == set(surfaces)
        value, status = (
            (rows["all_weather_m"], rows["all_weather_status"]) if item.get("surfaces") else (rows["off_road_m"], rows["status"])
        )
        met = value <= item["threshold"]
    elif item["measure"] in ("attribute", "quantity"):
        if item["column"] not in settlements:
            return pd.Series("unknown", index=ids), pd.Series(np.nan, index=ids)
        value = settlements[item["column"]]
        status, met = status.where(value.notna(), "no_data"), value >= item["threshold"]
        lacking = 1.0 - value if item["measure"] == "attribute" and item["threshold"] >= 1 else 1.0
    elif item["measure"] == "seat":
        rows = demo_result.seats.settlements
        rows = rows[rows["item"] == item["id"]].set_index("settlement_id").reindex(ids)
        found = (rows["seated_persons"] + rows["boarding_persons"]) / rows["demand_persons"]
        found = found.where(rows["demand_persons"] > 0, 1.0)
        status, met, lacking = rows["status"], found >= item["threshold"] - 1e-12, 1.0 - found
    else:
        places = pd.concat([layer(name) for name in service["layers"]], ignore_index=True)
        for levels in (service.get("levels"), item.get("levels")):
            places = places[places["level"].isin(levels)] if levels else places
        if item["measure"] == "radius":
            away = np.hypot(
                *(
                    np.subtract.outer(getattr(settlements.geometry, a).to_numpy(), getattr(places.geometry, a).to_numpy())
                    for a in "xy"
                )
            )
            own = facts(places, "radius_m").fillna(item["threshold"]).to_numpy()
            met = pd.Series((away <= own).any(axis=1), index=ids)
        else:
            state = state_in_unit(item, places, asked, settlements, layer)
            return state, pd.Series(np.select([state == "covered", state == "gap"], [0.0, 1.0], np.nan), index=ids)
    verdict = np.where(met, "covered", "gap")
    state = pd.Series(np.select([status == "ok", status == "no_data"], [verdict, "unknown"], "unreachable"), index=ids)
    short = np.select([state == "covered", state == "gap", state == "unreachable"], [0.0, lacking, 1.0], np.nan)
    return state, pd.Series(short, index=ids)


def test_coverage_and_its_people_follow_from_times_and_attributes(demo_result, plan, settlements, layer, root):
    """Every item: the same state per settlement, the same people per township and county, and the four states add up to those asked for."""
    speeds = preset(root, plan["access"]["speeds"])
    coverage, profile = demo_result.coverage, preset(root, plan["standards"])
    for item in profile["items"]:
        asked = count_ages(profile, item, settlements)
        state, short = states_of(demo_result, item, settlements, layer, plan, speeds["all_weather_surfaces"], asked)
        rows = coverage.gaps[coverage.gaps["item"] == item["id"]].set_index("settlement_id").reindex(settlements.index)
        assert rows["coverage"].to_dict() == state.to_dict(), item["id"]
        lack, unknown = (asked * short).fillna(0.0), asked.where(state == "unknown", 0.0)
        parts = pd.DataFrame({
            "gap_persons": lack.where(state == "gap", 0.0), "unreachable_persons": asked.where(state == "unreachable", 0.0),
            "unknown_persons": unknown, "persons": asked,
        })  # fmt: skip
        parts["covered_persons"] = asked - parts["gap_persons"] - parts["unreachable_persons"] - unknown
        for table, sums in (
            (coverage.townships, parts.groupby(settlements["township_code"]).sum()),
            (coverage.county, parts.groupby(lambda _: coverage.county["code"].iloc[0]).sum()),
        ):
            got = table[table["item"] == item["id"]].set_index("code")[list(parts)]
            pd.testing.assert_frame_equal(
                got.sort_index(), sums.sort_index(), check_names=False, check_dtype=False, check_index_type=False
            )


def horn_deg(plain, folder):
    """Return the DEM with its slope by Horn (1981), degrees, NaN on the outermost cells."""
    dem = plain.Heights.read(folder / "dem.tif")
    z, cell = dem.values, dem.cell
    east, west = z[:-2, 2:] + 2 * z[1:-1, 2:] + z[2:, 2:], z[:-2, :-2] + 2 * z[1:-1, :-2] + z[2:, :-2]
    south, north = z[2:, :-2] + 2 * z[2:, 1:-1] + z[2:, 2:], z[:-2, :-2] + 2 * z[:-2, 1:-1] + z[:-2, 2:]
    slope = np.full(z.shape, np.nan)
    slope[1:-1, 1:-1] = np.degrees(np.arctan(np.hypot((east - west) / (8 * cell), (south - north) / (8 * cell))))
    return dem, slope


def test_candidate_patches_hold_what_they_promise(demo_result, plain, plan, folder, layer, root):
    """Twenty patches: area, ground for ⌊A/90⌋ people and households, no more held than that, no ground that is excluded, and no cell steeper than the limit."""
    sites = demo_result.sites.sites
    patches = sites[sites["kind"] == "patch"].sample(20, random_state=SEED)
    profile = preset(root, plan["relocation"])
    dem, slope = horn_deg(plain, folder)
    transform = Affine(dem.cell, 0, dem.west, 0, -dem.cell, dem.north)
    forbidden = {name: layer(name).geometry.tolist() for name in [*plan["sites"]["exclusions"], *plan["access"]["barriers"]]}
    for hazard in plan["hazards"]:
        zones = layer(hazard["layer"])
        reach = zones["radius_m"] if "radius_m" in zones else zones.get("setback_m", pd.Series(0.0, index=zones.index))
        forbidden[hazard["layer"]] = zones.buffer(reach + plan["sites"]["hazard_margin_m"], quad_segs=32).tolist()
    county, surveyed = layer("county").union_all(), layer("hazard_survey").union_all()
    for patch in patches.itertuples():
        shape = patch.geometry
        assert shape.area == pytest.approx(patch.area_m2)
        assert shape.area >= plan["sites"]["min_area_m2"]
        assert patch.ground_persons == math.floor(shape.area / profile["site_m2_per_person"] + 1e-9)
        assert patch.ground_households == math.floor(patch.ground_persons / plan["people_per_household"] + 1e-9)
        assert patch.capacity_persons <= patch.ground_persons
        for name, shapes in forbidden.items():
            overlap = max(shapely.area(shapely.intersection(shape, np.array(shapes))))
            assert overlap == pytest.approx(0.0, abs=1e-3), (name, patch.site_id)
        assert surveyed.covers(shape)
        assert shape.intersection(county).area > 0.7 * shape.area
        inside = rasterio.features.geometry_mask([shape], slope.shape, transform, invert=True)
        assert inside.sum() * dem.cell**2 == pytest.approx(shape.area)
        assert slope[inside].max() <= plan["sites"]["slope_max_deg"] + 1e-3
        assert slope[inside].mean() == pytest.approx(patch.slope_deg, abs=1e-3)


def test_patches_do_not_overlap_one_another(demo_result):
    sites = demo_result.sites.sites
    shapes = sites.loc[sites["kind"] == "patch"].geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    assert shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])).sum() == pytest.approx(0.0, abs=1e-6)
