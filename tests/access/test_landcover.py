"""Land-cover classes out of fractions, and the sea."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from scipy import ndimage

from geoplan.access.ground import build_ground
from geoplan.access.landcover import OPEN_SEA, dominant_cover, mark_sea
from geoplan.contracts.config import LayerSpec
from geoplan.contracts.grid import Grid
from geoplan.errors import CrsError, LayerError
from geoplan.io.documents import read_walking
from geoplan.io.raster import read_raster

UTM = CRS.from_epsg(32738)
NAN = float("nan")
FRACTIONS = {
    20: "Shrub", 30: "Grass", 40: "Crops", 50: "BuiltUp", 60: "Bare", 70: "Snow", 80: "PermanentWater", 100: "MossLichen", 126: "Tree",
}  # fmt: skip
"""Nine fractions that add up to 100; seasonal water lies on top of them."""


@pytest.fixture(scope="module")
def walking():
    return read_walking("walking_2026")


def grid(values, *, cell_m=100.0, west=0.0, north=0.0, crs=UTM):
    return Grid(np.array(values, dtype=np.float32), Affine(cell_m, 0.0, west, 0.0, -cell_m, north), crs)


def test_the_largest_share_wins_and_water_wins_a_tie():
    """Shrubs 40 over grass 35; crops 50 = water 50 is water; trees 80 closed, 70 open; nothing known is 0, and so is nothing at all."""
    fractions = {
        20: grid([[40, 0, 5, 30, NAN, 0]]),
        30: grid([[35, 0, 15, 0, NAN, 0]]),
        40: grid([[0, 50, 0, 0, NAN, 0]]),
        80: grid([[0, 50, 0, 0, NAN, 0]]),
        126: grid([[25, 0, 80, 70, NAN, 0]]),
    }
    assert dominant_cover(fractions).values.tolist() == [[20, 80, 116, 126, 0, 0]]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.lists(st.sampled_from([NAN, 0.0, 10.0, 20.0, 60.0]), min_size=4, max_size=4), min_size=3, max_size=3),
    st.randoms(),
)
def test_the_order_of_the_fractions_does_not_matter(shares, random):
    """Naive twin: the largest of (share, code) pairs, in whatever order the layers come."""
    codes = [20, 40, 80]
    layers = {code: grid([row]) for code, row in zip(codes, shares, strict=True)}
    shuffled = list(layers)
    random.shuffle(shuffled)
    found = dominant_cover({code: layers[code] for code in shuffled}).values[0]
    for cell in range(4):
        known = [(row[cell], code) for code, row in zip(codes, shares, strict=True) if row[cell] > 0]
        assert found[cell] == (max(known)[1] if known else 0)


def test_fractions_on_other_grids_are_refused():
    """Another size, another place, another CRS, code 0, no layers: each names its mistake."""
    one = grid([[1, 2]])
    for bad, code in (
        ({20: one, 30: grid([[1, 2, 3]])}, "COVER-GRID"),
        ({20: one, 30: grid([[1, 2]], west=10.0)}, "COVER-GRID"),
        ({0: one}, "COVER-CODE"),
        ({}, "COVER-EMPTY"),
    ):
        with pytest.raises(LayerError) as caught:
            dominant_cover(bad)
        assert caught.value.code == code
    with pytest.raises(CrsError):
        dominant_cover({20: one, 30: grid([[1, 2]], crs=CRS.from_epsg(32737))})


def test_the_sea_is_low_unknown_ground_joined_to_the_edge():
    """Heights and cover, one row of cells per line; s is sea.

    height  0 0 0 5 9 0 9 7 0     cover  . . . g g . g g .
    The hollow of 0 m in the middle has no way to the edge within its row and none beside it: it stays unknown.
    """
    middle = [0, 0, 0, 5, 9, 0, 9, 7, 0]
    wall = [0, 0, 0, 5, 9, 9, 9, 7, 0]
    cover = [0, 0, 0, 30, 30, 0, 30, 30, 0]
    known = [0, 0, 0, 30, 30, 30, 30, 30, 0]
    # The upper and lower rows close the hollow; the edge rows are land too.
    heights = grid([wall, middle, wall], cell_m=30.0)
    found = mark_sea(grid([known, cover, known], cell_m=30.0), heights, shore_m=0.0)
    assert found.values[1].tolist() == [200, 200, 200, 30, 30, 0, 30, 30, 200]
    assert found.transform == heights.transform


def test_the_shore_is_sea_as_far_as_height_is_believed():
    """Cells of 30 m at 0 m whose 100 m cover says grass: within 60 m of the sea they are shallows, beyond they are low land."""
    heights = grid([[0, 0, 0, 0, 0, 8]] * 3, cell_m=30.0)
    cover = grid([[NAN, 30, 30, 30, 30, 30]] * 3, cell_m=30.0)
    assert mark_sea(cover, heights, shore_m=60.0).values[1].tolist() == [200, 200, 200, 30, 30, 30]
    assert mark_sea(cover, heights, shore_m=0.0).values[1].tolist() == [200, 30, 30, 30, 30, 30]


def test_a_dry_depression_far_from_the_sea_is_land():
    """Turpan lies 154 m below the sea: with known cover, or away from the edge, it is walked on."""
    heights = np.full((7, 7), 50.0)
    heights[2:5, 2:5] = -154.0
    assert not (mark_sea(None, grid(heights, cell_m=30.0)).values == OPEN_SEA).any()
    below = grid(np.full((4, 4), -154.0), cell_m=30.0)
    assert (mark_sea(grid(np.full((4, 4), 60.0), cell_m=30.0), below).values == 60).all()


def test_voids_of_the_elevation_model_join_the_sea():
    """A missing tile over the sea is sea where nothing is known of its cover, and leads to the edge."""
    heights = grid([[NAN, 0.0, 4.0]] * 3, cell_m=30.0)
    assert mark_sea(None, heights, shore_m=0.0).values[1].tolist() == [200, 200, 0]


def test_cover_of_another_resolution_is_taken_at_the_cell_centre():
    """100 m cover on 30 m cells: centres at 15, 45, 75 lie in the first, 105 in the second; beyond its edge 0."""
    heights = grid(np.full((1, 8), 9.0), cell_m=30.0)
    found = mark_sea(grid([[20, 40]]), heights).values[0].tolist()
    assert found == [20, 20, 20, 40, 40, 40, 40, 0]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([-3.0, 0.0, 2.0]), min_size=36, max_size=36),
    st.lists(st.sampled_from([0.0, 30.0]), min_size=36, max_size=36),
)
def test_sea_is_never_above_its_level_and_land_keeps_its_class(heights, classes):
    """Whatever is marked lies at or below 0 m; all else keeps the class it had; a wider shore only adds sea."""
    dem, cover = grid(np.reshape(heights, (6, 6)), cell_m=30.0), grid(np.reshape(classes, (6, 6)), cell_m=30.0)
    narrow, wide = (mark_sea(cover, dem, shore_m=width).values for width in (0.0, 70.0))
    for found in (narrow, wide):
        sea = found == OPEN_SEA
        assert (dem.values[sea] <= 0).all()
        assert np.array_equal(found[~sea], cover.values[~sea])
    assert not ((narrow == OPEN_SEA) & (wide != OPEN_SEA)).any()


@pytest.mark.shared
@pytest.mark.slow
def test_an_island_ends_where_its_sea_begins(shared_data, walking):
    """Mohéli from real layers: fractions are nodata over the sea and heights 0 m, and 200 km² of land are left in one piece.

    Nobody steps onto the sea, and hardly any land at or below 0 m is left.
    """
    crs, bounds = UTM, (350_000.0, 8_620_000.0, 390_000.0, 8_655_000.0)

    def read(path, cell_m, resampling):
        spec = LayerSpec(path=path, datum="wgs84", vintage="2019", licence="CC BY 4.0", source="Copernicus")
        return read_raster(
            spec, layer_id="x", base=shared_data / "comoros", crs=crs, bounds=bounds, cell_m=cell_m, resampling=resampling
        )[0]

    dem = read(["dem/S13E043.SRTMGL1.hgt.zip"], 30.0, "bilinear")
    fractions = {code: read(f"landcover/landcover_{name}.tif", None, "nearest") for code, name in FRACTIONS.items()}
    known = [np.isfinite(one.values) for one in fractions.values()]
    assert all(np.array_equal(one, known[0]) for one in known)
    ground = build_ground(dem, walking=walking, landcover=mark_sea(dominant_cover(fractions), dem))
    land = ground.speed_class > 0
    label, _ = ndimage.label(land, structure=np.ones((3, 3)))
    km2 = np.sort(np.bincount(label.ravel())[1:])[::-1] * 9e-4
    assert km2[0] == pytest.approx(205.0, abs=10.0)
    # The islets off Nioumachoua.
    assert km2[1:].sum() < 10.0
    assert (dem.values[land] <= 0).mean() < 0.005
    assert (ground.blocked[~land] == 0xFFFF).all()
    assert not land[[0, -1]].any()
