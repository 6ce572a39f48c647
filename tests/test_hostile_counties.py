"""A dozen settlements in a folder, and everything that can be wrong with it: each outcome is right, or one clear error."""

from __future__ import annotations

import html
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
import yaml
from affine import Affine

from geoplan.errors import GeoplanError
from geoplan.io.datum import gcj02_from_wgs84
from geoplan.plan import Plan
from geoplan.report.outputs import write_outputs

CRS = "EPSG:4544"
X0, Y0 = 580_000.0, 3_570_000.0
COUNTY = "990821"


def point(x, y):
    return shapely.Point(X0 + x, Y0 + y)


def make_county(folder: Path) -> dict:
    """Write a level county of 6 × 6 km, one road west to east with a clinic at its end, and twelve settlements 200 m north of it.

    Settlement k stands at x = 500 k; the clinic at x = 6,000 on the concrete village road (20 km/h). So settlement 6 takes 2.4 min to
    the road and 9 min along it: 11.4 min.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = range(12)
    settlements = gpd.GeoDataFrame(
        {
            "settlement_id": [f"{COUNTY}100200001{k:02d}" for k in rows],
            "name": [f"村{k}" for k in rows],
            "group_code": f"{COUNTY}100200001",
            "village_code": f"{COUNTY}100200",
            "township_code": f"{COUNTY}100000",
            "persons": [10.0 * (k + 1) for k in rows],
            "households": [3.0 * (k + 1) for k in rows],
            "farmland_mu": [20.0 for _ in rows],
            "safe_water_share": 1.0,
        },
        geometry=[point(500 * k, 200) for k in rows],
        crs=CRS,
    )
    box = shapely.box(X0 - 1000, Y0 - 3000, X0 + 7000, Y0 + 3000)
    units = {
        "county": (f"{COUNTY}000000", ""),
        "townships": (f"{COUNTY}100000", f"{COUNTY}000000"),
        "villages": (f"{COUNTY}100200", f"{COUNTY}100000"),
        "groups": (f"{COUNTY}100200001", f"{COUNTY}100200"),
    }
    layers = {"settlements": settlements}
    for name, (code, parent) in units.items():
        layers[name] = gpd.GeoDataFrame({"code": [code], "name": ["甲"], "parent_code": [parent]}, geometry=[box], crs=CRS)
    layers["roads"] = gpd.GeoDataFrame(
        {"road_id": ["R1"], "road_class": ["village"], "surface": ["concrete"], "width_m": [4.0]},
        geometry=[shapely.LineString([(X0 - 500, Y0), (X0 + 6500, Y0)])],
        crs=CRS,
    )
    layers["clinics"] = gpd.GeoDataFrame(
        {"facility_id": ["C1"], "name": ["卫生室"], "level": ["village"], "capacity": [2.0]}, geometry=[point(6000, 0)], crs=CRS
    )
    layers["landslides"] = gpd.GeoDataFrame(
        {"hazard_id": ["H1"], "name": ["滑坡"], "radius_m": [100.0], "hazard_class": ["high"]}, geometry=[point(0, 250)], crs=CRS
    )
    layers["survey"] = gpd.GeoDataFrame({"name": ["全县"]}, geometry=[box], crs=CRS)
    for name, frame in layers.items():
        frame.to_file(folder / f"{name}.gpkg", layer=name, driver="GPKG")
    write_dem(folder / "dem.tif", np.full((200, 240), 500.0))
    common = {"datum": "cgcs2000", "vintage": "2026", "licence": "test"}
    catalog = {"version": 1, "layers": {name: {"path": f"{name}.gpkg", **common} for name in layers}}
    catalog["layers"]["dem"] = {"path": "dem.tif", **common}
    plan = {
        "version": 1, "name": "险县", "year": 2026, "crs": CRS, "settlements": "settlements", "county": "county", "townships": "townships",
        "villages": "villages", "groups": "groups", "roads": "roads", "dem": "dem",
        "services": [{"id": "clinic", "label_zh": "卫生室", "label_en": "Clinic", "layers": ["clinics"]}],
        "hazards": [{"layer": "landslides", "kind": "landslide", "survey_area": "survey"}],
        "sites": {"cell_m": 50},
    }  # fmt: skip
    return {"folder": folder, "plan": plan, "catalog": catalog, "layers": layers}


def write_dem(path, values, west=X0 - 3000, north=Y0 + 5000, crs=CRS, cell=50.0):
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype="float32", crs=crs,
        transform=Affine(cell, 0, west, 0, -cell, north), nodata=-9999.0,
    ) as out:  # fmt: skip
        out.write(values.astype("float32"), 1)


@pytest.fixture
def county(tmp_path):
    return make_county(tmp_path / "县 数据")


def save(county):
    folder = county["folder"]
    (folder / "catalog.yaml").write_text(yaml.safe_dump(county["catalog"], allow_unicode=True), "utf-8")
    (folder / "plan.yaml").write_text(yaml.safe_dump(county["plan"], allow_unicode=True), "utf-8")
    return folder / "plan.yaml"


def rewrite(county, name, change):
    """Write a layer again after ``change`` (frame → frame)."""
    frame = change(county["layers"][name].copy())
    path = county["folder"] / f"{name}.gpkg"
    path.unlink()
    frame.to_file(path, layer=name, driver="GPKG")
    county["layers"][name] = frame
    return frame


def run(county):
    path = save(county)
    return Plan.from_yaml(path, cache=county["folder"] / "cache").run()


def write(county, result):
    return write_outputs(result, county["folder"] / "out")


def minutes(result, season="dry"):
    times = result.access.times
    return times[times["season"] == season].set_index("settlement_id")["travel_time_min"].to_numpy()


def check_minutes(found, *, kmh=20.0, atol=1e-6, rows=None):
    """Hold times to pencil: 200 m on foot to the road, then along it to the clinic at x = 6,000.

    Straight to the road takes 2.4 min; whoever walks slantwise towards the clinic saves at best down to 2.4 · √(1 − (5 / kmh)²) (Snell).
    Settlements stand 500 m apart on the same cells, so each is exactly one ride of 500 m nearer than the one before.
    """
    rows = np.arange(12) if rows is None else rows
    ride = np.abs(6000 - 500 * rows) / 1000.0 * 60.0 / kmh
    least = 2.4 * np.sqrt(1.0 - (5.0 / kmh) ** 2)
    assert (found >= least + ride - atol).all()
    assert (found <= 2.4 + ride + atol).all()
    np.testing.assert_allclose(np.diff(found), np.diff(ride), atol=2 * atol)


def test_the_plain_county_is_right(county):
    """Settlement 6: 2.4 + 9 = 11.4 min, a little less slantwise. Settlement 0 lies 50 m from a high landslide of 100 m: 应搬; the others may not be vetoed."""
    result = run(county)
    check_minutes(minutes(result))
    found = result.candidacy.candidacy.set_index("settlement_id")
    assert found["relocation_class"].iloc[0] == "应搬"
    assert (found["veto"].iloc[1:] == "").all()
    write(county, result)


BAD_NAMES = [
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "\"quote' & <b>", "=cmd|' /C calc'!A0", "行\u2028分\u2029隔",
    "长" * 300, "", "  ", "{{7*7}}", "${x}`", "\\u003c", "-->",
]  # fmt: skip


def test_hostile_names_are_text_everywhere(county):
    """No name becomes markup in any page, and every name is in the tables as it was given."""

    def rename(frame):
        frame["name"] = BAD_NAMES
        return frame

    rewrite(county, "settlements", rename)
    rewrite(county, "groups", lambda frame: frame.assign(name=BAD_NAMES[0]))
    out = write(county, run(county))
    for page in out.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<script>alert" not in text, page.name
        assert "<img src=x" not in text, page.name
        assert not any("\u2028" in script for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)), page.name
    names = gpd.read_parquet(out / "settlements.parquet")["name"].tolist()
    assert names[0] == BAD_NAMES[0]
    assert names[5] == BAD_NAMES[5]


FORMULA = "=cmd|'/c calc'!A1"
QUOTES = "\"quotes\" & 'more' <b>"


def test_hostile_names_of_units_facilities_and_the_plan_are_text_in_the_workbook_the_layers_and_the_book(county):
    """Names that are markup, a formula or quotes: cells of text in ledger.xlsx, values in coverage.gpkg, words in county.html; the project parses."""
    markup = "<script>alert(1)</script>"
    county["plan"] |= {"name": f"{FORMULA} {markup}", "name_en": f"{QUOTES} {markup}"}
    for layer, name in (("townships", FORMULA), ("villages", markup), ("groups", QUOTES), ("clinics", FORMULA)):
        rewrite(county, layer, lambda frame, name=name: frame.assign(name=name))
    rewrite(county, "settlements", lambda frame: frame.assign(name=[FORMULA, markup, QUOTES] * 4))
    out = write(county, run(county))

    book = openpyxl.load_workbook(out / "ledger.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert all(cell.value.startswith(("=SUBTOTAL", "=SUM")) for cell in cells if cell.data_type == "f")
    said = {cell.value for cell in cells if cell.data_type == "s"}
    assert {FORMULA, markup, QUOTES} <= said
    links = [cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert not any(link.target for link in links)

    said = set()
    for layer in gpd.list_layers(out / "coverage.gpkg")["name"]:
        frame = gpd.read_file(out / "coverage.gpkg", layer=layer)
        said |= {one for column in frame.columns if frame[column].dtype == object or "str" in str(frame[column].dtype)
                 for one in frame[column] if isinstance(one, str)}  # fmt: skip
    assert {FORMULA, markup, QUOTES} <= said
    with zipfile.ZipFile(out / "coverage.qgz") as packed:
        (project,) = [one for one in packed.namelist() if one.endswith(".qgs")]
        assert ElementTree.fromstring(packed.read(project)).tag == "qgis"

    for page in out.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<script>alert" not in text, page.name
        assert '"quotes" & ' not in re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL), page.name
    assert FORMULA in html.unescape((out / "county.html").read_text("utf-8"))
    for table in out.rglob("*.csv"):
        assert not re.search(r'(^|,)"?=cmd', table.read_text("utf-8-sig"), re.MULTILINE), table.name


@pytest.mark.parametrize("absent", ["county", "groups", "hazards", "villages", "townships"])
def test_optional_layers_may_be_absent(county, absent):
    """Travel times do not depend on outlines or hazards; without hazard layers hazard is unknown and nobody 可留."""
    county["plan"][absent] = [] if absent == "hazards" else None
    result = run(county)
    check_minutes(minutes(result))
    if absent == "hazards":
        assert set(result.exposure.summary["hazard_status"]) == {"no_data"}
        assert "可留" not in set(result.candidacy.candidacy["relocation_class"])
        assert len(result.sites.sites) == 0
    write(county, result)


def test_one_settlement_is_enough(county):
    rewrite(county, "settlements", lambda frame: frame.iloc[[6]])
    result = run(county)
    check_minutes(minutes(result), rows=np.array([6]))
    write(county, result)


@pytest.mark.parametrize(("north_m", "status", "coverage"), [(8000, "ok", "gap"), (14_000, "unsnapped", "unreachable")])
def test_settlements_far_from_everything_are_never_served(county, north_m, status, coverage):
    """8.2 km north of the road people walk 98.4 min and more: a gap. Beyond the elevation model nobody knows the ground: unsnapped, no time."""
    rewrite(county, "settlements", lambda frame: frame.set_geometry(frame.translate(0, north_m)))
    for name in ("county", "townships", "villages", "groups"):
        rewrite(county, name, lambda frame: frame.set_geometry(frame.buffer(15_000, cap_style="square", join_style="mitre")))
    write_dem(county["folder"] / "dem.tif", np.full((400, 240), 500.0), north=Y0 + 12_000)
    result = run(county)
    assert set(result.access.times["status"]) == {status}
    if status == "ok":
        assert (minutes(result) >= 98.4 * np.sqrt(1.0 - 1.0 / 16.0)).all()
    else:
        assert np.isnan(minutes(result)).all()
    gaps = result.coverage.gaps
    assert set(gaps.loc[gaps["item"] == "clinic_30min", "coverage"]) == {coverage}
    write(county, result)


def test_a_service_without_a_facility_is_unknown(county):
    """An empty layer says nothing about where people go: unknown, not covered and not a gap."""
    rewrite(county, "clinics", lambda frame: frame.iloc[:0])
    result = run(county)
    gaps = result.coverage.gaps
    assert set(gaps.loc[gaps["item"] == "clinic_30min", "coverage"]) == {"unknown"}
    write(county, result)


def test_people_not_known_are_never_zero(county):
    rewrite(county, "settlements", lambda frame: frame.assign(persons=np.nan, households=np.nan))
    result = run(county)
    assert result.demand.settlements["persons"].isna().all()
    assert (result.coverage.county["persons_unknown_settlements"] == 12).all()
    write(county, result)


def test_wet_season_only(county):
    """18 km/h on wet concrete: settlement 6 takes 2.4 + 10 min. What asks for the dry season is unknown."""
    county["plan"]["access"] = {"seasons": ["wet"]}
    result = run(county)
    check_minutes(minutes(result, "wet"), kmh=18.0)
    gaps = result.coverage.gaps
    assert set(gaps.loc[gaps["item"] == "clinic_30min", "coverage"]) == {"unknown"}
    write(county, result)


def test_crs_auto_finds_the_zone_of_the_county(county):
    county["plan"]["crs"] = "auto"
    result = run(county)
    assert result.demand.settlements.crs.to_epsg() == 4544
    check_minutes(minutes(result))


def test_codes_that_are_numbers_in_a_csv_stay_whole(county):
    """A 17-digit id as a number in a CSV is read as text, digit by digit."""
    frame = county["layers"]["settlements"]
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(x=frame.geometry.x, y=frame.geometry.y)
    table.to_csv(county["folder"] / "settlements.csv", index=False)
    county["catalog"]["layers"]["settlements"] |= {"path": "settlements.csv", "crs": CRS, "x": "x", "y": "y"}
    result = run(county)
    assert result.demand.settlements["settlement_id"].tolist() == frame["settlement_id"].tolist()
    assert result.demand.settlements["group_code"].tolist() == frame["group_code"].tolist()
    check_minutes(minutes(result), atol=1e-5)


def test_settlements_as_polygons_stand_for_a_point_inside(county):
    rewrite(county, "settlements", lambda frame: frame.set_geometry(frame.buffer(30, cap_style="square")))
    result = run(county)
    check_minutes(minutes(result), atol=1e-3)
    write(county, result)


def test_a_dem_of_half_the_county_never_makes_the_other_half_flat(county):
    """West of X0 + 2,000 there is no ground model: slope is unknown there, and no receiving site lies there."""
    values = np.full((200, 240), 500.0)
    values[:, :100] = -9999.0
    write_dem(county["folder"] / "dem.tif", values)
    result = run(county)
    slope = result.demand.settlements["slope_deg"]
    assert slope.iloc[:4].isna().all()
    assert slope.iloc[6:].eq(0).all()
    sites = result.sites.sites
    assert len(sites)
    assert sites.geometry.bounds["minx"].min() >= X0 + 2000
    write(county, result)


def test_roads_without_a_class_are_timed_at_the_default_and_said_so(county):
    """default_kmh 15: settlement 6 takes 2.4 + 12 min, and the whole length is reported as imputed."""
    rewrite(county, "roads", lambda frame: frame.drop(columns=["road_class", "surface", "width_m"]))
    result = run(county)
    check_minutes(minutes(result), kmh=15.0)
    assert result.access.report.imputed_speed_length_m == pytest.approx(7000)
    assert any("CLASS" in one.code or "SPEED" in one.code for one in result.checks.problems)


def test_layers_in_three_crs_meet(county):
    """Settlements in WGS 84 degrees, roads in CGCS2000 degrees, clinics in UTM: the same times to a second."""
    for name, crs, datum in (("settlements", 4326, "wgs84"), ("roads", 4490, "cgcs2000"), ("clinics", 32648, "wgs84")):
        rewrite(county, name, lambda frame, crs=crs: frame.to_crs(crs))
        county["catalog"]["layers"][name]["datum"] = datum
    result = run(county)
    check_minutes(minutes(result), atol=0.02)


PERSONAL = {"户主": "王秘密", "身份证号": "510821199001011234", "电话": "13800009999"}


def leaks(out, words):
    """Return the files that hold one of ``words`` in UTF-8, GBK, or as JSON escapes."""
    found = []
    for path in out.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            forms = [form for word in words for form in (word.encode(), word.encode("gbk"), ascii(word)[1:-1].encode())]
            found += [path.name for form in forms if form in data]
    return found


def test_personal_columns_never_leave_unless_both_documents_say_so(county):
    """Present in the file: in no byte of the output. Kept by the catalogue: still not. Listed by the plan too: it leaves."""
    rewrite(county, "settlements", lambda frame: frame.assign(**PERSONAL))
    assert leaks(write(county, run(county)), PERSONAL.values()) == []
    county["catalog"]["layers"]["settlements"]["keep"] = list(PERSONAL)
    assert leaks(write(county, run(county)), PERSONAL.values()) == []
    county["plan"]["output"] = {"personal_columns": ["户主"]}
    out = write(county, run(county))
    assert leaks(out, ["王秘密"])
    assert leaks(out, ["510821199001011234", "13800009999"]) == []
    assert set(gpd.read_parquet(out / "settlements.parquet")["户主"]) == {"王秘密"}


def with_clinics_in_gcj02(county, label):
    """Give the county two crossing roads and 40 clinics 20 m beside them, their coordinates shifted by the 偏移 of Chinese web maps."""
    rewrite(county, "roads", lambda frame: pd.concat([frame, frame.assign(road_id="R2", geometry=[shapely.LineString(
        [(X0 + 3000, Y0 - 2900), (X0 + 3000, Y0 + 2900)])])], ignore_index=True))  # fmt: skip
    places = [point(-300 + 300 * k, 20) for k in range(20)] + [point(3020, -2800 + 280 * k) for k in range(20)]
    frame = gpd.GeoDataFrame(
        {"facility_id": [f"C{k}" for k in range(40)], "name": "卫生室", "level": "village", "capacity": 2.0},
        geometry=places,
        crs=CRS,
    )
    degrees = frame.to_crs(4326)
    shifted = gcj02_from_wgs84(np.column_stack([degrees.geometry.x, degrees.geometry.y]))
    moved = frame.set_geometry(gpd.points_from_xy(*shifted.T, crs=4326))
    rewrite(county, "clinics", lambda _: moved)
    county["catalog"]["layers"]["clinics"]["datum"] = label
    return frame


def test_facilities_labelled_gcj02_come_back_to_their_roads(county):
    """Converted, each clinic stands where it was made, to half a metre."""
    frame = with_clinics_in_gcj02(county, "gcj02")
    result = run(county)
    found = result.access.facilities.set_index("facility_id").geometry.reindex(frame["facility_id"])
    assert found.distance(gpd.GeoSeries(frame.geometry.to_numpy(), index=found.index, crs=CRS)).max() < 0.5


def test_facilities_in_gcj02_labelled_wgs84_stop_the_run_and_say_why(county):
    """Half a kilometre off: a time from there would look right and be wrong."""
    with_clinics_in_gcj02(county, "wgs84")
    with pytest.raises(GeoplanError, match=r"DATUM-OFFSET\] clinics.*GCJ-02") as error:
        run(county)
    assert error.value.exit_code == 3


def start(plan, out, cache):
    words = [
        sys.executable,
        "-c",
        "from geoplan.cli import main; main()",
        "run",
        str(plan),
        "--out",
        str(out),
        "--cache",
        str(cache),
    ]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"})


def is_whole(out):
    files = json.loads((out / "manifest.json").read_text("utf-8"))["files"]
    return all((out / name).stat().st_size == size for name, size in files.items())


@pytest.mark.slow
def test_a_run_killed_while_it_writes_leaves_the_old_folder_whole(county):
    out = write(county, run(county))
    before = (out / "manifest.json").read_bytes()
    county["plan"]["year"] = 2027
    going = start(save(county), out, county["folder"] / "cache")
    until = time.monotonic() + 60
    while going.poll() is None and time.monotonic() < until and not list(out.parent.glob(".out*partial*")):
        time.sleep(0.01)
    was_writing = going.poll() is None
    going.send_signal(signal.SIGKILL)
    going.communicate()
    assert was_writing
    assert (out / "manifest.json").read_bytes() == before
    assert is_whole(out)
    write(county, run(county))
    assert is_whole(out)
    assert (out / "manifest.json").read_bytes() != before


@pytest.mark.slow
def test_two_runs_at_once_share_a_cache(county):
    """Both end well with the same tables."""
    plan = save(county)
    outs = [county["folder"] / name for name in ("one", "two")]
    going = [start(plan, out, county["folder"] / "cache") for out in outs]
    for one in going:
        _, said = one.communicate(timeout=120)
        assert one.returncode == 0, said.decode()
    tables = [(out / "settlements.parquet").read_bytes() for out in outs]
    assert tables[0] == tables[1]


def settlements_as(**columns):
    return "settlements", lambda frame: frame.assign(**columns)


REFUSED = {
    "no settlement": (("settlements", lambda frame: frame.iloc[:0]), "SETTLEMENTS-EMPTY"),
    "no road": (("roads", lambda frame: frame.iloc[:0]), "ROADS-EMPTY"),
    "one id for all": (settlements_as(settlement_id="1"), "ID-DUPLICATE"),
    "people below zero": (settlements_as(persons=-5.0), "PERSONS-NEGATIVE"),
    "per cent for shares": (settlements_as(safe_water_share=100.0), "SHARE-RANGE"),
    "a hazard without reach": (("landslides", lambda frame: frame.drop(columns="radius_m")), "HAZARD-RADIUS"),
    "a hazard without class": (("landslides", lambda frame: frame.drop(columns="hazard_class")), "HAZARD-CLASS"),
    "a class in other words": (("roads", lambda frame: frame.assign(road_class="四级公路")), "ROAD-VALUE"),
    "the next zone": (("clinics", lambda frame: frame.set_crs(4545, allow_override=True)), "LAYER-ELSEWHERE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_make_numbers_wrong_stops_the_run_with_its_code(county, case):
    (name, change), code = REFUSED[case]
    rewrite(county, name, change)
    with pytest.raises(GeoplanError, match=code) as error:
        run(county)
    assert error.value.exit_code == 3


@pytest.mark.parametrize("change", [{"services": []}, {"access": {"seasons": []}}, {"colour": "x"}], ids=str)
def test_a_plan_without_services_or_seasons_is_refused_before_anything_is_read(county, change):
    """Exit code 2: the plan file is wrong, not the data."""
    county["plan"] |= change
    with pytest.raises(GeoplanError, match="PLAN-INVALID") as error:
        run(county)
    assert error.value.exit_code == 2
