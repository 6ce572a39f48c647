"""Plots of relocation: the numbers drawn are those of the tables, words can be read, wrong asks are named."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

matplotlib.use("Agg")

from affine import Affine
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from geoplan.errors import ConfigError
from geoplan.report import certainty_plots, cost_plots, plots, relocation_plots
from geoplan.report.map_canvas import Backdrop


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def _widths(axes) -> list[list[float]]:
    """Return the widths of each series of bars."""
    return [[bar.get_width() for bar in one] for one in axes.containers]


def _draw(axes):
    axes.figure.canvas.draw()
    return axes


def test_chances_are_bars_that_sum_to_one_with_the_surest_to_move_on_top(relocated):
    certainty = relocated.parts.certainty
    ids = certainty.settlements["settlement_id"].tolist()[:6]
    axes = _draw(certainty_plots.plot_chances(certainty, ids=ids, language="en"))
    widths = np.array(_widths(axes))
    assert widths.sum(axis=0) == pytest.approx(np.ones(6))
    labels = [one.get_text() for one in axes.get_yticklabels()]
    table = certainty.settlements.set_index("settlement_id")
    assert widths[0].tolist() == table.loc[labels, "p_must"].tolist() == sorted(table.loc[ids, "p_must"])
    assert "1,000 draws" in axes.get_xlabel()


def test_without_a_choice_the_least_certain_are_drawn(relocated):
    table = relocated.parts.certainty.settlements.set_index("settlement_id")
    picked = certainty_plots.pick_uncertain(table, 4)
    columns = ["p_must", "p_suggest", "p_stay", "p_undecided"]
    rest = table.drop(index=picked.index).query("p_undecided < 1")
    assert picked[columns].max(axis=1).max() <= rest[columns].max(axis=1).min()
    with pytest.raises(ConfigError, match="PLOT-SETTLEMENT"):
        certainty_plots.plot_chances(relocated.parts.certainty, ids=["nowhere"])


def test_rank_bands_sum_to_one_over_a_settlement(relocated):
    ids = relocated.parts.certainty.settlements["settlement_id"].tolist()[:3]
    axes = _draw(certainty_plots.plot_rank_acceptability(relocated.parts.certainty, ids, language="en"))
    assert np.array(_widths(axes)).sum(axis=0) == pytest.approx(np.ones(3))
    assert [one.get_text() for one in axes.get_yticklabels()] == ids[::-1]


def test_a_tornado_runs_from_low_to_high_with_the_widest_on_top(relocated):
    certainty = relocated.parts.certainty
    one = certainty.settlements["settlement_id"].iloc[2]
    own = certainty.tornado[certainty.tornado["settlement_id"] == one]
    axes = _draw(certainty_plots.plot_tornado(certainty, one, thresholds=[(0.6, ("应搬线", "must move"))], language="en"))
    ends = [[bar.get_x() + bar.get_width() for bar in side] for side in axes.containers]
    order = own.assign(width=(own["score_high"] - own["score_low"]).abs()).sort_values("width", kind="stable")
    assert ends[0] == pytest.approx(order["score_low"].tolist())
    assert ends[1] == pytest.approx(order["score_high"].tolist())
    assert [label.get_text() for label in axes.get_yticklabels()] == order["label_en"].tolist()
    with pytest.raises(ConfigError, match="PLOT-SETTLEMENT"):
        certainty_plots.plot_tornado(certainty, "nowhere")


def test_every_group_of_known_cost_is_a_dot_and_the_others_are_counted(relocated_large):
    decision = relocated_large.parts.decision
    axes = _draw(cost_plots.plot_serve_or_move(decision, language="en"))
    drawn = sum(len(one.get_offsets()) for one in axes.collections if hasattr(one, "get_sizes") and len(one.get_sizes()))
    groups = decision.groups
    known = groups[(groups["persons"] > 0) & (groups["serve_yuan_per_person"] > 0)]
    assert drawn == len(known)
    legend = " ".join(one.get_text() for one in axes.get_legend().get_texts())
    lost = int((groups["serve_yuan_per_person"].isna() & (groups["persons"] > 0)).sum())
    assert f"{lost} groups of unknown cost" in legend
    median = groups.loc[groups["persons"] > 0, "move_yuan_per_person"].median()
    flat = [line.get_ydata()[0] for line in axes.lines if len(set(np.asarray(line.get_ydata()))) == 1]
    assert any(one == pytest.approx(median / 1e3) for one in flat)


def test_lines_of_equal_works_fall_as_one_over_the_people(relocated_large):
    """1 million yuan is 100 thousand each for ten people and 10 for a hundred."""
    axes = cost_plots.plot_serve_or_move(relocated_large.parts.decision, works_yuan=[1e6], language="en")
    lines = [line for line in axes.lines if len(set(np.asarray(line.get_ydata()))) > 1]
    assert len(lines) == 1
    x, y = (np.asarray(one, dtype=float) for one in lines[0].get_data())
    assert x * y * 1e3 == pytest.approx(1e6)


def test_items_of_a_side_stack_to_its_cost_and_what_comes_back_lies_left(relocated):
    decision = relocated.parts.decision
    code = decision.groups["group_code"].iloc[0]
    axes = _draw(cost_plots.plot_cost_items(decision, code, language="en"))
    own = decision.items[decision.items["group_code"] == code]
    widths = {side: [] for side in (0, 1)}
    for bar in (bar for one in axes.containers for bar in one):
        widths[round(bar.get_y() + bar.get_height() / 2)].append(bar.get_width() * 1e6)
    for place, side in enumerate(("move", "serve")):
        assert sum(widths[place]) == pytest.approx(own[own["side"] == side]["present_yuan"].sum())
    assert min(widths[0]) < 0
    with pytest.raises(ConfigError, match="PLOT-GROUP"):
        cost_plots.plot_cost_items(decision, "nowhere")


def test_an_item_of_unknown_cost_is_a_key_and_its_side_has_no_total(relocated):
    decision = relocated.parts.decision
    code = decision.groups["group_code"].iloc[5] if len(decision.groups) > 5 else decision.groups["group_code"].iloc[0]
    items = decision.items.assign(present_yuan=decision.items["present_yuan"].where(decision.items["item"] != "road"))
    axes = _draw(cost_plots.plot_cost_items(type("D", (), {"items": items, "groups": decision.groups}), code, language="en"))
    assert any("unknown" in one.get_text() for one in axes.get_legend().get_texts())
    assert "total unknown" in [one.get_text() for one in axes.texts]


def test_the_waterfall_ends_at_what_is_left_of_the_county(relocated):
    table = relocated.result.sites.exclusions
    total = 4e7 + table["added_area_m2"].sum()
    axes = _draw(cost_plots.plot_exclusions(table, total, language="en"))
    widths = [bar.get_width() for one in axes.containers for bar in one]
    assert widths[0] == pytest.approx(total / 1e6)
    assert widths[-1] == pytest.approx(40.0)
    assert widths[1:-1] == pytest.approx((table["added_area_m2"][table["added_area_m2"] > 0] / 1e6).tolist())


def _backdrop(made) -> Backdrop:
    west, south, east, north = made.result.demand.county.total_bounds
    transform = Affine((east - west) / 40, 0, west, 0, -(north - south) / 30, north)
    shade = np.full((30, 40), 0.8, dtype=np.float32)
    return Backdrop(shade, np.zeros((30, 40), dtype=bool), transform, (west, south, east, north))


def test_the_allocation_map_draws_every_move_every_settlement_and_counts_all_people(relocated):
    allocation = relocated.parts.allocation
    people, sites = relocated.result.demand.settlements, relocated.result.sites.sites
    axes = _draw(relocation_plots.plot_allocation(allocation, people, sites, _backdrop(relocated), language="en"))
    dots = [one for one in axes.collections if hasattr(one, "get_sizes") and len(one.get_sizes())]
    assert sum(len(one.get_offsets()) for one in dots) == len(people)
    lines = [one for one in axes.collections if hasattr(one, "get_segments") and to_hex(one.get_color()[0]) == "#0b5c2e"]
    assert sum(len(one.get_segments()) for one in lines) == len(allocation.moves)
    told = [one.get_text() for one in axes.get_legend().get_texts() if one.get_text().endswith("people")]
    counts = [int(one.rsplit(" ", 2)[1].replace(",", "")) for one in told if one.rsplit(" ", 2)[1].replace(",", "").isdigit()]
    assert sum(counts) == pytest.approx(people["persons"].sum(), abs=2)


def test_curves_tell_the_area_under_them_and_refuse_what_is_none():
    """By hand: straight from (0, 0) over (0.2, 0.8) to (1, 1): 0.08 + 0.72 = 0.8."""
    axes = _draw(relocation_plots.plot_success_rate([0, 0.2, 1], [0, 0.8, 1], low=[0, 0.7, 1], high=[0, 0.9, 1], language="en"))
    assert "0.800" in axes.get_legend().get_texts()[0].get_text()
    axes = _draw(relocation_plots.plot_roc([0, 1], [0, 1], auc=0.917, interval=(0.85, 0.96), language="en"))
    assert axes.get_legend().get_texts()[0].get_text() == "AUC 0.917 (0.850–0.960)"
    for x, y in (([0, 1], [0, 1, 1]), ([0, 0.5, 0.2], [0, 1, 1]), ([0, 2], [0, 1]), ([0], [0]), ([0, 1], [0, np.nan])):
        with pytest.raises(ConfigError, match="PLOT-CURVE"):
            relocation_plots.plot_roc(x, y)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_shares_that_do_not_fall_are_read_as_they_are(x: list[float], y: list[float]):
    n = min(len(x), len(y))
    across, up = relocation_plots.read_curve(sorted(x[:n]), sorted(y[:n]))
    assert (across.tolist(), up.tolist()) == (sorted(x[:n]), sorted(y[:n]))


def test_labels_are_english_where_no_chinese_font_is_installed(relocated, monkeypatch):
    monkeypatch.setattr(plots, "find_cjk_font", lambda: None)
    axes = cost_plots.plot_exclusions(relocated.result.sites.exclusions, 1e9)
    _draw(axes)
    words = [axes.get_xlabel(), *(one.get_text() for one in axes.get_yticklabels()), *(one.get_text() for one in axes.texts)]
    assert not any("一" <= letter <= "鿿" for word in words for letter in word)


def test_axes_given_are_the_axes_used(relocated):
    _, axes = plt.subplots()
    assert certainty_plots.plot_chances(relocated.parts.certainty, ax=axes, language="en") is axes


def test_a_plan_that_moves_nobody_is_a_map_without_lines(relocated):
    given = relocated.parts.allocation
    empty = type(
        "Allocation",
        (),
        {"settlements": given.settlements.assign(move="stays"), "sites": given.sites.iloc[:0], "moves": given.moves.iloc[:0]},
    )
    people, sites = relocated.result.demand.settlements, relocated.result.sites.sites.iloc[:0]
    axes = _draw(relocation_plots.plot_allocation(empty, people, sites, _backdrop(relocated), language="en"))
    assert not [one for one in axes.collections if hasattr(one, "get_segments") and len(one.get_segments())]
