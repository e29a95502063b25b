"""The programs that contain, as modules: each stands alone, as it is sent to a host."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

TOP = Path(__file__).parents[4]


def program(name: str) -> ModuleType:
    """One of ``on_host/contain``, anew."""
    spec = importlib.util.spec_from_file_location(name.partition(".")[0], next((TOP / "on_host/contain").rglob(name)))
    assert spec is not None
    assert spec.loader is not None
    own = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(own)
    return own
