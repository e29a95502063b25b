"""A site as its host sees it: what lies below its roots, in time that grows with the facts alone."""

from __future__ import annotations

import time

import pytest

from auditor.facts import site as sites
from auditor.models import Site

MANY = 5_000


def wordpress(*paths: str) -> dict[str, object]:
    return {"applications": {"wordpress": [{"path": path} for path in paths], "cut_short": []}, "nginx": {"vhosts": []}}


def vhost(root: str) -> dict[str, object]:
    return {"names": ["xa.test"], "root": root, "php_backends": [], "tls": None, "listens": []}


@pytest.mark.parametrize(
    ("roots", "path", "found"),
    [
        (["/srv/a"], "/srv/a", True),
        (["/srv/a"], "/srv/a/b", True),
        (["/srv/a/"], "/srv/a/b", True),
        (["/srv/a"], "/srv/ab", False),
        (["/srv/a"], "/srv", False),
        (["/srv/a", "/srv/a/b", "/srv/a-"], "/srv/a/b/c", True),
        (["/srv/a", "/srv/a/b", "/srv/a-"], "/srv/a/z", True),
        (["/srv/a/b", "/srv/a/y"], "/srv/a/c", False),
        (["/"], "/srv", True),
        ([], "/srv", False),
    ],
)
def test_what_lies_below_a_root_is_the_site_s(roots: list[str], path: str, found: bool) -> None:
    data = wordpress(path)
    data["nginx"] = {"vhosts": [vhost(root) for root in roots]}
    data["apache"] = {"vhosts": []}
    seen = sites.build_site_view(Site(domain="xa.test", host="h"), data, {})
    assert (seen["wordpress"] is not None) is found


def test_thousands_of_roots_and_applications_cost_no_more_than_their_number() -> None:
    deep = "/srv/" + "d" * 300
    data = wordpress(*(f"{deep}/x{n}" for n in range(MANY)))
    data["nginx"] = {"vhosts": [vhost(f"{deep}/r{n}") for n in range(MANY)]}
    data["apache"] = {"vhosts": []}
    begun = time.process_time()
    seen = sites.build_site_view(Site(domain="xa.test", host="h"), data, {})
    assert seen["wordpress"] is None
    assert time.process_time() - begun < 1
