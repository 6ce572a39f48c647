"""Time gaps, ledger, pages, book and workbook of the demonstration county, beside what a user would write instead.

Run: ``python benchmarks/bench_coverage.py`` (the county is computed first, or taken from its cache). Gaps stand beside a plain loop over settlements and
items that knows only times, presence and shares; the workbook beside ``DataFrame.to_excel`` of the same ledger, which writes values alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.coverage.compute import compute_coverage
from geoplan.coverage.ledger import build_ledger
from geoplan.plan import Plan
from geoplan.report.county_book import write_county_book
from geoplan.report.drawing import draw_county
from geoplan.report.pages import write_group_pages
from geoplan.report.qgis_geopackage import write_coverage_gpkg
from geoplan.report.relocation_parts import take_parts
from geoplan.report.static_maps import write_static_map
from geoplan.report.workbook import write_workbook

ROOT = Path(__file__).resolve().parents[1]


def clock(what: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall and CPU seconds of a call, and what it returned."""
    wall, cpu = time.perf_counter(), time.process_time()
    value = what()
    return time.perf_counter() - wall, time.process_time() - cpu, value


def loop_gaps(result: Any, standards: Any) -> int:
    """Judge times, presence and shares settlement by settlement, as a script would; return how many gaps it finds."""
    times = result.access.times.set_index(["service", "season", "settlement_id"])["travel_time_min"].to_dict()
    facilities, found = result.access.facilities, 0
    for item in standards.items:
        for row in result.demand.settlements.itertuples():
            if item.measure == "travel_time":
                key = (item.service, item.season, row.settlement_id)
                found += key in times and not times[key] <= item.threshold
            elif item.measure == "presence":
                own = facilities[
                    (facilities["service"] == item.service)
                    & (facilities[f"{item.level}_code"] == getattr(row, f"{item.level}_code"))
                ]
                found += own.empty
            elif item.measure == "attribute":
                found += not getattr(row, item.column, float("nan")) >= item.threshold
    return found


def main() -> None:
    """Print the table."""
    plan = Plan.from_yaml(ROOT / "layers" / "demo" / "county.yaml")
    result = plan.run()
    documents, layers = plan.documents, plan.layers()
    shared: dict[str, Any] = {"plan": documents.plan, "standards": documents.standards}
    rows: list[tuple[str, float, float, str]] = []

    def tell(name: str, timed: tuple[float, float, Any], note: str = "") -> Any:
        rows.append((name, timed[0], timed[1], note))
        return timed[2]

    def judge() -> Any:
        return compute_coverage(
            result.demand, result.access, documents.standards, year=documents.plan.year, services=documents.plan.services, seats=result.seats,
            all_weather_surfaces=documents.speeds.all_weather_surfaces,
        )  # fmt: skip

    judge()
    coverage = tell("gaps and their sums", clock(judge), f"{len(result.coverage.gaps):,} settlements × items")
    tell(
        "… a loop over settlements and items",
        clock(lambda: loop_gaps(result, documents.standards)),
        "times, presence and shares only, no sums",
    )
    ledger = tell(
        "ledger of gaps",
        clock(
            lambda: build_ledger(
                coverage,
                result.demand,
                documents.standards,
                result.decision,
                documents.costs,
                access=result.access,
                seats=result.seats,
                year=documents.plan.year,
            )
        ),
        f"{len(result.ledger.ledger):,} rows",
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        drawing = draw_county(result, **shared, layers=layers)
        pages: dict[int, tuple[str, str]] = {}

        def print_pages() -> int:
            return len(
                write_group_pages(
                    result, **shared, layers=layers, folder=folder / "groups", drawing=drawing, relocation=take_parts(result), ledger=ledger.ledger,
                    keep=lambda place, body, ways: pages.__setitem__(place, (body, ways)),
                )
            )  # fmt: skip

        print_pages()
        wall, cpu, count = clock(print_pages)
        size = sum(one.stat().st_size for one in (folder / "groups").rglob("*") if one.is_file())
        rows.append(("pages of the groups", wall, cpu, f"{count} files, {count / wall:,.0f} a second, {size / 1e6:.0f} MB"))
        book = tell(
            "the county in one file",
            clock(
                lambda: write_county_book(
                    result, folder / "county.html", **shared, drawing=drawing, pages=pages, ledger=ledger, ranking=result.ranking
                )
            ),
        )
        rows[-1] = (*rows[-1][:3], f"{book.stat().st_size / 1e6:.1f} MB")
        office: dict[str, Any] = {**shared, "demand": result.demand, "coverage": coverage, "ledger": ledger}
        path = tell(
            "workbook",
            clock(
                lambda: write_workbook(
                    folder / "ledger.xlsx", **office, seats=result.seats, water=result.water, ranking=result.ranking
                )
            ),
        )
        rows[-1] = (*rows[-1][:3], f"{path.stat().st_size / 1e6:.1f} MB, every sheet with formats and totals")
        plain = folder / "plain.xlsx"
        tell(
            "… DataFrame.to_excel of the ledger alone",
            clock(lambda: pd.DataFrame(ledger.ledger).to_excel(plain, index=False)),
            "openpyxl, no formats",
        )
        tell("GeoPackage with styles", clock(lambda: write_coverage_gpkg(folder / "coverage.gpkg", **office)))
        tell("map for a document, A4 PDF", clock(lambda: write_static_map(result, folder / "count.pdf", "count")))
    print("| what | wall s | CPU s | |\n|---|---:|---:|---|")
    for name, wall, cpu, note in rows:
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {note} |")


if __name__ == "__main__":
    main()
