"""Ways on the map: what is dashed and what is solid, each page its own, safe and offline."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.report import route_map
from geoplan.report.encoding import SCALE, page_name
from geoplan.report.layers import describe_water
from geoplan.report.offline import assert_offline
from geoplan.report.pages import write_group_pages
from geoplan.report.route_page import crop_grid
from geoplan.report.routes import LOOKS, choose_services, draw_stretches, encode_routes, page_routes

CRS = "EPSG:4544"


def walk_in(xy, *kinds, settlement="a", service="clinic", way="there", minutes=5.0):
    """Return legs of the kinds named along consecutive points."""
    rows = [
        {
            "settlement_id": settlement, "service": service, "season": "dry", "status": "ok", "facility_id": "k1", "way": way,
            "leg": k + 1, "kind": kind, "leg_min": minutes, "geometry": shapely.LineString(xy[k : k + 2]),
        }
        for k, kind in enumerate(kinds)
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)


def join(*tables):
    frame = gpd.pd.concat(tables, ignore_index=True)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS)


ALONG = [(570_000.0 + 500 * k, 3_560_000.0) for k in range(7)]


def decode(flat):
    return np.cumsum(np.array(flat).reshape(-1, 2), axis=0) / SCALE


def test_legs_that_look_alike_are_one_stretch_and_stretches_meet():
    """Off the road, path, two roads, ferry, off the road: on foot, by vehicle, ferry, on foot."""
    legs = walk_in(ALONG, "off_road", "on_foot", "ride", "ride", "ferry", "off_road")
    drawn = draw_stretches(legs, simplify_m=1.0)
    assert drawn["look"].tolist() == [0, 1, 2, 0]
    lines = [decode(one) for one in drawn["line"]]
    assert all((a[-1] == b[0]).all() for a, b in pairwise(lines))
    ends = gpd.GeoSeries(shapely.points([ALONG[0], ALONG[-1]]), crs=CRS).to_crs(4326)
    assert [*lines[0][0], *lines[-1][-1]] == pytest.approx([ends[0].x, ends[0].y, ends[1].x, ends[1].y], abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.sampled_from(sorted(LOOKS)), min_size=1, max_size=6), min_size=1, max_size=4))
def test_no_stretch_is_lost_and_neighbours_look_different(ways):
    legs = join(*(walk_in(ALONG, *kinds, settlement=f"s{k}") for k, kinds in enumerate(ways)))
    drawn = draw_stretches(legs, simplify_m=0.0)
    for k, kinds in enumerate(ways):
        looks = [LOOKS[kind] for kind in kinds]
        expected = [look for n, look in enumerate(looks) if n == 0 or looks[n - 1] != look]
        assert drawn.loc[drawn["settlement_id"] == f"s{k}", "look"].tolist() == expected


def test_a_way_says_its_minutes_those_on_foot_and_where_to():
    """Three legs of 5 min, two on foot: 15 min, 10 on foot. A round trip's minutes are of both ways, and its line of the way there."""
    one_way = walk_in(ALONG, "off_road", "ride", "on_foot")
    there, back = (walk_in(ALONG, "off_road", settlement="b", service="water", way=way) for way in ("there", "back"))
    book = encode_routes(join(one_way, there, back), names={"k1": "<卫生院>"}, simplify_m=1.0, season="dry")
    assert json.loads(book.encoded["a"]["clinic"])[:3] == [15.0, 10.0, "<卫生院>"]
    minutes, foot, _, lines = json.loads(book.encoded["b"]["water"])
    assert (minutes, foot, len(lines)) == (10.0, 10.0, 1)
    assert "<" not in book.encoded["a"]["clinic"]


def test_settlements_without_a_way_have_none():
    legs = walk_in(ALONG, "off_road").assign(status="unreachable", geometry=None)
    book = encode_routes(legs, names={}, simplify_m=1.0, season="wet")
    assert (book.services, book.season, dict(book.encoded)) == (("clinic",), "wet", {})


def test_each_page_draws_the_ways_of_its_own_settlements(small, tmp_path):
    frame = small.result.demand.settlements
    service = choose_services(small.plan)[0]
    homes = frame.geometry.centroid
    ways = [
        walk_in([(p.x, p.y), (p.x + 300, p.y), (p.x + 900, p.y + 100)], "off_road", "ride", settlement=code, service=service)
        for code, p in zip(frame["settlement_id"][:6], homes[:6], strict=True)
    ]
    book = encode_routes(join(*ways), names={"k1": "</script><script>window.PWNED=3</script>"}, simplify_m=1.0, season="dry")
    write_group_pages(
        small.result, plan=small.plan, standards=small.standards, layers=small.layers, folder=tmp_path, language="zh", routes=book
    )  # fmt: skip
    ids = frame["settlement_id"].astype(str).tolist()
    seen = []
    for code in frame["group_code"].unique():
        html = (tmp_path / page_name(code)).read_text(encoding="utf-8")
        assert_offline(html)
        found = re.search(r"window\.GEOPLAN_ROUTES=(.*);</script>", html)
        own = [ids[place] for place, _, _ in json.loads(found[1])["ways"]] if found else []
        assert set(own) <= set(frame.loc[frame["group_code"] == code, "settlement_id"])
        assert ("gp-way" in html) == bool(own)
        seen += own
    assert sorted(seen) == sorted(ids[:6])


def test_pages_without_ways_are_as_they_were(small, tmp_path):
    write_group_pages(small.result, plan=small.plan, standards=small.standards, layers=small.layers, folder=tmp_path)
    pages = [path for path in tmp_path.glob("*.html") if path.name != "index.html"]
    assert pages
    assert not any("gp-way" in path.read_text(encoding="utf-8") for path in pages)
    assert (
        page_routes(encode_routes(walk_in(ALONG, "ride"), names={}, simplify_m=1.0, season="dry"), small.plan, [(0, "other")])
        == ""
    )


@pytest.mark.browser
def test_a_browser_draws_dashed_walks_and_solid_rides(small, chromium, tmp_path):
    """One settlement, one way: a white casing and a coloured line for each of its two stretches, the first dashed."""
    frame = small.result.demand.settlements
    p, service = frame.geometry.iloc[0], choose_services(small.plan)[0]
    legs = walk_in(
        [(p.x, p.y), (p.x + 300, p.y), (p.x + 900, p.y)],
        "off_road",
        "ride",
        settlement=frame["settlement_id"].iloc[0],
        service=service,
    )
    book = encode_routes(legs, names={}, simplify_m=1.0, season="dry")
    write_group_pages(
        small.result, plan=small.plan, standards=small.standards, layers=small.layers, folder=tmp_path, language="zh", routes=book
    )  # fmt: skip
    page = tmp_path / page_name(frame["group_code"].iloc[0])
    flags = f"--headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir={tmp_path / 'profile'} --virtual-time-budget=4000 --dump-dom"
    done = subprocess.run(
        [chromium, *flags.split(), page.as_uri()], capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
    )
    pane = re.search(r'leaflet-gp-routes-pane".*?</svg>', done.stdout, re.DOTALL)
    assert pane, done.stdout[:2000]
    lines = re.findall(r"<path[^>]*>", pane[0])
    assert [("stroke-dasharray" in one) for one in lines] == [True, False]
    assert ">旱季<" in done.stdout
    assert re.search(r'id="gp-way-key">.*步行.*乘车', done.stdout, re.DOTALL)


def test_the_notebook_map_tells_and_draws_one_way_offline(demo_result):
    times = demo_result.access.times
    own = times[(times["service"] == "hospital") & (times["season"] == "wet") & (times["status"] == "ok")]
    code = own.loc[own["travel_time_min"].idxmax(), "settlement_id"]
    html = route_map(demo_result, code, "hospital", season="wet", language="en").get_root().render()
    assert_offline(html)
    assert len(html) < 1_500_000
    assert f"{own['travel_time_min'].max():.1f} min" in html
    data = json.loads(re.search(r'id="gp-data" type="application/json">(.*?)</script>', html, re.DOTALL)[1])
    assert data["season"] == "wet"
    assert data["ways"][0][0] == pytest.approx(own["travel_time_min"].max(), abs=0.05)
    assert len(data["homes"]) == len(data["targets"]) == 1


def test_a_settlement_without_a_way_is_still_on_its_map(demo_result):
    times = demo_result.access.times
    lost = times[(times["status"] == "unreachable")]
    if lost.empty:
        pytest.skip("everyone reaches everything in this county")
    row = lost.iloc[0]
    html = route_map(demo_result, row["settlement_id"], row["service"], season=row["season"]).get_root().render()
    assert "无法到达" in html
    assert '"ways":[]' in html


def test_cliffs_are_no_rivers(small):
    """A river, a cliff line and a fenced area: one blue line, two dark ones."""
    walls = gpd.GeoDataFrame(
        {"barrier_kind": ["river", "cliff", "fence"]},
        geometry=[
            shapely.LineString(ALONG[:2]),
            shapely.LineString(ALONG[2:4]),
            shapely.box(570_000, 3_560_000, 571_000, 3_561_000),
        ],
        crs=CRS,
    )
    access = small.plan.access.model_copy(update={"barriers": ["walls"]})
    layers = type(small.layers)(small.layers.crs, {"walls": walls}, {}, ())
    found = describe_water(layers, small.plan.model_copy(update={"access": access}))
    assert [len(found[one]) for one in ("lines", "areas", "walls")] == [1, 0, 2]


def test_a_grid_is_cropped_to_the_cells_that_touch(small):
    dem = small.layers.rasters[small.plan.dem]
    west, south, east, north = dem.bounds
    cut = crop_grid(dem, (west + 0.3 * (east - west), south, east, north - 0.5 * (north - south)))
    rows, cols = cut.shape
    assert (dem.values[-rows:, -cols:] == cut.values).all()
    assert cut.bounds[2] == pytest.approx(east)
    assert cut.bounds[1] == pytest.approx(south)
    assert crop_grid(dem, (east + 1e6, south, east + 2e6, north)) is dem
