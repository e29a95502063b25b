"""Forms on an incident: filled in as far as is known, what is missing named, and nothing in them that is nobody's to read."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import docx as word
import pdfplumber
import pytest

from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.incidents import deadlines, transitions
from auditor.incidents.case import fold_case
from auditor.incidents.forms import document as forms
from auditor.incidents.forms import schema
from auditor.incidents.forms.prefill import FormPrefill
from auditor.inventory import hosts as inventories
from auditor.mail.clearance import is_marked_as_official_document
from auditor.models import Lang, clock
from auditor.models.incidents import AnsweredEvent, CaseLogEntry, ContainedEvent, FindingReference, OpenedEvent
from auditor.models.offices import Authority
from auditor.models.ranks import Form
from auditor.report.official import docx, metrics, pdf, writer
from auditor.report.official.form import Field, list_missing_fields
from auditor.text.translations import Words
from tests import factory
from tests.unit.incidents.filled import SECRET, T0, case, filled_in, known, lab
from tests.unit.incidents.offices import WHO, auditor, opened

FORMS: Sequence[Form] = get_args(Form)


def labels(of: FormPrefill) -> set[str]:
    return {field.label for field in list_missing_fields(forms.fill_sections_of_form(of))}


@pytest.mark.parametrize("form", FORMS)
def test_of_an_empty_form_every_mandatory_field_is_filled_or_named(form: Form) -> None:
    of = known(case(schema.REGIME[form]), form, "xa-an-truc")
    parts = forms.fill_sections_of_form(of)
    named = [
        *forms._explain_where_to_fill_missing_fields(of, parts),
        "; ".join(field.label for field in list_missing_fields(parts) if field.by_hand),
    ]
    for field in (field for part in parts for field in part.fields if field.mandatory):
        answered = field.values or any(choice.is_ticked for choice in field.choices)
        assert answered or any(field.label in one for one in named), field.label
    assert len(labels(of)) >= 4


@pytest.mark.parametrize("form", FORMS)
def test_of_a_form_that_is_filled_in_only_what_people_write_is_blank(form: Form) -> None:
    of = known(filled_in(schema.REGIME[form]), form)
    parts = forms.fill_sections_of_form(of)
    assert list(forms._explain_where_to_fill_missing_fields(of, parts)) == []
    by_hand = {field.label for part in parts for field in part.fields if field.by_hand and field.mandatory}
    assert labels(of) == by_hand
    assert all(not field.values for part in parts for field in part.fields if field.by_hand)


@pytest.mark.parametrize("lang", get_args(Lang))
@pytest.mark.parametrize("form", FORMS)
def test_no_secret_no_host_and_no_inner_address_stand_in_it(form: Form, lang: Lang) -> None:
    of = known(filled_in(schema.REGIME[form]), form, lang=lang)
    body = [block.text for block in forms.build_document(of, forms.fill_sections_of_form(of)).body]
    text = "\n".join(body)
    for gone in (SECRET, "web1", "10.213.47.11", "fd00::8", "https://", "evil.test", "203.0.113.7"):
        assert gone not in text
    assert "vanthu@tangiang.test" in text
    assert [metrics.spell_out_characters_font_lacks(one) for one in body] == body


def test_both_files_say_the_same_and_are_for_no_mail_to_everybody(tmp_path: Path) -> None:
    of = known(filled_in("2026"), "full")
    form = forms.build_form(of)
    issued = writer.write_document(form, tmp_path)
    files = {path.suffix: path for path in issued.files}
    assert {path.stat().st_mode & 0o777 for path in issued.files} == {0o600}
    paragraphs = "\n".join(one.text for one in word.Document(str(files[".docx"])).paragraphs)
    with pdfplumber.open(files[".pdf"]) as read:
        printed = "\n".join(page.extract_text() for page in read.pages)
    for text in (
        "■ Trong 72 giờ",
        "□ Báo ngay",
        "■ Nghiêm trọng",
        "■ Nhận được thông báo từ: Công an tỉnh",
        "■ Khác: chèn quảng cáo",
        "■ Cấp độ 2",
        "Thời điểm phát hiện (*): 20:15 ngày 31/12/2026",
        "Họ và tên người liên hệ (*):",
        "203[.]0[.]113[.]7",
        "hxxps://evil[.]test",
    ):
        assert text in " ".join(paragraphs.replace("\N{NO-BREAK SPACE}", " ").split())
        assert text in " ".join(printed.replace("\N{NO-BREAK SPACE}", " ").split())
    for path in issued.files:
        assert not is_marked_as_official_document(path.read_bytes())
        assert SECRET.encode() not in path.read_bytes()
    assert SECRET not in paragraphs + printed
    again = docx.render_document_as_docx(form.document, docx.FORM_TEMPLATE)
    assert hashlib.sha256(again).hexdigest() == forms.record_filled_form("full", form, issued).docx


def test_what_people_write_is_text_in_both_files_and_stays_within_the_margins(tmp_path: Path) -> None:
    nasty = (
        *(text.encode("utf-8", "replace").decode()[:2_000].strip() for text in factory.NASTY),
        "#strong[x] $a$ @b",
        "y" * 1_999,
    )
    of = known(case("2026", AnsweredEvent(answers={"scope": nasty, "kind": ("other:{{ 7 * 7 }}",)})), "full")
    files = writer.write_document(forms.build_form(of), tmp_path).files
    paragraphs = "\n".join(one.text for one in word.Document(str(files[0])).paragraphs)
    with pdfplumber.open(files[1]) as read:
        printed = "".join("".join(page.extract_text().split()) for page in read.pages)
        ends = [char["x1"] for page in read.pages for char in page.chars]
    for text in ("{{ 7 * 7 }}", "<script>", "#strong[x]", "[U+202E]"):
        assert text in paragraphs
        assert text.replace(" ", "") in printed
    assert "49" not in printed
    assert max(ends) <= 595 - 15 * 72 / 25.4 + 1


@pytest.mark.parametrize(
    ("t0", "first", "full"),
    [
        ("2026-12-31 20:15", "20:15 ngày 01/01/2027", "20:15 ngày 03/01/2027"),
        ("2028-02-28 00:01", "00:01 ngày 29/02/2028", "00:01 ngày 02/03/2028"),
        ("2026-11-29 23:59", "23:59 ngày 30/11/2026", "23:59 ngày 02/12/2026"),
    ],
)
def test_what_is_due_next_stands_in_it_to_the_minute_over_month_and_year(t0: str, first: str, full: str) -> None:
    detected = clock.format_iso_moment(clock.parse_vietnam_minute(t0))
    deed = OpenedEvent(detected=detected, subjects=("antruc.test",), regime="2026")
    of = fold_case("SC-20261231-1", [CaseLogEntry(at=detected, happened=detected, who="x", deed=deed)])
    assert [line.rpartition(" hạn ")[2] for line in known(of, "now").list_values_of_form_field("next_due")] == [
        first,
        full,
    ]


def test_where_personal_data_may_be_harmed_word_of_that_is_owed_too() -> None:
    owed = case("2026", AnsweredEvent(answers={"personal_data": ("yes",)})).list_unsent_owed_reports()
    assert [(due.report, clock.format_iso_moment(due.by)) for due in owed][-1] == (
        "personal",
        "2027-01-03T20:15:00+07:00",
    )
    assert "personal" not in {
        due.report for due in case("2026", AnsweredEvent(answers={"personal_data": ("no",)})).list_unsent_owed_reports()
    }
    assert [due.report for due in deadlines.compute_deadlines("2022", T0, with_personal_data=True)] == ["full"]


def test_the_last_answer_counts() -> None:
    of = case(
        "2026", AnsweredEvent(answers={"scope": ("a", "b")}), AnsweredEvent(answers={"scope": ("c",), "cause": ("d",)})
    )
    assert of.answers == {"scope": ("c",), "cause": ("d",)}


def test_an_incident_that_an_audit_found_says_so() -> None:
    found = FindingReference(control="ssh.root_login", subject="web1", run="r")
    deed = OpenedEvent(detected=clock.format_iso_moment(T0), subjects=("web1",), findings=(found,), regime="2026")
    of = fold_case(
        "SC-20261231-1",
        [CaseLogEntry(at=clock.format_iso_moment(T0), happened=clock.format_iso_moment(T0), who="x", deed=deed)],
    )
    assert known(of, "full").list_ticked_boxes_of_form_field("how_found") == {"other": "rà soát bằng phần mềm Lũy Tre"}


def test_without_a_form_it_is_that_of_what_is_owed_next_and_then_the_closing_one() -> None:
    assert forms.choose_form(case("2026"), None) == "now"
    assert forms.choose_form(case("2022"), None) == "mau-03"
    assert forms.choose_form(filled_in("2022"), None) == "mau-04"
    with pytest.raises(InputError, match="--form mau-03 belongs to the rules of 2022"):
        forms.choose_form(case("2026"), "mau-03")


def test_a_public_address_stands_in_it_and_an_inner_one_does_not() -> None:
    host = lab().hosts[0]
    for address, shown in (("93.184.216.34", ("93.184.216.34",)), ("10.0.0.1", ()), ("web1.noi-bo", ())):
        hosts = (host.model_copy(update={"address": address}), *lab().hosts[1:])
        of = forms.gather_known_values_for_form(
            case("2022"), "mau-03", lab().model_copy(update={"hosts": hosts}), "xa-an-truc", None, "vi"
        )
        assert of.list_values_of_form_field("public_addresses") == shown


@pytest.mark.parametrize("boxes", [(), ("a", "b")])
def test_a_field_that_is_answered_is_not_missing(boxes: tuple[str, ...]) -> None:
    field = Field(label="x", mandatory=True, values=boxes)
    assert field.is_mandatory_and_blank is not bool(boxes)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("how_fuond=log", "is not an answer to a question"),
        ("how_found", "is not an answer to a question"),
        ("contact_name=Nguyễn Văn A", "is not an answer to a question"),
        ("how_found=guess", "is not one of the checkboxes"),
        ("severity=serious:very", "is not one of the checkboxes"),
        ("cause= ", "cause is empty"),
    ],
)
def test_a_wrong_answer_is_one_line(given: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        schema.parse_answers([given])


def test_one_answer_to_a_question_that_takes_one() -> None:
    assert schema.parse_answers(["how_found=log", "how_found=notice:Công an: tỉnh"]) == {
        "how_found": ("log", "notice:Công an: tỉnh")
    }
    with pytest.raises(InputError, match="answered twice"):
        schema.parse_answers(["severity=serious", "severity=ordinary"])


# --- on the command line ----------------------------------------------------------------------------------


def test_a_form_is_written_named_in_the_ledger_once_and_says_what_is_missing(
    inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "render_pdf", lambda _: b"%PDF-")
    incident = opened(inventory)
    given = ("incident", "form", incident, "--output", tmp_path / "out", *WHO, "-i", inventory)
    for _ in range(2):
        said = auditor(*given, code=1)
        assert f"{tmp_path}/out/su-co-{incident}-now.docx\n" in said.stdout
        assert "Ghi tay vào bản in: Họ và tên người liên hệ" in said.stderr
        assert "Còn thiếu (bắt buộc): Địa chỉ. Khai ở contacts trong office/systems.yml" in said.stderr
    path = inventories.load_inventory(inventory).path
    assert [entry.deed.kind for entry in IncidentStore().load_case_log_of_incident(path, incident)] == [
        "opened",
        "filled_in",
    ]
    papers = inventory / "office/systems.yml"
    said_by = '  xa-an-truc: {address: Thôn 1, telephone: "0200 000 001", email: ubnd@antruc.test}\n'
    papers.write_text(papers.read_text("utf-8").replace("contacts:\n", f"contacts:\n{said_by}"), "utf-8")
    assert "Còn thiếu" not in auditor(*given).stderr
    auditor("incident", "answer", incident, "scope=Trang chủ", *WHO, "-i", inventory)
    auditor(*given)
    kinds = [entry.deed.kind for entry in IncidentStore().load_case_log_of_incident(path, incident)]
    assert kinds == ["opened", "filled_in", "filled_in", "answered", "filled_in"]


def test_of_sites_of_several_units_the_nearest_above_them_all_reports(inventory: Path) -> None:
    known_ = inventories.load_inventory(inventory)
    decide = transitions.make_case_opening_decision(
        factory.opening(("antruc.test", "bennua.test"), (), T0, "2026", None), force_new=True
    )
    incident, _ = IncidentStore().write(known_.path, "Văn phòng", decide, T0 - datetime.timedelta(days=400))
    case = fold_case(incident, IncidentStore().load_case_log_of_incident(known_.path, incident))
    assert forms.choose_reporting_unit(case, known_, None) == "tinh-tan-giang"
    assert forms.choose_reporting_unit(case, known_, "xa-an-truc") == "xa-an-truc"
    assert known_.organisation is not None
    units = [{**one.model_dump(), "parent": None} for one in known_.organisation.units]
    apart = type(known_.organisation).model_validate({**known_.organisation.model_dump(), "units": units})
    alone = known_.model_copy(update={"organisation": apart})
    with pytest.raises(InputError, match="belong to 2 units"):
        forms.choose_reporting_unit(case, alone, None)


def test_what_people_alone_know_is_asked_until_it_is_answered() -> None:
    of = known(filled_in("2026"), "full")
    asked_for = forms.list_unanswered_mandatory_questions(replace(of, case=replace(of.case, answers={})))
    assert {"kind", "severity", "severity_why", "cause", "scope", "personal_data"} <= {*asked_for}
    assert not {*asked_for} & {"found", "written", "contact_name"}


def test_three_dots_are_no_answer() -> None:
    with pytest.raises(InputError, match="severity_why is not answered"):
        schema.parse_answers(["severity_why=…"])


@pytest.mark.parametrize("form", FORMS)
def test_it_is_addressed_to_the_authority_of_its_regime(form: Form) -> None:
    of = known(filled_in(schema.REGIME[form]), form)
    authority = of.organisation.incident_authority[of.case.regime].name
    document = forms.build_document(of, forms.fill_sections_of_form(of))
    assert any(authority in line for line in document.addressees)
    above = "Cục An ninh mạng"  # reports_to of the province, and the authority of 2026: once is enough
    assert [above in line for line in (*document.addressees, *document.recipients)].count(True) == 1
    others = of.organisation.incident_authority | {"2026": Authority(name="Công an tỉnh khác")}
    of = replace(of, organisation=of.organisation.model_copy(update={"incident_authority": others}))
    document = forms.build_document(of, forms.fill_sections_of_form(of))
    places = document.addressees if of.case.regime == "2022" else document.recipients
    assert any(above in line for line in places)


@pytest.mark.parametrize("form", FORMS)
def test_without_an_authority_the_line_is_blank_and_named(form: Form) -> None:
    of = known(filled_in(schema.REGIME[form]), form)
    of = replace(of, organisation=of.organisation.model_copy(update={"incident_authority": {}}))
    assert any("………" in line for line in forms.build_document(of, forms.fill_sections_of_form(of)).addressees)
    assert any("incident_authority" in one for one in forms.build_form(of).notices)


def test_a_notice_is_numbered_as_one_and_holds_no_digest_of_each_file_and_no_broken_name_of_a_unit() -> None:
    stopped = ContainedEvent(number=1, host="web1", means="unit", what="kworker-sync.service", state="confirmed")
    taken = ContainedEvent(number=2, host="web1", means="file", what="/x.php", state="confirmed", sha256="cd" * 32)
    of = case("2026")
    entries = [
        CaseLogEntry(at=of.entries[-1].at, happened=of.entries[-1].happened, who="x", deed=one)
        for one in (stopped, taken)
    ]
    of = fold_case(of.id, [*of.entries, *entries])
    paper = known(of, "first", "xa-an-truc")
    written = forms.build_document(paper, forms.fill_sections_of_form(paper))
    text = "\n".join(block.text for block in written.body)
    assert "/TB-" in written.number
    full = known(of, "full", "xa-an-truc")
    assert "/BC-" in forms.build_document(full, forms.fill_sections_of_form(full)).number
    assert "kworker-sync.service" in text
    assert "đã dừng và vô hiệu hóa dịch vụ" in text
    assert "cd" * 32 not in text


def test_what_is_owed_at_once_has_no_deadline_that_is_the_minute_of_its_detection() -> None:
    of = known(case("2026"), "first", "xa-an-truc")
    due = of.list_values_of_form_field("next_due")
    assert "báo cáo ngay cho cơ quan chuyên trách: phải gửi ngay" in due
    assert not any(Words("vi").format_iso_moment(clock.format_iso_moment(of.case.detected_at)) in one for one in due)
