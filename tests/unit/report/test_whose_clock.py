"""An audit at 23:30 UTC on the last of November is one of 06:30 on the first of December, wherever a person reads of it."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from functools import cache
from types import SimpleNamespace

import openpyxl
import pytest
from rich.console import Console

from auditor.commands.output import hardenings, history, mails
from auditor.hardening.safety import acceptance, lockout
from auditor.history.runs import RunEntry, Tombstone, _describe_pruned_run
from auditor.mail import send, summary
from auditor.mail.message import PreparedMail
from auditor.mail.spool import Mail
from auditor.models import Hardening, HostHardening, Lang, Organisation, Run, Unit, clock
from auditor.report import csv_output, junit, oscal, sarif, xlsx
from auditor.report.html import pages as pages_
from auditor.report.official import technical
from auditor.results import compare
from auditor.results.trend import make_trend_point
from auditor.text.translations import Words
from tests import factory
from tests.unit import official

LATE = "2026-11-30T23:30:00+00:00"
EARLIER = "2026-10-31T23:15:00+00:00"
THEN = datetime.datetime.fromisoformat(LATE)
EPOCH = int(THEN.timestamp())
HERE = {"vi": "06:30 ngày 01/12/2026", "en": "1 Dec 2026, 06:30"}
THERE = re.compile(r"23:30|30/11/2026|30 Nov 2026|23:15|31/10/2026|31 Oct 2026|\(UTC\)")
"""The same by the clock of a machine that is set to UTC."""


@cache
def run() -> Run:
    made = factory.run(started=LATE, hosts=factory.HOSTS[:1])
    host = made.hosts[0].name
    entry = HostHardening(host=host, state="lost", deadline=LATE)
    return made.model_copy(
        update={
            "purpose": "after",
            "findings": made.findings[::8],
            "hardening": Hardening(id="x", inventory=made.inventory, started=LATE, seconds=300, hosts=(entry,)),
        }
    )


@cache
def before() -> Run:
    return factory.run(started=EARLIER, run_id="earlier", hosts=factory.HOSTS[:1])


def pages(lang: Lang) -> str:
    trend = [make_trend_point(before()), make_trend_point(run())]
    return "\n".join(
        text for _, text in pages_.iter_html_report_pages(run(), factory.catalogue(), lang, before(), trend)
    )


def workbook(lang: Lang) -> str:
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx.render_run_as_xlsx_workbook(run(), factory.catalogue(), lang, before()))
    )
    cells = (str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    return "\n".join([str(book.properties.title), *cells])


def report(lang: Lang) -> str:
    return official.document(run=run(), before=before(), lang=lang).model_dump_json(exclude={"made"})


def technical_annex(lang: Lang) -> str:
    month = official.month("xa-an-truc", run(), before())
    return "\n".join(
        map(str, technical.iter_technical_annex_print_jobs(month, factory.catalogue(), official.MONTH, lang=lang))
    )


def mail(lang: Lang) -> str:
    found = official.month("xa-an-truc", run())
    return summary.write_audit_result_mail_subject(found, Words(lang)) + summary.write_audit_result_mail_body(
        found, found.unit, Words(lang), ()
    )


def trial_mail(lang: Lang) -> str:
    return send.write_trial_letter("a@b.test", "a@b.test", Words(lang), THEN).body


def mail_queue(lang: Lang) -> str:
    waiting = Mail(1, "s", "a@b.test", "a@b.test", "s", "x", "waiting", EPOCH, 1, EPOCH, EPOCH, None)
    written = Console(file=io.StringIO(), width=300)
    written.print(mails.build_mails_table([waiting], Words(lang)))
    return written.file.getvalue()  # type: ignore[attr-defined]


def history_list(lang: Lang) -> str:
    written = Console(file=io.StringIO(), width=300)
    entry = RunEntry(run().id, LATE, "i", "audit", {}, (), (), None)
    written.print(history.build_runs_table([entry], Words(lang)))
    return written.file.getvalue()  # type: ignore[attr-defined]


def window(lang: Lang) -> str:
    unit = Unit(id="a", name="A", windows=("tue 06:30-07:00",))
    host = factory.HOSTS[0].model_copy(update={"unit": "a"})
    held = acceptance.find_controls_awaiting_acceptance_or_window(
        {"ssh.x": official.CATALOGUE.controls[0].fix},
        host,
        Organisation(name="A", units=(unit,)),
        frozenset(["ssh.y"]),
        THEN - datetime.timedelta(hours=1),
    )
    return held["ssh.x"].get(lang)


def lost_way_in(lang: Lang) -> str:
    way = SimpleNamespace(account="an", methods=("password",), to=None, doubtful=False, last=EPOCH, source="10.0.0.1")
    loss = SimpleNamespace(control="ssh.password_authentication", is_accepted=False, way=way)
    return lockout.describe_lockouts_by_control([loss]).hold_reasons["ssh.password_authentication"].get(lang)


def pruned(lang: Lang) -> str:
    text = _describe_pruned_run(Tombstone("x", EARLIER, "i", "audit", LATE))
    return text.get(lang)


READ: Mapping[str, Callable[[Lang], str]] = {
    one.__name__: one
    for one in (
        pages, workbook, report, technical_annex, mail, trial_mail, mail_queue, history_list, window, lost_way_in, pruned,
    )
}  # fmt: skip
"""What a person reads, by what makes it."""
DAY_ONLY = {"lost_way_in": {"vi": "01/12/2026", "en": "1 Dec 2026"}}
NO_MOMENT = {"technical_annex"}
"""Names the month alone, and what was read on hosts."""


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("name", READ)
def test_it_is_vietnam_s(name: str, lang: Lang) -> None:
    text = READ[name](lang)
    assert THERE.findall(text) == []
    assert name in NO_MOMENT or DAY_ONLY.get(name, HERE)[lang] in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_on_the_terminal_too(lang: Lang, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Console(file=io.StringIO(), width=300)
    for module, name in ((hardenings, "out"), (hardenings, "err"), (history, "out"), (history, "err")):
        monkeypatch.setattr(module, name, written)
    hardening = run().hardening
    assert hardening is not None
    hardenings.show_interrupted_hardening(hardening, lang)
    history.show_difference(before(), run(), compare.compute_difference(before(), run()), factory.catalogue(), lang)
    text = written.file.getvalue()  # type: ignore[attr-defined]
    assert THERE.findall(text) == []
    assert text.count(HERE[lang]) == 2


def test_a_mail_s_own_date_is_too() -> None:
    letter = send.write_trial_letter("a@b.test", "a@b.test", Words("vi"), THEN)
    content = message_from_bytes(
        PreparedMail.from_letter(letter, clock.convert_epoch_to_moment(EPOCH), 10**7).content, policy=policy.default
    )
    assert content["Date"] == "Tue, 01 Dec 2026 06:30:00 +0700"


@pytest.mark.parametrize(
    "render",
    [
        junit.render_findings_as_junit_xml,
        sarif.render_findings_as_sarif,
        oscal.render_run_as_oscal_assessment_results,
        csv_output.render_findings_as_csv,
    ],
)
def test_machines_get_the_moment_with_its_offset(render: Callable[..., bytes]) -> None:
    text = render(run(), factory.catalogue(), "vi").decode()
    moments = re.findall(r"2026-1[12]-[0-9]{2}T[0-9:]+(\S{1,6}?)?(?=[\"<\s])", text)
    assert set(moments) <= {"+07:00", "+00:00", "Z"}
    assert moments or render is csv_output.render_findings_as_csv
