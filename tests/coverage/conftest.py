"""Lend the hand-drawn county of this room to its tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def county() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_county", Path(__file__).with_name("county.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
