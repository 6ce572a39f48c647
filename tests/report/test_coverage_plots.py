"""Plots of coverage: what is drawn are the numbers of the tables, and wrong asks are named."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from geoplan.contracts.coverage import RankingResult, SitingResult
from geoplan.coverage.inequality import measure_inequality
from geoplan.errors import ConfigError
from geoplan.report import coverage_plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _siting():
    curve = pd.DataFrame(
        {"question": "q", "facilities": [0, 1, 2], "budget_yuan": [0.0, 1e6, 2e6], "covered_persons": [50.0, 80.0, 95.0],
         "order_persons": [50.0, 80.0, 90.0], "demand_persons": 100.0}
    )  # fmt: skip
    summary = pd.DataFrame({"question": ["q"], "label_zh": ["新建卫生室"], "label_en": ["new clinics"]})
    return SitingResult(sites=None, curve=curve, assignments=pd.DataFrame(), summary=summary)


def test_the_curve_shows_the_best_and_the_order_below_it():
    axes = coverage_plots.plot_coverage_curve(_siting(), "q", language="en")
    best, order = (np.asarray(line.get_ydata(), dtype=float) for line in axes.lines[:2])
    assert best.tolist() == [50.0, 80.0, 95.0]
    assert (order <= best).all()
    assert axes.get_title(loc="left") == "new clinics"
    assert "1.0 million" in axes.get_xticklabels()[1].get_text() or "yuan" in axes.get_xticklabels()[1].get_text()
    with pytest.raises(ConfigError, match="PLOT-QUESTION"):
        coverage_plots.plot_coverage_curve(_siting(), "nothing")


def test_the_axis_of_people_is_drawn_out_where_the_curve_would_be_flat():
    flat = _siting()
    flat = SitingResult(
        sites=None, assignments=flat.assignments, summary=flat.summary,
        curve=flat.curve.assign(demand_persons=1000.0, covered_persons=[900.0, 950.0, 980.0], order_persons=[900.0, 940.0, 980.0]),
    )  # fmt: skip
    low, high = coverage_plots.plot_coverage_curve(flat, "q").get_ylim()
    assert 0 < low < 900
    assert high > 1000
    assert coverage_plots.plot_coverage_curve(_siting(), "q").get_ylim()[0] == 0


def _townships():
    return pd.DataFrame(
        {"code": ["1", "2"], "name": ["甲镇", "$乙$乡"], "item": "a", "covered_persons": [300.0, 10.0], "gap_persons": [60.0, 90.0],
         "unreachable_persons": [0.0, 5.0], "unknown_persons": [40.0, 0.0]}
    )  # fmt: skip


def test_bars_end_at_all_people_and_the_worst_township_is_on_top():
    axes = coverage_plots.plot_township_gaps(_townships(), "a", language="en")
    ends = np.sum([[bar.get_width() for bar in one] for one in axes.containers], axis=0)
    assert ends.tolist() == [400.0, 105.0]
    assert [one.get_text() for one in axes.texts[:2]] == ["60", "95"]
    shuffled = coverage_plots.plot_township_gaps(_townships().iloc[::-1], "a", language="en")
    assert [one.get_text() for one in shuffled.get_yticklabels()] == [one.get_text() for one in axes.get_yticklabels()]
    with pytest.raises(ConfigError, match="PLOT-ITEM"):
        coverage_plots.plot_township_gaps(_townships(), "b")


def test_a_lorenz_curve_runs_from_nobody_to_everybody_and_names_who_is_left_out():
    times = pd.DataFrame(
        {"settlement_id": ["a", "b", "c"], "status": ["ok", "ok", "unreachable"], "travel_time_min": [10.0, 30.0, np.nan]}
    )
    found = measure_inequality(times, pd.Series({"a": 50.0, "b": 50.0, "c": 7.0}))
    axes = coverage_plots.plot_lorenz({"clinic": found}, labels={"clinic": ("卫生室", "clinic")}, language="en")
    line = axes.lines[1]
    assert line.get_xdata()[[0, -1]].tolist() == [0.0, 1.0]
    assert "clinic · Gini 0.25; 7 people out of reach" in line.get_label()


def test_ranks_stand_inside_their_intervals_with_the_best_on_top():
    units = pd.DataFrame(
        {"code": ["1", "2", "3"], "name": ["甲", "乙", "丙"], "score": [0.9, 0.8, np.nan], "rank": [1.0, 2.0, np.nan],
         "rank_low": [1.0, 1.0, np.nan], "rank_high": [2.0, 2.0, np.nan]}
    )  # fmt: skip
    axes = coverage_plots.plot_ranks(RankingResult(units, pd.DataFrame(), pd.DataFrame()))
    dots = np.asarray(axes.collections[1].get_offsets())
    assert dots[-1].tolist() == [1.0, 1.0]
    for segment, dot in zip(axes.collections[0].get_segments(), dots, strict=True):
        assert segment[0][0] <= dot[0] <= segment[1][0]
    assert all(one == int(one) for one in axes.get_xticks())
