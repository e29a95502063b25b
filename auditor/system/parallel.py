"""A second processor put to work on what is in memory already."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def run_in_forked_copy_of_process(work: Callable[[], None], *, worthwhile: bool = True) -> Iterator[None]:
    """Run ``work`` while the block runs, in a copy of this process; it is finished when the block ends.

    The copy shares our memory until one of us writes to it. What ``work`` gives back or changes in memory is lost: it
    is for files. It is done here after the block when a copy is not worthwhile, when there is one processor only, when
    there are threads, which a copy would lack, or when the copy failed, so that an error is raised as if it had been
    done here at once.
    """
    if not worthwhile or (os.cpu_count() or 1) < 2 or not _is_only_thread():
        yield
        work()
        return
    copy = multiprocessing.get_context("fork").Process(target=_run_or_exit_without_traceback, args=(work,))
    copy.start()
    try:
        yield
    except BaseException:
        copy.terminate()
        raise
    finally:
        copy.join()
    if copy.exitcode:
        work()


def _is_only_thread() -> bool:
    """Return whether this thread is the only one; False where that cannot be told."""
    with contextlib.suppress(OSError):
        return len(list(_THREADS.iterdir())) == 1
    return False


def _run_or_exit_without_traceback(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:  # any: the parent does the work again, and raises
        sys.exit(1)
