"""How sure each class is: geoplan beside a loop over draws in numpy and a plain pairwise count, answers compared.

``python benchmarks/bench_certainty.py`` prints a markdown table for 3,000 settlements, the eleven indicators of the 2015 profile and 10,000 draws of weights,
speeds, elevation errors, hazard classes and people, and what scoring once takes. The loop is what a user would write: per draw, all settlements at once, with
numpy and rankdata, from the same distributions (a numpy generator, and no field of errors: independent slopes); it is timed on 500 draws and
multiplied. Its shares differ from geoplan's by chance alone: two standard errors are up to 0.01 at 10,000 draws and 0.045 at 500. Memory is the growth
of the process's peak. Processor time is what other work on the machine leaves alone.
What compiles does so before, on ten settlements.
"""

from __future__ import annotations

import resource
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.stats import rankdata

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.contracts.profiles import RelocationProfile
from geoplan.contracts.results import AccessResult, Demand, ExposureResult, NetworkReport
from geoplan.io.documents import read_relocation
from geoplan.relocation import apply_anchors, score_candidacy
from geoplan.relocation.candidacy import build_case
from geoplan.relocation.certainty import assess_certainty
from geoplan.relocation.dem_error import slope_error_sd
from geoplan.relocation.draws import draw_weights

CRS = "EPSG:4544"
STEPS = ["none", "low", "medium", "high", "extreme"]
LOOP_DRAWS = 500


def make_county(count: int) -> tuple[Demand, AccessResult, ExposureResult]:
    """Return settlements in a square of 60 × 60 km whose values spread over the anchors; one in ten lacks a time, one in twenty a survey."""
    rng = np.random.default_rng(20260101)
    ids = np.array([f"s{number:05d}" for number in range(count)], dtype=object)
    settlements = gpd.GeoDataFrame(
        {
            "settlement_id": ids, "name": ids, "persons": rng.integers(5, 200, count).astype(float), "slope_deg": rng.uniform(1, 35, count),
            "elevation_m": rng.uniform(500, 2200, count), "farmland_mu": rng.uniform(5, 150, count), "safe_water_share": rng.random(count),
        },
        geometry=shapely.points(rng.uniform(0, 60_000, (count, 2))), crs=CRS,
    )  # fmt: skip
    units = gpd.GeoDataFrame({"code": [], "name": [], "parent_code": []}, geometry=[], crs=CRS)
    times = []
    for service in ("seat", "clinic", "primary_school"):
        minutes = np.where(rng.random(count) < 0.1, np.nan, rng.gamma(2.0, 25.0, count))
        times.append(
            pd.DataFrame(
                {
                    "settlement_id": ids, "service": service, "season": "dry", "trip": "one_way", "travel_time_min": minutes,
                    "status": np.where(np.isnan(minutes), "no_data", "ok"),
                }
            )
        )  # fmt: skip
    minutes = rng.gamma(1.5, 15.0, count)
    road = pd.DataFrame(
        {"settlement_id": ids, "all_weather_status": "ok", "all_weather_min": minutes, "all_weather_m": minutes * 70}
    )
    report = NetworkReport(0, 0, 0, 0, 0, 0, 0, 0, (), 0, 0, 0, ())
    code = np.stack([rng.choice(5, count, p=[0.6, 0.15, 0.12, 0.1, 0.03]) for _ in range(3)])
    known = rng.random((3, count)) > 0.05
    rows = [
        pd.DataFrame(
            {
                "settlement_id": ids, "hazard_kind": kind, "status": np.where(known[h], "ok", "no_data"),
                "hazard_class": np.where(known[h], np.array(STEPS, dtype=object)[code[h]], ""),
                "exposure_index": np.where(known[h], code[h] / 4, np.nan), "distance_m": 0.0, "source_layer": kind, "source_id": "h",
            }
        )
        for h, kind in enumerate(["landslide", "debris_flow", "flood"])
    ]  # fmt: skip
    worst = np.where(known, code, -1).max(axis=0)
    sure = known.all(axis=0) | (worst == 4)
    summary = pd.DataFrame(
        {
            "settlement_id": ids,
            "hazard_status": np.where(sure, "ok", "no_data"),
            "hazard_index": np.where(sure, worst / 4, np.nan),
        }
    )
    demand = Demand(settlements, units, units, units, units)
    return demand, AccessResult(pd.concat(times), road, units, report), ExposureResult(pd.concat(rows), summary)


def loop_over_draws(
    demand: Demand,
    access: AccessResult,
    exposure: ExposureResult,
    profile: RelocationProfile,
    config: CertaintyConfig,
    draws: int,
) -> np.ndarray:
    """Return (n, 4) class shares, one draw at a time, every settlement at once."""
    rng = np.random.default_rng(1)
    case = build_case(demand, access, exposure, profile)
    names = [one.id for one in profile.indicators]
    drawn = draw_weights(names, np.array([one.weight for one in profile.indicators]), config.model_copy(update={"draws": draws}))
    wide = exposure.exposure.pivot_table(
        index="settlement_id", columns="hazard_kind", values="exposure_index", dropna=False
    ).reindex(case.ids)
    index, kinds = wide.to_numpy(dtype=float), list(wide.columns)
    decides = np.array(
        [[any(k in v.hazard_kinds and c in v.hazard_classes for v in profile.vetoes) for c in STEPS] for k in kinds], dtype=bool
    )
    all_known, counts, n = ~np.isnan(index).any(axis=1), np.zeros((len(case.ids), 4)), len(case.ids)
    sd = slope_error_sd(error_m=config.dem_error_m, correlation_m=config.dem_correlation_m, step_m=config.dem_step_m)
    for d in range(draws):
        chance = rng.random(index.shape)
        step = np.where(chance < config.hazard_worse_share, 1, np.where(chance >= 1 - config.hazard_better_share, -1, 0))
        code = np.clip(index * 4 + step, 0, 4)
        worst = np.nanmax(np.where(np.isnan(code), -1, code), axis=1)
        known = all_known | (worst == 4)
        vetoed = np.any(
            [decides[h][np.nan_to_num(code[:, h]).astype(int)] & ~np.isnan(code[:, h]) for h in range(len(kinds))], axis=0
        )
        common, people = np.exp(config.speed_sd * rng.standard_normal()), np.exp(config.population_sd * rng.standard_normal(n))
        points = case.points.copy()
        for k, indicator in enumerate(profile.indicators):
            raw = case.raw[:, k]
            if indicator.id == "hazard_index":
                raw = np.where(known, worst / 4, np.nan)
                points[:, k] = apply_anchors(raw, indicator.anchors)
                continue
            if indicator.id.endswith("_min"):
                raw = raw * common * np.exp(config.speed_service_sd * rng.standard_normal())
            elif indicator.id == "slope_deg":
                east, north = sd * rng.standard_normal((2, n))
                raw = np.degrees(np.arctan(np.hypot(np.tan(np.radians(raw)) + east, north)))
            elif indicator.id == "elevation_m":
                raw = raw + config.dem_error_m * rng.standard_normal(n)
            elif indicator.id.endswith("_per_person"):
                raw = raw / people
            elif indicator.id.startswith("persons_"):
                raw = raw * people
            else:
                continue
            points[:, k] = np.where(np.isnan(raw), points[:, k], apply_anchors(raw, indicator.anchors))
        there = ~np.isnan(points)
        share = np.minimum((there * drawn[d]).sum(axis=1), 1)
        score = np.where(there, points, 0) @ drawn[d] / share
        thin = share < profile.min_evidence_share
        group = np.select(
            [vetoed, thin, score >= profile.must_score, score >= profile.suggest_score, known], [0, 3, 0, 1, 2], default=3
        )
        rankdata(group * 10 - score, method="min")
        counts[np.arange(n), group] += 1
    return counts / draws


def peak_mb() -> float:
    """Return the peak memory of the process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int = 3_000, draws: int = 10_000) -> None:
    """Print the table."""
    county, profile = make_county(count), read_relocation("poverty_relocation_2015")
    config = CertaintyConfig(draws=draws)
    assess_certainty(*make_county(10), profile, CertaintyConfig(draws=200))
    start = time.perf_counter()
    score_candidacy(*county, profile)
    once = time.perf_counter() - start
    before, taken = peak_mb(), {}
    for workers in (1, 2):
        start, used = time.perf_counter(), time.process_time()
        found = assess_certainty(*county, profile, config, workers=workers)
        taken[workers] = time.perf_counter() - start, time.process_time() - used
    grown = peak_mb() - before
    start, used = time.perf_counter(), time.process_time()
    loop = loop_over_draws(*county, profile, config, LOOP_DRAWS)
    looped, worked = ((one * draws / LOOP_DRAWS) for one in (time.perf_counter() - start, time.process_time() - used))
    off = np.abs(found.settlements[["p_must", "p_suggest", "p_stay", "p_undecided"]].to_numpy() - loop)
    print(f"{count:,} settlements, {len(profile.indicators)} indicators, {draws:,} draws\n")
    print("| | wall, s | processor, s | |\n|---|---:|---:|---|")
    print(f"| score once, with reasons | {once:.2f} | | |")
    for workers, (one, busy) in taken.items():
        print(
            f"| geoplan, {workers} thread(s): classes, ranks, verdicts, tornado, words | {one:.2f} | {busy:.1f} | peak + {grown:.0f} MB (both runs) |"
        )
    print(
        f"| numpy, a loop over draws: classes and ranks only | {looped:.1f} | {worked:.1f} | {LOOP_DRAWS} draws × {draws // LOOP_DRAWS} |"
    )
    print(f"\nclass shares differ by {off.mean():.4f} on average, {np.quantile(off, 0.99):.3f} at 99% of settlements × classes")
    print(found.settlements["verdict"].value_counts().to_string())


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
