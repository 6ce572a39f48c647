"""What the cache gives back is what was put in; what is damaged is never half believed."""

from __future__ import annotations

import dataclasses
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from pyproj import CRS
from shapely.geometry import Point

from geoplan.contracts.grid import Grid
from geoplan.contracts.results import CheckReport, Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.errors import StageError
from geoplan.io.cache import StageCache, load_tree, save_tree

CRS_METRIC = CRS.from_epsg(4544)


def sample_layers():
    points = gpd.GeoDataFrame(
        {"settlement_id": ["01", "02"], "persons": [3.0, np.nan]}, geometry=[Point(1, 2), None], crs=CRS_METRIC
    )
    grid = Grid(np.array([[1.0, np.nan]], dtype="float32"), Affine(30, 0, 0, 0, -30, 60), CRS_METRIC)
    problem = Problem("X", Severity.WARNING, "roads", "中", "en", "改", "fix", ids=("a", "b"), count=2)
    return Layers(CRS_METRIC, {"settlements": points}, {"dem": grid}, (), (problem,))


def test_a_tree_of_results_comes_back_equal(tmp_path):
    """Frames keep dtypes, CRS and missing geometry; grids keep NaN; enumerations stay enumerations; tuples stay tuples."""
    layers = sample_layers()
    save_tree(layers, tmp_path / "one")
    back = load_tree(tmp_path / "one")
    assert_geodataframe_equal(back.vectors["settlements"], layers.vectors["settlements"])
    np.testing.assert_array_equal(back.rasters["dem"].values, layers.rasters["dem"].values)
    assert back.rasters["dem"].transform == layers.rasters["dem"].transform
    assert back.crs == CRS_METRIC
    assert back.problems == layers.problems
    assert isinstance(back.problems[0].severity, Severity)


leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=5)
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8
)


@settings(deadline=None, max_examples=50)
@given(trees)
def test_any_plain_tree_comes_back_equal(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("tree") / "one"
    save_tree(tree, folder)
    assert repr(load_tree(folder)) == repr(tree)  # repr: NaN equals NaN, -0.0 differs from 0.0


def test_an_empty_frame_keeps_its_columns(tmp_path):
    frame = pd.DataFrame({"a": pd.Series([], dtype="float64"), "b": pd.Series([], dtype="str")})
    save_tree(frame, tmp_path / "one")
    assert_frame_equal(load_tree(tmp_path / "one"), frame)


def test_an_unknown_object_is_refused_not_pickled(tmp_path):
    with pytest.raises(StageError) as caught:
        save_tree({"x": object()}, tmp_path / "one")
    assert caught.value.code == "CACHE-TYPE"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["truncate", "remove", "garbage"])
def test_a_damaged_entry_is_an_error_never_a_half_result(tmp_path, damage):
    save_tree(sample_layers(), tmp_path / "one")
    victim = next(path for path in (tmp_path / "one").iterdir() if path.suffix == ".parquet")
    if damage == "remove":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:40] if damage == "truncate" else b"garbage")
    with pytest.raises(StageError) as caught:
        load_tree(tmp_path / "one")
    assert caught.value.code == "CACHE-BROKEN"


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save_tree(sample_layers(), tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_keeps_the_newest_recipes_of_a_stage(tmp_path):
    cache = StageCache(tmp_path)
    for number in range(10):
        cache.save("demand", f"recipe{number:02d}" + "x" * 40, CheckReport(()))
    kept = sorted(path.name for path in (tmp_path / "demand").iterdir())
    assert len(kept) == 6
    assert cache.has("demand", "recipe09" + "x" * 40)
    assert not cache.has("demand", "recipe00" + "x" * 40)


def test_nothing_in_results_is_beyond_the_cache():
    """Every dataclass of the results vocabulary is one the cache can name."""
    from geoplan.contracts import results
    from geoplan.io import cache

    for cls in vars(results).values():
        if isinstance(cls, type) and dataclasses.is_dataclass(cls):
            assert cls.__name__ in cache._CLASSES


def test_numpy_scalars_come_back_as_plain_numbers(tmp_path):
    save_tree([np.float64("nan"), np.int64(3), np.bool_(True)], tmp_path / "one")
    first, second, third = load_tree(tmp_path / "one")
    assert math.isnan(first)
    assert (second, third) == (3, True)
