"""Time the main job as a user runs it: cold, one weight changed, nothing changed; wall, CPU and peak memory of the whole process.

    python benchmarks/bench_run.py            # the demo county, and Comoros where ../shared/data is there
    python benchmarks/bench_run.py --runs 5   # medians of five

Prints a Markdown table. Every run is a process of its own, so imports and compilation are counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_once(arguments: list[str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak memory in MB of one process."""
    began = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT)
    errors = process.stderr.read() if process.stderr else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.decode()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def with_other_weight(plan: Path) -> Path:
    """Write a copy of the plan beside it with one weight changed."""
    copy = plan.with_name(f".bench-{plan.name}")
    copy.write_text(plan.read_text(encoding="utf-8") + "\nweights: {hazard_index: 0.5}\n", encoding="utf-8")
    return copy


def measure(plan: Path, runs: int) -> list[tuple[str, tuple[float, ...]]]:
    """Return medians of (wall, CPU, MB) for the three ways of running."""
    rows: dict[str, list[tuple[float, float, float]]] = {"cold": [], "one weight changed": [], "nothing changed": []}
    other = with_other_weight(plan)
    try:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                base = [sys.executable, "-m", "geoplan.cli", "run"]
                tail = ["--out", f"{folder}/out", "--cache", f"{folder}/cache"]
                rows["cold"].append(run_once([*base, str(plan), *tail]))
                rows["nothing changed"].append(run_once([*base, str(plan), *tail]))
                rows["one weight changed"].append(run_once([*base, str(other), *tail]))
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        other.unlink()
    return [(name, tuple(statistics.median(column) for column in zip(*values, strict=True))) for name, values in rows.items()]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--plan", type=Path, action="append", help="plan files instead of the two that come with the project")
    arguments = parser.parse_args()
    plans = arguments.plan or [ROOT / "layers" / "demo" / "county.yaml"]
    if not arguments.plan and (ROOT.parent / "shared" / "data" / "comoros").is_dir():
        plans.append(ROOT / "tests" / "plans" / "comoros.yaml")
    print("| plan | run | wall s | CPU s | peak MB |\n|---|---|---:|---:|---:|")
    for plan in plans:
        for name, (wall, cpu, memory) in measure(plan.resolve(), arguments.runs):
            print(f"| {plan.stem} | {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
