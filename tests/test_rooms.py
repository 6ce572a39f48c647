"""What the rooms hand out by name is there, and stays what it is whatever has been loaded before."""

from __future__ import annotations

from importlib import import_module
from inspect import ismodule
from pathlib import Path

import pytest

import geoplan as gp
from geoplan.errors import StageError

ROOMS = ["access", "coverage", "links", "optimise", "relocation", "report"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_of_a_room_is_there_and_is_no_module(room):
    opened = getattr(gp, room)
    assert len(opened.__all__) > 3
    for name in opened.__all__:
        assert not ismodule(getattr(opened, name)), f"geoplan.{room}.{name}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_hides_a_name_of_its_room(room):
    # Python binds a module to its package when it is loaded: a function of that name would be gone from then on.
    opened = import_module(f"geoplan.{room}")
    modules = {one.stem for one in Path(opened.__file__).parent.glob("*.py")}
    assert modules.isdisjoint(opened.__all__)


def test_a_room_says_which_name_it_does_not_have():
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        gp.relocation.nothing_of_this_name  # noqa: B018


def test_a_relocation_map_needs_the_plan_of_its_result(demo_result):
    from dataclasses import replace

    with pytest.raises(StageError, match="plan"):
        gp.report.relocation_map(replace(demo_result, plan=None))


def test_a_relocation_map_in_a_notebook_links_to_no_page_beside_it(demo_result):
    page = gp.report.relocation_map(demo_result, language="en").get_root().render()
    assert demo_result.allocation.sites["name"].iloc[0] in page
    assert "who moves where" in page
    assert '.html"' not in page  # a link would end so
    gp.report.assert_offline(page)
