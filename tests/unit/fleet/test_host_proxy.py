"""Sites visited from their own host: the program that does it there, run here, and what is believed of its answers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

from auditor.fleet import host_proxy, ssh_exec
from auditor.fleet.host_proxy import HostPageFetcher
from auditor.inventory.reach import Reach
from auditor.web.fetch import Client
from tests.unit.content.web_site import Page, pages, serving

REACH = Reach("192.0.2.1", 22, "luytre", None, (), None, None)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The program runs on this machine, or another one in its place."""

    def run(program: str = "") -> None:
        text = program or host_proxy._PROGRAM.read_text("utf-8")
        monkeypatch.setattr(
            ssh_exec, "build_ssh_command_of_reach", lambda reach, remote: [sys.executable, "-I", "-c", text]
        )

    run()
    return run


def test_it_sees_what_a_visit_from_here_sees(here: Callable[[str], None]) -> None:
    texts = {"/a": Page("Tiếng Việt", headers={"X-A": "b"}), "/b": Page("", 302, {"Location": "/a"})}
    with serving(pages(texts)) as site, HostPageFetcher(REACH) as there:
        for path in ("/a", "/b", "/c"):
            asked = ("http", "127.0.0.1", "antruc.test", path, site.port, {"User-Agent": "Mozilla/5.0 x"})
            direct, ours = Client().fetch_raw_response(*asked), there.fetch_raw_response(*asked)
            assert (ours.status, ours.body, ours.redirect_location) == (
                direct.status,
                direct.body,
                direct.redirect_location,
            )
            assert (ours.own, ours.error, ours.media_type) == (True, "", direct.media_type)
        assert {one.host for one in site.asked} == {"antruc.test"}
        assert {one.agent for one in site.asked} == {"Mozilla/5.0 x"}
        assert site.paths == ["/a", "/a", "/b", "/b", "/c", "/c"]


def test_one_that_does_not_answer_costs_itself_alone(here: Callable[[str], None]) -> None:
    with serving(pages({"/a": "x"})) as site, HostPageFetcher(REACH) as there:
        nobody = there.fetch_raw_response("http", "", "antruc.test", "/a", 1, {})
        assert (nobody.status, nobody.error[:12]) == (None, "ConnectionRe")
        assert there.fetch_raw_response("https", "", "antruc.test", "/a", site.port, {}).status is None
        assert there.fetch_raw_response("http", "", "antruc.test", "/a", site.port, {}).body == b"x"


@pytest.mark.parametrize(
    "program",
    [
        "print('khong phai json')",
        "print('[' * 100_000)",
        'print(\'{"status": "200"}\')',
        'print(\'{"status": 200, "headers": {"a": 5}}\')',
        "import sys\nsys.stdin.readline()\nsys.stdout.write('x' * 5_000_000)",
        "raise SystemExit(1)",
        "import time\ntime.sleep(60)",
    ],
)
def test_a_host_that_answers_otherwise_is_left(
    here: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    here(program)
    monkeypatch.setattr(host_proxy, "SECONDS", 0.5)
    began = time.monotonic()
    with HostPageFetcher(REACH) as there:
        assert [there.fetch_raw_response("http", "", "a.test", "/", 80, {}).status for _ in range(3)] == [None] * 3
    assert time.monotonic() - began < 5


def test_a_certificate_of_another_site_is_not_its_own(here: Callable[[str], None]) -> None:
    here('input()\nprint(\'{"status": 200, "certificate": "AAAA"}\')')
    with HostPageFetcher(REACH) as there:
        assert not there.fetch_raw_response("https", "", "a.test", "/", 443, {}).own


def test_a_host_whose_way_only_ansible_knows_is_not_entered() -> None:
    with HostPageFetcher(Reach("x", 22, None, None, (), "ansible_host", None)) as there:
        assert there.fetch_raw_response("http", "", "a.test", "/", 80, {}).status is None
