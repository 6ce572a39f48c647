"""Every figure is the same wherever somebody opens it: map, county file, workbook, GeoPackage, Parquet, GeoJSON, manifest, and the result in a notebook.

Exact figures are held to be equal to the last bit that a file keeps. Where a page shows whole people, they are those of the largest remainder: parts add
up to their rounded total, and no part is off by a whole person.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from geoplan.report import format_yuan, write_outputs

pytestmark = pytest.mark.slow
STATES = ["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]
ROW = re.compile(r'<tr(?: class="[^"]*")? data-(item|township)="([^"]*)">(.*?)</tr>', re.DOTALL)
CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)


@pytest.fixture(scope="module")
def folder(demo_result, tmp_path_factory) -> Path:
    return write_outputs(demo_result, tmp_path_factory.mktemp("same") / "out", language="zh")


@pytest.fixture(scope="module")
def workbook(folder) -> dict[str, pd.DataFrame]:
    """Return sheet → its table: what stands below the first row of headings whose first cell is one of a table."""
    book = openpyxl.load_workbook(folder / "ledger.xlsx", read_only=True)
    return {sheet.title: read_sheet(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


@pytest.fixture(scope="module")
def payload(folder) -> dict[str, Any]:
    text = (folder / "coverage_map.html").read_text("utf-8")
    return json.loads(re.search(r'<script type="application/json" id="gp-data">(.*?)</script>', text, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def county_html(folder) -> str:
    return (folder / "county.html").read_text("utf-8")


@pytest.fixture(scope="module")
def overview(county_html) -> dict[tuple[str, str], list[str]]:
    """Return (item / township, id) → texts of the cells of its row on the first page."""
    return {(kind, code): cells(row) for kind, code, row in ROW.findall(county_html)}


@pytest.fixture(scope="module")
def pages(county_html) -> dict[str, str]:
    """Return group → HTML of its page in the county file."""
    found: dict[str, str] = {}
    for packed in re.findall(r'class="gp-chunk" data-code="[^"]*">([^<]*)<', county_html):
        chunk = json.loads(gzip.decompress(base64.b64decode(packed)))
        found |= {code: body for code, (body, _) in chunk.items()}
    return found


@pytest.fixture(scope="module")
def manifest(folder) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text("utf-8"))


def read_sheet(rows: Iterator[tuple[Any, ...]]) -> pd.DataFrame:
    """Return the table of a sheet; its headings are the first row in which more than one cell is filled and none is a formula."""
    for row in rows:
        filled = [one for one in row if one is not None]
        if len(filled) > 2 and not any(str(one).startswith("=") for one in filled):
            return pd.DataFrame(list(rows), columns=[str(one) for one in row]).dropna(how="all")
    return pd.DataFrame()


def cells(row: str) -> list[str]:
    """Return the texts of the cells of a row without their tags."""
    return [re.sub(r"<[^>]+>", "", one).strip() for one in CELL.findall(row)]


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def share_out(parts: np.ndarray) -> np.ndarray:
    """Return whole numbers for parts, adding up to their rounded sum: floors, and one more for the largest remainders, the first of equals."""
    low = np.floor(parts + 1e-9)
    left = int(np.floor(parts.sum() + 0.5) - low.sum())
    order = sorted(range(len(parts)), key=lambda at: (-(parts[at] - low[at]), at))
    low[order[:left]] += 1
    return low.astype(int)


def by_item(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("item")[STATES].astype(float)


def test_people_of_every_item_are_the_same_in_map_county_file_workbook_and_tables(
    demo_result, folder, payload, overview, workbook
):
    county = by_item(demo_result.coverage.county)
    pd.testing.assert_frame_equal(by_item(pd.read_parquet(folder / "county.parquet")), county)
    gaps = pd.read_parquet(folder / "gaps.parquet")
    short = gaps[gaps["coverage"].isin(["gap", "unreachable"])].groupby("item")["short_persons"].sum().reindex(county.index)
    np.testing.assert_allclose(short.fillna(0), county["gap_persons"] + county["unreachable_persons"], atol=1e-6)
    sheet = workbook["汇总"].set_index("标准项代号")
    drawn = np.reshape(payload["totals"], (-1, 4)).tolist()
    ids = [one["id"] for one in payload["items"]]
    assert set(ids) == set(county.index) == set(sheet.index) == {code for kind, code in overview if kind == "item"}
    for at, item in enumerate(ids):
        expected = share_out(county.loc[item].to_numpy()).tolist()
        assert drawn[at] == expected, item
        assert [whole(one) for one in overview["item", item][1:5]] == expected, item
        shown = sheet.loc[item, ["达标(人)", "有缺口(人)", "不可达(人)", "未知(人)"]]
        assert shown.astype(float).tolist() == expected, item


def test_people_of_every_township_are_the_same_in_workbook_geopackage_and_tables(demo_result, folder, workbook):
    exact = demo_result.coverage.townships.set_index(["code", "item"])[STATES].astype(float).sort_index()
    stored = pd.read_parquet(folder / "townships.parquet").set_index(["code", "item"])[STATES].astype(float).sort_index()
    pd.testing.assert_frame_equal(stored, exact)
    sheet = workbook["按乡镇"].set_index(["乡镇代码", "标准项代号"])[["达标(人)", "有缺口(人)", "不可达(人)", "未知(人)"]]
    np.testing.assert_allclose(sheet.astype(float).sort_index().to_numpy(), exact.to_numpy(), rtol=0, atol=1e-6)
    county = by_item(demo_result.coverage.county)
    np.testing.assert_allclose(exact.groupby("item").sum().reindex(county.index), county, atol=1e-6)
    for name in ("coverage.gpkg", "settlements.gpkg"):
        wide = pyogrio.read_dataframe(folder / name, layer="townships").set_index("code")
        for item, own in exact.groupby("item"):
            own = own.droplevel("item").reindex(wide.index)
            np.testing.assert_allclose(wide[f"short_{item}_persons"], own["gap_persons"] + own["unreachable_persons"], atol=1e-6)
            np.testing.assert_allclose(wide[f"unknown_{item}_persons"], own["unknown_persons"], atol=1e-6)


def test_states_and_people_of_every_group_are_the_same_in_map_page_and_geopackage(demo_result, folder, payload, pages):
    groups = demo_result.coverage.groups.assign(code=lambda one: one["code"].astype(str)).set_index(["code", "item"])
    states, exact = groups["coverage"].unstack("item"), groups[STATES].astype(float)
    ids = [one["id"] for one in payload["items"]]
    wide = pyogrio.read_dataframe(folder / "coverage.gpkg", layer="groups").set_index("code")
    assert {one["c"] for one in payload["units"]} == set(pages) == set(wide.index)
    for unit in payload["units"]:
        code, rows = unit["c"], {item: (row, css) for css, item, row in PAGE_ROW.findall(pages[unit["c"]])}
        drawn = np.reshape(unit["k"], (-1, 4))
        for at, item in enumerate(ids):
            if code not in states.index:
                continue
            state = states.loc[code, item]
            assert DIGITS[unit["s"][at]] == state == wide.loc[code, f"coverage_{item}"], (code, item)
            row, css = rows[item]
            assert css == f"is-{state}", (code, item)
            told = {words: whole(number) for words, number in PAGE_PEOPLE.findall(cells(row)[4])}
            assert [told.get(one, 0) for one in PAGE_STATES] == drawn[at].tolist(), (code, item)
            parts = exact.loc[(code, item)].to_numpy()
            if np.allclose(parts, np.round(parts), atol=1e-9):
                assert drawn[at].tolist() == np.round(parts).astype(int).tolist(), (code, item)
            else:
                assert np.abs(drawn[at] - parts).max() < 1.0 + 1e-6, (code, item)
        short = sum(one in "12" for one in unit["s"])
        assert f"<dd>{short}<small>" in pages[code]
        assert wide.loc[code, "items_short"] == short


PAGE_ROW = re.compile(r'<tr class="(is-[a-z]+)[^"]*" data-item="([^"]*)">(.*?)</tr>', re.DOTALL)
PAGE_STATES = ("达标", "有缺口", "不可达", "未知(缺数据)")
PAGE_PEOPLE = re.compile(r"(达标|有缺口|不可达|未知\(缺数据\)) ([0-9,]+) 人")  # "不足 1 人" is nobody whole
DIGITS = {"0": "covered", "1": "gap", "2": "unreachable", "3": "unknown"}


def test_the_pages_in_the_county_file_are_those_of_the_folder(folder, pages):
    for code in sorted(pages)[::97]:
        assert pages[code].strip() in (folder / "groups" / f"{code}.html").read_text("utf-8"), code


def test_open_gaps_of_every_township_are_the_same_everywhere(demo_result, folder, overview, workbook, manifest):
    ledger = demo_result.ledger.ledger
    opened = ledger[ledger["status"] == "open"].groupby("township_code").size()
    names = ledger.drop_duplicates("township_code").set_index("township_code")["township_name"]
    stored = pd.read_parquet(folder / "coverage" / "ledger.parquet")
    points = pyogrio.read_dataframe(folder / "coverage.gpkg", layer="open_gaps", read_geometry=False)
    whole_book = workbook["台账总表"]
    assert sorted(stored["gap_id"]) == sorted(points["gap_id"]) == sorted(whole_book["台账编号"]) == sorted(ledger["gap_id"])
    for code, count in opened.items():
        assert (stored.loc[stored["township_code"] == code, "status"] == "open").sum() == count
        assert (points.loc[points["township_code"] == code, "status_label"] == "未销号").sum() == count
        own = workbook[names[code]]
        assert (own["办理状态"] == "未销号").sum() == count
        assert own["台账编号"].tolist() == ledger.loc[ledger["township_code"] == code, "gap_id"].tolist()
        row = overview["township", code]
        assert whole(row[4]) == count
        assert whole(row[5]) == (ledger["overdue"] & (ledger["status"] == "open") & (ledger["township_code"] == code)).sum()
        assert whole(row[6]) == ((ledger["status"] == "unverified") & (ledger["township_code"] == code)).sum()
    by_county = ledger[ledger["status"] == "open"].groupby("item").size()
    sheet = workbook["汇总"].set_index("标准项代号")["缺口(单位·项)"]
    for item in sheet.index:
        assert sheet[item] == by_county.get(item, 0)
        assert whole(overview["item", item][5]) == by_county.get(item, 0)
    assert any(f"{opened.sum():,} 条" in one for one in manifest["summary"]["zh"])
    assert any(f"{opened.sum():,} open gaps" in one or f"{opened.sum():,} gaps" in one for one in manifest["summary"]["en"])


def test_people_short_and_money_of_the_ledger_are_the_same_everywhere(
    demo_result, folder, overview, workbook, county_html, manifest
):
    ledger = demo_result.ledger.ledger.set_index("gap_id")
    stored = pd.read_parquet(folder / "coverage" / "ledger.parquet").set_index("gap_id").loc[ledger.index]
    points = (
        pyogrio.read_dataframe(folder / "coverage.gpkg", layer="open_gaps", read_geometry=False)
        .set_index("gap_id")
        .loc[ledger.index]
    )
    book = workbook["台账总表"].set_index("台账编号").loc[ledger.index]
    for name, heading, scale in (
        ("capital_yuan", "一次性投资(万元)", 1e4), ("yearly_yuan", "年运行(万元/年)", 1e4),
        ("short_persons", "缺口人数(人次)", 1.0), ("unknown_persons", "未知人数(人次)", 1.0),
    ):  # fmt: skip
        exact = ledger[name].to_numpy(dtype=float)
        np.testing.assert_array_equal(stored[name].to_numpy(dtype=float), exact)
        np.testing.assert_array_equal(points[name].to_numpy(dtype=float), exact)
        np.testing.assert_allclose(pd.to_numeric(book[heading]).to_numpy(dtype=float) * scale, exact, rtol=1e-9)
    total = float(ledger["capital_yuan"].sum())
    for code, own in ledger.groupby("township_code"):
        assert overview["township", code][7] == format_yuan(float(own["capital_yuan"].sum()), "zh")
    foot = cells(re.search(r"<tfoot>(.*?)</tfoot>", county_html, re.DOTALL).group(1))
    assert foot[-1] == format_yuan(total, "zh")
    assert any(format_yuan(total, "zh") in one for one in manifest["summary"]["zh"])
    sheet = workbook["汇总"]["一次性投资(万元)"]
    assert pd.to_numeric(sheet).sum() * 1e4 == pytest.approx(total, rel=1e-9)


def test_the_rank_of_every_township_is_the_same_everywhere(demo_result, folder, overview, workbook):
    units = demo_result.ranking.units.set_index("code")
    stored = pd.read_parquet(folder / "coverage" / "ranking.parquet").set_index("code")
    sheet = workbook["乡镇排名"].set_index("乡镇代码")
    assert set(units.index) == set(stored.index) == set(sheet.index)
    for code, one in units.iterrows():
        told = [one["rank"], one["rank_low"], one["rank_high"]]
        assert stored.loc[code, ["rank", "rank_low", "rank_high"]].tolist() == told
        assert sheet.loc[code, ["名次", "名次区间(起)", "名次区间(止)"]].tolist() == told
        assert sheet.loc[code, "得分(0—1,1最好)"] == pytest.approx(one["score"], abs=1e-12)
        row = overview["township", code]
        assert row[1:3] == [f"{told[0]:.0f} ({told[1]:.0f}–{told[2]:.0f})", f"{one['score']:.3f}"]


def test_what_building_gains_is_the_same_everywhere(demo_result, folder, workbook):
    siting = demo_result.siting
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "coverage" / "siting_curve.parquet"), siting.curve.reset_index(drop=True), check_dtype=False
    )
    sheet = workbook["布点曲线"]
    people = next(one for one in sheet.columns if "最优" in one or "最多" in one)
    np.testing.assert_allclose(pd.to_numeric(sheet[people]).to_numpy(dtype=float), siting.curve["covered_persons"], rtol=1e-9)
    new = siting.sites[siting.sites["order"] > 0].set_index(["question", "candidate_id"])["persons_gained"].astype(float)
    readings = {
        "parquet": pd.read_parquet(folder / "coverage" / "siting_sites.parquet"),
        "geojson": gpd.read_file(folder / "coverage" / "siting_sites.geojson"),
        "gpkg": pyogrio.read_dataframe(folder / "coverage.gpkg", layer="proposed_sites"),
    }
    for name, table in readings.items():
        own = table[table["order"] > 0].set_index(["question", "candidate_id"])["persons_gained"].astype(float)
        np.testing.assert_allclose(own.reindex(new.index), new, rtol=1e-9, err_msg=name)
        assert len(table) == len(siting.sites), name
    first = siting.curve.groupby("question")["order_persons"].first()
    last = siting.curve.groupby("question")["order_persons"].last()
    np.testing.assert_allclose((first + new.groupby("question").sum()).reindex(last.index), last, rtol=1e-9)


def test_roads_water_and_departments_are_the_same_in_geojson_geopackage_and_tables(demo_result, folder):
    cases = (
        ("road_links", "road_links", "link_id", demo_result.programme.links, "capital_yuan"),
        ("water_pipes", "pipes", "pipe_id", demo_result.water.pipes, "length_m"),
        ("power_lines", "lines", "line_id", demo_result.lines.lines, "length_m"),
    )
    for stem, layer, key, frame, column in cases:
        exact = frame.set_index(key)[column].astype(float)
        readings = (
            pd.read_parquet(folder / "coverage" / f"{stem}.parquet"),
            gpd.read_file(folder / "coverage" / f"{stem}.geojson"),
            pyogrio.read_dataframe(folder / "coverage.gpkg", layer=layer),
        )
        for one in readings:
            np.testing.assert_allclose(
                one.set_index(key)[column].astype(float).reindex(exact.index), exact, rtol=1e-9, err_msg=stem
            )
            assert len(one) == len(exact)
    rows = demo_result.comparison.rows
    summary = pd.read_parquet(folder / "coverage" / "comparison_summary.parquet").set_index(["comparison", "state"])["rows"]
    counted = rows.groupby(["comparison", "state"]).size()
    assert summary[summary > 0].sort_index().to_dict() == counted.sort_index().to_dict()
    assert len(gpd.read_file(folder / "coverage" / "comparison_rows.geojson")) == len(rows)


def test_the_sentences_say_the_figures_of_the_tables(demo_result, manifest, county_html):
    told = manifest["summary"]["zh"]
    found = [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<li>(.*?)</li>", county_html.split("</ul>")[0], re.DOTALL)
    ]
    assert [one.replace("&#34;", '"') for one in found] == told
    county = by_item(demo_result.coverage.county)
    people = demo_result.demand.settlements["persons"]
    assert f"{len(people):,} 个自然村" in told[0]
    assert f"{people.sum():,.0f} 人" in told[0]
    assert told[1].startswith(f"{county.loc['clinic_30min', 'covered_persons']:,.0f} 人")
    cited = [one.id for one in demo_result.plan.documents.standards.items if one.status == "cited"]  # those that a text demands
    short = (county["gap_persons"] + county["unreachable_persons"]).loc[cited].max()
    assert f"({np.floor(short + 0.5):,.0f} 人)" in told[2]
    assert manifest["counts"]["gaps_rows"] == len(demo_result.coverage.gaps)
