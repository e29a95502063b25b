"""What one site alone of its kind has: a page to read, and no finding."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from auditor.audit import controls
from auditor.audit.assessors.uniqueness import find_items_unique_to_one_site
from auditor.models import Host, OnlyHere, Run, Site
from auditor.models.hunts import Hunt
from auditor.report.html.pages import iter_html_report_pages
from auditor.results import traces
from auditor.scans.traces import build_masked_trace
from tests.unit.audit.assessors.test_scans import audited, look

NAMES = ("a.test", "b.test", "c.test", "d.test")


def host(name: str, *sites: str, **more: Any) -> Host:
    served = tuple(Site(domain=site, host=name, document_root=f"/srv/{site}", **more) for site in sites)
    return Host(name=name, address="192.0.2.1", sites=served)


def facts(**plugins: tuple[str, ...]) -> Any:
    instances = [
        {
            "path": f"/srv/{site}.test",
            "plugins": [{"slug": slug} for slug in slugs],
            "must_use": [],
            "drop_ins": [],
            "database": {"administrators": [{"login": "admin"}, {"login": f"of_{site}"}]} if slugs else None,
        }
        for site, slugs in plugins.items()
    ]
    return SimpleNamespace(
        build_context_for_control_expressions=lambda *names: {"applications": {"wordpress": instances}}
    )


def told(hosts: list[Host], known: Mapping[str, Any], *looks: Any) -> list[tuple[str, str, str, int]]:
    return [(one.site, one.what, one.name, one.among) for one in find_items_unique_to_one_site(hosts, known, looks)]


def test_a_plugin_and_an_administrator_of_one_site_alone_are_told() -> None:
    hosts = [host("web1", "a.test", "b.test"), host("web2", "c.test", "d.test")]
    known = {"web1": facts(a=("seo", "shop"), b=("seo",)), "web2": facts(c=("seo",), d=())}
    assert told(hosts, known) == [
        ("a.test", "administrator", "of_a", 3),
        ("a.test", "plugin", "shop", 4),
        ("b.test", "administrator", "of_b", 3),
        ("c.test", "administrator", "of_c", 3),
    ]


def test_two_sites_are_too_few_to_tell_anything() -> None:
    assert told([host("web1", "a.test", "b.test")], {"web1": facts(a=("seo",), b=("shop",))}) == []


def test_a_script_host_is_sought_among_sites_of_the_same_make_that_were_reviewed() -> None:
    looks = [
        look(loaded=("cdn.example", *more), site=site)
        for site, more in zip(NAMES, ((), ("x.example",), (), ()), strict=True)
    ]
    made = host("web1", *NAMES, application="joomla")
    assert told([made], {}, *looks) == [("b.test", "script_host", "x.example", 4)]
    mixed = [host("web1", *NAMES[:2], application="joomla"), host("web2", *NAMES[2:], application="moodle")]
    assert told(mixed, {}, *looks) == []
    assert told([made], {}, *looks[:2]) == []


def hunted(name: str, *traces: tuple[str, str, str]) -> Hunt:
    """A hunt that saw these: kind, place, sample."""
    made = [
        build_masked_trace(kind, f"{place} {said}", where=place, sample=said, families=["known"], rules=["x"])  # type: ignore[arg-type]
        for kind, place, said in traces
    ]
    return Hunt(
        **{"id": name, "host": name, "started": "2026-11-27T10:00:00+07:00", "seconds": 1, "warm": False},
        **{"seen": 1, "same": 0, "known": 0, "judged": 0, "unjudged": 0, "left": 0, "cut_short": False},
        traces=tuple(made),
    )


def test_a_file_with_a_trace_and_a_key_that_one_alone_has_are_told() -> None:
    hosts = [host("web1", "a.test", "b.test"), host("web2", "c.test"), host("web3", "d.test")]
    every = ("key", "/root/.ssh/authorized_keys (root)", "ssh-ed25519 SHA256:all")
    hunts = [
        hunted("web1", every, ("program", "/srv/a.test/x.php", "x"), ("program", "/srv/b.test/odd.php", "x")),
        hunted("web2", every, ("program", "/srv/c.test/x.php", "x"), ("program", "/srv/elsewhere/y.php", "x")),
        hunted(
            "web3", every, ("key", "/home/a/.ssh/authorized_keys (a)", "ssh-rsa SHA256:own from"), ("key", "/x", "x")
        ),
    ]
    found = find_items_unique_to_one_site(hosts, {}, (), hunts)
    assert [(one.site, one.what, one.name, one.among) for one in found] == [
        ("b.test", "file", "odd.php", 4),
        ("d.test", "key", "ssh-rsa SHA256:own", 3),
    ]
    assert find_items_unique_to_one_site(hosts[:2], {}, (), hunts[:2]) != find_items_unique_to_one_site(
        hosts, {}, (), hunts
    )
    assert "key" not in {one.what for one in find_items_unique_to_one_site(hosts[1:], {}, (), hunts[1:])}


def test_what_hosts_say_is_bounded() -> None:
    hosts = [host("web1", *NAMES)]
    many = {"web1": facts(a=tuple(f"p{n}" for n in range(5_000)), b=("q" * 4_000,), c=(), d=())}
    found = find_items_unique_to_one_site(hosts, many, ())
    assert len([one for one in found if one.site == "a.test"]) <= 100
    assert max(len(one.name) for one in found) == 100


def test_the_report_has_a_page_of_it_the_sites_with_least_first() -> None:
    alone = [
        ("b.test", "plugin", "shop"),
        ("b.test", "administrator", "<b>"),
        ("antruc.test", "script_host", "x.example"),
    ]
    run = _with(*(OnlyHere(site=site, what=what, name=name, kind="wordpress", among=4) for site, what, name in alone))
    assert [*traces.group_items_unique_to_each_site(run)] == ["antruc.test", "b.test"]
    page = LexborHTMLParser(dict(iter_html_report_pages(run, controls.load_catalogue(), "vi"))["only_here.html"])
    assert [node.text() for node in page.css("h2 a")] == ["antruc.test", "b.test"]
    assert [node.text() for node in page.css("li b")] == ["x.example", "shop", "<b>"]
    assert "only_here.html" not in dict(iter_html_report_pages(_with(), controls.load_catalogue(), "vi"))


def _with(*alone: OnlyHere) -> Run:
    return audited(look()).model_copy(update={"only_here": alone})
