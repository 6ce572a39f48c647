"""Let threads work side by side without one thread's warning filters undoing another's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def calm_threads() -> Iterator[None]:
    """Leave out one warning while threads run: rasterio hides it from its own rasters in memory, which have no place, by a filter of the whole process.

    Such filters are no thread's own (Python 3.14 gives each its own): another thread that restores its filters meanwhile would bring it back.
    """
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
