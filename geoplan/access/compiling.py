"""Say that kernels are being compiled, once, when they are.

numba compiles a kernel the first time it is called on a machine and keeps it on disk; later processes load it. The first use takes some tens of
seconds in which nothing else would be heard. By hand: two kernels compiled inside one `announce_compiling` are one call of ``say``; loaded ones none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import event


class _Once(event.Listener):
    """Call ``say`` at the first compilation."""

    def __init__(self, say: Callable[[], None]) -> None:
        self.say = say
        self.said = False
        self.lock = threading.Lock()

    def on_start(self, event: event.Event) -> None:
        """Say so, unless it was said."""
        with self.lock:
            first, self.said = not self.said, True
        if first:
            self.say()

    def on_end(self, event: event.Event) -> None:
        """Nothing more to say."""


@contextmanager
def announce_compiling(say: Callable[[], None]) -> Iterator[None]:
    """Call ``say`` once if anything is compiled inside the ``with`` block, in any thread."""
    with event.install_listener("numba:compile", _Once(say)):
        yield
