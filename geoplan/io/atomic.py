"""Write files and folders whole or not at all: build under a temporary name beside the target, then swap.

A reader never sees half a file, and a run that is killed leaves what was there before.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import LayerError, StageError

MANIFEST_NAME = "manifest.json"
MADE_BY = "geoplan"
_SCRATCH_MARK = ".geoplan-partial-"
_STALE_S = 24 * 3600.0
"""A scratch folder older than this belongs to no living run."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the target's folder that becomes the target when the block ends well.

    Parameters
    ----------
    path
        File to write; its folder is made when missing.

    Raises
    ------
    LayerError
        ``OUTPUT-UNWRITABLE`` when the folder cannot be written or the target is a folder.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch_folder = Path(tempfile.mkdtemp(prefix=".geoplan-", dir=path.parent))
    except OSError as error:
        raise _unwritable(path, error) from error
    scratch = scratch_folder / path.name
    try:
        yield scratch
        # A folder being built is brought to the disk as a whole when it is published.
        alone = not any(_SCRATCH_MARK in one.name for one in path.absolute().parents)
        if alone:
            _settle(scratch)
        try:
            os.replace(scratch, path)
        except OSError as error:
            raise _unwritable(path, error) from error
        if alone:
            _settle(path.parent)
    finally:
        shutil.rmtree(scratch_folder, ignore_errors=True)


def publish_folder(build: Callable[[Path], None], target: Path) -> Path:
    """Build a folder under a temporary sibling name and swap it in whole; the old one stays until the new one is complete.

    Parameters
    ----------
    build
        Fills the (empty) folder it is given, with a ``manifest.json`` that says ``"made_by": "geoplan"``.
    target
        Folder to make or replace.

    Returns
    -------
    The target.

    Raises
    ------
    LayerError
        ``OUTPUT-FOREIGN`` when the target holds something geoplan did not make; ``OUTPUT-UNWRITABLE`` when it cannot be written.
    StageError
        ``OUTPUT-UNMARKED`` when ``build`` wrote no manifest: the folder could never be replaced again.
    """
    target = Path(target).resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _restore(target)
        refuse_foreign(target)
        _sweep(target)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}{_SCRATCH_MARK}", dir=target.parent))
    except OSError as error:
        raise error if isinstance(error, LayerError) else _unwritable(target, error) from error
    try:
        # mkdtemp makes it private to its owner; an output folder follows the umask as any other.
        scratch.chmod(0o777 & ~_umask())
        build(scratch)
        if not made_by_geoplan(scratch):
            raise StageError(
                f"no {MANIFEST_NAME} was written",
                code="OUTPUT-UNMARKED",
                remedy=f"Write {MANIFEST_NAME} with made_by: {MADE_BY}.",
            )
        _settle_tree(scratch)
        refuse_foreign(target)
        _swap(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def made_by_geoplan(folder: Path) -> bool:
    """Tell whether a folder carries geoplan's mark."""
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and manifest.get("made_by") == MADE_BY


def refuse_foreign(target: Path) -> None:
    """Raise unless a folder is absent, empty, or made by geoplan.

    Raises
    ------
    LayerError
        ``OUTPUT-FOREIGN``.
    """
    if not target.exists():
        return
    if not target.is_dir() or (any(target.iterdir()) and not made_by_geoplan(target)):
        raise LayerError(
            f"{target} exists and was not made by geoplan; it is left as it is",
            code="OUTPUT-FOREIGN",
            remedy="Name a new or empty folder.",
        )


def _swap(scratch: Path, target: Path) -> None:
    """Put the new folder in the old one's place; put the old one back when that fails."""
    old: Path | None = None
    try:
        if target.exists():
            old = target.with_name(f".{target.name}.replaced-{scratch.name.rsplit('-', 1)[-1]}")
            os.rename(target, old)
        os.rename(scratch, target)
    except OSError as error:
        if old is not None and old.exists() and not target.exists():
            os.rename(old, target)
        raise _unwritable(target, error) from error
    _settle(target.parent)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def _restore(target: Path) -> None:
    """Put back a folder that a run killed between the two renames had set aside."""
    aside = sorted(target.parent.glob(f".{_escaped(target.name)}.replaced-*"), key=lambda one: one.stat().st_mtime)
    if aside and not target.exists():
        os.rename(aside.pop(), target)
    for one in aside:
        shutil.rmtree(one, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove scratch folders of runs that were killed."""
    for one in target.parent.glob(f".{_escaped(target.name)}{_SCRATCH_MARK}*"):
        if time.time() - one.stat().st_mtime > _STALE_S:
            shutil.rmtree(one, ignore_errors=True)


def _escaped(name: str) -> str:
    """Return a name in which nothing is a wildcard."""
    return "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _umask() -> int:
    """Return the process's umask (which can only be read by setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _settle(path: Path) -> None:
    """Ask the system to bring a file (or, where it can, a folder's entries) to the disk."""
    if path.is_dir():
        if os.name != "posix":
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _settle_tree(folder: Path) -> None:
    """Bring a whole folder to the disk: in one call where the system has it, which is many times quicker than file by file."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for one in sorted(folder.rglob("*")):
        if one.is_file():
            _settle(one)


def _unwritable(path: Path, error: OSError) -> LayerError:
    return LayerError(
        f"{path} cannot be written: {error.strerror or error}",
        code="OUTPUT-UNWRITABLE",
        remedy="Check the path, its permissions and space.",
    )
