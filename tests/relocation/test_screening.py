"""Screening of settlements on ground whose measures are known by pencil; a hint, and never evidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydantic import ValidationError

from geoplan.contracts.screening_config import ScreeningConfig, SusceptibilityClass, TerrainIndicator
from geoplan.errors import CrsError
from geoplan.relocation.screening import Terrain, classify, index_susceptibility, measure_terrain, screen, screen_grid
from geoplan.spatial.terrain import sample_cells

CONFIG = ScreeningConfig(stream_km2=0.1, relief_radius_m=100.0)


def valley(make, *, side=10.0, along=1.0, rows=30, half=15, cell_m=50.0):
    """A V whose sides rise 10 m per 50 m cell (slope 11.5°), its line falling southwards by 1 m per cell."""
    z = np.add.outer(np.arange(rows, 0, -1) * along, np.abs(np.arange(2 * half + 1) - half) * side)
    return make.grid(z, cell_m=cell_m)


def at(row, col, *, rows=30, cell_m=50.0):
    return [(col + 0.5) * cell_m, (rows - row - 0.5) * cell_m]


def terrain_of(make, **values):
    """One row of cells whose measures are given; those not given are unknown."""
    names = ("slope_deg", "relief_m", "curvature_per_km", "stream_m", "hand_m")
    count = len(next(iter(values.values())))
    return Terrain(**{one: make.grid([values.get(one, [np.nan] * count)]) for one in names})


def test_the_index_by_hand_with_and_without_a_measure(make):
    """Slope 20°, relief 150 m, a plane, a stream at 200 m: 0.275 + 0.125 + 0.05 + 0.09 = 0.54; without curvature 0.49/0.9."""
    terrain = terrain_of(
        make, slope_deg=[20.0, 20.0, np.nan], relief_m=[150.0] * 3, curvature_per_km=[0.0, np.nan, 0.0], stream_m=[200.0] * 3
    )
    index = index_susceptibility(terrain, ScreeningConfig()).values[0]
    assert index[:2] == pytest.approx([0.54, 0.49 / 0.9])
    assert np.isnan(index[2]), "no slope, no index"


def test_settlements_in_a_valley_are_measured_by_hand(make):
    """On the line: 0 m above the stream. Four cells up the side: 40 m above it, 200 m away, slope arctan √(0.2² + 0.02²) = 11.4°."""
    dem = valley(make)
    found = screen(make.demand([at(20, 15), at(20, 19), at(20, 11), [-500.0, 0.0]]), dem, CONFIG).settlements
    assert found["settlement_id"].to_list() == ["s0", "s1", "s2", "s3"]
    assert found["status"].to_list() == ["ok", "ok", "ok", "no_data"]
    assert found["hand_m"].to_list()[:3] == pytest.approx([0.0, 40.0, 40.0])
    assert found["stream_m"].to_list()[:3] == pytest.approx([0.0, 200.0, 200.0])
    assert found["slope_deg"][1] == pytest.approx(np.degrees(np.arctan(np.hypot(0.2, 0.02))), abs=0.01)
    assert found["relief_m"][1] == pytest.approx(40.0)
    assert found["curvature_per_km"][1] == pytest.approx(0.0, abs=1e-3)
    assert found["curvature_per_km"][0] == pytest.approx(1000 * 2 * 10 / 50**2), "the line is a hollow"
    assert found["flood_prone"].to_list() == [True, False, False, False]


def test_outside_the_model_nothing_is_known_and_nothing_called_safe(make):
    found = screen(make.demand([[-500.0, 0.0], [np.nan, np.nan]]), valley(make), CONFIG).settlements
    assert found["status"].to_list() == ["no_data", "no_data"]
    assert found["susceptibility_class"].to_list() == ["", ""]
    assert found["susceptibility_index"].isna().all()
    assert found["hand_status"].to_list() == ["no_data", "no_data"]
    assert found["stream_status"].to_list() == ["no_data", "no_data"]
    assert (found["evidence_share"] == 0).all()


def test_ground_without_a_known_neighbour_has_no_slope_and_no_index(make):
    """One cell alone: its relief is 0, but what its slope is nobody knows."""
    z = np.full((5, 5), np.nan)
    z[2, 2] = 100.0
    found = screen(make.demand([[125.0, 125.0]]), make.grid(z, cell_m=50.0), CONFIG).settlements
    assert found["relief_m"].to_list() == [0.0]
    assert found["status"].to_list() == ["no_data"]
    assert found["susceptibility_index"].isna().all()
    assert found["susceptibility_class"].to_list() == [""]


def test_every_row_says_that_it_is_a_screening(make):
    found = screen(make.demand([at(3, 3), [-500.0, 0.0]]), valley(make), CONFIG).settlements
    assert set(found["basis"]) == {"screening"}


def test_a_place_whose_water_leaves_the_model_has_no_height_and_says_so(make):
    """Without any stream: slope and relief stand, height above it does not."""
    found = screen(make.demand([at(10, 5)]), valley(make), ScreeningConfig(stream_km2=100.0)).settlements
    assert found["status"].to_list() == ["ok"]
    assert found["hand_status"].to_list() == ["no_data"]
    assert not found["flood_prone"][0]
    assert found["evidence_share"][0] == pytest.approx(0.85)


def test_the_height_line_of_floods_is_inside(make):
    low = screen(make.demand([at(20, 16)]), valley(make), CONFIG.model_copy(update={"flood_hand_m": 10.0})).settlements
    high = screen(make.demand([at(20, 16)]), valley(make), CONFIG.model_copy(update={"flood_hand_m": 9.99})).settlements
    assert low["hand_m"][0] == 10.0
    assert (low["flood_prone"][0], high["flood_prone"][0]) == (True, False)


def test_classes_begin_at_their_lines(make):
    found = classify(np.array([0.0, 0.2499, 0.25, 0.5, 0.4999, 0.7, 1.0, np.nan, 0.1 + 0.2 + 0.2]), ScreeningConfig())
    assert found.tolist() == ["very_low", "very_low", "low", "medium", "low", "high", "high", "", "medium"]


measures = st.fixed_dictionaries(
    {
        "slope_deg": hnp.arrays(float, 6, elements=st.floats(0, 60)),
        "relief_m": hnp.arrays(float, 6, elements=st.floats(0, 500)),
        "curvature_per_km": hnp.arrays(float, 6, elements=st.floats(-20, 20)),
        "stream_m": hnp.arrays(float, 6, elements=st.floats(0, 2000)),
    }
)


@settings(max_examples=30, deadline=None)
@given(measures, st.sampled_from(["slope_deg", "relief_m", "curvature_per_km"]), st.floats(0, 30))
def test_steeper_rougher_and_hollower_ground_is_never_less_prone(make, values, name, more):
    before = index_susceptibility(terrain_of(make, **values), ScreeningConfig()).values
    after = index_susceptibility(terrain_of(make, **{**values, name: values[name] + more}), ScreeningConfig()).values
    assert (after >= before - 1e-6).all()
    assert ((before >= 0) & (before <= 1)).all()


@settings(max_examples=30, deadline=None)
@given(measures, st.sampled_from(["relief_m", "curvature_per_km", "stream_m"]))
def test_what_is_missing_is_left_out_and_not_counted_as_nothing(make, values, name):
    """Without a measure the index is the weighted mean of the others: between their least and greatest points."""
    gone = {**values, name: np.full(6, np.nan)}
    rest = ScreeningConfig(indicators=[one for one in ScreeningConfig().indicators if one.id != name])
    left_out = index_susceptibility(terrain_of(make, **values), rest).values
    assert index_susceptibility(terrain_of(make, **gone), ScreeningConfig()).values == pytest.approx(left_out, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(hnp.arrays(float, (9, 9), elements=st.integers(0, 200).map(float)), st.permutations(range(5)))
def test_a_settlements_row_is_its_cells_and_nobody_elses(make, z, order):
    dem = make.grid(z, cell_m=30.0)
    config = ScreeningConfig(stream_km2=0.005, relief_radius_m=60.0)
    xy = np.array([[45.0, 45.0], [100.0, 200.0], [135.0, 135.0], [260.0, 20.0], [10.0, 260.0]])
    found = screen(make.demand(xy), dem, config).settlements
    assert found["susceptibility_index"].to_numpy() == pytest.approx(
        sample_cells(screen_grid(dem, config), xy), abs=1e-6, nan_ok=True
    )
    moved = screen(make.demand(xy[list(order)]), dem, config).settlements
    assert moved["susceptibility_index"].to_numpy() == pytest.approx(
        found["susceptibility_index"].to_numpy()[list(order)], nan_ok=True
    )


def test_given_flow_and_measures_change_nothing(make):
    dem = valley(make)
    demand = make.demand([at(20, 15), at(20, 19)])
    before = dem.values.copy()
    terrain = measure_terrain(dem, CONFIG)
    assert screen(demand, dem, CONFIG).settlements.equals(screen(demand, dem, CONFIG, terrain=terrain).settlements)
    assert (dem.values == before).all()


def test_settlements_in_another_crs_are_refused(make):
    demand = make.demand([at(3, 3)])
    object.__setattr__(demand, "settlements", demand.settlements.set_crs(4490, allow_override=True))
    with pytest.raises(CrsError, match="CRS-MIXED"):
        screen(demand, valley(make), CONFIG)


def test_figures_that_make_no_sense_are_refused_and_every_figure_has_a_source():
    config = ScreeningConfig()
    for cited in (*config.indicators, *config.classes, config.stream_cited, config.relief_cited, config.flood_cited):
        assert cited.source
        assert cited.status in ("cited", "secondary", "convention")
    first = config.indicators[0]
    with pytest.raises(ValidationError, match="twice"):
        ScreeningConfig(indicators=[first, first])
    with pytest.raises(ValidationError, match="ascend"):
        TerrainIndicator.model_validate({**first.model_dump(), "anchors": [(5.0, 0.0), (5.0, 1.0)]})
    with pytest.raises(ValidationError, match="begin at 0"):
        ScreeningConfig(classes=[SusceptibilityClass.model_validate({**config.classes[0].model_dump(), "from_index": 0.1})])
