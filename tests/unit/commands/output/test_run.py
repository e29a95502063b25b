"""A run in the terminal: sites with what is open, what a pipeline is told, and nothing that a host said as an order."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from auditor.commands.output import run as output
from auditor.models import Severity
from auditor.results.summary import summarize_run
from auditor.results.verdict import NOT_EVALUATED, OPEN
from tests import factory


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    to = io.StringIO()
    for name in ("out", "err"):
        monkeypatch.setattr(output, name, Console(file=to, width=300))
    return to


def make_site(domain: str, open_total: int, *, evaluated: int = 9, unread: int = 0) -> Any:
    counts = SimpleNamespace(
        open={severity: open_total if severity is Severity.HIGH else 0 for severity in Severity},
        open_total=open_total,
        not_evaluated=unread,
        evaluated=evaluated,
    )
    return SimpleNamespace(domain=domain, counts=counts, host=SimpleNamespace(host=SimpleNamespace(name="web1")))


def make_summary(*sites: Any) -> Any:
    by_domain = {site.domain: site for site in sites}
    return SimpleNamespace(sites=sites, find_site_by_domain=by_domain.get)


def draw_table(now: Any, before: Any = None) -> list[list[str]]:
    to = io.StringIO()
    Console(file=to, width=200).print(output.build_sites_table(now, "en", before))
    return [line.split() for line in to.getvalue().splitlines()]


def test_a_site_is_a_row_with_what_is_open_and_what_could_not_be_read() -> None:
    head, one, two = draw_table(make_summary(make_site("a.test", 3, unread=2), make_site("b.test", 0)))
    assert head[:2] == ["Site", "Host"]
    assert one == [
        "a.test",
        "web1",
        *("3" if severity is Severity.HIGH else "·" for severity in output.SEVERITIES),
        "2",
    ]
    assert two == ["b.test", "web1", *"·" * len(output.SEVERITIES), "·"]


def test_after_a_change_each_site_has_what_was_open_and_what_is() -> None:
    before = make_summary(make_site("a.test", 3), make_site("b.test", 5, evaluated=0))
    _, *rows = draw_table(make_summary(make_site("a.test", 1), make_site("b.test", 0), make_site("c.test", 2)), before)
    assert [row[-3:] for row in rows] == [["3", "→", "1"], ["?", "→", "0"], ["?", "→", "2"]]


def test_a_run_is_told_with_hosts_that_could_not_be_read(written: io.StringIO) -> None:
    run = factory.run(unreachable=[factory.HOSTS[0].name])
    output.show_run(run, summarize_run(run), "en", console=output.out)
    said = written.getvalue()
    assert f"{factory.HOSTS[0].name}: the SSH port refuses" in said
    assert all(site.domain in said for host in run.hosts for site in host.sites)


def test_what_is_open_is_told_worst_first_and_beyond_some_only_how_much(written: io.StringIO) -> None:
    run, catalogue = factory.run(), factory.catalogue()
    output.show_open_findings_by_control(run, catalogue, "en", console=output.out)
    whole = written.getvalue()
    ids = [one.id for one in catalogue.controls if one.id in whole]
    assert len(ids) > 2
    written.truncate(0)
    output.show_open_findings_by_control(run, catalogue, "en", 1, output.out)
    short = written.getvalue()
    assert len([one for one in ids if f" {one} " in short]) == 1
    assert f"auditor history show {run.id}" in short and f"auditor history show {run.id}" not in whole


@pytest.mark.parametrize(
    ("names", "told"), [(["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b +2"), (["[red]a"], r"\[red]a")]
)
def test_places_beyond_two_are_counted(names: list[str], told: str) -> None:
    assert output._join_first_places_and_count_rest(names) == told


def make_verdict(code: int, **how: Any) -> Any:
    values = {"baseline": None, "causes": (), "known": 0, "not_evaluated": 3, "fail_on": Severity.HIGH, **how}
    return SimpleNamespace(code=code, **values)


def test_why_a_pipeline_fails_is_told(written: io.StringIO) -> None:
    control = factory.catalogue().controls[0]
    cause = SimpleNamespace(
        why="new", control=control.id, severity=control.severity, subject=SimpleNamespace(id="a.test")
    )
    for verdict, words in (
        (make_verdict(0), None),
        (make_verdict(NOT_EVALUATED), "3"),
        (make_verdict(OPEN, causes=(cause,)), "--fail-on high"),
        (make_verdict(OPEN, causes=(cause,), baseline="r-1"), "r-1"),
    ):
        written.truncate(0)
        output.show_reason_of_exit_code(verdict, "en")
        assert (words in written.getvalue()) if words else written.getvalue() == ""
    written.truncate(0)
    output.show_verdict_against_baseline(
        make_verdict(OPEN, causes=(cause,) * 23, baseline="r-1"), factory.catalogue(), "en"
    )
    said = written.getvalue()
    assert said.count(f"{control.id}  a.test  {control.problem.en}") == 20
    assert "3" in said.splitlines()[-1]
    written.truncate(0)
    output.show_verdict_against_baseline(make_verdict(0, baseline="r-1", known=4), factory.catalogue(), "en")
    assert written.getvalue().count("r-1") == 2
