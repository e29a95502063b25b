"""Offices told of an incident by mail: by a real server over TLS, once a state, with nothing that is not theirs to read."""

from __future__ import annotations

import datetime
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest
import yaml

from auditor.errors import InputError
from auditor.history.incidents import IncidentStore
from auditor.history.runs import RunHistory
from auditor.incidents import closure, notifications, transitions
from auditor.incidents.case import IncidentCase, fold_case
from auditor.inventory import hosts as inventories
from auditor.mail import audience
from auditor.mail.message import Letter, PreparedMail
from auditor.mail.spool import Spool
from auditor.models import Inventory, Regime, clock
from auditor.models.incidents import (
    CaseLogEntry,
    ClosedEvent,
    CollectedEvent,
    ContainedEvent,
    NotedEvent,
    OpenedEvent,
    ReportedEvent,
)
from auditor.models.ranks import Report
from auditor.text.translations import Words
from tests import factory
from tests.mail_server import Authority, Received, serving
from tests.unit.incidents.filled import LAST_FORM
from tests.unit.incidents.offices import WHO, auditor, opened, server, tells

SECRET = "kX9vQ2mLr7TzP4wN"  # noqa: S105  planted
T0 = clock.parse_vietnam_minute("2026-12-31 20:15")
HOUR = datetime.timedelta(hours=1)


def kinds(folder: Path, incident: str) -> list[str]:
    known = inventories.load_inventory(folder)
    return [entry.deed.kind for entry in IncidentStore().load_case_log_of_incident(known.path, incident)]


def body(mail: EmailMessage) -> str:
    part = mail.get_body()
    assert part is not None
    return str(part.get_content())


def test_a_draft_is_shown_and_a_person_sends_it_once(
    inventory: Path, authority: Authority, trusted: ssl.SSLContext
) -> None:
    incident = opened(inventory)
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        said = auditor("incident", "notify", incident, *WHO, "-i", inventory).stdout
        assert f"{incident}: thư nháp gửi trucban@antruc.test, chưa gửi" in said
        assert "Trang chủ bị thay đổi" in said
        assert (received.mails, kinds(inventory, incident)) == ([], ["opened"])
        auditor("incident", "notify", *WHO, "-i", inventory)
        assert received.mails == []
        for _ in range(2):
            said = auditor("incident", "notify", incident, "--send", *WHO, "-i", inventory).stdout
            assert said.splitlines() == [f"{who}: đã gửi" for who in ("trucban@antruc.test", "ucsc@tangiang.test")]
    assert received.recipients == ["trucban@antruc.test", "ucsc@tangiang.test"]
    assert received.encrypted == [True, True]
    assert kinds(inventory, incident) == ["opened", "notified", "notified"]
    assert received.mails[0]["Subject"] == f"Sự cố an ninh mạng {incident}: antruc.test"
    assert "báo cáo ngay cho cơ quan chuyên trách: phải gửi ngay" in body(received.mails[0])


def test_where_an_office_says_so_a_timer_tells_it_also_after_its_server_was_down(
    inventory: Path, trusted: ssl.SSLContext
) -> None:
    tells(inventory, automatic=True)
    incident = opened(inventory)
    said = auditor("incident", "notify", *WHO, "-i", inventory).stdout
    assert said.count("thử lại") == 2
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        auditor("incident", "notify", *WHO, "-i", inventory)  # its next try is still to come
        assert received.mails == []
        auditor("mail", "run", "--early")
        auditor("incident", "notify", *WHO, "-i", inventory)
        assert len(received.mails) == 2
        known = inventories.load_inventory(inventory)
        write = transitions.make_event_recording_decision(incident, ReportedEvent(report="now", how="điện thoại"))
        IncidentStore().write(known.path, "Văn phòng", write)
        auditor("incident", "notify", *WHO, "-i", inventory)
    assert len(received.mails) == 4
    assert "phải gửi ngay" not in body(received.mails[-1])
    assert kinds(inventory, incident) == ["opened", "notified", "notified", "reported", "notified", "notified"]


def test_the_chain_s_head_goes_along_and_makes_no_other_mail(inventory: Path, trusted: ssl.SSLContext) -> None:
    incident = opened(inventory)
    head = RunHistory().head()
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        auditor("incident", "notify", incident, "--send", *WHO, "-i", inventory)
        IncidentStore().write(
            inventories.load_inventory(inventory).path,
            "Văn phòng",
            transitions.make_event_recording_decision(incident, NotedEvent(text="đã gọi")),
        )
        assert RunHistory().head() != head
        auditor("incident", "notify", incident, "--send", *WHO, "-i", inventory)
    assert len(received.mails) == 2
    assert f"auditor history verify --seen {head}" in body(received.mails[0])
    assert RunHistory().verify(known_hash=head).seen_at == 1


def test_a_technical_file_goes_to_technical_roles_only(
    inventory: Path, trusted: ssl.SSLContext, tmp_path: Path
) -> None:
    incident = opened(inventory)
    paper = tmp_path / "mau-03.pdf"
    paper.write_bytes(b"%PDF-\x00")
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        auditor("incident", "notify", incident, "--send", "--technical", paper, *WHO, "-i", inventory)
    names = {
        who: [one.get_filename() for one in mail.iter_attachments()]
        for who, mail in zip(received.recipients, received.mails, strict=True)
    }
    assert names == {"trucban@antruc.test": [], "ucsc@tangiang.test": ["mau-03.pdf"]}
    assert "mau-03.pdf" not in received.mails[0].as_string()


def test_a_timer_with_nothing_to_tell_needs_no_mail_server(inventory: Path) -> None:
    RunHistory().keep(factory.run().model_copy(update={"inventory": inventories.load_inventory(inventory).path}))
    (inventory / "office/mail.yml").unlink(missing_ok=True)
    auditor("incident", "notify", *WHO, "-i", inventory)


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "chưa có thiết lập gửi thư"), ("host: mail.vidu.example\nfrom: a@vidu.example\n", "mail.vidu.example")],
)
def test_a_draft_is_shown_before_there_is_a_mail_server(inventory: Path, text: str | None, why: str) -> None:
    file = inventory / "office/mail.yml"
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_text(text, "utf-8")
    incident = opened(inventory)
    shown = auditor("incident", "notify", incident, *WHO, "-i", inventory)
    assert f"{incident}: thư nháp gửi trucban@antruc.test, chưa gửi" in shown.stdout
    assert "Trang chủ bị thay đổi" in shown.stdout
    assert shown.stderr.startswith("Chưa gửi được: ") and why in shown.stderr
    assert shown.stderr.count("\n") == 1
    with pytest.raises(InputError) as told:
        auditor("incident", "notify", incident, "--send", *WHO, "-i", inventory)
    assert told.value.file == file
    tells(inventory, automatic=True)
    with pytest.raises(InputError):
        auditor("incident", "notify", *WHO, "-i", inventory)
    assert kinds(inventory, incident) == ["opened"]


def test_nobody_to_tell_is_one_line(inventory: Path) -> None:
    incident = opened(inventory, subject="bennua.test")
    tells(inventory, automatic=False)
    file = inventory / "office/organisation.yml"
    said = yaml.safe_load(file.read_text("utf-8"))
    for unit in said["units"]:
        unit.pop("incidents", None)
    file.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    for named in ((incident,), ()):
        with pytest.raises(InputError, match="declares roles to notify of incidents"):
            auditor("incident", "notify", *named, *WHO, "-i", inventory)


def test_a_role_that_there_is_none_of_is_named_with_its_line(inventory: Path) -> None:
    file = inventory / "office/organisation.yml"
    file.write_text(file.read_text("utf-8").replace("- truc_ban", "- truc_bam"), "utf-8")
    with pytest.raises(InputError, match="truc_bam is not one of its roles"):
        inventories.load_inventory(inventory)


# --- what stands in it ------------------------------------------------------------------------------------


def case(folder: Path, incident: str) -> tuple[IncidentCase, Inventory]:
    known = inventories.load_inventory(folder)
    return fold_case(incident, IncidentStore().load_case_log_of_incident(known.path, incident)), known


def text(folder: Path, incident: str, now: datetime.datetime = T0) -> str:
    of, known = case(folder, incident)
    assert known.organisation is not None
    unit = notifications.list_notified_units(known.organisation, of, known)[0]
    return notifications._write_incident_notification_body(of, known, unit, (), now, Words("vi"))


def test_no_secret_no_host_and_no_inner_address_stand_in_it_and_others_addresses_are_no_links(inventory: Path) -> None:
    incident = opened(
        inventory,
        f"web1 (10.213.47.11) gọi https://evil.test/x và 203.0.113.9, mở http://antruc.test; password={SECRET}; "
        f"DB_PASSWORD: {SECRET}\nBcc: x@evil.test",
    )
    known = inventories.load_inventory(inventory)
    hostile = "10.0.0.8 http://evil.test"
    for deed in (
        ContainedEvent(number=1, host="web1", means="address", what="203.0.113.7", state="confirmed", about=hostile),
        ContainedEvent(
            number=2, host="web1", means="file", what=f"/var/www/{SECRET}.php", state="unknown", about=hostile
        ),
        CollectedEvent(number=1, host="web1", folder="web1-x", sha256="ab" * 32, files=1, size=1, key="k"),
        NotedEvent(text=f"mật khẩu là {SECRET}"),
    ):
        IncidentStore().write(known.path, "Văn phòng", transitions.make_event_recording_decision(incident, deed))
    said = text(inventory, incident)
    for gone in (SECRET, "web1", "10.213.47.11", "10.0.0.8", "https://", "http://", "evil.test", "203.0.113"):
        assert gone not in said
    for there in ("hxxps://evil[.]test/x", "203[.]0[.]113[.]9", "203[.]0[.]113[.]7", "hxxp://antruc.test", "ab" * 32):
        assert there in said
    assert "Đã thực hiện 1 biện pháp ngăn chặn, gỡ bỏ; 1 biện pháp đang có hiệu lực." in said
    assert "Có 1 biện pháp chưa xác định được đã có hiệu lực hay chưa." in said


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (17 * HOUR, "thông báo ban đầu: hạn gửi 20:15 ngày 01/01/2027\n"),
        (18 * HOUR, "thông báo ban đầu: hạn gửi 20:15 ngày 01/01/2027 (còn không đến 6 giờ)\n"),
        (24 * HOUR - datetime.timedelta(minutes=1), "(còn không đến 6 giờ)\n"),
        (24 * HOUR, "thông báo ban đầu: QUÁ HẠN từ 20:15 ngày 01/01/2027\n"),
        (72 * HOUR - datetime.timedelta(minutes=1), "hạn gửi 20:15 ngày 03/01/2027"),
        (72 * HOUR, "QUÁ HẠN từ 20:15 ngày 03/01/2027"),
    ],
)
def test_what_is_due_next_is_told_to_the_minute_over_the_year(
    inventory: Path, after: datetime.timedelta, says: str
) -> None:
    known = inventories.load_inventory(inventory)
    decide = transitions.make_case_opening_decision(
        factory.opening(("antruc.test",), (), T0, "2026", None), force_new=True
    )
    incident, _ = IncidentStore().write(known.path, "Văn phòng", decide)
    assert says in text(inventory, incident, T0 + after)


def test_the_subject_is_that_of_the_regime(inventory: Path) -> None:
    known = inventories.load_inventory(inventory)
    assert known.organisation is not None
    subjects = []
    regimes: tuple[Regime, ...] = ("2022", "2026")
    for regime in regimes:
        decide = transitions.make_case_opening_decision(
            factory.opening(("antruc.test", "web1"), (), T0, regime, None), force_new=True
        )
        incident, _ = IncidentStore().write(known.path, "Văn phòng", decide)
        of, _ = case(inventory, incident)
        unit = notifications.list_notified_units(known.organisation, of, known)[0]
        (one,) = notifications.write_incident_notification_letters(
            of,
            known,
            audience.Dispatch("a@b.test", unit, audience.list_recipients(unit, ("truc_ban",)), (), None),
            now=T0,
            words=Words("vi"),
        )
        subjects.append(one.subject.replace(incident, "ID"))
    assert subjects == [
        "[TBSC] Sự cố an toàn thông tin mạng ID: antruc.test, 1 máy chủ",
        "Sự cố an ninh mạng ID: antruc.test, 1 máy chủ",
    ]


def test_an_incident_that_is_over_is_told_too(inventory: Path) -> None:
    incident = opened(inventory)
    known = inventories.load_inventory(inventory)
    reports: tuple[Report, ...] = ("now", "first", "full")
    for report in reports:
        IncidentStore().write(
            known.path,
            "Văn phòng",
            transitions.make_event_recording_decision(incident, ReportedEvent(report=report, how="45/BC-UBND")),
        )
    going_on = text(inventory, incident)
    assert "các báo cáo, thông báo theo hạn đã gửi hoặc không phải gửi" in going_on
    assert "kết thúc sự cố" in going_on
    assert "Đã gửi: báo cáo ngay cho cơ quan chuyên trách (45/BC-UBND" in going_on
    IncidentStore().write(known.path, "Văn phòng", transitions.make_filled_form_recording_decision(incident, LAST_FORM))
    close = closure.make_case_closing_decision(
        incident, closure.RootCause("lộ mật khẩu", removed_subjects=("antruc.test", "web1")), None, (), T0
    )
    IncidentStore().write(known.path, "Văn phòng", close)
    assert "Đã kết thúc sự cố" in text(inventory, incident)
    auditor("incident", "notify", incident, "--send", *WHO, "-i", inventory)
    assert kinds(inventory, incident)[-1] == "notified"
    assert {mail.state for mail in Spool().list_mails()} == {"waiting"}


def test_an_address_that_is_none_is_told_after_the_other_incidents(inventory: Path, trusted: ssl.SSLContext) -> None:
    opened(inventory, subject="bennua.test")
    opened(inventory)
    tells(inventory, automatic=True)
    file = inventory / "office/organisation.yml"
    said = yaml.safe_load(file.read_text("utf-8"))
    for unit in said["units"]:
        if unit["id"] == "phuong-ben-nua":
            unit.update(roles={"truc_ban": "not an address"}, incidents={"roles": ["truc_ban"], "automatic": True})
    file.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    received = Received()
    with serving(received, trusted) as port, pytest.raises(InputError, match="not an address of"):
        server(inventory, port)
        auditor("incident", "notify", *WHO, "-i", inventory)
    assert received.recipients == ["trucban@antruc.test", "ucsc@tangiang.test"]


def test_a_timer_tells_of_what_was_closed_for_some_days() -> None:
    opening = OpenedEvent(detected=clock.format_iso_moment(T0), subjects=("antruc.test",), regime="2026")
    over = ClosedEvent(cause="x")
    entries = [
        CaseLogEntry(at=clock.format_iso_moment(T0), happened=clock.format_iso_moment(T0), who="x", deed=deed)
        for deed in (opening, over)
    ]
    closed, still_open = fold_case("SC-20261231-1", entries), fold_case("SC-20261231-2", entries[:1])
    assert notifications.select_open_and_recently_closed_cases([closed, still_open], T0 + 71 * HOUR) == (
        closed,
        still_open,
    )
    assert notifications.select_open_and_recently_closed_cases([closed, still_open], T0 + 72 * HOUR) == (still_open,)


def test_no_secret_is_written_into_the_ledger(inventory: Path) -> None:
    incident = opened(inventory, f"mật khẩu: {SECRET}")
    auditor("incident", "note", incident, f"đổi DB_PASSWORD={SECRET}", *WHO, "-i", inventory)
    auditor("incident", "answer", incident, f"cause=password: {SECRET}", *WHO, "-i", inventory)
    auditor("incident", "spare", incident, "now", "--why", f"token={SECRET}", *WHO, "-i", inventory)
    assert SECRET not in auditor("incident", "show", incident, "--json", "-i", inventory).stdout
    assert SECRET.encode() not in IncidentStore().path.read_bytes()


@pytest.mark.parametrize("text", ["a\udcff", "\ud800"])
def test_what_is_no_text_is_one_line(inventory: Path, text: str) -> None:
    incident = opened(inventory)
    for given in (("note", incident, text), ("answer", incident, f"cause={text}")):
        with pytest.raises(InputError, match="is not UTF-8 text"):
            auditor("incident", *given, *WHO, "-i", inventory)


def test_an_office_that_is_told_by_itself_hears_of_it_when_it_is_opened(
    inventory: Path, trusted: ssl.SSLContext
) -> None:
    tells(inventory, automatic=True)
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        incident = opened(inventory)
    assert received.recipients == ["trucban@antruc.test", "ucsc@tangiang.test"]
    assert kinds(inventory, incident) == ["opened", "notified", "notified"]


def test_what_is_in_the_way_of_telling_stops_no_opening(inventory: Path) -> None:
    tells(inventory, automatic=True)
    (inventory / "office/mail.yml").unlink()
    said = auditor("incident", "open", "antruc.test", *WHO, "-i", inventory)
    assert "Chưa gửi được thư báo cho các đơn vị" in said.stderr
    tells(inventory, automatic=False)
    assert "Chưa gửi được thư báo" not in auditor("incident", "open", "antruc.test", *WHO, "-i", inventory).stderr


def test_whoever_is_cut_off_before_it_is_written_down_tells_nobody_twice(
    inventory: Path, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = opened(inventory)
    received = Received()
    send = ("incident", "notify", incident, "--send", *WHO, "-i", inventory)
    with serving(received, trusted) as port:
        server(inventory, port)
        with monkeypatch.context() as cut_off:
            cut_off.setattr(IncidentStore, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises((KeyboardInterrupt, AssertionError)):
                auditor(*send)
        auditor(*send)
        auditor(*send)
    assert sorted(received.recipients) == ["trucban@antruc.test", "ucsc@tangiang.test"]
    assert kinds(inventory, incident) == ["opened", "notified", "notified"]


def test_who_is_told_of_incidents_hears_after_a_silent_week_that_all_goes_on(
    inventory: Path, trusted: ssl.SSLContext
) -> None:
    long_ago = clock.now() - 8 * 24 * HOUR
    old = Letter("luytre@tangiang.test", "vanthu@tangiang.test", "Tân Giang", "Báo cáo", "Nội dung\n")
    Spool().add_mails_to_send([PreparedMail.from_letter(old, long_ago, 10**7)], inventory / "office/mail.yml", long_ago)
    received = Received()
    with serving(received, trusted) as port:
        server(inventory, port)
        for _ in range(2):
            auditor("mail", "run")
    assert sorted(received.recipients) == ["trucban@antruc.test", "ucsc@tangiang.test", "vanthu@tangiang.test"]
    assert sum(mail["Subject"] == "Lũy Tre vẫn hoạt động" for mail in received.mails) == 2
    assert received.encrypted == [True] * 3
