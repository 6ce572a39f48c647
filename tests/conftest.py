"""Fixtures every test may use: where the shared data lies, a real country read once, and whether a browser is here."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from geoplan.contracts.results import Layers
    from geoplan.plan import Plan, RunResult

ROOT = Path(__file__).resolve().parents[1]


def _name_kernels() -> str:
    """Return a folder for compiled kernels that is another one whenever a source of theirs is another.

    numba knows a kernel by its own file alone: after an edit to what it calls, the old one would be loaded from beside the source.
    """
    digest = hashlib.sha256(version("numba").encode())
    for path in sorted((ROOT / "geoplan").rglob("*.py")):
        if b"njit" in (text := path.read_bytes()):
            digest.update(text)
    return str(Path(tempfile.gettempdir()) / f"geoplan-kernels-{digest.hexdigest()[:16]}")


# Before anything imports numba; commands that tests start inherit it.
os.environ.setdefault("NUMBA_CACHE_DIR", _name_kernels())


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real layers (../shared/data) are not on this machine")
    return folder


def _run_folder(tmp_path_factory) -> Path:
    """Return the folder that all workers of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo_cache(tmp_path_factory) -> Path:
    """Kept stages of the demonstration county, shared by all workers of a run: no stage of it is computed twice but by chance."""
    return _run_folder(tmp_path_factory) / "demo-cache"


@pytest.fixture(scope="session")
def demo_result(root, demo_cache) -> RunResult:
    """The demonstration county, run once for all tests of one worker. Never change it."""
    from geoplan.plan import Plan

    return Plan.from_yaml(root / "layers" / "demo" / "county.yaml", cache=demo_cache).run()


@pytest.fixture(scope="session")
def comoros(root, shared_data, tmp_path_factory) -> Plan:
    """The Comoros' plan; its cache lasts as long as the session, so that no stage of it is computed twice."""
    from geoplan.plan import Plan

    return Plan.from_yaml(root / "tests" / "plans" / "comoros.yaml", cache=_run_folder(tmp_path_factory) / "comoros-cache")


@pytest.fixture(scope="session")
def comoros_layers(comoros) -> Layers:
    """All layers of the Comoros in UTM 38S, as read from the files. Never change them: every room's tests look at these."""
    return comoros.layers()


@pytest.fixture(scope="session")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
