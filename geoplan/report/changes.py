"""Write what a scenario changes into a folder, and say it in people, service by service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geoplan.access.times_difference import CHANGE_LABELS, count_changes
from geoplan.contracts.scenario import Scenario
from geoplan.report.style import format_count

if TYPE_CHECKING:
    from geoplan.plan import RunResult

_TOLD = ("lost", "slower", "gained", "faster", "unknown")
"""Changes in the order in which they are told: the worst first."""
_SEASONS = {"dry": ("旱季", "dry season"), "wet": ("雨季", "wet season")}


def write_changes(result: RunResult, difference: pd.DataFrame, folder: str | Path, *, scenario: Scenario) -> Path:
    """Write the difference of a scenario into ``folder``, whole or not at all.

    ``changes.parquet`` holds a row per settlement × service × season, ``people.csv`` settlements and people by change, ``changed.geojson``
    the rows that changed as points (for QGIS), ``manifest.json`` the scenario.

    Parameters
    ----------
    result
        The run compared with.
    difference
        From `RunResult.compare`.
    folder
        Output folder; one that geoplan did not make is never replaced.
    scenario
        What happened.
    """
    from geoplan.io.export import publish_folder, write_geojson, write_json, write_parquet, write_text

    people = _count(result, difference)

    def build(scratch: Path) -> None:
        write_parquet(difference, scratch / "changes.parquet")
        write_text(
            people.round({"persons": 3, "other_facility_persons": 3, "mean_difference_min": 3}).to_csv(index=False),
            scratch / "people.csv",
        )
        write_geojson(locate_changes(result, difference), scratch / "changed.geojson")
        write_json(
            {"made_by": "geoplan", "scenario": scenario.model_dump(mode="json"), "stages": result.recipes},
            scratch / "manifest.json",
        )

    return publish_folder(build, Path(folder))


def locate_changes(result: RunResult, difference: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows that changed, or go elsewhere, as points with the name and people of their settlement."""
    frame = result.demand.settlements[["settlement_id", "name", "persons", "geometry"]]
    changed = difference[(difference["change"] != "same") | difference["other_facility"]]
    return gpd.GeoDataFrame(changed.merge(frame, on="settlement_id", how="left"), geometry="geometry", crs=frame.crs)


def _count(result: RunResult, difference: pd.DataFrame) -> pd.DataFrame:
    """Return `count_changes` for the people of a result."""
    return count_changes(difference, result.demand.settlements.set_index("settlement_id")["persons"])


def say_changes(result: RunResult, difference: pd.DataFrame, *, language: str = "zh") -> list[str]:
    """Return a line per service and season in which something changes: people by what becomes of their way.

    By hand: 120 people slower by 8.3 min on average and 30 cut off: ``卫生室(雨季): 120 人变慢(平均 +8.3 分钟);30 人中断``.
    """
    assert result.plan is not None
    zh = language == "zh"
    labels = {one.id: one.label_zh if zh else one.label_en for one in result.plan.documents.plan.services}
    lines = []
    for (service, season), rows in _count(result, difference).groupby(["service", "season"], sort=False):
        name = _SEASONS.get(str(season), (str(season),) * 2)[0 if zh else 1]
        head = f"{labels.get(str(service), service)}({name}): " if zh else f"{labels.get(str(service), service)}, {name}: "
        by = {row.change: row for row in rows.itertuples()}
        parts = [_say_change(by[one], zh) for one in _TOLD if by[one].settlements]
        elsewhere = float(rows["other_facility_persons"].sum())
        if elsewhere:
            parts.append(f"{format_count(elsewhere)} 人改去别处" if zh else f"{format_count(elsewhere)} people go elsewhere")
        if parts:
            lines.append(head + (";" if zh else "; ").join(parts))
    return lines or ["没有变化。" if zh else "Nothing changes."]


def _say_change(row: Any, zh: bool) -> str:
    """Return how many people have a change, by how much on average, and how many settlements nobody counted."""
    change, persons = row.change, row.persons
    uncounted, mean = row.persons_unknown_settlements, row.mean_difference_min
    said = f"{format_count(persons)} {'人' if zh else 'people '}{CHANGE_LABELS[change][0 if zh else 1]}"
    extra = [] if pd.isna(mean) else [f"平均 {mean:+.1f} 分钟" if zh else f"{mean:+.1f} min on average"]
    if uncounted:
        extra.append(f"另有 {uncounted} 个自然村人口不明" if zh else f"and {uncounted} settlements of unknown size")
    return said + (f"({','.join(extra)})" if zh else f" ({', '.join(extra)})") * bool(extra)
