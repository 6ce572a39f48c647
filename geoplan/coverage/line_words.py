"""Say in words why a settlement is within a network, outside it, or neither is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.coverage_config import LineNetwork


def explain_lines(table: pd.DataFrame, network: LineNetwork, *, has_rows: bool) -> tuple[list[str], list[str]]:
    """Return the reason of every row, in Chinese and in English.

    By hand: 800 m from a transformer of radius 500 m: "距最近供电点 800 米,超出 500 米", "800 m from the nearest supply, beyond 500 m".

    Parameters
    ----------
    table
        within, distance_m, radius_m, sight, connect_m.
    network
        Whose it is.
    has_rows
        Whether the network's layers hold any supply.
    """
    pairs = [
        _explain(str(within), float(distance), float(radius), str(sight), float(connect), network, has_rows)
        for within, distance, radius, sight, connect in zip(
            table["within"], table["distance_m"], table["radius_m"], table["sight"], table["connect_m"], strict=True
        )
    ]
    return [zh for zh, _ in pairs], [en for _, en in pairs]


def _explain(
    within: str, distance_m: float, radius_m: float, sight: str, connect_m: float, network: LineNetwork, has_rows: bool
) -> tuple[str, str]:
    """Return the reason of one row."""
    zh, en = ("供电点", "supply") if network.kind == "wired" else ("基站", "mast")
    if not has_rows:
        return f"{network.label_zh}图层无数据", f"no layer of {network.label_en} has rows"
    if within == "true":
        return f"距{zh} {distance_m:.0f} 米,在 {radius_m:.0f} 米以内", f"{distance_m:.0f} m from a {en}, within {radius_m:.0f} m"
    if within == "unknown":
        if np.isnan(distance_m):
            return f"位置未知,或{zh}位置未知", f"its place, or that of every {en}, is not known"
        if sight == "unknown" and distance_m <= radius_m:
            return (
                f"距{zh} {distance_m:.0f} 米,地形遮挡未知",
                f"{distance_m:.0f} m from a {en}; whether terrain blocks it is not known",
            )
        return f"有{zh}位置或视线未知,不能断定无覆盖", f"the place of a {en}, or the view of it, is not known: it may be covered"
    if distance_m <= radius_m:
        return f"距最近{zh} {distance_m:.0f} 米,被地形遮挡", f"{distance_m:.0f} m from the nearest {en}, blocked by terrain"
    far = (
        f"距最近{zh} {distance_m:.0f} 米,超出 {radius_m:.0f} 米",
        f"{distance_m:.0f} m from the nearest {en}, beyond {radius_m:.0f} m",
    )
    if network.kind == "wired":
        return f"{far[0]};接线约 {connect_m:.0f} 米", f"{far[1]}; a line of about {connect_m:.0f} m connects it"
    blocked = (";视线被地形遮挡", "; terrain blocks the view") if sight == "blocked" else ("", "")
    return far[0] + blocked[0], far[1] + blocked[1]
