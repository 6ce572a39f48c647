"""Plot coverage for notebooks with matplotlib: polygons where there are any, settlements otherwise, readable labels always.

Chinese labels are drawn in an installed font that has them, or in the one that comes with a package geoplan needs; without either the labels
are English and the plot says so, so that no label turns into boxes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import geopandas as gpd

from geoplan.contracts.results import PlanResult
from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.payload import unit_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CJK_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "SimHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Serif CJK SC", "Noto Serif CJK JP", "Arial Unicode MS",
)  # fmt: skip
"""Fonts that hold the Chinese characters, in order of preference."""


_SHIPPED = ("zhplot", "fonts", "NotoSansSC-Regular.ttf")
"""Package, folder and file of the font used where none is installed (Noto Sans SC, SIL Open Font License)."""


@cache
def find_cjk_font() -> str | None:
    """Return the name of the first installed font of `CJK_FONTS`, else of the one that comes in a package; None without either."""
    from matplotlib import font_manager

    installed = {one.name for one in font_manager.fontManager.ttflist}
    found = next((name for name in CJK_FONTS if name in installed), None)
    return found if found is not None else add_shipped_font()


def add_shipped_font() -> str | None:
    """Make the font that comes in a package known to matplotlib and return its name; None where the package is absent."""
    from importlib.util import find_spec
    from pathlib import Path

    from matplotlib import font_manager

    # The package is not imported: only its file is wanted.
    spec = find_spec(_SHIPPED[0])
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*_SHIPPED[1:])
    if not path.is_file():
        return None
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=str(path)).get_name()


def plot_coverage(
    result: PlanResult, *, item: str, ax: Axes | None = None, language: str = "zh", title: str | None = None
) -> Axes:
    """Draw coverage of one standard item and return the axes.

    Parameters
    ----------
    result
        What a run found.
    item
        Id of a standard item (``result.coverage.gaps["item"]``).
    ax
        Axes to draw on; a new figure without it.
    language
        ``zh`` or ``en``; falls back to ``en`` where no Chinese font is installed.
    title
        Text above the plot; without it the item's label in the profile the result was judged by, else its id.

    Raises
    ------
    ConfigError
        ``PLOT-ITEM``: no such item.
    """
    from matplotlib import pyplot as plt
    from matplotlib.patches import Patch

    known = result.coverage.gaps["item"].drop_duplicates().tolist()
    if item not in known:
        raise ConfigError(
            f"no standard item is called {item!r}", code="PLOT-ITEM", ids=known, remedy="Use one of the items listed."
        )
    font = find_cjk_font()
    spoken = language if font or language != "zh" else "en"
    axes = ax if ax is not None else plt.subplots(figsize=(8, 6.5), layout="constrained")[1]
    frame = _states(result, item)
    hatches = {"unknown": "////"}
    for state in (*style.STATES, "empty"):
        part = frame[frame["state"] == state]
        if len(part):
            look = {"color": style.STATE_COLOURS[state], "edgecolor": "#777777", "linewidth": 0.4, "hatch": hatches.get(state)}
            part.plot(ax=axes, aspect="equal", **look)
    handles = [
        Patch(facecolor=style.STATE_COLOURS[state], edgecolor="#777777", hatch=hatches.get(state), label=style.label(style.STATE_LABELS[state], spoken))
        for state in (*style.STATES, "empty")
        if (frame["state"] == state).any()
    ]  # fmt: skip
    family = {"family": [font]} if font else {}
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, prop=family or None)
    wanted = title if title is not None else _item_label(result, item, spoken)
    fallback = _item_label(result, item, "en")
    axes.set_title(next(one for one in (wanted, fallback, item) if font or one.isascii() or one == item), fontdict=family)
    if spoken != language:
        axes.annotate(
            "no Chinese font installed: labels in English",
            (0, -0.02),
            xycoords="axes fraction",
            va="top",
            fontsize=8,
            color="#555555",
        )
    axes.set_axis_off()
    return axes


def _item_label(result: PlanResult, item: str, language: str) -> str:
    """Return the item's label in the standards of the result's plan; its id for a result that carries no plan."""
    plan = getattr(result, "plan", None)
    items = () if plan is None else plan.documents.standards.items
    return next((one.label_zh if language == "zh" else one.label_en for one in items if one.id == item), item)


def _states(result: PlanResult, item: str) -> gpd.GeoDataFrame:
    """Return the drawn geometry with its ``state``; units in which nobody is registered are ``empty``."""
    level = unit_level(result)
    if level:
        frame: gpd.GeoDataFrame = getattr(result.demand, level)[["code", "geometry"]].rename(columns={"code": "key"})
        table = getattr(result.coverage, level)
        found = table[table["item"] == item].drop_duplicates("code").set_index("code")["coverage"]
    else:
        frame = result.demand.settlements[["settlement_id", "geometry"]].rename(columns={"settlement_id": "key"})
        table = result.coverage.gaps
        found = table[table["item"] == item].set_index("settlement_id")["coverage"]
    return frame.assign(state=frame["key"].map(found).fillna("empty"))
