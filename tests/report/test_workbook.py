"""The workbook holds the figures of its tables, opens without a formula from data in it, and is the same bytes every time."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from geoplan.report import style
from geoplan.report.coverage_sheets import sum_gaps
from geoplan.report.workbook import write_workbook
from geoplan.report.workbook_sheet import clean_text, count_lines, looks_like_formula, unique_sheet_name

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def load_scene() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_scene", Path(__file__).with_name("coverage_scene.py"))
    assert spec is not None
    assert spec.loader is not None
    import sys

    scene = importlib.util.module_from_spec(spec)
    sys.modules["coverage_scene"] = scene
    spec.loader.exec_module(scene)
    return scene


@pytest.fixture(scope="module")
def scene(small: Any) -> Any:
    return load_scene().make_coverage(small.result, small.standards)


def write(path: Path, small: Any, scene: Any, **more: Any) -> Path:
    return write_workbook(
        path, plan=small.plan, demand=small.result.demand, coverage=small.result.coverage, standards=small.standards, ledger=scene.ledger,
        seats=scene.seats, water=scene.water, comparison=scene.comparison, ranking=scene.ranking, roads=scene.roads, siting=scene.siting,
        decision=small.result.decision, allocation=small.result.allocation, records=small.result.records, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def book(small: Any, scene: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("book") / "台账.xlsx", small, scene)


def table_of(page: Worksheet) -> pd.DataFrame:
    """Return a sheet's data under its header."""
    rows = list(page.iter_rows(values_only=True))
    header = int(page.auto_filter.ref.split(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1
    return pd.DataFrame(rows[header + 1 :], columns=rows[header])


def totals_of(page: Worksheet) -> dict[str, Any]:
    header = [cell.value for cell in page[4]]
    return {name: cell.value for name, cell in zip(header, page[3], strict=True)}


def test_every_gap_is_one_row_in_the_ledger_and_one_in_its_township(book: Path, scene: Any) -> None:
    opened = openpyxl.load_workbook(book)
    whole = table_of(opened["台账总表"])
    assert whole["台账编号"].tolist() == scene.ledger.ledger.gap_id.tolist()
    parts = [table_of(opened[one]) for one in opened.sheetnames if opened[one]["A1"].value.endswith(" 缺口台账")]
    assert sorted(pd.concat(parts)["台账编号"]) == sorted(scene.ledger.ledger.gap_id)
    assert len(parts) == scene.ledger.ledger.township_code.nunique()


def test_totals_equal_the_ledger_and_are_stored_beside_their_formula(book: Path, scene: Any) -> None:
    ledger = scene.ledger.ledger
    values, formulas = (totals_of(openpyxl.load_workbook(book, data_only=one)["台账总表"]) for one in (True, False))
    assert values["缺口人数(人次)"] == ledger.short_persons.sum()
    assert values["一次性投资(万元)"] == pytest.approx(ledger.capital_yuan.sum() / 1e4, rel=1e-14)
    assert formulas["缺口人数(人次)"].startswith("=SUBTOTAL(109,")


def test_county_people_are_those_of_the_map_and_add_up(book: Path, small: Any) -> None:
    page = table_of(openpyxl.load_workbook(book)["汇总"])
    county = small.result.coverage.county.set_index("item").loc[[one.id for one in small.standards.items]]
    expected = style.count_people(county)
    found = page[["达标(人)", "有缺口(人)", "不可达(人)", "未知(人)"]].to_numpy(dtype=int)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found.sum(axis=1), page["人口(人)"].to_numpy(dtype=int))


def test_township_rows_hold_the_roll_up_exactly(book: Path, small: Any) -> None:
    page = table_of(openpyxl.load_workbook(book)["按乡镇"]).set_index(["乡镇代码", "标准项代号"])
    roll_up = small.result.coverage.townships.set_index(["code", "item"])
    for name, column in (("人口(人)", "persons"), ("有缺口(人)", "gap_persons"), ("未知(人)", "unknown_persons")):
        assert page[name].astype(float).reindex(roll_up.index).tolist() == roll_up[column].astype(float).tolist()


def test_what_is_not_known_is_an_empty_cell_with_its_state_beside_it(book: Path) -> None:
    page = table_of(openpyxl.load_workbook(book)["台账总表"])
    unknown = page[page["状态"] == "未知(缺数据)"]
    assert len(unknown)
    assert unknown["缺口人数(人次)"].isna().all()
    assert unknown["一次性投资(万元)"].isna().all()
    assert (unknown["费用状态"] == "未知(缺单价)").all()


def test_no_text_from_data_is_a_formula_or_a_link_outside(book: Path) -> None:
    for page in openpyxl.load_workbook(book):
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert cell.value.startswith("=SUBTOTAL(109,")
                if isinstance(cell.value, str) and cell.data_type != "f" and looks_like_formula(cell.value):
                    assert cell.data_type == "s"
                    assert cell.quotePrefix
                assert cell.hyperlink is None or cell.hyperlink.target is None
    found = table_of(openpyxl.load_workbook(book)["台账总表"])["对策"]
    assert found.str.startswith("=cmd|").any()


def test_codes_stay_text(book: Path, small: Any) -> None:
    page = openpyxl.load_workbook(book)["按乡镇"]
    cell = page["A4"]
    assert cell.value == small.result.coverage.townships.code.iloc[0]
    assert (cell.data_type, cell.number_format) == ("s", "@")


def test_states_are_coloured_as_on_the_map(book: Path) -> None:
    page = openpyxl.load_workbook(book)["台账总表"]
    found = {}
    for ranges in page.conditional_formatting:
        for rule in ranges.rules:
            if rule.type == "cellIs":
                fill = rule.dxf.fill
                found[rule.formula[0].strip('"')] = "#" + fill.bgColor.rgb[-6:].lower()
    assert found == {style.STATE_LABELS[one][0]: style.STATE_COLOURS[one] for one in style.STATES}


def test_every_sheet_freezes_its_header_filters_and_prints_on_one_page_width(book: Path) -> None:
    opened = openpyxl.load_workbook(book)
    for page in opened.worksheets[1:]:
        header = int(page.freeze_panes.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1
        assert page.auto_filter.ref.split(":")[0] == f"A{header}"
        assert page.print_title_rows == f"${header}:${header}"
        assert (page.page_setup.orientation, int(page.page_setup.paperSize)) == ("landscape", 9)
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)


def test_the_same_input_gives_the_same_bytes(book: Path, small: Any, scene: Any, tmp_path: Path) -> None:
    again = write(tmp_path / "again.xlsx", small, scene)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(book.read_bytes()).digest()


def test_english_is_a_switch_and_the_contents_lead_to_every_sheet(small: Any, scene: Any, tmp_path: Path) -> None:
    opened = openpyxl.load_workbook(write(tmp_path / "en.xlsx", small, scene, language="en"))
    assert opened.sheetnames[:4] == ["Read me", "Summary", "By township", "Ledger"]
    links = [cell.hyperlink.location for row in opened["Read me"].iter_rows() for cell in row if cell.hyperlink]
    assert [one.rsplit("!", 1)[0].strip("'").replace("''", "'") for one in links] == opened.sheetnames[1:]


def test_absent_results_have_no_sheet_and_no_column_of_people_leaves(small: Any, scene: Any, tmp_path: Path) -> None:
    ledger = scene.ledger.ledger.assign(holder_name="张三", phone="13800000000")
    from dataclasses import replace

    path = write_workbook(
        tmp_path / "bare.xlsx", plan=small.plan, demand=small.result.demand, coverage=small.result.coverage, standards=small.standards,
        ledger=replace(scene.ledger, ledger=ledger),
    )  # fmt: skip
    opened = openpyxl.load_workbook(path)
    assert not {"供水", "乡镇排名", "部门比对", "学位"} & set(opened.sheetnames)
    with zipfile.ZipFile(path) as packed:
        assert not any("张三" in packed.read(one).decode() for one in packed.namelist())


HOSTILE_NAMES = [
    "=cmd|'/C calc'!A0",
    "'a'!b/:*?[x]",
    "<script>alert(1)</script>很长很长很长很长很长很长很长很长很长很长",
    "History",
    "台账总表",
    "\t\x07@sum",
]


def test_hostile_names_of_townships_make_sheets_that_open_and_links_that_lead_there(
    small: Any, scene: Any, tmp_path: Path
) -> None:
    from dataclasses import replace

    names = dict(zip(small.result.demand.townships.code, HOSTILE_NAMES, strict=False))
    extra = pd.DataFrame(
        {"code": [f"99{k:010d}" for k in range(len(HOSTILE_NAMES))], "name": HOSTILE_NAMES, "parent_code": "", "geometry": None}
    )
    towns = pd.concat([small.result.demand.townships.assign(name=lambda one: one.code.map(names)), extra], ignore_index=True)
    ledger = scene.ledger.ledger.assign(township_name=lambda one: one.township_code.map(names))
    path = write_workbook(
        tmp_path / "hostile.xlsx", plan=small.plan, demand=replace(small.result.demand, townships=towns), coverage=small.result.coverage,
        standards=small.standards, ledger=replace(scene.ledger, ledger=ledger),
    )  # fmt: skip
    opened = openpyxl.load_workbook(path)
    assert len(opened.sheetnames) == len({one.lower() for one in opened.sheetnames})
    links = [cell.hyperlink.location for row in opened["说明"].iter_rows() for cell in row if cell.hyperlink]
    assert [one.rsplit("!", 1)[0][1:-1].replace("''", "'") for one in links] == opened.sheetnames[1:]
    assert all(
        cell.data_type != "f" or cell.value.startswith("=SUBTOTAL") for page in opened for row in page.iter_rows() for cell in row
    )
    whole = table_of(opened["台账总表"])
    parts = [len(table_of(page)) for page in opened if str(page["A1"].value).endswith(" 缺口台账") and page.auto_filter.ref]
    assert sum(parts) == len(whole)


def test_gaps_are_counted_and_priced_by_item() -> None:
    ledger = pd.DataFrame(
        {
            "item": ["water", "water", "water", "road"],
            "coverage": ["gap", "unreachable", "unknown", "unknown"],
            "capital_yuan": [5.0, math.nan, math.nan, math.nan],
            "cost_status": ["ok", "no_data", "no_data", "no_data"],
        }
    )
    found = sum_gaps(ledger)
    assert found.loc["water"].tolist() == [2, 1, 1, 5.0]
    assert math.isnan(found.loc["road", "capital_yuan"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_sheet_names_fit_excel_and_differ(names: list[str]) -> None:
    taken: list[str] = []
    for one in names:
        taken.append(unique_sheet_name(one, taken))
    assert len({one.lower() for one in taken}) == len(taken)
    for one in taken:
        assert 0 < len(one.encode("utf-16-le")) // 2 <= 31
        assert not set("[]:*?/\\") & set(one)
        assert not one.startswith("'")
        assert not one.endswith("'")


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=80))
def test_any_text_comes_back_from_a_cell_as_cleaned(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")


def test_rows_are_as_tall_as_their_text() -> None:
    from geoplan.report.workbook_sheet import Field

    frame = pd.DataFrame({"a": ["一", "一" * 20, "x\ny\nz", None]})
    assert count_lines(frame, [Field("a", "", "", "text", 20.0)]).tolist() == [1, 2, 3, 1]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_recomputes_the_same_totals(book: Path, tmp_path: Path) -> None:
    assert SOFFICE is not None
    command = [
        SOFFICE,
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
    ]
    subprocess.run([*command, str(tmp_path / "out"), str(book)], check=True, capture_output=True, timeout=180)
    ours, theirs = (
        openpyxl.load_workbook(book, data_only=True),
        openpyxl.load_workbook(tmp_path / "out" / book.name, data_only=True),
    )
    assert theirs.sheetnames == ours.sheetnames
    for page in ours:
        for row in page.iter_rows():
            for cell in row:
                other = theirs[page.title][cell.coordinate].value
                if isinstance(cell.value, float | int):
                    assert other == pytest.approx(cell.value, rel=1e-12), (page.title, cell.coordinate)
                else:
                    assert (other or "") == (cell.value or ""), (page.title, cell.coordinate)
