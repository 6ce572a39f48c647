"""Static plots: right colours, right labels, never boxes for letters."""

from __future__ import annotations

from types import SimpleNamespace

import matplotlib
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from geoplan.errors import ConfigError
from geoplan.report import plots, style


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_every_unit_is_drawn_once_in_the_colour_of_its_state(small):
    axes = plots.plot_coverage(small.result, item="clinic_time")
    axes.figure.canvas.draw()
    colours = [to_hex(colour) for collection in axes.collections for colour in collection.get_facecolor() for _ in range(1)]
    drawn = sum(len(collection.get_paths()) for collection in axes.collections)
    groups = small.result.coverage.groups
    expected = {style.STATE_COLOURS[one] for one in groups[groups["item"] == "clinic_time"].coverage} | {
        style.STATE_COLOURS["empty"]
    }
    assert drawn == 6
    assert set(colours) == expected


def test_labels_are_english_with_a_note_where_no_chinese_font_is_installed(small, monkeypatch):
    monkeypatch.setattr(plots, "find_cjk_font", lambda: None)
    axes = plots.plot_coverage(small.result, item="clinic_time", title="到卫生室时间")
    axes.figure.canvas.draw()
    words = [text.get_text() for text in axes.get_legend().get_texts()] + [
        axes.get_title(),
        *(text.get_text() for text in axes.texts),
    ]
    assert all(word.isascii() for word in words)
    assert any("no Chinese font" in word for word in words)


def test_chinese_labels_use_a_font_that_holds_them(small):
    font = plots.find_cjk_font()
    if font is None:
        pytest.skip("no Chinese font on this machine")
    axes = plots.plot_coverage(small.result, item="clinic_time", title="到卫生室时间")
    axes.figure.canvas.draw()
    assert axes.get_legend().get_texts()[0].get_fontname() == font
    assert axes.title.get_fontname() == font


def test_axes_given_are_the_axes_used_and_an_unknown_item_is_named(small):
    _, axes = plt.subplots()
    assert plots.plot_coverage(small.result, item="hard_road", ax=axes, language="en") is axes
    with pytest.raises(ConfigError, match="PLOT-ITEM"):
        plots.plot_coverage(small.result, item="nothing")


def test_the_title_is_the_items_label_where_the_result_carries_its_plan(small, monkeypatch):
    """A result put together by hand knows only the id; a run's result names the item in the language asked for."""
    documents = SimpleNamespace(standards=small.standards)
    result = SimpleNamespace(
        coverage=small.result.coverage, demand=small.result.demand, plan=SimpleNamespace(documents=documents)
    )
    assert plots.plot_coverage(result, item="hard_road", language="en").get_title() == "hardened road"
    assert plots.plot_coverage(small.result, item="hard_road", language="en").get_title() == "hard_road"
    assert plots.plot_coverage(result, item="hard_road", language="en", title="own").get_title() == "own"
    monkeypatch.setattr(plots, "find_cjk_font", lambda: None)
    assert plots.plot_coverage(result, item="hard_road").get_title() == "hardened road"
