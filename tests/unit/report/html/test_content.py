"""What the pages of a report say of sites' content."""

from __future__ import annotations

from auditor.audit import controls
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.audit.controls import Catalogue
from auditor.models import Run, Scan, clock
from auditor.models.incidents import ActiveContainment
from auditor.report.html.pages import iter_html_report_pages
from tests import factory
from tests.unit.audit.assessors.test_scans import look
from tests.unit.scans.test_traces import seen

REAL = controls.load_catalogue()
OURS = tuple(control for control in REAL.controls if control.area == "content")
CATALOGUE = Catalogue(controls=(*factory.catalogue().controls, *OURS))
STARTED = "2026-11-24T09:12:00+07:00"
BET = seen("88bet.example", exact=True, target="88bet.example", where="/tin/<b>", sample="<script>x</script> nhà cái")


def run(*looks: Scan) -> Run:
    judged = judge_sites_by_last_scans(REAL, factory.HOSTS, looks, (), clock.parse_iso_moment(STARTED))
    made = factory.run(started=STARTED)
    return made.model_copy(update={"findings": (*made.findings, *judged.findings), "reviews": judged.reviews})


def written(*looks: Scan) -> dict[str, str]:
    return dict(iter_html_report_pages(run(*looks), CATALOGUE, "en"))


def test_a_site_s_page_shows_each_trace_with_the_command_that_accepts_it() -> None:
    page = written(look(BET, seen("w.example")))["sites/antruc.test.html"]
    assert f"auditor baseline accept antruc.test {BET.key}" in page
    assert f"auditor baseline accept antruc.test {seen('w.example').key}" in page
    assert page.index("auditor incident open --all-found antruc.test --who") < page.index("auditor baseline accept")
    folded = page[: page.index(f"auditor baseline accept antruc.test {BET.key}")]
    assert folded.rindex("<details") > folded.rindex("</details>")
    assert "88bet[.]example" in page
    assert "88bet.example" not in page
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_what_sites_share_and_which_were_never_reviewed_is_on_the_first_page() -> None:
    index = written(look(BET), look(BET).model_copy(update={"site": "gotre.test"}))["index.html"]
    assert "Same trace on 2 sites; fix once: link to another site: 88bet[.]example: antruc.test, gotre.test" in index
    assert "2 sites were never reviewed" in index
    assert "never reviewed" not in written()["index.html"]
    assert "Never reviewed" in written()["sites/antruc.test.html"]


def test_what_incidents_contain_is_on_the_first_page_and_on_those_of_host_and_site() -> None:
    standing = ActiveContainment(
        incident="SC-20261124-1", number=2, host="web1", means="path", what="antruc.test/<b>", known=True
    )
    made = run().model_copy(update={"contained": (standing,)})
    found = dict(iter_html_report_pages(made, CATALOGUE, "en"))
    line = "SC-20261124-1: Path blocked (number 2): antruc.test/&lt;b&gt; on web1"
    assert {name for name, page in found.items() if line in page} == {
        *("index.html", "hosts/web1.html", "sites/antruc.test.html")
    }
    assert "Contained by an incident" not in written()["index.html"]
