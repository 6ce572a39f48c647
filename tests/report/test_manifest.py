"""An output folder is kept only when it is whole, of this recipe, and in this language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.report.manifest import MANIFEST, is_current, read_manifest


def folder_of(path, files, *, recipe="r", language="zh", sizes=...):
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
    manifest = {
        "made_by": "geoplan",
        "recipe": recipe,
        "language": language,
        "files": sizes if sizes is not ... else {name: len(text.encode()) for name, text in files.items()},
    }
    (path / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return path


def test_a_whole_folder_of_the_same_recipe_and_language_is_current(tmp_path):
    folder = folder_of(tmp_path, {"a.html": "abc"})
    assert is_current(folder, "r", language="zh")
    assert not is_current(folder, "other", language="zh")
    assert not is_current(folder, "r", language="en")


@pytest.mark.parametrize("damage", ["shorter", "missing", "no manifest", "not json", "not ours", "no files"])
def test_a_damaged_folder_is_not_current(tmp_path, damage):
    folder = folder_of(tmp_path, {"a.html": "abc", "b.html": ""}, sizes=None if damage == "no files" else ...)
    if damage == "shorter":
        (folder / "a.html").write_text("ab", encoding="utf-8")
    elif damage == "missing":
        (folder / "b.html").unlink()
    elif damage == "no manifest":
        (folder / MANIFEST).unlink()
    elif damage == "not json":
        (folder / MANIFEST).write_text("{", encoding="utf-8")
    elif damage == "not ours":
        (folder / MANIFEST).write_text("[]", encoding="utf-8")
    assert not is_current(folder, "r", language="zh")


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_manifest_or_none(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("out")
    (folder / MANIFEST).write_bytes(content)
    found = read_manifest(folder)
    assert found is None or found["made_by"] == "geoplan"
