"""How Python's memory is kept while reports are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled() -> Iterator[None]:
    """What is there already will stay, so the garbage collector need not walk it again and again meanwhile.

    A third of the time of a report on 50,000 findings.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
