"""Blocked moves: barriers hold, nothing is jumped, and nothing else is closed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import GeometryCollection, LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geoplan.access.barriers import block_cells, block_moves, mark_barriers, mark_cliffs
from geoplan.contracts.ground import MOVES, middles, opposite

UNIT = Affine(1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
"""Cells of 1 m: the centre of cell (row, col) is at (col + 0.5, -row - 0.5)."""
TOUCH = 1e-6
"""Closer than this, touching is a matter of rounding."""


def frame(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:32738")


def at(col, row):
    """Return the point of cell coordinates counted from the centre of the first cell."""
    return (col + 0.5, -row - 0.5)


def line(*cells):
    return LineString([at(*cell) for cell in cells])


def area(*cells, holes=()):
    return Polygon([at(*cell) for cell in cells], [[at(*cell) for cell in hole] for hole in holes])


def free(rows, cols):
    return np.ones((rows, cols), dtype=bool)


def is_open(blocked, row, col, down, right):
    move = int(np.flatnonzero(((down, right) == MOVES).all(axis=1))[0])
    return not (int(blocked[row, col]) >> move) & 1


def rooms(blocked):
    """Return (rows, cols) labels of cells joined by open moves."""
    rows, cols = blocked.shape
    start, end = [], []
    for move, (down, right) in enumerate(MOVES):
        r, c = np.nonzero((blocked >> np.uint16(move)) & np.uint16(1) == 0)
        start.append(r * cols + c)
        end.append((r + down) * cols + c + right)
    start, end = np.concatenate(start), np.concatenate(end)
    graph = coo_matrix((np.ones(len(start)), (start, end)), shape=(rows * cols, rows * cols))
    return connected_components(graph, directed=True, connection="weak")[1].reshape(rows, cols)


def twin(shapes, passable, height_dm=None, limit=np.inf):
    """Return (rows, cols, 16) 1 blocked, 0 open, -1 touching within rounding, move by move with shapely."""
    rows, cols = passable.shape
    parts = [shapely.force_2d(one) for one in shapes if one is not None and not one.is_empty and shapely.get_dimensions(one) > 0]
    result = np.zeros((rows, cols, 16), dtype=int)
    for row in range(rows):
        for col in range(cols):
            for move, (down, right) in enumerate(MOVES):
                r, c = row + down, col + right
                result[row, col, move] = _judge(parts, passable, height_dm, limit, row, col, r, c, move)
    return result


def _judge(parts, passable, height_dm, limit, row, col, r, c, move):
    rows, cols = passable.shape
    if not (0 <= r < rows and 0 <= c < cols and passable[row, col] and passable[r, c]):
        return 1
    between = [(row + down, col + right) for down, right in middles(move)]
    corners = [(row, c), (r, col)] if abs(r - row) == 1 and abs(c - col) == 1 else []
    if any(not passable[one] for one in between) or (corners and not any(passable[one] for one in corners)):
        return 1
    if height_dm is not None:
        z = lambda cell: 0.1 * float(height_dm[cell])  # noqa: E731
        length = float(np.hypot(r - row, c - col))
        steps = [(z((row, col)), z((r, c)), length)]
        beside = between or corners
        if beside and all(passable[one] for one in beside):
            half = sum(z(one) for one in beside) / 2
            steps += [(z((row, col)), half, length / 2), (half, z((r, c)), length / 2)]
        if any(abs(b - a) / d > limit + 1e-9 for a, b, d in steps):
            return 1
    walk = LineString([at(col, row), at(c, r)])
    if any(walk.intersects(one) for one in parts):
        touches = all(walk.distance(one) == 0 or walk.distance(one) > TOUCH for one in parts)
        return 1 if touches else -1
    return -1 if any(walk.distance(one) <= TOUCH for one in parts) else 0


def agree(blocked, expected):
    bits = (blocked[:, :, None] >> np.arange(16, dtype=np.uint16)) & 1
    sure = expected >= 0
    return bool((bits[sure] == expected[sure]).all())


coordinate = st.one_of(st.floats(-3, 9, allow_nan=False).map(lambda v: round(v, 3)), st.integers(-2, 8).map(float))
corner = st.tuples(coordinate, coordinate)
lines = st.lists(corner, min_size=2, max_size=5).map(lambda xs: line(*xs))
areas = (
    st.lists(corner, min_size=3, max_size=5, unique=True)
    .map(lambda xs: area(*xs))
    .filter(lambda one: one.is_valid and one.area > 0.01)
)
shapes = st.lists(st.one_of(lines, areas), min_size=0, max_size=3)
masks = st.lists(st.booleans(), min_size=36, max_size=36).map(lambda xs: np.array(xs).reshape(6, 6))
sparse_masks = st.lists(st.sampled_from([True] * 5 + [False]), min_size=36, max_size=36).map(
    lambda xs: np.array(xs).reshape(6, 6)
)


@settings(deadline=None, max_examples=40)
@given(shapes)
def test_every_move_is_blocked_exactly_where_shapely_finds_a_barrier(drawn):
    """16 moves of every cell, random rivers and lakes, beyond the grid's edge too."""
    assert agree(block_moves(frame(*drawn), free(6, 6), transform=UNIT), twin(drawn, free(6, 6)))


@settings(deadline=None, max_examples=30)
@given(st.one_of(masks, sparse_masks), st.lists(st.integers(0, 30), min_size=36, max_size=36))
def test_every_move_is_blocked_exactly_where_cells_or_slopes_say_so(passable, heights):
    """Impassable cells at the ends, between and on both corners; slopes above 45° as a whole or in half."""
    height = np.array(heights, dtype=np.int16).reshape(6, 6)
    blocked = block_moves(None, passable, transform=UNIT, height_dm=height, cliff_deg=45.0)
    assert agree(blocked, twin([], passable, height, 1.0))


@settings(deadline=None, max_examples=30)
@given(shapes, sparse_masks, st.lists(st.integers(0, 25), min_size=36, max_size=36))
def test_the_way_back_is_blocked_with_the_way_there(drawn, passable, heights):
    """Bit k here is bit k ^ 2 at the end of the move."""
    height = np.array(heights, dtype=np.int16).reshape(6, 6)
    blocked = block_moves(frame(*drawn), passable, transform=UNIT, height_dm=height, cliff_deg=45.0).astype(int)
    for move, (down, right) in enumerate(MOVES):
        for row in range(6):
            for col in range(6):
                r, c = row + down, col + right
                if 0 <= r < 6 and 0 <= c < 6:
                    assert (blocked[row, col] >> move & 1) == (blocked[r, c] >> opposite(move) & 1)
                else:
                    assert blocked[row, col] >> move & 1


eighths = st.tuples(st.integers(-16, 64).map(lambda v: v / 8), st.integers(-16, 64).map(lambda v: v / 8))
dyadic = st.lists(st.lists(eighths, min_size=2, max_size=4, unique=True).map(lambda xs: line(*xs)), min_size=1, max_size=3)


@settings(deadline=None, max_examples=30)
@given(dyadic, st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_moving_barriers_and_grid_together_changes_nothing(drawn, east, north):
    """Coordinates of millions that need no rounding: the same mask bit for bit, touching included."""
    far_east, far_north = 500_000 + east, 3_500_000 + north
    moved = [shapely.affinity.translate(one, far_east, far_north) for one in drawn]
    there = block_moves(frame(*moved), free(6, 6), transform=Affine(1.0, 0.0, far_east, 0.0, -1.0, far_north))
    assert np.array_equal(block_moves(frame(*drawn), free(6, 6), transform=UNIT), there)


@settings(deadline=None, max_examples=30)
@given(dyadic, sparse_masks)
def test_a_quarter_turn_of_everything_turns_the_mask(drawn, passable):
    """Turned left by 90° about the grid's middle, move (down, right) becomes (-right, down)."""
    turned = [shapely.affinity.rotate(one, 90, origin=(3.0, -3.0)) for one in drawn]
    turned = [shapely.transform(one, lambda xy: np.round(xy * 16) / 16) for one in turned]
    before = block_moves(frame(*drawn), passable, transform=UNIT)
    after = block_moves(frame(*turned), np.rot90(passable).copy(), transform=UNIT)
    for move, (down, right) in enumerate(MOVES):
        other = int(np.flatnonzero(((-right, down) == MOVES).all(axis=1))[0])
        assert np.array_equal(np.rot90((before >> np.uint16(move)) & 1), (after >> np.uint16(other)) & 1)


@settings(deadline=None, max_examples=30)
@given(shapes, shapes)
def test_another_barrier_only_blocks_more(some, more):
    """The mask of two layers is the union of their masks, and what each adds is counted once for both directions."""
    one, both = block_cells(free(6, 6)), block_cells(free(6, 6))
    mark_barriers(one, frame(*some), transform=UNIT)
    added = mark_barriers(both, frame(*more), transform=UNIT)
    alone = both.copy()
    mark_barriers(both, frame(*some), transform=UNIT)
    assert np.array_equal(both, one | alone)
    new = (alone & ~block_cells(free(6, 6)))[:, :, None] >> np.arange(16, dtype=np.uint16) & 1
    assert added * 2 == new.sum()


def test_a_thin_diagonal_river_holds():
    r"""A line without width from corner to corner between the centres: two banks, no way through, every cell still walked on.

    . \ . .      centres stay on their bank; GRASS and scikit-image walk through such a river once it is burnt
    . . \ .
    """
    for shift in (0.3, -0.45, 0.5, 1e-7):
        found = rooms(block_moves(frame(line((-2, -2 + shift), (9, 9 + shift))), free(7, 7), transform=UNIT))
        assert len(np.unique(found)) == 2
        row, col = np.indices((7, 7))
        assert len(np.unique(found[row > col + shift])) == 1
        assert len(np.unique(found[row < col + shift])) == 1


def test_a_river_of_many_short_bends_holds_too():
    """The same river drawn with a thousand bends of a hundredth of a cell."""
    along = np.linspace(-2, 9, 1000)
    bends = 0.01 * (np.arange(1000) % 2)
    river = LineString([at(x, x + 0.3 + bend) for x, bend in zip(along, bends, strict=True)])
    assert len(np.unique(rooms(block_moves(frame(river), free(7, 7), transform=UNIT)))) == 2


def test_a_wall_with_a_gate_is_passed_at_the_gate():
    """A fence between columns 2 and 3 with a gap at row 3: only moves through the gap are open.

    . . . | . . .
    . . .   . . .     <- gate of one cell
    . . . | . . .
    """
    fence = MultiLineString([line((2.5, -1), (2.5, 2.5)), line((2.5, 3.5), (2.5, 8))])
    blocked = block_moves(frame(fence), free(7, 6), transform=UNIT)
    assert len(np.unique(rooms(blocked))) == 1
    across = [(r, c, d, e) for r in range(7) for c in range(6) for d, e in MOVES if c <= 2 < c + e < 6 and 0 <= r + d < 7]
    opened = {(r, c, int(d), int(e)) for r, c, d, e in across if is_open(blocked, r, c, d, e)}
    # At the fence's line the move is at row 3 ± 1/2 exclusive: straight through, and knight's moves whose crossing is at row 3 ± 1/4.
    assert all(2.5 < r + d * (2.5 - c) / e < 3.5 for r, c, d, e in opened)
    assert (3, 2, 0, 1) in opened
    assert (3, 2, 1, 2) in opened
    assert (2, 2, 1, 1) not in opened


def test_a_river_that_ends_on_a_centre_shuts_that_centre():
    """Touching counts: nothing leaves the centre; the cells around it stay joined."""
    blocked = block_moves(frame(line((3, 3), (3, 3.01))), free(7, 7), transform=UNIT)
    assert blocked[3, 3] == 0xFFFF
    assert len(np.unique(rooms(blocked))) == 2


def test_a_lake_shuts_what_lies_in_it_and_a_fence_only_its_outline():
    """A lake over 3 × 3 centres: those are isolated. The same outline as a line: what lies inside is one room."""
    shore = ((1.5, 1.5), (4.5, 1.5), (4.5, 4.5), (1.5, 4.5))
    lake = block_moves(frame(area(*shore)), free(7, 7), transform=UNIT)
    assert (lake[2:5, 2:5] == 0xFFFF).all()
    assert len(np.unique(rooms(lake))) == 1 + 9
    fenced = rooms(block_moves(frame(line(*shore, shore[0])), free(7, 7), transform=UNIT))
    assert len(np.unique(fenced)) == 2
    assert len(np.unique(fenced[2:5, 2:5])) == 1


def test_an_island_in_a_lake_is_walked_on_and_not_left():
    """A lake with a hole of 2 × 2 centres, and one lake smaller than a cell between centres that shuts nothing."""
    ring, hole = ((0.5, 0.5), (6.5, 0.5), (6.5, 6.5), (0.5, 6.5)), ((2.5, 2.5), (4.5, 2.5), (4.5, 4.5), (2.5, 4.5))
    found = rooms(block_moves(frame(area(*ring, holes=[hole])), free(8, 8), transform=UNIT))
    assert len(np.unique(found[3:5, 3:5])) == 1
    assert found[3, 3] != found[0, 0]
    pond = block_moves(frame(area((2.1, 2.35), (2.11, 2.35), (2.1, 2.36))), free(5, 5), transform=UNIT)
    assert np.array_equal(pond, block_cells(free(5, 5)))


def test_a_lake_larger_than_the_grid_drowns_it():
    """No outline is near: the centres lie inside."""
    blocked = block_moves(frame(area((-50, -50), (60, -50), (60, 60), (-50, 60))), free(4, 5), transform=UNIT)
    assert (blocked == 0xFFFF).all()


def test_overlapping_lakes_are_both_water():
    """Even–odd holds within one polygon only: where two overlap there is no dry land."""
    lakes = MultiPolygon([box(1, -5, 4, -1), box(2, -5, 5, -1)])
    separate = frame(box(1, -5, 4, -1), box(2, -5, 5, -1))
    blocked = block_moves(separate, free(6, 6), transform=UNIT)
    assert (blocked[1:5, 1:5] == 0xFFFF).all()
    assert np.array_equal(blocked, block_moves(frame(*lakes.geoms), free(6, 6), transform=UNIT))
    assert np.array_equal(blocked, block_moves(frame(lakes), free(6, 6), transform=UNIT))


def test_points_empty_and_missing_shapes_block_nothing_and_collections_are_opened():
    """Heights of coordinates are ignored; a nested collection holds a wall."""
    nothing = frame(Point(2, -2), LineString(), None, Polygon(), line((1, 1), (1, 1)))
    assert np.array_equal(block_moves(nothing, free(5, 5), transform=UNIT), block_cells(free(5, 5)))
    wall = LineString([(*at(-1, 1.5), 99.0), (*at(6, 1.5), -3.0)])
    nested = frame(GeometryCollection([Point(1, -1), GeometryCollection([wall])]))
    assert len(np.unique(rooms(block_moves(nested, free(5, 5), transform=UNIT)))) == 2
    assert np.array_equal(block_moves(None, free(5, 5), transform=UNIT), block_cells(free(5, 5)))


def test_nobody_squeezes_between_two_impassable_cells_or_jumps_one():
    """A staircase of impassable cells holds; one alone does not shut the diagonal beside it, and no knight passes through it.

    # .     the diagonal from (0, 1) to (1, 0) passes between two impassable cells
    . #
    """
    stairs = ~np.eye(7, dtype=bool)
    assert len(np.unique(rooms(block_moves(None, stairs, transform=UNIT))[stairs])) == 2
    wall = free(5, 5)
    wall[:, 2] = False
    assert len(np.unique(rooms(block_moves(None, wall, transform=UNIT))[wall])) == 2
    one = free(5, 5)
    one[2, 2] = False
    blocked = block_moves(None, one, transform=UNIT)
    assert is_open(blocked, 1, 2, 1, 1)
    assert not is_open(blocked, 2, 1, 1, 2)
    assert not is_open(blocked, 1, 1, 1, 2)
    assert is_open(blocked, 0, 1, 1, 2)


def test_a_slope_of_exactly_the_limit_is_walked():
    """45° on 30 m cells: 30 m up a straight move passes, 30.1 m does not; along a diagonal 42.4 m passes, 42.5 m does not."""
    grid = Affine(30.0, 0.0, 0.0, 0.0, -30.0, 0.0)
    for rise_dm, open_straight, open_diagonal in ((300, True, True), (301, False, True), (424, False, True), (425, False, False)):
        height = np.zeros((3, 3), dtype=np.int16)
        height[1, 1] = rise_dm
        # Both corners half-way up, so that the diagonal is an even slope.
        height[0, 1] = height[1, 0] = rise_dm // 2
        blocked = block_moves(None, free(3, 3), transform=grid, height_dm=height, cliff_deg=45.0)
        assert is_open(blocked, 1, 1, 0, 1) is open_straight
        assert is_open(blocked, 0, 0, 1, 1) is open_diagonal


def test_a_wall_of_high_cells_one_cell_wide_is_not_jumped():
    """Both sides are level with each other: a knight's move or a diagonal over the wall has no rise of its own, and yet is shut."""
    height = np.zeros((7, 7), dtype=np.int16)
    height[:, 3] = 500
    assert len(np.unique(rooms(block_moves(None, free(7, 7), transform=UNIT, height_dm=height, cliff_deg=45.0)))) == 3
    height = (np.eye(7) * 500).astype(np.int16)
    found = rooms(block_moves(None, free(7, 7), transform=UNIT, height_dm=height, cliff_deg=45.0))
    assert found[0, 6] != found[6, 0]


@settings(deadline=None, max_examples=30)
@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_on_a_plane_a_move_is_a_cliff_exactly_where_its_own_slope_is(east, south):
    """Looking half-way changes nothing on a plane: of 16 moves those are shut whose slope is above 30°."""
    row, col = np.indices((5, 5))
    grid = Affine(100.0, 0.0, 0.0, 0.0, -100.0, 0.0)
    height = np.rint(1000 * (east * col + south * row)).astype(np.int16)
    blocked = block_moves(None, free(5, 5), transform=grid, height_dm=height, cliff_deg=30.0)
    for down, right in MOVES:
        slope = abs(down * south + right * east) / np.hypot(down, right)
        if abs(slope - np.tan(np.radians(30.0))) > 0.003:
            assert is_open(blocked, 2, 2, down, right) == (slope < np.tan(np.radians(30.0)))


def test_cliffs_are_counted_once_and_only_where_nothing_else_had_blocked():
    """A step of 5 m between two columns of 1 m cells: every move across it, 4 rows: 4 straight, 6 diagonal, knights by hand 2·3·2 + 2·2."""
    height = np.zeros((4, 4), dtype=np.int16)
    height[:, 2:] = 50
    open_ground = block_cells(free(4, 4))
    across = 4 + 2 * 3 + 2 * (2 * 3) + 2 * 2
    assert mark_cliffs(open_ground, free(4, 4), height, transform=UNIT, cliff_deg=45.0) == across
    fenced = block_cells(free(4, 4))
    mark_barriers(fenced, frame(line((1.5, -1), (1.5, 5))), transform=UNIT)
    assert mark_cliffs(fenced, free(4, 4), height, transform=UNIT, cliff_deg=45.0) == 0


def test_eight_neighbours_block_the_knights_moves():
    """Bits 8 to 15 everywhere."""
    blocked = block_moves(None, free(5, 5), transform=UNIT, neighbours=8)
    assert (blocked & 0xFF00 == 0xFF00).all()
    assert blocked[2, 2] == 0xFF00
    assert block_moves(None, free(5, 5), transform=UNIT)[2, 2] == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 2), (3, 1)])
def test_grids_of_a_few_cells_have_no_way_off_them(shape):
    """Every move that leaves is blocked, on grids smaller than a move too."""
    blocked = block_moves(frame(line((-1, -1), (-1, 5))), free(*shape), transform=UNIT)
    for row in range(shape[0]):
        for col in range(shape[1]):
            for down, right in MOVES:
                inside = 0 <= row + down < shape[0] and 0 <= col + right < shape[1]
                assert is_open(blocked, row, col, down, right) == inside


def test_a_long_slanting_river_is_found_as_exactly_as_its_pieces():
    """One segment over 400 cells blocks the same moves as the same line cut into 4,000."""
    long = line((-10.3, 4.1), (420.7, 371.9))
    pieces = shapely.segmentize(long, 0.1)
    one = block_moves(frame(long), free(380, 410), transform=UNIT)
    many = block_moves(frame(pieces), free(380, 410), transform=UNIT)
    assert np.array_equal(one, many)
    assert len(np.unique(rooms(one))) == 2
