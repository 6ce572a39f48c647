"""Every notebook runs from a clean kernel, in order, no cell longer than a minute and a half even where kernels are compiled on the way."""

from __future__ import annotations

import shutil

import nbformat
import pytest
from nbclient import NotebookClient

NAMES = ["00_conventions", "01_first_plan", "02_access", "03_relocation", "04_coverage"]


@pytest.fixture(scope="module")
def _stages_kept(root, demo_result, demo_cache):
    """Put the stages this run has computed where the notebooks look for them: what is timed is the notebook, not the county."""
    shutil.copytree(demo_cache, root / "layers" / "demo" / ".geoplan-cache", dirs_exist_ok=True)


@pytest.mark.slow
@pytest.mark.usefixtures("_stages_kept")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("default")  # the kernel's own start-up is not ours to judge
def test_a_notebook_runs_from_a_clean_kernel(root, name):
    book = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_without_outputs(root, name):
    book = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
