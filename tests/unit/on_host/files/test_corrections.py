"""What is corrected on a host is found by the very walk that the audit reports of."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.module_utils.luytre.system import filesystem
from ansible.module_utils.luytre_change import corrections
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget


def test_what_anybody_may_write_is_walked_with_an_effort_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(mounted: object, effort: TimeBudget) -> SimpleNamespace:
        assert not effort.is_used_up
        entries = [
            {"path": "/opt/x", "mendable": True, "kind": "file"},
            {"path": "/opt/y", "mendable": True, "kind": "dir"},
            {"path": "/srv/z", "mendable": False, "kind": "file"},
        ]
        return SimpleNamespace(world_writable=entries)

    monkeypatch.setattr(filesystem, "walk_host_disks", walk)
    assert [one.path for one in corrections.PARTS["world_writable"]()] == ["/opt/x"]
    assert [one.path for one in corrections.PARTS["sticky"]()] == ["/opt/y"]
