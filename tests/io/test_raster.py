"""Rasters come in unshifted, with voids as voids and people counted once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from geoplan.contracts.config import LayerSpec
from geoplan.contracts.status import Severity
from geoplan.errors import CrsError, LayerError
from geoplan.io.raster import read_raster
from geoplan.io.sources import checksum
from geoplan.spatial.cells import to_ground

METRIC = CRS.from_epsg(4544)
WEST, NORTH = 500_000.0, 3_560_000.0


def spec(path, **more):
    return LayerSpec(path=path, datum="cgcs2000", vintage="2020", licence="test", **more)


def write(path: Path, values, *, transform=None, crs="EPSG:4544", cell=10.0, scale=None, **profile):
    values = np.asarray(values)
    transform = transform or Affine(cell, 0, WEST, 0, -cell, NORTH)
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"height": values.shape[-2], "width": values.shape[-1], "count": 1 if values.ndim == 2 else values.shape[0]}
    with rasterio.open(path, "w", driver="GTiff", dtype=values.dtype, crs=crs, transform=transform, **shape, **profile) as out:
        out.write(values[None] if values.ndim == 2 else values)
        if scale:
            out.scales, out.offsets = [scale[0]], [scale[1]]
    return path.name


def bounds_of(rows, cols, cell=10.0):
    return (WEST, NORTH - rows * cell, WEST + cols * cell, NORTH)


def read(base, layer, *, bounds, cell_m=None, resampling="bilinear", crs=METRIC):
    return read_raster(layer, layer_id="dem", base=base, crs=crs, bounds=bounds, cell_m=cell_m, resampling=resampling)


def plane_degrees(rows, cols, cell, west, north):
    """A raster in degrees whose values are a plane in longitude and latitude: 1000·(lon − west) + 500·(lat − south)."""
    lon = west + (np.arange(cols) + 0.5) * cell
    lat = north - (np.arange(rows) + 0.5) * cell
    south = north - rows * cell
    return (1000 * (lon[None, :] - west) + 500 * (lat[:, None] - south)).astype("float32")


def test_native_grid_is_kept_bit_for_bit(tmp_path):
    values = np.random.default_rng(1).normal(800, 90, (6, 8)).astype("float32")
    name = write(tmp_path / "dem.tif", values)
    for cell_m in (None, 10.0):
        grid, record, problems = read(tmp_path, spec(name), bounds=bounds_of(6, 8), cell_m=cell_m)
        assert np.array_equal(grid.values, values)
        assert (grid.transform.c, grid.transform.f) == (WEST, NORTH)
        assert problems == []
        assert "native grid kept, not resampled" in record.notes


def test_a_crs_written_differently_is_still_native(tmp_path):
    name = write(tmp_path / "dem.tif", np.ones((3, 3), "float32"), crs=METRIC.to_wkt("WKT1_GDAL"))
    _, record, _ = read(tmp_path, spec(name), bounds=bounds_of(3, 3))
    assert any("not resampled" in note for note in record.notes)


def test_cells_lie_on_multiples_of_the_cell_and_cover_the_bounds(tmp_path):
    """West 500,003 with 25 m cells begins at 500,000; the last column ends at or beyond the east bound."""
    name = write(tmp_path / "dem.tif", np.ones((40, 40), "float32"))
    wanted = (WEST + 3, NORTH - 201, WEST + 201, NORTH - 3)
    grid, _, _ = read(tmp_path, spec(name), bounds=wanted, cell_m=25.0)
    assert grid.cell_size == (25.0, 25.0)
    assert grid.bounds == (WEST, NORTH - 225, WEST + 225, NORTH)


def test_elevation_is_not_shifted_by_half_a_cell(tmp_path):
    """A plane in degrees read onto metres: every cell holds the plane at its own centre, not half a cell beside it."""
    cell, west, north = 1 / 3600, 105.0, 32.2
    name = write(
        tmp_path / "dem.tif",
        plane_degrees(80, 80, cell, west, north),
        crs="EPSG:4490",
        transform=Affine(cell, 0, west, 0, -cell, north),
    )
    to_metres = Transformer.from_crs(4490, METRIC, always_xy=True)
    east0, north0 = to_metres.transform(west + 20 * cell, north - 60 * cell)
    grid, _, _ = read(tmp_path, spec(name), bounds=(east0, north0, east0 + 900, north0 + 900), cell_m=30.0)
    row, col = np.indices(grid.shape)
    lon, lat = to_metres.transform(*to_ground(grid.transform, col + 0.5, row + 0.5), direction="INVERSE")
    truth = 1000 * (lon - west) + 500 * (lat - (north - 80 * cell))
    # Half a cell would be 0.14 in longitude and 0.07 in latitude; allowed is a thousandth of a cell.
    assert np.abs(grid.values - truth).max() < 0.0003


def test_an_upsampled_plane_stays_the_plane(tmp_path):
    """z = x/10 + 0.5 at 10 m centres (0.5 is the first centre's share): at 5 m cells the values step by 0.5."""
    name = write(tmp_path / "dem.tif", np.tile(np.arange(10, dtype="float32"), (10, 1)))
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds_of(10, 10), cell_m=5.0)
    assert grid.values[10, 2:-2] == pytest.approx(np.arange(2, 18) * 0.5 - 0.25, abs=1e-4)


@pytest.mark.parametrize(
    ("void", "declared", "extra"),
    [
        (-9999.0, -9999.0, None),
        (0.0, 0.0, None),
        (np.nan, None, None),
        (np.inf, None, None),
        (-3.4028235e38, None, None),
        (77.0, None, 77.0),
    ],
)
def test_every_kind_of_nodata_is_unknown(tmp_path, void, declared, extra):
    """Declared −9999 and 0, NaN, infinity, the largest float, and the catalogue's own number: NaN, and its neighbours untouched."""
    values = np.full((3, 3), 12.5, "float32")
    values[1, 1] = void
    name = write(tmp_path / "dem.tif", values, **({} if declared is None else {"nodata": declared}))
    grid, _, problems = read(tmp_path, spec(name, nodata=extra), bounds=bounds_of(3, 3))
    assert np.isnan(grid.values).sum() == 1
    assert np.isnan(grid.values[1, 1])
    assert grid.values[0, 0] == 12.5
    assert problems == []


def test_undeclared_minus_9999_is_unknown_and_reported(tmp_path):
    """Nobody lives 9,999 m below the sea: taken as unknown, and the catalogue is asked to say so."""
    values = np.full((3, 3), 12.0, "float32")
    values[0, :2] = -9999
    name = write(tmp_path / "dem.tif", values)
    grid, _, problems = read(tmp_path, spec(name), bounds=bounds_of(3, 3))
    assert np.isnan(grid.values).sum() == 2
    assert [(one.code, one.severity, one.count) for one in problems] == [("RASTER-NODATA", Severity.WARNING, 2)]


def test_the_sea_at_zero_and_ground_below_it_are_elevations(tmp_path):
    values = np.array([[0, -14], [-430, 2361]], "int16")
    name = write(tmp_path / "dem.tif", values, nodata=-32768)
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds_of(2, 2))
    assert grid.values.tolist() == [[0, -14], [-430, 2361]]


def test_scale_and_offset_are_applied_after_nodata(tmp_path):
    """int16 decimetres with offset 100: 1234 is 223.4 m; −9999 is nodata, not −899.9 m."""
    name = write(tmp_path / "dem.tif", np.array([[1234, -9999], [0, 10]], "int16"), nodata=-9999, scale=(0.1, 100.0))
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds_of(2, 2))
    assert grid.values[0, 0] == pytest.approx(223.4)
    assert np.isnan(grid.values[0, 1])
    assert grid.values[1].tolist() == pytest.approx([100.0, 101.0])


def test_a_void_does_not_pull_its_neighbours_down(tmp_path):
    """Level ground of 100 m with a hole of −9999: resampled values are 100 or unknown, nothing between."""
    values = np.full((20, 20), 100.0, "float32")
    values[8:12, 8:12] = -9999
    name = write(tmp_path / "dem.tif", values, nodata=-9999)
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds_of(20, 20), cell_m=7.0)
    inner = grid.values[1:-1, 1:-1]
    assert np.isnan(inner).any()
    assert inner[~np.isnan(inner)] == pytest.approx(100.0)
    east, north = to_ground(grid.transform, 14.5, 14.5)
    assert np.isnan(grid.values[14, 14]), (east, north)


def test_classes_are_never_mixed(tmp_path):
    """Nearest keeps classes 10 and 50; a mean would invent 30."""
    values = np.where(np.indices((12, 12)).sum(axis=0) % 2 == 0, 10, 50).astype("uint8")
    name = write(tmp_path / "lc.tif", values)
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds_of(12, 12), cell_m=4.0, resampling="nearest")
    assert set(np.unique(grid.values[~np.isnan(grid.values)])) == {10.0, 50.0}


def test_people_straddling_two_cells_are_split_not_copied(tmp_path):
    """A 10 m cell of 8 people across the edge of two 20 m cells: 4 and 4."""
    values = np.zeros((2, 4), "float32")
    values[0, 1] = 8.0
    name = write(tmp_path / "pop.tif", values, transform=Affine(10, 0, WEST + 5, 0, -10, NORTH))
    bounds = (WEST, NORTH - 20, WEST + 60, NORTH)
    grid, _, _ = read(tmp_path, spec(name), bounds=bounds, cell_m=20.0, resampling="sum")
    assert np.nan_to_num(grid.values).tolist() == [[4.0, 4.0, 0.0]]


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000), st.floats(0.0004, 0.002), st.sampled_from([30.0, 90.0, 100.0, 250.0]))
def test_people_are_conserved_whatever_the_grids(tmp_path_factory, seed, degrees, cell_m):
    """Σ inside + Σ outside = Σ source: nearest-neighbour resampling lost 45% of a country."""
    base = tmp_path_factory.mktemp("pop")
    values = np.random.default_rng(seed).gamma(0.3, 20, (12, 15)).astype("float32")
    values[values < 1] = -99999
    name = write(base / "pop.tif", values, crs="EPSG:4326", transform=Affine(degrees, 0, 105.2, 0, -degrees, 32.4), nodata=-99999)
    total = float(values[values > 0].sum(dtype=float))
    west, south = Transformer.from_crs(4326, METRIC, always_xy=True).transform(105.2 + 4 * degrees, 32.4 - 9 * degrees)
    grid, record, _ = read(base, spec(name), bounds=(west, south, west + 700, south + 700), cell_m=cell_m, resampling="sum")
    inside = float(np.nansum(grid.values, dtype=float))
    outside = float(record.notes[-1].split(", ")[1].split()[0])
    # The margin read around the bounds is 3 cells; what lies beyond was never read and is not counted as outside.
    assert inside + outside <= total * (1 + 1e-6)
    everything, record, _ = read(
        base,
        spec(name),
        bounds=(west - 30_000, south - 30_000, west + 60_000, south + 60_000),
        cell_m=cell_m * 8,
        resampling="sum",
    )
    assert float(np.nansum(everything.values, dtype=float)) == pytest.approx(total, rel=1e-6)


def test_people_outside_the_bounds_are_named_not_lost(tmp_path):
    """4 × 4 cells of one person; the bounds hold the left half: 8 inside, 8 outside."""
    name = write(tmp_path / "pop.tif", np.ones((4, 4), "float32"))
    bounds = (WEST, NORTH - 40, WEST + 20, NORTH)
    grid, record, _ = read(tmp_path, spec(name), bounds=bounds, cell_m=20.0, resampling="sum")
    assert float(np.nansum(grid.values)) == 8.0
    assert record.notes[-1] == "sum 8.000 within the bounds, 8.000 outside them"


def hgt(folder: Path, name: str, values):
    """Write a 3″ SRTM tile (1201², big-endian int16) inside a zip, as the archives hand them out."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}.SRTMGL3.hgt.zip", "w") as archive:
        archive.writestr(f"{name}.hgt", np.asarray(values, ">i2").tobytes())
    return f"{name}.SRTMGL3.hgt.zip"


def test_zipped_hgt_tiles_join_without_a_seam(tmp_path):
    """Two tiles of one plane in longitude share a column: across the seam the plane goes on, in a path with 中文 and spaces."""
    base = tmp_path / "高程 数据"
    ramp = np.arange(1201) * 2
    west = hgt(base, "N32E105", np.tile(ramp, (1201, 1)))
    east = hgt(base, "N32E106", np.tile(ramp + 2400, (1201, 1)))
    layer = LayerSpec(path=[west, east], datum="wgs84", vintage="2000", licence="public domain")
    to_metres = Transformer.from_crs(4326, METRIC, always_xy=True)
    x, y = to_metres.transform(106.0, 32.5)
    grid, record, problems = read(base, layer, bounds=(x - 3000, y - 3000, x + 3000, y + 3000), cell_m=90.0)
    row, col = np.indices(grid.shape)
    lon, _ = to_metres.transform(*to_ground(grid.transform, col + 0.5, row + 0.5), direction="INVERSE")
    assert np.abs(grid.values - (lon - 105.0) * 1200 * 2).max() < 0.05
    assert problems == []
    assert "2 tiles joined into one grid" in record.notes
    assert record.paths == (west, east)
    assert record.sha256 == checksum((base / west, base / east), layer_id="dem")


def test_people_on_overlapping_tiles_are_counted_once(tmp_path):
    """Two tiles of one grid share a column of 10 people each row: 3 rows × (2 + 1 shared + 2) columns × 10 = 150."""
    tens = np.full((3, 3), 10, "float32")
    left = write(tmp_path / "a.tif", tens)
    right = write(tmp_path / "b.tif", tens, transform=Affine(10, 0, WEST + 20, 0, -10, NORTH))
    grid, _, _ = read(tmp_path, spec([left, right]), bounds=bounds_of(3, 5), cell_m=20.0, resampling="sum")
    assert float(np.nansum(grid.values)) == pytest.approx(150.0)


def test_people_on_tiles_of_different_grids_are_refused(tmp_path):
    tens = np.full((3, 3), 10, "float32")
    left = write(tmp_path / "a.tif", tens)
    right = write(tmp_path / "b.tif", tens, transform=Affine(10, 0, WEST + 23, 0, -10, NORTH))
    with pytest.raises(LayerError) as caught:
        read(tmp_path, spec([left, right]), bounds=bounds_of(3, 5), cell_m=20.0, resampling="sum")
    assert caught.value.code == "RASTER-MISALIGNED"


def test_elevation_tiles_of_different_grids_are_laid_over_one_another(tmp_path):
    left = write(tmp_path / "a.tif", np.full((10, 10), 5, "float32"))
    right = write(tmp_path / "b.tif", np.full((10, 10), 9, "float32"), transform=Affine(10, 0, WEST + 93, 0, -10, NORTH))
    grid, record, _ = read(tmp_path, spec([left, right]), bounds=(WEST, NORTH - 100, WEST + 190, NORTH), cell_m=10.0)
    assert set(np.unique(grid.values)) == {5.0, 9.0}
    assert any("different grids" in note for note in record.notes)


def test_south_up_and_north_up_files_give_the_same_grid(tmp_path):
    values = np.random.default_rng(4).normal(0, 50, (12, 12)).astype("float32")
    upright = write(tmp_path / "up.tif", values)
    flipped = write(tmp_path / "down.tif", values[::-1], transform=Affine(10, 0, WEST, 0, 10, NORTH - 120))
    one, _, _ = read(tmp_path, spec(upright), bounds=bounds_of(12, 12), cell_m=10.0)
    other, _, _ = read(tmp_path, spec(flipped), bounds=bounds_of(12, 12), cell_m=10.0)
    assert other.values == pytest.approx(one.values, abs=1e-3)


def test_second_band(tmp_path):
    name = write(tmp_path / "two.tif", np.stack([np.zeros((2, 2)), np.ones((2, 2))]).astype("float32"))
    grid, _, _ = read(tmp_path, spec(name, band=2), bounds=bounds_of(2, 2))
    assert (grid.values == 1).all()
    with pytest.raises(LayerError) as caught:
        read(tmp_path, spec(name, band=3), bounds=bounds_of(2, 2))
    assert caught.value.code == "RASTER-BAND"


def test_bad_files_give_one_clear_error(tmp_path):
    (tmp_path / "junk.tif").write_bytes(b"not a raster")
    (tmp_path / "junk.hgt.zip").write_bytes(b"not a zip")
    name = write(tmp_path / "bare.tif", np.ones((2, 2), "float32"), crs=None)
    placed = write(tmp_path / "good.tif", np.ones((2, 2), "float32"))
    far = (WEST + 90_000, NORTH, WEST + 91_000, NORTH + 1000)
    cases = [
        (spec("none.tif"), bounds_of(2, 2), LayerError, "LAYER-MISSING"),
        (spec("junk.tif"), bounds_of(2, 2), LayerError, "LAYER-UNREADABLE"),
        (spec("junk.hgt.zip"), bounds_of(2, 2), LayerError, "LAYER-UNREADABLE"),
        (spec(name), bounds_of(2, 2), CrsError, "CRS-MISSING"),
        (spec(placed, crs="EPSG:32648"), bounds_of(2, 2), CrsError, "CRS-MIXED"),
        (spec(placed), far, LayerError, "RASTER-OUTSIDE"),
    ]
    for layer, bounds, kind, code in cases:
        with pytest.raises(kind) as caught:
            read(tmp_path, layer, bounds=bounds)
        assert caught.value.code == code
        assert caught.value.layer == "dem"
        assert caught.value.remedy
    grid, _, _ = read(tmp_path, spec(name, crs="EPSG:4544"), bounds=bounds_of(2, 2))
    assert (grid.values == 1).all()


def test_a_picture_that_does_not_say_where_it_lies_is_refused(tmp_path):
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        name = write(tmp_path / "scan.tif", np.ones((2, 2), "float32"), crs=None, transform=Affine.identity())
    with pytest.raises(LayerError) as caught:
        read(tmp_path, spec(name, crs="EPSG:4544"), bounds=bounds_of(2, 2))
    assert caught.value.code == "RASTER-UNPLACED"


def test_shifted_datums_and_absurd_sizes_are_refused(tmp_path):
    name = write(tmp_path / "dem.tif", np.ones((2, 2), "float32"))
    shifted = LayerSpec(path=name, datum="gcj02", vintage="2020", licence="test")
    with pytest.raises(CrsError) as caught:
        read(tmp_path, shifted, bounds=bounds_of(2, 2))
    assert caught.value.code == "RASTER-DATUM"
    with pytest.raises(LayerError) as refused:
        read(tmp_path, spec(name), bounds=bounds_of(2, 2), cell_m=0.0001)
    assert refused.value.code == "RASTER-SIZE"


def test_a_raster_without_a_value_in_the_county_is_an_error_to_report(tmp_path):
    name = write(tmp_path / "dem.tif", np.full((2, 2), -9999, "float32"), nodata=-9999)
    _, _, problems = read(tmp_path, spec(name), bounds=bounds_of(2, 2))
    assert [(one.code, one.severity) for one in problems] == [("RASTER-EMPTY", Severity.ERROR)]


@pytest.mark.shared
def test_comoros_people_are_conserved_in_metres(shared_data):
    """WorldPop sums to 869,595 people; on UTM cells they are all there still."""
    layer = LayerSpec(path="comoros/pop/com_ppp_2020_UNadj.tif", datum="wgs84", vintage="2020", licence="CC BY 4.0")
    crs = CRS.from_epsg(32738)
    grid, record, problems = read(shared_data, layer, bounds=(300_000, 8_620_000, 460_000, 8_750_000), resampling="sum", crs=crs)
    assert float(np.nansum(grid.values, dtype=float)) == pytest.approx(869_595, rel=1e-6)
    assert np.nanmin(grid.values) >= 0
    assert problems == []
    assert record.notes[-1].endswith("0.000 outside them")


@pytest.mark.shared
def test_comoros_people_outside_the_bounds_are_in_the_notes(shared_data):
    """Bounds that cut Grande Comore in two: inside and outside still make the people that were read."""
    layer = LayerSpec(path="comoros/pop/com_ppp_2020_UNadj.tif", datum="wgs84", vintage="2020", licence="CC BY 4.0")
    bounds = (310_000, 8_600_000, 330_000, 8_760_000)
    grid, record, _ = read(shared_data, layer, bounds=bounds, resampling="sum", cell_m=100.0, crs=CRS.from_epsg(32738))
    inside = float(np.nansum(grid.values, dtype=float))
    assert 50_000 < inside < 500_000
    assert record.notes[-1].startswith(f"sum {inside:.3f} within")


@pytest.mark.shared
def test_comoros_tiles_join_and_the_sea_stays_at_zero(shared_data):
    """Karthala's rim is 2,361 m in SRTM; sea cells are 0, not unknown; where no tile is, nothing is known."""
    names = [f"comoros/dem/{one}.SRTMGL1.hgt.zip" for one in ("S12E043", "S13E043", "S13E044")]
    layer = LayerSpec(path=names, datum="wgs84", vintage="2000", licence="public domain")
    bounds = (305_000, 8_660_000, 345_000, 8_745_000)
    grid, record, _ = read(shared_data, layer, bounds=bounds, cell_m=90.0, crs=CRS.from_epsg(32738))
    assert np.nanmax(grid.values) == pytest.approx(2361, abs=12)
    assert (grid.values == 0).sum() > 1000
    assert "2 of 3 files touch the county" in record.notes
