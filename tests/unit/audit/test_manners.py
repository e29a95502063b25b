"""What is said of a manner in which nobody saw a site: what happened and the fix, wherever somebody reads it."""

from __future__ import annotations

import html
import io
import json
from typing import get_args

import pytest
from rich.console import Console

from auditor.audit import controls, manners
from auditor.audit.assessors.scans import judge_sites_by_last_scans
from auditor.audit.controls import Catalogue
from auditor.commands.output.reviews import show_last_review_of_each_site
from auditor.content.manners import get_outcome_of_hindrance
from auditor.models import Lang, MannerVisit, Run, Status
from auditor.models.reviews import MANNERS, Hindrance, Manner, SiteStop
from auditor.report import json_output
from auditor.report.html.pages import iter_html_report_pages
from auditor.text.translations import Words
from tests.unit import official
from tests.unit.audit.assessors.test_scans import CATALOGUE, HOST, NOW, SITE, STRONG, audited, look
from tests.unit.report.official.test_reviewed import run as official_run
from tests.unit.report.official.test_reviewed import told

HINDRANCES = get_args(Hindrance)


def visited(manner: Manner, why: Hindrance) -> tuple[MannerVisit, ...]:
    gap = MannerVisit(manner=manner, outcome=get_outcome_of_hindrance(why), why=why, status=403, where="/tin<b>")
    return tuple(gap if one == manner else MannerVisit(manner=one, outcome="answered") for one in MANNERS)


@pytest.mark.parametrize("why", HINDRANCES)
@pytest.mark.parametrize("manner", MANNERS)
def test_each_control_that_rests_on_a_manner_says_what_happened_and_the_fix(manner: Manner, why: Hindrance) -> None:
    reviewed = judge_sites_by_last_scans(CATALOGUE, [HOST], [look(STRONG, manners=visited(manner, why))], (), NOW)
    for finding in reviewed.findings:
        rests_on = CATALOGUE[finding.control].rests_on
        if finding.violations:
            assert finding.status is Status.FAIL, "what was seen stays"
        elif manner in rests_on:
            assert finding.status is Status.NOT_EVALUATED
            assert finding.reason is not None
            what, fix = manners.HINDRANCES[why]
            for lang in get_args(Lang):
                said = finding.reason.get(lang)
                assert manners.MANNER_NAMES[manner].get(lang) in said
                assert what.get(lang).format(status=403, where="/tin<b>") in said
                assert fix.get(lang) in said


def test_a_control_that_does_without_a_manner_passes_without_it() -> None:
    injected = CATALOGUE["content.injected"].model_copy(update={"rests_on": ("visitor", "phone")})
    for manner in MANNERS:
        scan = look(manners=visited(manner, "refused"))
        (finding,) = judge_sites_by_last_scans(Catalogue(controls=(injected,)), [HOST], [scan], (), NOW).findings
        assert (finding.status is Status.PASS) == (manner not in injected.rests_on)


def test_a_control_that_reads_nothing_of_what_was_seen_does_not_pass_either() -> None:
    careless = CATALOGUE["content.reviewed"].model_copy(update={"that": "site.review.started > 0"})
    scan = look(manners=visited("phone", "status"))
    (finding,) = judge_sites_by_last_scans(Catalogue(controls=(careless,)), [HOST], [scan], (), NOW).findings
    assert finding.status is Status.NOT_EVALUATED


def test_a_review_that_is_too_old_fails_whatever_it_did_not_see() -> None:
    scan = look(days=9, manners=visited("phone", "status"))
    found = {one.control: one.status for one in judge_sites_by_last_scans(CATALOGUE, [HOST], [scan], (), NOW).findings}
    assert found["content.reviewed"] is Status.FAIL


@pytest.mark.parametrize("why", get_args(SiteStop))
def test_what_stopped_a_review_is_told_once(why: Hindrance) -> None:
    gaps = [
        MannerVisit(manner="visitor", outcome="refused", why=why),
        *(MannerVisit(manner=one, outcome="impossible", why="not_visited") for one in MANNERS[1:]),
    ]
    (text,) = manners.describe_gaps(manners.select_gaps(gaps))
    assert text.vi != text.en


def read_everywhere(run: Run, lang: Lang) -> dict[str, str]:
    page = dict(iter_html_report_pages(run, CATALOGUE, lang))[f"sites/{SITE}.html"]
    screen = io.StringIO()
    show_last_review_of_each_site(run, CATALOGUE, Words(lang), Console(file=screen, width=2_000))
    return {"html": html.unescape(page), "terminal": screen.getvalue()}


@pytest.mark.parametrize("lang", get_args(Lang))
def test_a_manner_that_was_refused_shows_wherever_a_review_is_read(lang: Lang) -> None:
    run = audited(look(manners=visited("search_engine", "challenge")))
    (line,) = (text.get(lang) for text in manners.describe_gaps_of_summary(run.reviews[0]))
    for where, text in read_everywhere(run, lang).items():
        assert line in text, where
    page = dict(iter_html_report_pages(run, CATALOGUE, lang))[f"sites/{SITE}.html"]
    assert "/tin<b>" not in page


def test_findings_json_has_every_manner_and_the_reason() -> None:
    document = json.loads(json_output.render_findings_as_json(audited(look(manners=visited("phone", "empty")))))
    (review,) = document["reviews"]
    phone = next(one for one in review["manners"] if one["manner"] == "phone")
    assert (phone["outcome"], phone["why"], phone["status"], phone["where"]) == ("otherwise", "empty", 403, "/tin<b>")
    reasons = {one["control"]: one["reason"] for one in document["findings"] if one["control"].startswith("content.")}
    assert all("with next to nothing on it" in json.dumps(reason) for reason in reasons.values())


def test_an_official_report_counts_the_sites_and_names_what_is_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tuple(control for control in CATALOGUE.controls if control.area == "content")
    monkeypatch.setattr(official, "CATALOGUE", Catalogue(controls=(*official.CATALOGUE.controls, *ours)))
    said = told("xa-an-truc", official_run(look(manners=visited("search_engine", "refused"))))
    assert "Bị từ chối khi xem với vai máy tìm kiếm: 1 trang thông tin điện tử." in said
    assert "Việc cần làm: cho các yêu cầu từ địa chỉ của máy quản trị này" in said
    assert "Không phát hiện nội dung bị chèn" not in said


def test_a_look_of_an_earlier_version_is_read_as_far_as_it_says() -> None:
    assert not any(one.is_gap for one in manners.list_manner_visits_of_scan(look()))
    gaps = manners.select_gaps(manners.list_manner_visits_of_scan(look(engine=False, missed=["phone_referrer"])))
    assert [(one.manner, one.why) for one in gaps] == [
        ("phone", "unreadable"),
        ("search_engine", "not_recorded"),
        ("referrer", "unreadable"),
    ]


def test_every_control_of_content_states_what_it_rests_on() -> None:
    for control in controls.load_catalogue().controls:
        assert bool(control.rests_on) == (control.area == controls.CONTENT), control.id
