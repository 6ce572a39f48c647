"""One service as a grid of minutes: to it, from it, and both added."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.access import grid_minutes
from geoplan.errors import ConfigError

OPTIONS = {"mode": "walk", "season": "dry", "move_max_m": 100.0}


def test_up_and_down_are_different_fields_and_both_is_their_sum(world):
    """A plane rising 0.1 to the east, a clinic at its foot: 600 m uphill from it 7.2 · e^0.35, down to it 7.2 min."""
    surface = world.surface(world.hills(world.plane(0.1, cell_m=30.0, half_m=900.0)))
    to, home, both = (
        grid_minutes(np.array([[-585.0, 15.0]]), surface, direction=one, **OPTIONS) for one in ("to", "from", "both")
    )
    row, col = 29, 30
    assert to.values[row, col] == pytest.approx(7.2, abs=0.01)
    assert home.values[row, col] == pytest.approx(7.2 * np.exp(0.35), abs=0.01)
    np.testing.assert_allclose(both.values, to.values + home.values)


def test_ground_nobody_reaches_is_nan_and_never_a_number(world):
    import shapely

    wall = world.draw(shapely.LineString([(300, -50), (300, 650)]))
    surface = world.surface(world.level(0, 0, 600, 600, barriers=wall), barriers=wall)
    grid = grid_minutes(np.array([[100.0, 300.0]]), surface, **OPTIONS)
    assert np.isnan(grid.values[:, 11:]).all()
    assert np.isfinite(grid.values[:, :9]).all()


def test_more_facilities_never_make_it_longer(world):
    surface = world.surface(world.level(0, 0, 1500, 900), [[(0, 450), (1500, 450)]])
    few, many = (
        grid_minutes(np.array(one, dtype=float), surface, **OPTIONS) for one in ([(100, 450)], [(100, 450), (1400, 100)])
    )
    assert (many.values <= few.values).all()


def test_another_direction_is_refused(world):
    with pytest.raises(ConfigError, match="FIELD-DIRECTION"):
        grid_minutes(np.zeros((1, 2)), world.surface(world.level(0, 0, 300, 300)), direction="up", **OPTIONS)
