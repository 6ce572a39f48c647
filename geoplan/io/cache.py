"""Keep stage results on disk by recipe: plain Parquet, NumPy and JSON, never pickles, whole or not at all.

A result is a tree of frozen dataclasses from ``geoplan.contracts`` whose leaves are frames, arrays and plain values.
`save_tree` writes it as one folder; `load_tree` gives back an equal tree. Nothing that is read can run code: a cache on a shared
drive is only data.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS

from geoplan.contracts import coverage, ground, relocation, results, status
from geoplan.contracts.grid import Grid
from geoplan.errors import StageError

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for room in (results, relocation, coverage, ground)
    for cls in vars(room).values()
    if isinstance(cls, type) and dataclasses.is_dataclass(cls)
} | {"Grid": Grid}
_ENUMS: dict[str, type[StrEnum]] = {
    cls.__name__: cls
    for cls in vars(status).values()
    if isinstance(cls, type) and issubclass(cls, StrEnum) and cls is not StrEnum
}
_INDEX = "tree.json"
_KEPT_PER_STAGE = 6


class _Writer:
    """Give every frame and array a file of its own, numbered in the order met."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def name(self, suffix: str) -> str:
        """Return the next free file name."""
        self.count += 1
        return f"{self.count:03d}.{suffix}"

    def encode(self, value: Any) -> Any:
        """Return a JSON-ready stand-in for ``value``, writing its frames and arrays."""
        if isinstance(value, StrEnum):
            return {"enum": type(value).__name__, "value": value.value}
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else {"float": repr(float(value))}
        if isinstance(value, gpd.GeoDataFrame | pd.DataFrame):
            return self._frame(value)
        if isinstance(value, np.ndarray):
            name = self.name("npy")
            np.save(self.folder / name, value, allow_pickle=False)
            return {"array": name}
        if isinstance(value, np.generic):
            return self.encode(value.item())
        if isinstance(value, Affine):
            return {"affine": list(value)[:6]}
        if isinstance(value, CRS):
            return {"crs": value.to_json()}
        if isinstance(value, dict):
            return {"dict": [[self.encode(k), self.encode(v)] for k, v in value.items()]}
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.encode(one) for one in value]}
        if dataclasses.is_dataclass(value) and type(value).__name__ in _CLASSES:
            fields = {field.name: self.encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return {"class": type(value).__name__, "fields": fields}
        raise StageError(
            f"a stage result holds a {type(value).__name__}, which the cache cannot keep",
            code="CACHE-TYPE",
            remedy="Return frames, arrays, plain values and dataclasses of geoplan.contracts.",
        )

    def _frame(self, frame: pd.DataFrame) -> dict[str, Any]:
        name = self.name("parquet")
        geo = isinstance(frame, gpd.GeoDataFrame) and frame._geometry_column_name in frame.columns
        frame.to_parquet(self.folder / name, compression="zstd")
        return {"geoframe" if geo else "frame": name}


def _decode(node: Any, folder: Path) -> Any:
    """Return the value that `_Writer.encode` wrote as ``node``."""
    if not isinstance(node, dict):
        return node
    if "enum" in node:
        return _ENUMS[node["enum"]](node["value"])
    if "float" in node:
        return float(node["float"])
    if "geoframe" in node:
        return gpd.read_parquet(folder / node["geoframe"])
    if "frame" in node:
        return pd.read_parquet(folder / node["frame"])
    if "array" in node:
        return np.load(folder / node["array"], allow_pickle=False)
    if "affine" in node:
        return Affine(*node["affine"])
    if "crs" in node:
        return CRS.from_json(node["crs"])
    if "dict" in node:
        return {_decode(k, folder): _decode(v, folder) for k, v in node["dict"]}
    if "tuple" in node:
        return tuple(_decode(one, folder) for one in node["tuple"])
    if "list" in node:
        return [_decode(one, folder) for one in node["list"]]
    cls = _CLASSES[node["class"]]
    return cls(**{name: _decode(value, folder) for name, value in node["fields"].items()})


def save_tree(value: Any, folder: Path) -> None:
    """Write ``value`` as ``folder``: built under a temporary name and renamed when whole.

    Raises
    ------
    StageError
        ``CACHE-TYPE`` when the tree holds something other than frames, arrays, plain values and contract dataclasses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _scratch(folder.parent) as scratch:
        writer = _Writer(scratch)
        index = writer.encode(value)
        (scratch / _INDEX).write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
        if folder.exists():
            return
        try:
            os.replace(scratch, folder)
        except OSError:
            if not folder.exists():  # another run finished the same recipe first: its result is as good
                raise


def load_tree(folder: Path) -> Any:
    """Return the tree that `save_tree` wrote as ``folder``.

    Raises
    ------
    StageError
        ``CACHE-BROKEN`` when the folder cannot be read back whole.
    """
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        return _decode(index, folder)
    except Exception as error:
        raise StageError(
            f"cached result {folder.name} cannot be read ({error})", code="CACHE-BROKEN", remedy="Run again; it is made anew."
        ) from error


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """Give a fresh folder beside the target and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix=".part-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class StageCache:
    """Results of stages by recipe, in one folder; the newest few recipes of each stage are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _entry(self, stage: str, recipe: str) -> Path:
        return self.folder / stage / recipe[:32]

    def has(self, stage: str, recipe: str) -> bool:
        """Tell whether a whole result of this recipe is kept."""
        return (self._entry(stage, recipe) / _INDEX).is_file()

    def load(self, stage: str, recipe: str) -> Any:
        """Return the kept result and mark it as used."""
        entry = self._entry(stage, recipe)
        value = load_tree(entry)
        os.utime(entry)
        return value

    def save(self, stage: str, recipe: str, value: Any) -> None:
        """Keep a result and forget the oldest ones beyond the newest few."""
        entry = self._entry(stage, recipe)
        save_tree(value, entry)
        kept = [one for one in entry.parent.iterdir() if one.is_dir() and not one.name.startswith(".part-")]
        for old in sorted(kept, key=lambda one: one.stat().st_mtime, reverse=True)[_KEPT_PER_STAGE:]:
            shutil.rmtree(old, ignore_errors=True)

    def drop(self, stage: str, recipe: str) -> None:
        """Forget one result."""
        shutil.rmtree(self._entry(stage, recipe), ignore_errors=True)
