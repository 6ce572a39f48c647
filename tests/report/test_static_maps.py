"""Maps for documents: exactly the paper's size, the web map's colours, the roll-up's people, and the same bytes twice."""

from __future__ import annotations

import re

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import geopandas as gpd
import pandas as pd
from PIL import Image
from shapely.geometry import box

from geoplan.contracts.profiles import StandardItem
from geoplan.errors import ConfigError
from geoplan.report import plots, style
from geoplan.report.static_maps import PAPERS_MM, static_map, write_static_map
from geoplan.report.static_theme import COUNT, choose_theme


def _units(n):
    return gpd.GeoDataFrame({"code": [f"u{k}" for k in range(n)]}, geometry=[box(k, 0, k + 1, 1) for k in range(n)])


def _item(name):
    return StandardItem(id=name, label_zh=name, label_en=name, level="group", measure="travel_time", service="clinic", threshold=30,
                        unit="min", source="通行做法", status="convention")  # fmt: skip


def _table(states):
    rows = [(f"u{k}", item, state) for k, row in enumerate(states) for item, state in row.items()]
    frame = pd.DataFrame(rows, columns=["code", "item", "coverage"]).assign(settlements=1)
    return frame.assign(**{f"{one}_persons": np.where(frame["coverage"] == one, 10.0, 0.0) for one in style.STATES})


def test_every_state_has_its_colour_and_its_people_in_the_legend():
    table = _table([{"a": "covered"}, {"a": "gap"}, {"a": "gap"}, {"a": "unknown"}])
    theme = choose_theme("a", _units(5), table, [_item("a")])
    wanted = ["covered", "gap", "gap", "unknown", "empty"]
    assert theme.fills == [style.STATE_COLOURS[one] for one in wanted]
    assert theme.hatched == [False, False, False, True, False]
    told = " ".join(label[0] for _, _, label in theme.keys)
    assert "有缺口  2 个 · 20 人" in told
    assert "30.0 分钟" in theme.note[0]
    assert "惯例,待核实" in theme.note[0]


def test_units_are_classed_by_items_not_met_and_unknown_is_not_met():
    """0 missed with an unknown item is hatched, never the colour of all met."""
    states = [{"a": "covered", "b": "covered"}, {"a": "covered", "b": "unknown"}, {"a": "gap", "b": "unreachable"}]
    theme = choose_theme(COUNT, _units(4), _table(states), [_item("a"), _item("b")])
    assert theme.fills == [style.STATE_COLOURS["covered"], style.STATE_COLOURS["unknown"], style.COUNT_COLOURS[0], style.STATE_COLOURS["empty"]]
    assert theme.hatched == [False, True, False, False]


def test_the_order_of_rows_changes_no_map():
    states = [{"a": "covered"}, {"a": "gap"}, {"a": "unreachable"}]
    table = _table(states)
    assert choose_theme("a", _units(3), table, [_item("a")]) == choose_theme("a", _units(3), table.iloc[::-1], [_item("a")])


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_a_sheet_is_exactly_its_paper(demo_result, paper, tmp_path):
    path = write_static_map(demo_result, tmp_path / "map.png", "clinic_30min", paper=paper)
    with Image.open(path) as image:
        size_mm = sorted(one / 200 * 25.4 for one in image.size)
        assert size_mm == pytest.approx(PAPERS_MM[paper], abs=0.2)
        colours = {one for _, one in image.convert("RGB").quantize(64).convert("RGB").getcolors(64)}
    assert len(colours) > 8


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_same_sheet_has_the_same_bytes(demo_result, kind, tmp_path):
    first, second = (write_static_map(demo_result, tmp_path / f"{n}.{kind}", COUNT).read_bytes() for n in "ab")
    assert first == second
    assert len(first) < 6_000_000


@pytest.mark.slow
def test_title_legend_source_scale_and_north_stand_on_the_sheet_in_both_languages(demo_result):
    figure = static_map(demo_result, "group_road", language="en")
    axes = figure.axes[0]
    texts = [one.get_text() for one in (*figure.texts, *axes.texts, *figure.legends[0].get_texts())]
    told = " ".join(texts)
    for word in ("Shili County", "Standard:", "EPSG:4544", "km", "N", "township border", "people"):
        assert word in told, word
    if plots.find_cjk_font():
        chinese = " ".join(one.get_text() for one in static_map(demo_result, "group_road", language="zh").texts)
        assert re.search(r"示例县 · 组有出行公路", chinese)


@pytest.mark.slow
def test_people_in_the_legend_are_those_of_the_county(demo_result):
    figure = static_map(demo_result, "clinic_30min", language="en")
    county = demo_result.coverage.county.set_index("item").loc["clinic_30min"]
    told = " ".join(one.get_text() for one in figure.legends[0].get_texts())
    assert f"{style.format_count(county['covered_persons'])} people" in told
    assert f"{style.format_count(county['gap_persons'])} people" in told


@pytest.mark.slow
def test_wrong_asks_are_named_and_nothing_is_left_behind(demo_result, tmp_path):
    for match, kwargs in (("PLOT-ITEM", {"theme": "nothing"}), ("PLOT-PAPER", {"paper": "A5"})):
        with pytest.raises(ConfigError, match=match):
            static_map(demo_result, **kwargs)
    with pytest.raises(ConfigError, match="PLOT-FORMAT"):
        write_static_map(demo_result, tmp_path / "map.gif")
    assert list(tmp_path.iterdir()) == []


def test_without_an_installed_font_the_one_of_the_package_draws_chinese(monkeypatch):
    monkeypatch.setattr(plots, "CJK_FONTS", ())
    plots.find_cjk_font.cache_clear()
    try:
        assert plots.find_cjk_font() == "Noto Sans SC"
    finally:
        plots.find_cjk_font.cache_clear()
