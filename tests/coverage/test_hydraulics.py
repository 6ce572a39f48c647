"""What pipes lose and how thick they must be: textbook figures, balances by pencil, and laws of trees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.coverage.hydraulics import check_tree, cut_pipes, head_loss_m, pump_kw, size_tree, to_l_s, velocity_m_s

SIZES = np.array([26.0, 41.0, 51.0, 73.0, 90.0, 131.0])
C, FAST = 140.0, 2.0


def possible(parent, length, least, flow, start, thickest=SIZES[-1]):
    return check_tree(parent, length, least, flow, start, thickest, C, FAST, np.empty(len(parent)))


def test_head_loss_is_that_of_the_textbook():
    # Hazen–Williams in US units (h per foot = 4.52 Q^1.85 / (C^1.85 d^4.87) psi, gpm, inches), worked apart: 158.5 gpm, 3.937 in, C = 130.
    psi_per_ft = 4.52 * 158.503**1.852 / (130.0**1.852 * 3.93701**4.8704)
    metres = psi_per_ft * 0.703070 * 3.28084 * 1000.0
    assert head_loss_m(10.0, 100.0, 1000.0, roughness_c=130.0) == pytest.approx(metres, rel=0.005)
    assert head_loss_m(10.0, 100.0, 1000.0, roughness_c=130.0) == pytest.approx(19.03, abs=0.01)


def test_units_of_flow_agree():
    assert to_l_s(86.4) == pytest.approx(1.0)
    assert velocity_m_s(10.0, 100.0) == pytest.approx(0.010 / (np.pi * 0.05**2))
    # 1 L/s lifted by 60 m is 588.6 W of water.
    assert pump_kw(1.0, 60.0, efficiency=0.6) == pytest.approx(0.981)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.01, 50.0), st.floats(20.0, 400.0), st.floats(1.0, 5000.0), st.floats(1.01, 3.0))
def test_losses_grow_with_flow_and_length_and_fall_with_width(flow, width, length, more):
    base = head_loss_m(flow, width, length, roughness_c=C)
    assert head_loss_m(flow * more, width, length, roughness_c=C) > base
    assert head_loss_m(flow, width * more, length, roughness_c=C) < base
    assert head_loss_m(flow, width, length * more, roughness_c=C) == pytest.approx(base * more)


def test_a_pipe_is_the_thinnest_whose_losses_the_head_allows():
    # 500 m, water at 120 m, 110 m needed: 20 m/km. 0.5 L/s: 26 mm loses 58 m/km, 41 mm 6.3 m/km.
    parent, length, least, flow = np.array([0, 0]), np.array([0.0, 500.0]), np.array([118.0, 110.0]), np.array([0.5, 0.5])
    pipe, size, head = size_tree(parent, length, least, flow, 120.0, SIZES, C, FAST)
    assert SIZES[size[pipe[1]]] == 41.0
    assert head[1] == pytest.approx(120.0 - head_loss_m(0.5, 41.0, 500.0, roughness_c=C))
    assert head_loss_m(0.5, 26.0, 500.0, roughness_c=C) > 10.0


def test_a_pipe_over_a_ridge_above_its_grade_line_is_refused():
    # The far end lies deep enough; the ridge between does not.
    parent, length = np.array([0, 0, 1]), np.array([0.0, 500.0, 500.0])
    flow = np.array([0.5, 0.5, 0.5])
    assert possible(parent, length, np.array([100.0, 99.0, 60.0]), flow, 102.0)
    assert not possible(parent, length, np.array([100.0, 102.5, 60.0]), flow, 102.0)


def test_a_ridge_makes_the_pipe_before_it_thicker():
    parent, length, flow = np.array([0, 0, 1]), np.array([0.0, 500.0, 500.0]), np.array([0.5, 0.5, 0.5])
    _, low, _ = size_tree(parent, length, np.array([98.0, 60.0, 60.0]), flow, 100.0, SIZES, C, FAST)
    pipe, high, head = size_tree(parent, length, np.array([98.0, 99.0, 60.0]), flow, 100.0, SIZES, C, FAST)
    assert high[pipe[1]] > low[pipe[1]]
    assert head[1] >= 99.0


def test_a_flow_too_fast_for_the_thickest_pipe_is_refused():
    parent, length, least = np.array([0, 0]), np.array([0.0, 10.0]), np.array([0.0, 0.0])
    most = 2.0 * np.pi * 0.0655**2 * 1000.0
    assert possible(parent, length, least, np.full(2, most), 500.0)
    assert not possible(parent, length, least, np.full(2, most * 1.001), 500.0)


def test_pipes_part_where_the_flow_parts():
    #  0 - 1 - 2 - 3
    #          \- 4      (5 hangs on 1 and is dry)
    parent = np.array([0, 0, 1, 2, 2, 1])
    pipe, count = cut_pipes(parent, np.array([3.0, 3.0, 3.0, 1.0, 2.0, 0.0]))
    assert pipe.tolist() == [-1, 0, 0, 1, 2, -1]
    assert count == 3


@st.composite
def trees(draw):
    n = draw(st.integers(2, 12))
    parent = np.array([0] + [draw(st.integers(0, k - 1)) for k in range(1, n)])
    length = np.array([0.0] + [draw(st.floats(1.0, 800.0)) for _ in range(1, n)])
    own = np.array([0.0] + [draw(st.floats(0.05, 1.0)) for _ in range(1, n)])
    least = np.array([0.0] + [draw(st.floats(-60.0, 5.0)) for _ in range(1, n)])
    flow = own.copy()
    for k in range(n - 1, 0, -1):
        flow[parent[k]] += flow[k]
    return parent, length, least, flow


@settings(deadline=None, max_examples=40)
@given(trees(), st.floats(0.0, 40.0))
def test_chosen_diameters_keep_every_head_exactly_where_the_thickest_would(tree, start):
    parent, length, least, flow = tree
    pipe, size, head = size_tree(parent, length, least, flow, start, SIZES, C, FAST)
    slow = all(velocity_m_s(flow[k], SIZES[size[pipe[k]]]) <= FAST * (1 + 1e-9) for k in range(1, len(parent)))
    if possible(parent, length, least, flow, start):
        assert (head >= least - 1e-6).all()
        assert slow
    else:
        assert (head < least).any() or not slow


@settings(deadline=None, max_examples=30)
@given(trees(), st.floats(0.0, 40.0), st.floats(0.0, 30.0))
def test_a_higher_source_carries_whatever_a_lower_one_does(tree, start, more):
    parent, length, least, flow = tree
    if possible(parent, length, least, flow, start):
        assert possible(parent, length, least, flow, start + more)
