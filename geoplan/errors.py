"""Name what went wrong, where, for which rows, and how to put it right.

Every error carries a stable code, the layer and column it is about, the first five offending ids of how many, and
the way out. Each class is also the builtin that a caller would expect, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

from collections.abc import Iterable

EXIT_OK = 0
EXIT_BUG = 1
EXIT_PLAN = 2
EXIT_DATA = 3
EXIT_INFEASIBLE = 4
EXIT_PARTIAL = 5

_SHOWN_IDS = 5


class GeoplanError(Exception):
    """Base of every error geoplan raises on purpose.

    Parameters
    ----------
    message
        What is wrong, one sentence.
    code
        Stable identifier such as ``LAYER-MISSING``; documented, greppable.
    layer, column
        Catalogue id of the layer and the canonical column, where there is one.
    ids
        Offending ids; the first five are shown and all are counted.
    remedy
        The way out, one sentence in the imperative.
    """

    exit_code: int = EXIT_BUG

    def __init__(
        self,
        message: str,
        *,
        code: str,
        layer: str | None = None,
        column: str | None = None,
        ids: Iterable[object] = (),
        remedy: str = "",
    ) -> None:
        self.message = message
        self.code = code
        self.layer = layer
        self.column = column
        self.ids: tuple[str, ...] = tuple(str(one) for one in ids)
        self.remedy = remedy
        super().__init__(message)

    def __str__(self) -> str:
        """Render code, place, message, ids and remedy in one paragraph."""
        where = ".".join(part for part in (self.layer, self.column) if part)
        text = f"[{self.code}] {where + ': ' if where else ''}{self.message}"
        if self.ids:
            shown = ", ".join(self.ids[:_SHOWN_IDS])
            text += f" ({len(self.ids)} of them: {shown}{', …' if len(self.ids) > _SHOWN_IDS else ''})"
        return f"{text} → {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        """Keep keyword-only arguments when an error crosses a process border."""
        state = {
            "message": self.message,
            "code": self.code,
            "layer": self.layer,
            "column": self.column,
            "ids": self.ids,
            "remedy": self.remedy,
        }
        return (_rebuild, (type(self), state))


def _rebuild(cls: type[GeoplanError], state: dict[str, object]) -> GeoplanError:
    """Make the error again from its pickled state."""
    return cls(**state)  # type: ignore[arg-type]


class ConfigError(GeoplanError, ValueError):
    """The plan file, the catalogue or a profile says something that cannot be followed."""

    exit_code = EXIT_PLAN


class LayerError(GeoplanError, OSError):
    """A layer is missing, unreadable, or not what the catalogue says it is."""

    exit_code = EXIT_DATA


class TableError(GeoplanError, ValueError):
    """Rows of a table break the table's contract."""

    exit_code = EXIT_DATA


class CrsError(GeoplanError, ValueError):
    """A coordinate reference system or datum is missing, wrong or unusable for measuring."""

    exit_code = EXIT_DATA


class NetworkError(GeoplanError, ValueError):
    """The road network cannot carry the question asked of it."""

    exit_code = EXIT_DATA


class InfeasibleError(GeoplanError, ValueError):
    """No plan satisfies all constraints; says which one binds and what to relax."""

    exit_code = EXIT_INFEASIBLE


class StageError(GeoplanError, RuntimeError):
    """A stage of a plan could not be run or its cached result could not be used."""

    exit_code = EXIT_DATA
