"""What is held where a web server's file is not root's alone: what stands in that file, and nothing beside it."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.audit.controls import Fix
from auditor.hardening.safety import writable_config
from auditor.models import Finding, Subject, Text

FILE = "/etc/nginx/quantri.d/trang.conf"
LOOSE = f"{FILE} can be changed by user quantri"
FIX = Fix(touches=("/etc/nginx/",), disruption="reload")
NAMES = {"antruc.test": frozenset({"antruc.test"}), "dongvau.test": frozenset({"dongvau.test", "www.dongvau.test"})}
DATA = {
    "nginx": {
        "vhosts": [
            {"names": ["antruc.test"], "file": "/etc/nginx/sites-enabled/antruc.test", "loose": ""},
            {"names": ["www.dongvau.test"], "file": FILE, "loose": LOOSE},
        ]
    }
}


def finding(control: str, kind: Any, name: str, *violations: Any) -> Finding:
    return Finding(
        control=control,
        host="web1",
        subject=Subject(kind=kind, id=name),
        status="fail",
        severity="low",
        violations=tuple(violations),
    )


def test_the_sites_in_it_are_held_and_no_others() -> None:
    found = [finding("nginx.nosniff", "site", name) for name in NAMES]
    held = list(
        writable_config.find_site_controls_changing_loose_files({"nginx.nosniff": FIX}, found, DATA, NAMES, frozenset())
    )
    assert [(control, site) for control, site, _why in held] == [("nginx.nosniff", "dongvau.test")]
    assert FILE in held[0][2].en
    assert "user quantri can change" in held[0][2].en
    assert "tài khoản quantri sửa được" in held[0][2].vi


@pytest.mark.parametrize(
    ("where", "is_held"), [(f"{FILE}:3", True), ("http", False), ("/etc/nginx/nginx.conf:9", False)]
)
def test_what_it_decides_for_the_whole_server_is_held(where: str, is_held: bool) -> None:
    found = [finding("nginx.server_tokens", "host", "web1", {"where": where, "value": "on"})]
    held = list(
        writable_config.find_controls_changing_loose_files({"nginx.server_tokens": FIX}, found, DATA, frozenset())
    )
    assert bool(held) is is_held
    assert all(isinstance(why, Text) for _control, why in held)


def test_nothing_is_held_where_the_run_closes_it_first_or_changes_something_else() -> None:
    found = [finding("nginx.nosniff", "site", "dongvau.test")]
    assert not list(
        writable_config.find_site_controls_changing_loose_files(
            {"nginx.nosniff": FIX}, found, DATA, NAMES, frozenset({"nginx"})
        )
    )
    other = Fix(touches=("/etc/php/",), disruption="reload")
    assert not list(
        writable_config.find_site_controls_changing_loose_files(
            {"nginx.nosniff": other}, found, DATA, NAMES, frozenset()
        )
    )


def test_nothing_is_written_through_a_link_into_what_is_not_kept() -> None:
    data = {"nginx": {"vhosts": [], "linked_folders": ["/etc/nginx/conf.d"]}, "apache": {"vhosts": []}}
    fixes = {"nginx.server_tokens": FIX, "php.expose": Fix(touches=("/etc/php/",), disruption="reload")}
    ((control, why),) = writable_config.find_controls_changing_loose_files(fixes, [], data, frozenset())
    assert control == "nginx.server_tokens"
    assert "/etc/nginx/conf.d is a link" in why.en
    assert "/etc/nginx/conf.d là liên kết" in why.vi
