"""Measure how much steps and errors of heights slow a walker on planted planes, with and without the filter.

    python benchmarks/measure_height_steps.py

Mean walking time along straight lines over the exact one, in percent above it; 30 m cells; expected values where there is a formula.
"""

from __future__ import annotations

import numpy as np

from geoplan.access.smoothing import expect_noise_ratio, expect_step_ratio, slope_noise_bias

CELL_M = 30.0
SLOPES = (-0.3, -0.1, -0.06, -0.05, -0.04, 0.0, 0.02, 0.05, 0.1, 0.3)


def main() -> None:
    print("walking time above the exact one, percent; 30 m cells, moves of one cell; slope in the direction of travel")
    print("heights      error  filter  " + "".join(f"{slope:+9.2f}" for slope in SLOPES))
    for name, step_m in (("decimetres", 0.0), ("whole metres", 1.0)):
        for noise_m in (0.0, 1.0, 3.0):
            for smooth in ("none", "mean3"):
                rng = np.random.default_rng(2026)
                found = [
                    slope_noise_bias(slope, cell_m=CELL_M, rng=rng, step_m=step_m, noise_m=noise_m, smooth=smooth)
                    for slope in SLOPES
                ]
                print(f"{name:12} {noise_m:4.0f} m  {smooth:7} " + "".join(f"{100 * (one - 1):9.2f}" for one in found))
    print("expected:")
    for step_m in (0.1, 1.0):
        expected = expect_step_ratio(SLOPES, cell_m=CELL_M, step_m=step_m)
        print(f"steps of {step_m:3.1f} m, no error   " + "".join(f"{100 * (one - 1):9.2f}" for one in expected))
    for noise_m in (1.0, 3.0):
        expected = expect_noise_ratio(SLOPES, cell_m=CELL_M, noise_m=noise_m)
        print(f"error of {noise_m:3.1f} m, no steps   " + "".join(f"{100 * (one - 1):9.2f}" for one in expected))


if __name__ == "__main__":
    main()
