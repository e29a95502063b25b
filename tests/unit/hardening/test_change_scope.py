"""What a control touches, as the controller and the guard read it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible.module_utils.luytre_guard.files import scope, store  # type: ignore[import-not-found]
from ansible.module_utils.luytre_guard.rollback_point import rollback_selection  # type: ignore[import-not-found]

from auditor.audit import controls
from auditor.hardening import change_scope
from auditor.hardening.rollback import list_touches_of_control_alone
from auditor.models import HostHardening

TABLE = yaml.safe_load((Path(__file__).parents[1] / "data" / "touches.yml").read_text("utf-8"))
CATALOGUE = [touch for control in controls.load_catalogue().controls if control.fix for touch in control.fix.touches]


@pytest.mark.parametrize(("touch", "what", "meant"), TABLE)
def test_the_truth_table_holds_for_controller_and_guard(touch: str, what: str, meant: bool) -> None:
    assert change_scope.is_thing_covered_by_touch(touch, what) is meant
    assert scope.is_change_covered_by_touch(touch, what) is meant


@pytest.mark.parametrize(("touch", "what"), [(touch, what) for touch, what, meant in TABLE if meant and what[0] == "/"])
def test_the_guard_takes_whatever_a_touch_means(
    touch: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope.tree, "resolve_path_through_links_of_root", lambda path: (path, False))
    taken = scope.SnapshotScope([touch], [])
    assert (
        what in taken.get_places_by_tree_or_path()
        or scope.find_nearest_start_at_or_above_path(what, taken.get_trees_with_their_kind()) is not None
    )


@pytest.mark.parametrize("touch", sorted(set(CATALOGUE)))
def test_what_the_catalogue_declares_the_guard_can_read(touch: str) -> None:
    for known in change_scope.select_touches_known_without_host([touch]):
        kind, name = scope.parse_touch(known)
        assert (kind == "path") is known.startswith("/")
        assert known.endswith(name)


@pytest.mark.parametrize("odd", ["", "etc/a", "found:/opt/", "modes:opt", "sysctl:", "colour:red", "nft:inet luytre"])
def test_the_guard_refuses_what_no_fix_can_touch(odd: str) -> None:
    with pytest.raises(store.GuardRefusal):
        scope.parse_touch(odd)
    assert not change_scope.is_thing_covered_by_touch(odd, "/etc/a")


@pytest.mark.parametrize(
    ("named", "known"),
    [
        ([], ("/etc/a",)),
        ([{"path": "/opt/x"}], ("/etc/a", "modes:/opt/x")),
        ([{"path": "/opt/x", "doubt": "x"}, "odd"], ("/etc/a", "/opt/x")),
        ([{"path": "/srv/x"}], None),
        ([{"path": "/opt/../etc/shadow"}], None),
        ([{"path": "/opt/{{ x }}"}], None),
        ([{"path": 7}], None),
    ],
)
def test_what_a_host_names_is_taken_below_the_declared_folder_alone(
    named: list[object], known: tuple[str, ...] | None
) -> None:
    assert change_scope.resolve_touches_on_host_by_violations(["/etc/a", "found:/opt/"], named) == known


@pytest.mark.parametrize(
    ("touch", "place", "within"),
    [
        ("/etc/nginx/", "/etc/nginx/", True),
        ("/etc/nginx/conf.d/x", "/etc/nginx/", True),
        ("modes:/etc/nginx/x", "/etc/nginx/", True),
        ("/etc/", "/etc/nginx/", False),
        ("found:/etc/nginx/", "/etc/nginx/", False),
        ("unit:a.service", "unit:a.service", True),
    ],
)
def test_a_touch_lies_in_a_place_when_all_of_it_does(touch: str, place: str, within: bool) -> None:
    assert change_scope.is_any_touch_within_place([touch], place) is within


def test_a_rollback_of_one_control_takes_what_its_touches_mean() -> None:
    before = {"type": "file", "uid": 0, "mode": 0o666}
    after = {**before, "mode": 0o644}
    changed = ("/opt/a", "/opt/b", "/etc/c/d")
    kept = SimpleNamespace(entries=dict.fromkeys(changed, before), around=SimpleNamespace(changed={}))
    left = {"paths": dict.fromkeys(changed, "attributes"), "entries": dict.fromkeys(changed, after)}

    def back(only: list[str] | None) -> set[str]:
        paths, skipped = rollback_selection.select_paths_of_run_to_roll_back(
            kept, left, only, dict.fromkeys(changed, after)
        )
        assert not skipped
        return set(paths)

    assert back(["modes:/opt/a", "unit:a.service"]) == {"/opt/a"}
    assert back(["/etc/c/"]) == {"/etc/c/d"}
    assert back(None) == set(changed)


def test_what_others_touch_below_a_control_s_folder_stays_theirs() -> None:
    entry = HostHardening(
        host="h",
        state="confirmed",
        controls=("a.folder", "b.file", "c.all"),
        touches={
            "a.folder": ("/etc/a/", "/etc/shared", "unit:a.service"),
            "b.file": ("/etc/a/b", "/etc/shared"),
            "c.all": ("/etc/", "sysctl:x"),
        },
    )
    assert list_touches_of_control_alone(entry, "a.folder", [entry]) == ("/etc/a/", "unit:a.service", "but:/etc/a/b")
    assert list_touches_of_control_alone(entry, "b.file", [entry]) == ("/etc/a/b",)
    assert list_touches_of_control_alone(entry, "c.all", [entry]) == (
        "/etc/",
        "sysctl:x",
        "but:/etc/a/",
        "but:/etc/a/b",
        "but:/etc/shared",
    )


@pytest.mark.parametrize(
    ("only", "meant"),
    [
        (["/etc/"], {"/etc/a/x", "/etc/a/b", "/etc/other"}),
        (["/etc/", "but:/etc/a/"], {"/etc/other"}),
        (["/etc/", "but:/etc/a/", "/etc/a/b"], {"/etc/a/b", "/etc/other"}),
        (["/etc/a/", "but:/etc/a/"], set()),
        (["but:/etc/a/"], set()),
    ],
)
def test_the_nearest_touch_decides_what_a_rollback_puts_back(only: list[str], meant: set[str]) -> None:
    assert {
        path
        for path in ("/etc/a/x", "/etc/a/b", "/etc/other")
        if rollback_selection.is_change_meant_by_touches(only, path)
    } == meant
    assert rollback_selection.is_change_meant_by_touches(None, "/etc/a/x")
