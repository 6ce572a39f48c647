"""Check the roads: what the lines say of themselves, and what building the network found.

Shares are shares of length: ten metres of unknown track do not weigh as much as ten kilometres.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.checks.lookup import find_layer, label_rows, read_codes, read_numbers
from geoplan.contracts.columns import CROSSINGS, ROAD_CLASSES, SURFACES
from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers, Network, NetworkReport, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

Told = tuple[str, int, str, str, dict[str, str]]
"""Code, count, message zh and en, remedies of one thing the network's report tells."""

_TELLING_SHARE = 0.05
_NEAR_MISS_M = 20.0
_SLACK_M = 1.0


def check_roads(layers: Layers, plan: PlanConfig, network: Network | None = None) -> list[Problem]:
    """Return what is wrong with or unknown about the road lines, and about the network built from them."""
    roads = find_layer(layers, plan.roads)
    problems: list[Problem] = []
    if roads is not None and roads.empty:
        problems.append(_empty(plan.roads))
    elif roads is not None:
        problems += _check_lines(plan.roads, roads)
        problems += _check_vocabulary(plan.roads, roads)
    if network is not None:
        problems += _check_network(plan, network)
        problems += _check_crossed_barriers(layers, plan, network)
    return problems


def _check_crossed_barriers(layers: Layers, plan: PlanConfig, network: Network) -> list[Problem]:
    """Return roads on the ground that cross a barrier without bridge, ford, ferry or tunnel: taken as bridged, because the road is there."""
    frames = [find_layer(layers, name) for name in plan.access.barriers]
    shapes = [frame.geometry.to_numpy() for frame in frames if frame is not None and len(frame)]
    edges = network.edges
    plain = edges[(edges["crossing"] == "").to_numpy()]
    if not shapes or plain.empty:
        return []
    barriers = np.concatenate(shapes)
    barriers = barriers[~(shapely.is_missing(barriers) | shapely.is_empty(barriers))]
    edge = np.unique(shapely.STRtree(barriers).query(plain.geometry.to_numpy(), predicate="intersects")[0])
    if not len(edge):
        return []
    ids = pd.unique(plain["road_id"].iloc[edge])
    return [
        note_problem(
            "ROAD-OVER-BARRIER",
            Severity.WARNING,
            plan.roads,
            zh=f"{len(ids)} 条道路穿过河流、水库等阻隔，却没有标明桥梁、漫水路或渡口，按有桥处理",
            en=f"{len(ids)} roads cross a river or another barrier and are not marked as bridge, ford or ferry: taken as bridged",
            fix_zh="补充 crossing 字段（bridge、ford、ferry、tunnel、rope），或修正线位。",
            fix_en="Fill in `crossing` (bridge, ford, ferry, tunnel, rope), or correct the lines.",
            column="crossing",
            ids=ids,
            count=len(ids),
        )
    ]


def _empty(name: str) -> Problem:
    return note_problem(
        "ROADS-EMPTY",
        Severity.ERROR,
        name,
        zh="道路图层没有任何要素",
        en="the road layer has no features",
        fix_zh="核对图层与 where 条件。",
        fix_en="Check the layer and `where`.",
    )


def _check_lines(name: str, roads: gpd.GeoDataFrame) -> list[Problem]:
    """Return lines without length, lines shorter than their ends are apart, and impossible widths and directions."""
    labels = label_rows(roads)
    geometry = roads.geometry.to_numpy()
    length = shapely.length(geometry)
    # A closed or multi-part line has no two ends: only the box's longest side bounds its length from below.
    bounds = shapely.bounds(geometry)
    span = np.fmax(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    oneway, stated = read_numbers(roads, "oneway"), read_numbers(roads, "length_m")
    rows = (
        ("ROAD-ZERO-LENGTH", Severity.WARNING, "geometry", pd.Series(length == 0.0, roads.index), "长度为零", "have no length"),
        (
            "ROAD-TOO-SHORT",
            Severity.WARNING,
            "length_m",
            stated < span - _SLACK_M,
            "所载长度小于两端直线距离",
            "state a length shorter than the straight line",
        ),
        (
            "ROAD-WIDTH",
            Severity.WARNING,
            "width_m",
            read_numbers(roads, "width_m") <= 0,
            "宽度不大于零",
            "have a width of zero or less",
        ),
        (
            "ROAD-SPEED",
            Severity.WARNING,
            "maxspeed_kmh",
            read_numbers(roads, "maxspeed_kmh") <= 0,
            "限速不大于零",
            "have a speed limit of zero or less",
        ),
        (
            "ROAD-ONEWAY",
            Severity.ERROR,
            "oneway",
            oneway.notna() & ~oneway.isin((-1, 0, 1)),
            "单行标识不是 1、0、-1",
            "have a one-way mark that is not 1, 0 or -1",
        ),
    )
    return [
        note_problem(
            code,
            severity,
            name,
            zh=f"{int(wrong.sum())} 条道路{zh}",
            en=f"{int(wrong.sum())} roads {en}",
            fix_zh="在来源文件中更正。",
            fix_en="Correct them in the source.",
            column=column,
            ids=labels[wrong],
        )
        for code, severity, column, wrong, zh, en in rows
        if wrong.any()
    ]


def _check_vocabulary(name: str, roads: gpd.GeoDataFrame) -> list[Problem]:
    """Return values no one knows, and the share of length whose class or surface is not known."""
    problems = []
    lists: tuple[tuple[str, Mapping[str, object], str, str], ...] = (
        ("road_class", ROAD_CLASSES, "等级", "class"),
        ("surface", SURFACES, "路面", "surface"),
        ("crossing", CROSSINGS, "跨越方式", "crossing kind"),
    )
    length = roads.geometry.length
    total = float(length.sum())
    for column, known, zh, en in lists:
        values = read_codes(roads[column]) if column in roads else pd.Series("", index=roads.index, dtype=object)
        strange = (values != "") & ~values.isin(known)
        if strange.any():
            found = sorted(set(values[strange]))
            problems.append(
                note_problem(
                    "ROAD-VALUE",
                    Severity.ERROR,
                    name,
                    zh=f"{column} 列有 {int(strange.sum())} 个不认识的取值：{'、'.join(found[:10])}",
                    en=f"{int(strange.sum())} values of {column} are not known: {', '.join(found[:10])}",
                    fix_zh="在目录的 values 中对应到规范取值。",
                    fix_en="Map them under `values` in the catalogue.",
                    column=column,
                    ids=label_rows(roads)[strange],
                )
            )
        blank = values.isin(("", "unknown"))
        if column != "crossing" and blank.any() and total > 0:
            share = float(length[blank].sum()) / total
            problems.append(
                note_problem(
                    f"ROAD-{'CLASS' if column == 'road_class' else 'SURFACE'}-UNKNOWN",
                    Severity.WARNING if share > _TELLING_SHARE else Severity.INFO,
                    name,
                    zh=f"{int(blank.sum())} 条道路{zh}未知，占总长 {share:.1%}",
                    en=f"{en} of {int(blank.sum())} roads is unknown, {share:.1%} of the length",
                    fix_zh="补充该字段；未知的按预设缺省速度计，不算硬化路。",
                    fix_en="Fill it in; unknown ones travel at the preset's default speed and count as no hardened road.",
                    column=column,
                    ids=label_rows(roads)[blank],
                )
            )
    return problems


def _check_network(plan: PlanConfig, network: Network) -> list[Problem]:
    """Return what building the network had to change or could not know."""
    changed = (*_tell_gaps(network.report), *_tell_crossings(network.report))
    found = [
        note_problem(
            code, Severity.WARNING if code == "ROAD-GAPS-CLOSED" else Severity.INFO, plan.roads, zh=zh, en=en, count=n, **fix
        )
        for code, n, zh, en, fix in changed
        if n
    ]
    return [
        *_check_pieces(plan, network.report),
        *found,
        *_check_imputed(plan, network.report),
        *_check_near_misses(plan, network),
    ]


def _check_pieces(plan: PlanConfig, report: NetworkReport) -> list[Problem]:
    """Return the pieces outside the longest, with their share of the length."""
    if report.components <= 1:
        return []
    outside = max(report.length_m - max(report.component_length_m, default=0.0), 0.0)
    apart = outside / report.length_m if report.length_m > 0 else 0.0
    return [
        note_problem(
            "ROAD-PIECES",
            Severity.WARNING,
            plan.roads,
            zh=f"路网有 {report.components} 个互不相连的部分，最大部分以外占总长 {apart:.1%}",
            en=f"the network falls into {report.components} pieces; {apart:.1%} of the length lies outside the largest",
            fix_zh="接通断头路，或确认确为孤立路网（岛屿、渡口）。",
            fix_en="Join them, or make sure that they are really apart (islands, ferries).",
            ids=report.isolated_ids,
            count=report.components - 1,
        )
    ]


def _tell_gaps(report: NetworkReport) -> list[Told]:
    return [
        (
            "ROAD-GAPS-CLOSED",
            report.gaps_closed,
            f"接合了 {report.gaps_closed} 处断头，最大间隙 {report.max_gap_m:.2f} m",
            f"{report.gaps_closed} gaps between road ends were closed, the largest {report.max_gap_m:.2f} m",
            {"fix_zh": "在来源文件中捕捉端点。", "fix_en": "Snap the ends in the source."},
        ),
        (
            "ROAD-DUPLICATES",
            report.duplicates + report.self_loops + report.zero_length,
            f"重复线 {report.duplicates} 条，自环 {report.self_loops} 条，零长度 {report.zero_length} 条",
            f"{report.duplicates} doubled lines, {report.self_loops} self-loops, {report.zero_length} without length",
            {"fix_zh": "在来源文件中删除重复线。", "fix_en": "Delete the doubles in the source."},
        ),
    ]


def _tell_crossings(report: NetworkReport) -> list[Told]:
    return [
        (
            "ROAD-CROSSINGS",
            report.crossings_unjoined + report.crossings_joined,
            f"有 {report.crossings_joined} 处无公共节点的相交按平交处理，{report.crossings_unjoined} 处按立交未连通",
            f"{report.crossings_joined} crossings without a shared vertex were joined, {report.crossings_unjoined} were left apart "
            "as bridges or tunnels",
            {"fix_zh": "核对桥梁、隧道与层标识。", "fix_en": "Check bridges, tunnels and layers."},
        )
    ]


def _check_imputed(plan: PlanConfig, report: NetworkReport) -> list[Problem]:
    """Return the share of the length that travels at the default speed."""
    if not report.imputed_speed_length_m > 0:
        return []
    share = report.imputed_speed_length_m / report.length_m
    return [
        note_problem(
            "ROAD-SPEED-IMPUTED",
            Severity.WARNING if share > _TELLING_SHARE else Severity.INFO,
            plan.roads,
            zh=f"占总长 {share:.1%} 的道路没有速度规定，按缺省速度计",
            en=f"{share:.1%} of the length has no speed row and travels at the default",
            fix_zh="补充道路等级，或在速度方案中增加该等级。",
            fix_en="Fill in the class, or add a row to the speed profile.",
        )
    ]


def _check_near_misses(plan: PlanConfig, network: Network) -> list[Problem]:
    """Return dead ends that stop just short of a piece of the network they are not joined to."""
    edges = network.edges
    if edges.empty:
        return []
    ends = np.concatenate([edges["u"].to_numpy(), edges["v"].to_numpy()])
    piece = np.zeros(len(network.nodes), dtype=np.int64)
    piece[ends] = np.tile(edges["component"].to_numpy(), 2)
    dead = np.flatnonzero(np.bincount(ends, minlength=len(network.nodes)) == 1)
    near, edge = edges.sindex.query(shapely.points(network.nodes[dead]), predicate="dwithin", distance=_NEAR_MISS_M)
    apart = edges["component"].to_numpy()[edge] != piece[dead[near]]
    missed = np.unique(dead[near[apart]])
    if not len(missed):
        return []
    last = np.isin(edges["u"], missed) | np.isin(edges["v"], missed)
    return [
        note_problem(
            "ROAD-GAP-OPEN",
            Severity.WARNING,
            plan.roads,
            zh=f"{len(missed)} 处断头距另一条不相连的道路不到 {_NEAR_MISS_M:.0f} m，未接通",
            en=f"{len(missed)} dead ends stop within {_NEAR_MISS_M:.0f} m of a road they are not joined to",
            fix_zh="实地或影像核对后接通，或调大 gap_tolerance_m。",
            fix_en="Look at them and join them, or raise gap_tolerance_m.",
            column="geometry",
            ids=pd.unique(edges.loc[last, "road_id"]),
            count=len(missed),
        )
    ]
