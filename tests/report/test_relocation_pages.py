"""The files of relocation as they leave: offline, safe text, the tables' numbers, links that lead somewhere, small and the same twice."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import Point, box

from geoplan.contracts.config import HazardConfig
from geoplan.contracts.results import Layers
from geoplan.errors import ConfigError
from geoplan.report.group_relocation import print_group_plans
from geoplan.report.offline import assert_offline
from geoplan.report.pages import write_group_pages
from geoplan.report.payload import gather
from geoplan.report.relocation_page import relocation_map
from geoplan.report.relocation_parts import RelocationParts
from geoplan.report.relocation_payload import gather_relocation
from geoplan.report.relocation_words import format_yuan
from geoplan.report.site_hazards import measure_hazards
from geoplan.report.site_pages import write_site_pages
from geoplan.report.site_rows import cost_rows, list_ceilings, safety_words, score_rows

HOSTILE = "<script>window.PWNED=4</script>\"'& {{ 7*7 }} </td></table>"


class _Page(HTMLParser):
    """Collect tags, text and links of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags, self.links, self.text, self.inside = [], [], "", False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = tag in ("script", "style")
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        self.text += "" if self.inside else data


def _map(made, **options) -> str:
    drawn = relocation_map(made.result, parts=made.parts, plan=made.plan, standards=made.standards, layers=made.layers, **options)
    return drawn.get_root().render()


def _sites(made, folder, **options) -> list[str]:
    return write_site_pages(
        made.result, parts=made.parts, plan=made.plan, standards=made.standards, layers=made.layers, folder=folder, **options
    )


def hostile(made):
    """Return the county with hostile text in every word that comes from data."""
    parts = made.parts
    allocation = replace(
        parts.allocation, settlements=parts.allocation.settlements.assign(reason_zh=HOSTILE),
        sites=parts.allocation.sites.assign(name=HOSTILE, reason_zh=HOSTILE),
    )  # fmt: skip
    certainty = replace(
        parts.certainty, settlements=parts.certainty.settlements.assign(reason_zh=HOSTILE),
        tornado=parts.certainty.tornado.assign(label_zh=HOSTILE),
    )  # fmt: skip
    decision = replace(
        parts.decision, groups=parts.decision.groups.assign(reason_zh=HOSTILE, name=HOSTILE),
        items=parts.decision.items.assign(label_zh=HOSTILE, source=HOSTILE), links=parts.decision.links.assign(split_zh=HOSTILE),
    )  # fmt: skip
    groups = replace(parts.group_moves, groups=parts.group_moves.groups.assign(reason_zh=HOSTILE))
    sites = made.result.sites
    more = SimpleNamespace(
        sites=sites.sites.assign(name=HOSTILE, capacity_basis_zh=HOSTILE), exclusions=sites.exclusions.assign(label_zh=HOSTILE),
        exclusion_maps=sites.exclusion_maps, contributions=sites.contributions.assign(label_zh=HOSTILE, source=HOSTILE), pools=sites.pools,
    )  # fmt: skip
    parts = replace(parts, allocation=allocation, certainty=certainty, decision=decision, group_moves=groups)
    return replace(made, result=replace(made.result, sites=more), parts=parts)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_map_and_pages_are_offline_and_the_same_twice(relocated, tmp_path, language: str):
    one = _map(relocated, language=language)
    assert_offline(one)
    assert one == _map(relocated, language=language)
    names = _sites(relocated, tmp_path / "a", language=language)
    _sites(relocated, tmp_path / "b", language=language)
    for name in names:
        text = (tmp_path / "a" / name).read_text(encoding="utf-8")
        assert text == (tmp_path / "b" / name).read_text(encoding="utf-8")
        if name.endswith((".html", "page.js", "index.js")):
            assert_offline(text if name.endswith(".html") else f"<script>{text}</script>")


def test_a_payload_gathered_once_serves_map_and_pages_alike(relocated, tmp_path):
    county = gather(relocated.result, plan=relocated.plan, standards=relocated.standards, layers=relocated.layers)
    data = gather_relocation(relocated.result, relocated.parts, county)
    assert _map(relocated, data=data) == _map(relocated)
    names = _sites(relocated, tmp_path / "a", data=data)
    assert names == _sites(relocated, tmp_path / "b")
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_there_is_a_page_for_every_opened_site_and_every_link_leads_somewhere(relocated, tmp_path):
    names = _sites(relocated, tmp_path / "sites")
    write_group_pages(
        relocated.result, plan=relocated.plan, standards=relocated.standards, layers=relocated.layers, folder=tmp_path / "groups",
        relocation=relocated.parts,
    )  # fmt: skip
    (tmp_path / "relocation_map.html").write_text(_map(relocated), encoding="utf-8")
    (tmp_path / "coverage_map.html").write_text("", encoding="utf-8")
    opened = relocated.parts.allocation.sites["opened"].sum()
    assert len([one for one in names if one.endswith(".html")]) == opened + 1
    pages = [*(tmp_path / "sites").glob("*.html"), *(tmp_path / "groups").glob("*.html")]
    crossing = 0
    for page in pages:
        for link in _Page(page.read_text(encoding="utf-8")).links:
            assert (page.parent / link).resolve().exists(), (page.name, link)
            crossing += link.startswith(("../groups/", "../sites/"))
    assert crossing >= 2


def test_a_sites_page_prints_the_people_of_the_table_and_the_index_adds_them_up(relocated, tmp_path):
    _sites(relocated, tmp_path)
    table = relocated.parts.allocation.sites.query("opened")
    moved = relocated.parts.allocation.settlements.query("move == 'assigned'")
    for row in table.itertuples():
        text = re.sub(r"\s+", " ", _Page((tmp_path / f"site_{row.site_id}.html").read_text(encoding="utf-8")).text)
        assert f"{row.persons:,.0f} 人" in text
        assert f"{row.load_share:.0%}" in text
        for one in moved[moved.site_id == row.site_id].itertuples():
            assert one.settlement_id in text
            assert f"{one.travel_min:.1f} 分钟" in text
    index = _Page((tmp_path / "index.html").read_text(encoding="utf-8")).text
    assert f"安置人口 {moved.persons.fillna(0).round().sum():,.0f}" in index


def test_text_from_data_stays_text_on_map_and_every_page(relocated, tmp_path):
    made = hostile(relocated)
    html = _map(made)
    assert "<script>window.PWNED" not in html
    assert "{{ 7*7 }}" in html
    assert_offline(html)
    calm = _Page(_map(relocated)).tags
    assert _Page(html).tags == calm
    _sites(made, tmp_path / "sites")
    _sites(relocated, tmp_path / "calm")
    for page in (tmp_path / "calm").glob("*.html"):
        text = (tmp_path / "sites" / page.name).read_text(encoding="utf-8")
        own, other = _Page(text), _Page(page.read_text(encoding="utf-8"))
        assert sorted(set(own.tags)) == sorted(set(other.tags))
        assert own.tags.count("script") == other.tags.count("script")
        assert HOSTILE in own.text or page.name == "index.html"


def test_a_groups_page_says_form_costs_certainty_and_where_to_only_when_asked(relocated, tmp_path):
    shared = {"plan": relocated.plan, "standards": relocated.standards, "layers": relocated.layers}
    write_group_pages(relocated.result, folder=tmp_path / "plain", **shared)
    write_group_pages(relocated.result, folder=tmp_path / "told", relocation=relocated.parts, **shared)
    moved = relocated.parts.allocation.settlements.query("move == 'assigned'").iloc[0]
    text = (tmp_path / "told" / f"{moved.group_code}.html").read_text(encoding="utf-8")
    assert "就地保障还是搬迁" in text
    assert f'href="../sites/site_{moved.site_id}.html"' in text
    assert "不因费用而改" in text
    plain = (tmp_path / "plain" / f"{moved.group_code}.html").read_text(encoding="utf-8")
    assert "就地保障还是搬迁" not in plain
    for name, own in ((f"{moved.group_code}.html", plain), ("index.html", (tmp_path / "plain" / "index.html").read_text(encoding="utf-8"))):
        assert "relocation_map.html" not in own
        assert 'href="../relocation_map.html"' in (tmp_path / "told" / name).read_text(encoding="utf-8")
    decision = relocated.parts.decision.groups.set_index("group_code").loc[moved.group_code]
    assert f"{decision.move_yuan_per_person / 1e4:.2f}".rstrip("0") in text


def test_group_blocks_are_escaped_and_empty_for_units_that_are_no_groups(relocated):
    made = hostile(relocated)
    data = gather(relocated.result, plan=made.plan, standards=made.standards, layers=made.layers)
    blocks = print_group_plans(data, made.parts, "zh")
    assert any(HOSTILE in _Page(one).text for one in blocks)
    assert not any(tag in ("script", "i") for one in blocks for tag in _Page(one).tags)
    assert print_group_plans(data, made.parts, "zh", level="villages") == [""] * len(data["units"])
    assert print_group_plans(data, None, "zh") == [""] * len(data["units"])


def test_without_an_allocation_map_and_pages_say_what_to_run(relocated, tmp_path):
    bare = replace(relocated, parts=RelocationParts())
    with pytest.raises(ConfigError, match="RELOCATION-ABSENT"):
        _map(bare)
    with pytest.raises(ConfigError, match="RELOCATION-ABSENT"):
        _sites(bare, tmp_path)


def test_a_full_county_is_relocated_within_two_megabytes(relocated_large):
    html = _map(relocated_large)
    assert_offline(html)
    assert len(html.encode("utf-8")) < 2_000_000


CEILING = {"k": "patch", "b": "school", "cp": 394, "p": 197}


def test_the_ceiling_that_binds_is_named_and_unknown_seats_bind_nobody():
    """By hand: 197 of 394 people by school places are half; area for 500 is 39 %; beds are not known."""
    site = pd.Series(
        {"ground_persons": 500.0, "school_persons": 394.0, "school_seats_free": 30.0, "school_seats_status": "ok", "clinic_persons": np.nan,
         "clinic_seats_status": "no_data"}
    )  # fmt: skip
    area, school, clinic = list_ceilings(site, CEILING, "en", shared={"school": 2})
    assert (area["share"], area["binds"]) == ("39%", False)
    assert (school["share"], school["binds"], school["note"]) == ("50%", True, "30 free, shared with 2 other sites")
    assert (clinic["people"], clinic["binds"]) == ("unknown, binds nobody", False)
    bare = list_ceilings(pd.Series(dtype=object), CEILING, "en")
    assert [(one["people"], one["binds"]) for one in bare] == [("394", True)]


@pytest.mark.parametrize(
    ("site", "has_hazards", "safe"),
    [({"excluded_reason": ""}, True, True), ({"excluded_reason": "hazard"}, True, False), ({"excluded_reason": "flood_prone_unknown"}, True, False),
     ({"excluded_reason": ""}, False, False), ({}, True, False)],
)  # fmt: skip
def test_only_surveyed_ground_outside_every_zone_is_called_so(site, has_hazards: bool, safe: bool):
    words = safety_words(pd.Series(site, dtype=object), has_hazards, 50.0, "en")
    assert words.startswith("On surveyed ground") == safe


def test_what_is_not_known_of_a_score_is_a_dash_and_never_zero():
    frame = pd.DataFrame(
        {
            "label_zh": ["坡度", "至小学", "距供水点"], "label_en": ["slope", "school", "water"], "raw": [8.0, np.nan, np.nan], "unit": ["°", "min", "m"],
            "status": ["ok", "unreachable", "no_data"], "points": [0.82, 0.0, np.nan], "weight": [0.6, 0.4, 0.0], "contribution": [0.492, 0.0, np.nan],
            "source": "s", "clause": "c", "evidence": "convention",
        }
    )  # fmt: skip
    rows = score_rows(frame, "en")
    assert [one["raw"] for one in rows] == ["8.0°", "not reached", "unknown"]
    assert [one["adds"] for one in rows] == ["0.492", "0.000", "–"]


def test_costs_go_by_the_share_of_a_group_that_comes_and_missing_ones_are_told(relocated):
    """All of one group and half of another: its costs count half."""
    decision = relocated.parts.decision
    groups = decision.groups.query("persons > 0").head(2)
    (one, other), (many, some) = groups["group_code"], groups["persons"]
    rows, total = cost_rows(decision, {one: many, other: some / 2}, "en")
    move = decision.items.query("side == 'move'").groupby("group_code")["present_yuan"].sum()
    assert total == format_yuan(move[one] + move[other] / 2, "en")
    assert [row["label"] for row in rows] == ["housing (≤ 25 m² per person)", "land", "land released"]
    gone = decision.items.assign(present_yuan=decision.items["present_yuan"].where(decision.items["group_code"] != one))
    rows, total = cost_rows(replace(decision, items=gone), {one: many, other: some}, "en")
    assert rows[0]["missing"] == "1 groups without data"
    assert total == format_yuan(move[other], "en") + " (incomplete)"
    assert cost_rows(None, {one: many}, "en") == ([], "–")


def _hazard_scene(points, radius_m):
    crs = CRS.from_epsg(4544)
    frame = gpd.GeoDataFrame({"hazard_id": [f"L{k}" for k in range(len(points))], "hazard_class": "high", "radius_m": radius_m},
                             geometry=[Point(*one) for one in points], crs=crs)  # fmt: skip
    return Layers(crs, {"slides": frame}, {}, ())


def test_distance_to_a_hazard_ends_at_its_reach_and_features_nobody_can_place_are_counted(relocated):
    """A site of 100 × 100 m; a slide 320 m east of it reaching 200 m: 120 m. One without a radius is counted."""
    layers = _hazard_scene([(420.0, 50.0), (50.0, 50.0)], [200.0, np.nan])
    sites = gpd.GeoDataFrame({"site_id": ["A"]}, geometry=[box(0, 0, 100, 100)], crs=layers.crs)
    hazards = [relocated.plan.hazards[0].model_copy(update={"layer": "slides", "radius_m": None})]
    row = measure_hazards(sites, layers, relocated.plan.model_copy(update={"hazards": hazards})).iloc[0]
    assert row["distance_m"] == pytest.approx(120.0)
    assert (row["source_id"], row["unplaced"]) == ("L0", 1)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(1, 500)), min_size=1, max_size=6),
    st.floats(1, 400),
)
def test_a_wider_reach_never_lies_farther(found, more: float):
    crs = CRS.from_epsg(4544)
    sites = gpd.GeoDataFrame({"site_id": ["A", "B"]}, geometry=[box(0, 0, 100, 100), Point(900, 0)], crs=crs)
    places, reach = [one[:2] for one in found], np.array([one[2] for one in found])
    plan = SimpleNamespace(hazards=[HazardConfig(layer="slides", kind="landslide")])
    near = measure_hazards(sites, _hazard_scene(places, reach), plan)["distance_m"]
    nearer = measure_hazards(sites, _hazard_scene(places, reach + more), plan)["distance_m"]
    twin = [max(min(site.distance(Point(*p)) - r for p, r in zip(places, reach, strict=True)), 0.0) for site in sites.geometry]
    assert near.tolist() == pytest.approx(twin)
    assert (nearer <= near).all()


def test_a_plan_that_moves_nobody_is_drawn_with_an_index_that_says_so(relocated, tmp_path):
    """Nobody to move: no line, no badge, no page; all people still add up."""
    given = relocated.parts.allocation
    stays = given.settlements.assign(move="stays", site_id="", travel_min=np.nan, same_township=False)
    sites = given.sites.assign(opened=False, persons=0.0, households=0.0, settlements=0, groups=0, load_share=0.0, cost_yuan=0.0)
    empty = replace(given, settlements=stays, sites=sites, moves=given.moves.iloc[:0], status="empty", gap_share=0.0)
    made = replace(relocated, parts=RelocationParts(allocation=empty))
    assert_offline(_map(made))
    assert [one for one in _sites(made, tmp_path) if one.endswith(".html")] == ["index.html"]
    assert "没有启用任何安置点" in (tmp_path / "index.html").read_text(encoding="utf-8")
    none = replace(empty, sites=sites.iloc[:0])
    bare = SimpleNamespace(sites=made.result.sites.sites.iloc[:0], exclusions=made.result.sites.exclusions.iloc[:0])
    nowhere = replace(made, result=replace(made.result, sites=bare), parts=RelocationParts(allocation=none))
    assert_offline(_map(nowhere))
    assert [one for one in _sites(nowhere, tmp_path / "bare") if one.endswith(".html")] == ["index.html"]
