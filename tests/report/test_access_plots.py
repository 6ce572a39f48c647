"""Static maps of fields and places: a class holds its upper end, what is not known is never a class, labels are never boxes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from geoplan.access.ground import build_ground
from geoplan.contracts.grid import Grid
from geoplan.errors import ConfigError
from geoplan.io.documents import read_walking
from geoplan.report import access_plots, map_canvas, place_plots, plots, style

CRS_HERE = CRS.from_epsg(4544)
CELL_M = 100.0


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def backdrop():
    """Eight by ten cells of a valley, the right column water; the border leaves out the left column."""
    rise = np.abs(np.arange(10) - 5.0) * 30.0
    dem = Grid(np.broadcast_to(rise, (8, 10)).astype(np.float32), Affine(CELL_M, 0, 500_000.0, 0, -CELL_M, 3_500_800.0), CRS_HERE)
    cover = Grid(np.where(np.arange(10) == 9, 80.0, 50.0) * np.ones((8, 1)), dem.transform, CRS_HERE)
    ground = build_ground(dem, walking=read_walking("walking_2026", Path()), landcover=cover)
    return map_canvas.make_backdrop(ground, border=shapely.box(500_100, 3_500_000, 501_000, 3_500_800), margin_share=0.0)


def _painted(axes):
    return np.asarray(axes.images[0].get_array())


def test_the_end_of_a_class_is_inside_it():
    scale = access_plots.time_scale([15.0, 30.0])
    below, end, above = (to_hex(scale.to_rgba(one)) for one in (14.0, 15.0, 15.001))
    assert below == end != above
    assert to_hex(scale.to_rgba(30.001)) == to_hex(scale.to_rgba(900.0)) != to_hex(scale.to_rgba(30.0))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0.0, 500.0), min_size=1, max_size=30), st.lists(st.floats(0.5, 400.0), min_size=1, max_size=6, unique=True)
)
def test_classes_of_places_and_of_fields_are_the_same(minutes, ends):
    bands = sorted(ends)
    number = place_plots.classify(pd.Series(minutes), bands)
    naive = [next((at for at, end in enumerate(bands) if one <= end), len(bands)) for one in minutes]
    assert number.tolist() == naive
    scale = access_plots.time_scale(bands)
    assert [to_hex(scale.to_rgba(one)) for one in minutes] == [to_hex(scale.cmap(at)) for at in naive]


def test_what_is_not_reached_is_a_colour_of_its_own_and_water_is_water(backdrop):
    minutes = np.full((8, 10), 20.0)
    minutes[:4] = np.nan
    axes = access_plots.plot_minutes(minutes, backdrop, bands_min=[30, 60])
    image, light = _painted(axes), map_canvas._SHADE_LEAST + (1 - map_canvas._SHADE_LEAST) * backdrop.shade
    shown = image / light[backdrop.window()][..., None]
    lost, water = (
        map_canvas.fill_colour((1, 1), one)[0, 0] for one in (style.STATE_COLOURS["unreachable"], map_canvas.WATER_COLOUR)
    )
    np.testing.assert_allclose(shown[0, 0], lost, atol=1e-6)
    np.testing.assert_allclose(shown[:, -1], np.tile(water, (8, 1)), atol=1e-6)
    assert not np.allclose(shown[-1, 0], lost)
    words = [one.get_text() for one in axes.get_legend().get_texts()]
    assert len(words) == 2


def test_a_difference_of_nothing_shows_nothing_and_turned_round_it_mirrors(backdrop):
    before, after = np.full((8, 10), 30.0), np.full((8, 10), 30.0)
    after[0], after[1, :4], before[2, :4] = 50.0, np.nan, np.nan
    same = _painted(access_plots.plot_difference(before, before, backdrop))
    there, back = (_painted(access_plots.plot_difference(*pair, backdrop)) for pair in ((before, after), (after, before)))
    np.testing.assert_allclose(there[3:], same[3:])
    assert not np.allclose(there[0, :-1], back[0, :-1])
    # Lost one way round is gained the other.
    light = map_canvas._SHADE_LEAST + (1 - map_canvas._SHADE_LEAST) * backdrop.shade[backdrop.window()]
    np.testing.assert_allclose(there[1, 0] / light[1, 0], back[2, 0] / light[2, 0], atol=1e-6)


def test_fields_on_other_cells_and_classes_that_do_not_rise_are_refused(backdrop):
    with pytest.raises(ConfigError, match="PLOT-SHAPE"):
        access_plots.plot_minutes(np.zeros((3, 3)), backdrop)
    with pytest.raises(ConfigError, match="PLOT-BANDS"):
        access_plots.plot_minutes(np.zeros((8, 10)), backdrop, bands_min=[30, 15])
    with pytest.raises(ConfigError, match="PLOT-BANDS"):
        place_plots.classify(pd.Series([1.0]), [])


def test_bands_are_drawn_with_their_people_and_without_empty_ones(backdrop):
    boxes = [shapely.box(500_000 + 200 * at, 3_500_000, 500_200 + 200 * at, 3_500_800) for at in range(2)]
    areas = gpd.GeoDataFrame(
        {
            "status": ["ok", "ok", "unreachable", "no_data"], "label_zh": ["0–15 分钟", ">15 分钟", "不可达", "无数据"],
            "label_en": ["0–15 min", ">15 min", "unreachable", "no data"], "to_min": [15.0, np.inf, np.nan, np.nan], "persons": [1234.0, 5.0, 0.0, 7.0],
        },
        geometry=[*boxes, shapely.MultiPolygon(), None], crs=CRS_HERE,
    )  # fmt: skip
    axes = access_plots.plot_bands(areas, backdrop, language="en")
    assert [one.get_text() for one in axes.get_legend().get_texts()] == ["0–15 min · 1,234 people", ">15 min · 5 people"]


def test_neighbouring_catchments_differ_in_colour(backdrop):
    boxes = np.array([shapely.box(x, y, x + 1, y + 1) for x in range(6) for y in range(5)], dtype=object)
    number = access_plots.colour_neighbours(boxes, count=8)
    left, right = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    assert (number[left] != number[right])[left != right].all()
    assert access_plots.colour_neighbours(np.array([shapely.MultiPolygon()] * 3, dtype=object), count=8).tolist() == [0, 0, 0]
    catchments = gpd.GeoDataFrame(
        {"facility_id": ["a"]}, geometry=[shapely.box(500_000, 3_500_000, 500_500, 3_500_400)], crs=CRS_HERE
    )
    axes = access_plots.plot_catchments(catchments, backdrop)
    assert len(axes.collections[0].get_paths()) == 1


def test_unknown_and_unreached_places_are_no_class(backdrop):
    values = pd.Series([5.0, np.nan, np.nan])
    status = pd.Series(["ok", "unreachable", "no_data"])
    assert place_plots.classify(values, [10.0], status=status).tolist() == [0, 2, 3]
    places = gpd.GeoDataFrame(
        {"minutes": values, "status": status, "persons": [100.0, 400.0, np.nan]},
        geometry=gpd.points_from_xy([500_200, 500_400, 500_600], [3_500_300] * 3), crs=CRS_HERE,
    )  # fmt: skip
    axes = place_plots.plot_places(places, backdrop, column="minutes", bands=[10.0], label=("分钟", "minutes"), language="en")
    assert [one.get_text() for one in axes.get_legend().get_texts()] == ["≤ 10", "> 10", "not reached", "unknown"]
    dots = axes.collections[0]
    assert to_hex(dots.get_facecolors()[0]) == style.STATE_COLOURS["unreachable"]
    assert dots.get_sizes()[0] == 4 * dots.get_sizes()[1]  # four times the people, twice as wide; the largest is drawn first
    places = places.set_geometry(places.buffer(50))
    assert place_plots.plot_places(places, backdrop, column="minutes", bands=[10.0], label=("分钟", "minutes")) is not None


def test_legs_add_up_in_the_legend_by_kind(backdrop):
    legs = gpd.GeoDataFrame(
        {"kind": ["off_road", "ride", "off_road"], "leg_m": [100.0, 900.0, 50.0], "leg_min": [1.5, 2.7, 1.0]},
        geometry=gpd.GeoSeries.from_wkt(
            ["LINESTRING(500100 3500100, 500200 3500100)", "LINESTRING(500200 3500100, 500800 3500400)", "LINESTRING(500800 3500400, 500850 3500400)"]
        ), crs=CRS_HERE,
    )  # fmt: skip
    axes = place_plots.plot_legs(legs, backdrop, roads=legs, rivers=legs, language="en")
    words = [one.get_text() for one in axes.get_legend().get_texts()]
    assert words == ["walk off the road: 150 m · 2.5 min", "ride along: 900 m · 2.7 min", "start", "end"]


def test_links_without_an_end_are_not_drawn(backdrop):
    links = pd.DataFrame(
        {
            "level": ["village"] * 2,
            "from_x": [500_100.0, 500_200.0],
            "from_y": 3_500_100.0,
            "to_x": [500_500.0, np.nan],
            "to_y": 3_500_400.0,
        }
    )
    axes = place_plots.plot_links(links, backdrop, levels=[("village", ("村", "village"), "#e69f00")])
    assert len(axes.collections[0].get_segments()) == 1


def test_a_zoomed_map_shows_its_shape_with_a_margin_and_no_border_where_none_is_meant(backdrop):
    shape = shapely.box(500_200, 3_500_200, 500_600, 3_500_400)
    near = backdrop.zoom(shape, margin_share=0.1, is_border=False)
    assert near.bounds == (500_160.0, 3_500_160.0, 500_640.0, 3_500_440.0)
    assert near.border is None
    axes = access_plots.plot_minutes(np.full((8, 10), 5.0), near)
    assert axes.get_xlim() == (500_160.0, 500_640.0)
    assert backdrop.border is not None


def test_polygons_keep_their_holes():
    figure = plt.figure(figsize=(2, 2), dpi=50)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 10), ylim=(0, 10))
    hole = [(4, 4), (6, 4), (6, 6), (4, 6)]
    for ring in (hole, hole[::-1]):
        whole = shapely.MultiPolygon([shapely.Polygon([(1, 1), (9, 1), (9, 9), (1, 9)], [ring]), shapely.box(9.4, 0, 10, 10)])
        map_canvas.draw_shapes(axes, [whole, None], facecolor="red")
    figure.canvas.draw()
    red = np.asarray(figure.canvas.buffer_rgba())[..., 1] < 128
    assert [bool(red[at]) for at in ((75, 25), (50, 50), (50, 97))] == [True, False, True]


def test_labels_are_english_where_no_chinese_font_is_installed(backdrop, monkeypatch):
    monkeypatch.setattr(plots, "find_cjk_font", lambda: None)
    figure, axes = map_canvas.open_figure(backdrop=backdrop, title=("标题", "title"), source=("资料", "Source"))
    access_plots.plot_minutes(np.full((8, 10), 5.0), backdrop, ax=axes[0], title=("去", "there"))
    texts = [
        figure.get_suptitle(),
        figure.get_supxlabel(),
        axes[0].get_title(),
        *(one.get_text() for one in axes[0].get_legend().get_texts()),
    ]
    assert texts[:3] == ["title", "Source", "there"]
    assert all(text.isascii() for text in texts)


def test_source_lines_name_every_layer_with_its_date_and_licence():
    records = [SimpleNamespace(id=one, source="survey", vintage="2024", licence="open") for one in ("dem", "roads")]
    layers = SimpleNamespace(records=records, crs=CRS_HERE)
    chinese, english = map_canvas.cite_layers(layers, ["dem", "roads", "dem"])
    assert english == "Source: dem, roads: survey, 2024, open. CRS EPSG:4544"
    assert "EPSG:4544" in chinese
    with pytest.raises(ConfigError, match="PLOT-LAYER"):
        map_canvas.cite_layers(layers, ["rivers"])


@settings(deadline=None, max_examples=40)
@given(st.floats(0.1, 1e7))
def test_scale_bars_are_round_and_the_longest_that_fit(most):
    found = map_canvas.round_length_m(most)
    assert found <= most < 2.5 * found * (1 + 1e-9)
    assert f"{found:.0e}"[0] in "125"
