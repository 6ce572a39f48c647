"""Compiling is said once, and only when something is compiled."""

from __future__ import annotations

from numba import njit

from geoplan.access.compiling import announce_compiling


def test_several_kernels_are_one_word_and_none_is_none():
    @njit
    def double(x):
        return 2 * x

    @njit
    def halve(x):
        return x / 2

    said = []
    with announce_compiling(lambda: said.append("compiling")):
        assert (double(2), halve(2)) == (4, 1.0)
    assert said == ["compiling"]
    with announce_compiling(lambda: said.append("again")):
        assert double(3) == 6
    assert said == ["compiling"]
