"""AUC and success rate against all pairs, and inventories planted so that the answer is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from geoplan.contracts.screening_config import ScreeningConfig
from geoplan.errors import TableError
from geoplan.relocation.backtest import back_test, measure_auc, trace_success, weigh_slides
from geoplan.relocation.screening import screen_grid

SCENE = 60


def hills(seed):
    """An index of 60 × 60 cells of 50 m whose hills are some 300 m wide, between 0 and 1."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((SCENE, SCENE)), 4.0)
    return (noise - noise.min()) / (noise.max() - noise.min())


def plant(make, chance, count, rng):
    """Point slides on cells drawn with the given chances."""
    cell = rng.choice(chance.size, count, replace=False, p=chance.ravel() / chance.sum())
    row, col = np.divmod(cell, chance.shape[1])
    return make.frame(shapely.points((col + 0.5) * 50.0, (chance.shape[0] - row - 0.5) * 50.0), slide=[str(one) for one in cell])


def naive_auc(value, weight):
    """Every slide cell against every quiet one."""
    pairs = [(w, (v > q) + 0.5 * (v == q)) for v, w in zip(value, weight, strict=True) if w > 0 for q in value[weight == 0]]
    return sum(w * one for w, one in pairs) / sum(w for w, _ in pairs)


scene = st.tuples(
    hnp.arrays(float, 25, elements=st.integers(0, 6).map(lambda one: one / 4)),
    hnp.arrays(float, 25, elements=st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0])),
).filter(lambda one: (one[1] > 0).any() and (one[1] == 0).any())


def test_five_cells_by_hand(make):
    index = make.grid([[0.2, 0.4, 0.6, 0.6, 0.8]], cell_m=50.0)
    slides = make.frame([shapely.Point(175, 25), shapely.Point(225, 25)], slide=["a", "b"])
    found = back_test(index, slides, rng=np.random.default_rng(0))
    assert found.auc == pytest.approx(5.5 / 6)
    curve = found.curve.set_index("area_share")["slide_share"]
    assert [curve.iloc[k] for k in (0, 20, 40, 60, 100)] == pytest.approx([0.0, 0.5, 0.75, 1.0, 1.0])
    assert (found.slides, found.slides_outside, found.slide_cells, found.study_cells) == (2, 0, 2, 5)


@settings(max_examples=40, deadline=None)
@given(scene)
def test_the_auc_is_that_of_all_pairs(one):
    assert measure_auc(*one) == pytest.approx(naive_auc(*one))


@settings(max_examples=30, deadline=None)
@given(scene)
def test_turning_the_index_round_turns_the_auc_round_and_stretching_it_changes_nothing(one):
    value, weight = one
    assert measure_auc(-value, weight) == pytest.approx(1.0 - measure_auc(value, weight))
    assert measure_auc(np.exp(value), weight) == measure_auc(value, weight)
    assert trace_success(np.exp(value), weight).equals(trace_success(value, weight))


@settings(max_examples=30, deadline=None)
@given(scene)
def test_the_success_curve_rises_from_nothing_to_all(one):
    curve = trace_success(*one)
    share = curve["slide_share"].to_numpy()
    assert share[0] == 0.0
    assert share[-1] == pytest.approx(1.0)
    assert (np.diff(share) >= 0).all()


def test_a_constant_index_finds_slides_by_chance_alone(make):
    index = make.grid(np.full((10, 10), 0.3), cell_m=50.0)
    slides = make.frame([shapely.Point(75, 75), shapely.Point(325, 425)], slide=["a", "b"])
    found = back_test(index, slides, rng=np.random.default_rng(0), block_m=100.0, resamples=50)
    assert found.auc == 0.5
    assert (found.auc_low, found.auc_high) == (0.5, 0.5)
    assert found.success_area == pytest.approx(0.5)
    assert found.curve["slide_share"].to_numpy() == pytest.approx(found.curve["area_share"].to_numpy())


def test_each_slide_counts_once_whatever_its_size(make):
    """A slide on two cells and a point on one of them: weights 1.5 and 0.5."""
    index = make.grid(np.zeros((2, 3)), cell_m=50.0)
    slides = make.frame([shapely.box(0, 0, 100, 50), shapely.Point(25, 25)], slide=["a", "b"])
    weight, count = weigh_slides(index, slides, np.ones((2, 3), dtype=bool))
    assert weight.tolist() == [0, 0, 0, 1.5, 0.5, 0]
    assert count == 2


def test_slides_drawn_from_the_index_are_found_and_the_interval_holds_their_true_share(make):
    """Chances that grow as the cube of the index: the AUC of the draw's own law is that of all cells, weighted by chance."""
    index = hills(1)
    chance = index**3
    law = (np.argsort(np.argsort(index.ravel())) + 0.5) / index.size
    truth = float((law * chance.ravel()).sum() / chance.sum())
    rng = np.random.default_rng(5)
    found = back_test(make.grid(index, cell_m=50.0), plant(make, chance, 150, rng), rng=rng, block_m=300.0, resamples=400)
    assert found.auc > 0.65
    assert found.auc_low <= truth <= found.auc_high
    assert found.auc_low < found.auc < found.auc_high
    assert found.success_area > 0.6


def test_slides_anywhere_are_found_by_chance_within_the_interval(make):
    """Of twenty random inventories nearly all hold 0.5 in their interval of 95 %."""
    index = make.grid(hills(2), cell_m=50.0)
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = back_test(index, plant(make, np.ones((SCENE, SCENE)), 80, rng), rng=rng, block_m=300.0, resamples=200)
        held += found.auc_low <= 0.5 <= found.auc_high
    assert held >= 17


def test_clustered_slides_widen_the_interval_when_blocks_are_drawn_whole(make):
    """Three clusters of 40 slides tell less than 120 slides: blocks of one cell do not see it, blocks of 500 m do."""
    index = hills(3)
    rng = np.random.default_rng(3)
    heart = rng.choice(index.size, 3, replace=False)
    chance = np.zeros(index.shape)
    chance.ravel()[heart] = 1.0
    slides = plant(make, ndimage.uniform_filter(chance, 7) + 1e-12, 120, rng)
    widths = []
    for block_m in (50.0, 500.0):
        found = back_test(make.grid(index, cell_m=50.0), slides, rng=np.random.default_rng(0), block_m=block_m, resamples=300)
        widths.append(found.auc_high - found.auc_low)
    assert widths[1] > 2 * widths[0]


def test_ground_nobody_mapped_and_unknown_cells_are_no_part_of_it(make):
    values = hills(4)
    study = np.zeros(values.shape, dtype=bool)
    study[:, :30] = True
    holes = values.copy()
    holes[10, 10] = np.nan
    slides = make.frame(
        [shapely.Point(525, 2475), shapely.Point(2025, 25), shapely.Point(-10, 0), shapely.Point(125, 125)], slide=list("abcd")
    )
    found = back_test(make.grid(holes, cell_m=50.0), slides, study=study, rng=np.random.default_rng(0))
    assert (found.slides, found.slides_outside) == (1, 3)
    assert found.study_cells == study.sum() - 1
    west = back_test(make.grid(holes[:, :30], cell_m=50.0), slides, rng=np.random.default_rng(0))
    assert west.auc == found.auc


def test_the_same_seed_gives_the_same_interval_and_inputs_stay(make):
    index, rng = make.grid(hills(6), cell_m=50.0), np.random.default_rng(9)
    slides = plant(make, hills(6), 40, rng)
    before = index.values.copy()
    runs = [back_test(index, slides, rng=np.random.default_rng(1), block_m=300.0, resamples=80) for _ in range(2)]
    assert (runs[0].auc_low, runs[0].auc_high) == (runs[1].auc_low, runs[1].auc_high)
    shuffled = back_test(index, slides.iloc[::-1], rng=np.random.default_rng(1), block_m=300.0, resamples=80)
    assert shuffled.auc == pytest.approx(runs[0].auc)
    assert (index.values == before).all()


def test_nothing_to_judge_is_an_error_and_not_a_number(make):
    index, rng = make.grid(hills(7), cell_m=50.0), np.random.default_rng(0)
    with pytest.raises(TableError, match="BACKTEST-SLIDES"):
        back_test(index, make.frame([shapely.Point(-9, -9)], slide=["a"]), rng=rng)
    with pytest.raises(TableError, match="BACKTEST-QUIET"):
        back_test(index, make.frame([shapely.box(-10, -10, 4000, 4000)], slide=["a"]), rng=rng)
    for wrong in ({"block_m": 0.0}, {"resamples": 0}, {"level": 1.0}, {"study": np.ones((2, 2), dtype=bool)}):
        with pytest.raises(ValueError, match=r"block_m|study"):
            back_test(index, make.frame([shapely.Point(25, 25)], slide=["a"]), rng=rng, **wrong)


@pytest.mark.shared
@pytest.mark.slow
def test_a_real_countrys_index_finds_slides_planted_by_its_slopes_and_not_those_planted_anywhere(comoros_layers):
    """Three islands at 30 m. Slides are made up (nobody mapped them): by the square of the index, and at random on land."""
    dem = comoros_layers.rasters["dem"]
    index = screen_grid(dem, ScreeningConfig(sea_m=0.0))
    land = np.flatnonzero((dem.values > 0).ravel() & ~np.isnan(index.values.ravel()))
    rng = np.random.default_rng(2)
    aucs = []
    for chance in (index.values.ravel()[land].astype(float) ** 2, np.ones(len(land))):
        row, col = np.divmod(rng.choice(land, 300, replace=False, p=chance / chance.sum()), dem.shape[1])
        x, y = dem.transform.c + (col + 0.5) * dem.transform.a, dem.transform.f + (row + 0.5) * dem.transform.e
        slides = gpd.GeoSeries(shapely.points(x, y), crs=dem.crs)
        found = back_test(index, slides, study=dem.values > 0, rng=rng, resamples=300)
        assert found.slides == 300
        assert found.auc_low < found.auc < found.auc_high
        aucs.append(found)
    assert aucs[0].auc_low > 0.6
    assert aucs[1].auc_low <= 0.5 <= aucs[1].auc_high
