"""The house keeps its promises: data flows down, imports stay light, one idea per file, nothing of one machine in it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache

import pytest


def python_files(root, *folders):
    return [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]


@cache
def syntax(path):
    """Return a file's syntax tree; parsing the whole package takes a second, and seven tests look at it."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path):
    """Return the names of all modules a file imports, wherever in it."""
    nodes = list(ast.walk(syntax(path)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def tracked_files(root):
    done = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [root / line for line in done.stdout.splitlines()]


def test_a_room_imports_only_from_below(root):
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def loaded():
    """The modules that ``import geoplan`` loads in a fresh interpreter."""
    code = "import sys, geoplan; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("heavy", ["folium", "osmnx", "matplotlib", "pandera", "rasterio"])
def test_import_geoplan_stays_light(loaded, heavy):
    assert "geoplan" in loaded
    assert heavy not in loaded


def test_the_command_line_loads_nothing_heavy_before_it_is_told_what_to_do():
    code = "import sys, geoplan.cli; sys.exit(any(name in sys.modules for name in ('geopandas', 'folium', 'osmnx')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_whether_anything_changed_is_known_before_the_libraries_that_compute_are_loaded(root):
    """Recipes need documents and checksums, no frame: a kept run must not wait for geopandas."""
    code = (
        "import sys; from geoplan.plan import Plan; assert Plan.from_yaml('layers/demo/county.yaml').recipes(); "
        "sys.exit(', '.join({'geopandas', 'pandas', 'numpy', 'scipy', 'pyproj', 'rasterio'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("pandera", {"contracts/tables.py"}),
        ("osmium", {"io/osm.py"}),
        ("osmnx", {"io/fetch.py", "io/osm.py"}),
        ("folium", {"report/maps.py", "report/notebook.py", "report/offline.py"}),
        ("yaml", {"io/documents.py", "io/demo.py", "io/fetch.py"}),
    ],
)
def test_a_library_has_one_home(root, library, home):
    for path in python_files(root, "geoplan"):
        if any(name == library or name.startswith(library + ".") for name in imported(path)):
            assert path.relative_to(root / "geoplan").as_posix() in home


def test_files_and_functions_stay_readable(root):
    """Files up to 400 lines, functions up to 60 lines of body."""
    for path in python_files(root, "geoplan"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                if body:
                    assert (node.end_lineno or 0) - body[0].lineno <= 60, (path, node.name)


def test_ruff_is_content(root):
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_nothing_tracked_names_a_machine_or_a_registry(root):
    path_of_a_machine = re.compile(r"(^|[^\w.])/(work|farm|tmp|root|home|opt)/")
    registry = re.compile(r"py" + r"pi\.|registry\.np" + r"mjs|deb\.deb" + r"ian\.org", re.IGNORECASE)
    for path in tracked_files(root):
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".html", ".js", ".css", ".ipynb", ".json", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not registry.search(text), path
            assert not path_of_a_machine.search(text), path


def test_no_large_file_is_tracked(root):
    """Nothing over 3 MB; the whole demo county under 5 MB."""
    for path in tracked_files(root):
        assert not path.is_file() or path.stat().st_size < 3_000_000, path
    assert (
        sum(
            path.stat().st_size
            for path in (root / "layers" / "demo").rglob("*")
            if path.is_file() and ".geoplan-cache" not in path.parts
        )
        < 5_000_000
    )


def test_every_public_function_says_what_it_returns(root):
    """Every public function and class of the package has a docstring, and every argument a type."""
    for path in python_files(root, "geoplan"):
        for node in syntax(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), (path, node.name)
