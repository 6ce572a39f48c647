"""Lend the flawless county of this room to its tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("checks_bundle", Path(__file__).with_name("bundle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
