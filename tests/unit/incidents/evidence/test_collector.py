"""Evidence is kept whole, listed and signed; each damage is named; who had it when is in the ledger."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import InputError
from auditor.fleet import ssh_exec
from auditor.history.hunts import HuntHistory
from auditor.history.incidents import IncidentStore
from auditor.history.scans import ScanHistory
from auditor.incidents import transitions
from auditor.incidents.case import IncidentCase, fold_case
from auditor.incidents.evidence import collector, signatures, verification
from auditor.incidents.evidence import timestamps as stamping
from auditor.incidents.evidence.collector import EvidenceCollector
from auditor.incidents.evidence.file_selection import select_evidence_paths_to_request
from auditor.incidents.evidence.manifest import MANIFEST, SIGNATURE, SUMS
from auditor.incidents.evidence.sidecars import collect_scan_and_hunt_records_of_host
from auditor.inventory.reach import Reach
from auditor.models import Host, Site, clock
from auditor.models.incidents import CollectedEvent, ContainedEvent, TimestampedEvent
from auditor.system import resources
from tests import timestamps
from tests.unit.incidents.evidence.frames import HOST, frame, member, stream
from tests.unit.incidents.test_transitions import INVENTORY, T0, WHO, opened

WEB1 = Host(name="web1", address="192.0.2.10")
REACH = {"web1": Reach("192.0.2.10", 22, "luytre", None, (), None, None)}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    folder = tmp_path / "office"
    folder.mkdir()
    return folder


@pytest.fixture
def command(office: Path, tmp_path: Path) -> EvidenceCollector:
    ledgers = IncidentStore(tmp_path / "history.sqlite", now=lambda: T0)
    signatures.make_and_allow_own_signing_key(office, clock.now(), 30)
    return EvidenceCollector(INVENTORY, opened(ledgers, "web1"), WHO, office, REACH, ledgers, sent(*HOST))


def sent(*frames: bytes) -> Callable[[Reach, Mapping[str, Sequence[str]]], Iterator[bytes]]:
    return lambda _reach, _question: iter([stream(*frames)])


def place(command: EvidenceCollector, deed: CollectedEvent) -> Path:
    return collector.get_evidence_folder_of_incident(command.incident) / deed.folder


def case(command: EvidenceCollector) -> IncidentCase:
    return fold_case(command.incident, command.ledgers.load_case_log_of_incident(INVENTORY, command.incident))


def damages(
    command: EvidenceCollector, deed: CollectedEvent | None, folder: Path, at: str | None = None
) -> list[tuple[str, str]]:
    chain = None if deed is None else verification.load_case_log_record_of_collection(case(command), deed)
    if chain is not None:
        chain = dataclasses.replace(chain, at=at or clock.format_iso_moment(clock.now()))
    return [
        (one.kind, one.what) for one in verification.find_damages_of_evidence_collection(folder, command.office, chain)
    ]


def test_what_came_is_kept_listed_and_signed_and_others_can_read_it(command: EvidenceCollector) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    assert (folder / "[root]/etc/passwd").read_bytes().startswith(b"root:x:")
    assert (folder / "[root]/var/www/a%0Ab%20c.php").read_bytes() == b"<?php x"
    assert not (folder / "[root]/root").exists()
    manifest = json.loads((folder / MANIFEST).read_bytes())
    assert manifest["clock"] < -1_000_000
    secret, late = manifest["left_out"]
    assert (secret["what"], secret["why"], secret["told"]["sha256"]) == ("/root/.my.cnf", "secret", "0" * 64)
    assert late == {"what": "logs", "why": "time"}
    assert all(
        path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.rglob("*")) if path.is_file() or path == folder
    )
    subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=folder, check=True)
    given = ["-I", "luytre", "-n", "luytre-evidence", "-s", str(folder / SIGNATURE)]
    verified = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", str(command.office / "allowed_signers"), *given],
        input=(folder / MANIFEST).read_bytes(),
        check=True,
        capture_output=True,
    )
    assert b"Good" in verified.stdout
    assert case(command).collections == {1: deed}
    assert (deed.stopped, deed.files, deed.key) == (
        "",
        len(manifest["files"]),
        signatures.get_own_signing_key_fingerprint(),
    )
    assert damages(command, deed, folder) == []


def test_how_often_words_of_which_file_were_taken_out_is_in_the_manifest_and_the_log(
    command: EvidenceCollector,
) -> None:
    config, root = "/var/www/a/wp-config.php", "/etc/mysql/debian.cnf"
    frames = (
        member("[root]", "/var/log/a.log", b"x\n", redacted={config: 4_000, root: 1}),
        member("bodyfile", "bodyfile.txt", b"x\n", redacted={config: 2}),
        HOST[-1],
    )
    deed = dataclasses.replace(command, fetch=sent(*frames)).collect_from_host(WEB1, (), {})
    told = json.loads((place(command, deed) / MANIFEST).read_bytes())["redactions"]
    assert told == [{"source": config, "count": 4_002, "files": 2}, {"source": root, "count": 1, "files": 1}]
    assert f"redacted 4002 in 2  {config}\n" in (place(command, deed) / collector.LOG).read_text()
    assert damages(command, deed, place(command, deed)) == []


def test_an_owned_host_writes_no_line_of_its_own_into_the_log(command: EvidenceCollector) -> None:
    hostile = "x\n2026-11-30T00:00:00Z\x1b[2J\u202e\u2028y\r\x85"
    noted = frame(b"N", {"what": hostile, "why": "time\nLuytre"})
    refused = member("[root]", "../\n\x1b]0;owned\x07", b"x")
    deed = dataclasses.replace(command, fetch=sent(*HOST[:-1], noted, refused, HOST[-1])).collect_from_host(
        WEB1, (), {}
    )
    log = (place(command, deed) / collector.LOG).read_bytes().decode()
    assert len(log.splitlines()) == 3 + 4
    assert "x⏎2026-11-30T00:00:00Z⟨U+001B⟩[2J⟨U+202E⟩⟨U+2028⟩y⟨U+000D⟩⟨U+0085⟩" in log
    assert all(one == "\n" or one.isprintable() for one in log)


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: flip(folder / "[root]/etc/passwd"), [("changed", "[root]/etc/passwd")]),
        (lambda folder: (folder / "[root]/etc/passwd").unlink(), [("missing", "[root]/etc/passwd")]),
        (lambda folder: (folder / "[root]/etc/shadow").write_text("x"), [("extra", "[root]/etc/shadow")]),
        (lambda folder: (folder / "empty").mkdir(), [("extra", "empty")]),
        (lambda folder: (folder / "link").symlink_to("/etc"), [("extra", "link")]),
        (lambda folder: to_link(folder / "[root]/etc/passwd"), [("missing", "[root]/etc/passwd")]),
        (lambda folder: flip(folder / SUMS), [("sums_changed", SUMS)]),
        (lambda folder: (folder / SUMS).unlink(), [("missing", SUMS)]),
        (lambda folder: (folder / SIGNATURE).unlink(), [("signature_missing", "")]),
        (lambda folder: flip(folder / SIGNATURE), [("signature_wrong", "")]),
        (lambda folder: (folder / MANIFEST).unlink(), [("no_manifest", "")]),
        (lambda folder: (folder / MANIFEST).write_text("{}"), [("manifest_unreadable", "")]),
        (lambda folder: to_pipe(folder / MANIFEST), [("no_manifest", "")]),
        (lambda folder: os.truncate(folder / MANIFEST, 1 << 40), [("manifest_unreadable", "")]),
        (lambda folder: to_pipe(folder / SUMS), [("missing", SUMS)]),
        (lambda folder: os.truncate(folder / SUMS, 1 << 40), [("sums_changed", SUMS)]),
        (lambda folder: to_pipe(folder / SIGNATURE), [("signature_missing", "")]),
        (lambda folder: to_pipe(folder / "[root]/etc/passwd"), [("missing", "[root]/etc/passwd")]),
    ],
)
def test_each_damage_is_named(
    command: EvidenceCollector, damage: Callable[[Path], None], named: list[tuple[str, str]]
) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    damage(folder)
    found = damages(command, deed, folder)
    assert [(kind, what if wanted else "") for (kind, what), (_, wanted) in zip(found, named, strict=True)] == named


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_link(path: Path) -> None:
    path.rename(path.with_name("moved-out"))
    (path.parent / "moved-out").rename(path.parents[3] / "moved-out")
    path.symlink_to(path.parents[3] / "moved-out")


def test_a_reordered_entry_of_the_manifest_is_named(command: EvidenceCollector) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    data = json.loads((folder / MANIFEST).read_bytes())
    data["files"].reverse()
    (folder / MANIFEST).write_text(json.dumps(data))
    found = damages(command, deed, folder)
    assert {"manifest_changed", "signature_wrong", "reordered", "sums_changed"} == {kind for kind, _ in found}


def test_a_path_of_a_forged_manifest_leads_nowhere(command: EvidenceCollector) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    data = json.loads((folder / MANIFEST).read_bytes())
    data["files"][0]["path"] = "/etc/hostname"
    (folder / MANIFEST).write_text(json.dumps(data))
    assert ("missing", "/etc/hostname") in damages(command, deed, folder)


def test_a_key_of_somebody_else_an_expired_and_a_revoked_one_are_named(
    command: EvidenceCollector, tmp_path: Path
) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    later = clock.format_iso_moment(clock.now() + datetime.timedelta(days=31))
    assert damages(command, deed, folder, later) == [("key_expired", deed.key)]
    signatures.revoke_key(command.office, deed.key)
    assert damages(command, deed, folder) == [("key_revoked", deed.key)]
    with pytest.raises(InputError, match="revoke"):
        signatures.revoke_key(command.office, deed.key)
    (command.office / "revoked_signers").unlink()
    stranger = tmp_path / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)], check=True)
    (folder / SIGNATURE).unlink()
    given = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(stranger), "-n", "luytre-evidence", str(folder / MANIFEST)]
    subprocess.run(given, check=True)
    ((kind, key),) = damages(command, deed, folder)
    assert (kind, key.startswith("SHA256:"), key == deed.key) == ("key_unknown", True, False)


def test_a_new_key_signs_and_what_the_old_one_signed_stays_valid(command: EvidenceCollector) -> None:
    old = command.collect_from_host(WEB1, (), {})
    made = signatures.make_and_allow_own_signing_key(command.office, clock.now(), 30)
    assert made != old.key
    assert [key.fingerprint for key in signatures.list_keys(command.office)] == [old.key, made]
    assert damages(command, old, place(command, old)) == []
    assert signatures.get_own_signing_key_path().stat().st_mode & 0o077 == 0


def test_what_the_ledger_does_not_know_is_named(command: EvidenceCollector) -> None:
    deed = command.collect_from_host(WEB1, (), {})
    digest = deed.sha256
    assert damages(command, None, place(command, deed)) == [("not_in_chain", digest)]
    other = deed.model_copy(update={"sha256": "f" * 64})
    assert damages(command, other, place(command, deed)) == [("manifest_changed", digest)]


def test_what_we_knew_before_comes_beside_it(command: EvidenceCollector, tmp_path: Path) -> None:
    looks, hunts = ScanHistory(tmp_path / "history.sqlite"), HuntHistory(tmp_path / "history.sqlite")
    looks.store_responses_file_of_site(INVENTORY, "antruc.test", "20261127-1", b"captured")
    site = Site(
        domain="antruc.test",
        host="web1",
        unit="xa",
        document_root="/var/www/antruc.test",
        server="nginx",
        application="static",
    )
    host = Host(name="web1", address="192.0.2.10", sites=(site,))
    found = collect_scan_and_hunt_records_of_host(INVENTORY, host, looks, hunts)
    assert found == {"captures/antruc.test/20261127-1.warc.gz": b"captured"}
    deed = command.collect_from_host(WEB1, (), found)
    folder = place(command, deed)
    assert (folder / "luytre/captures/antruc.test/20261127-1.warc.gz").read_bytes() == b"captured"
    assert damages(command, deed, folder) == []


@pytest.fixture
def authority(tmp_path: Path) -> Callable[[Path], Path]:
    """An authority of our own that answers requests; its certificate is ``tsa.pem``."""
    timestamps.make(tmp_path, "tsa.pem")

    def answers(request: Path) -> Path:
        timestamps.answer(tmp_path, "tsa.pem", str(request), "answer.tsr")
        return tmp_path / "answer.tsr"

    return answers


def test_an_authoritys_answer_is_kept_when_it_is_about_this_evidence_and_checked_later(
    command: EvidenceCollector, authority: Callable[[Path], Path], tmp_path: Path
) -> None:
    deed, other = command.collect_from_host(WEB1, (), {}), command.collect_from_host(WEB1, (), {"other": b"x"})
    folder, elsewhere = place(command, deed), place(command, other)
    answer = authority(stamping.write_timestamp_request_for_manifest(folder))
    with pytest.raises(InputError, match="not a response of that authority for this evidence"):
        stamping.store_timestamp_answer_and_certificates(elsewhere, answer, tmp_path / "tsa.pem")
    kept = stamping.store_timestamp_answer_and_certificates(folder, answer, tmp_path / "tsa.pem")
    given = ["-data", MANIFEST, "-in", "manifest.json.tsr", "-CAfile", "manifest.json.authority.pem"]
    verified = subprocess.run(["openssl", "ts", "-verify", *given], cwd=folder, check=True, capture_output=True)
    assert b"Verification: OK" in verified.stdout
    stamp = TimestampedEvent(number=1, sha256=deed.sha256, answer=kept)
    command.ledgers.write(INVENTORY, WHO, transitions.make_custody_recording_decision(command.incident, stamp))

    def found() -> list[str]:
        chain = dataclasses.replace(
            verification.load_case_log_record_of_collection(case(command), deed),
            at=clock.format_iso_moment(clock.now()),
        )
        chain = dataclasses.replace(chain, stamped_at=clock.format_iso_moment(clock.now()))
        return [one.kind for one in verification.find_damages_of_evidence_collection(folder, command.office, chain)]

    assert found() == []
    (folder / "manifest.json.authority.pem").write_text("")
    assert found() == ["stamp_wrong"]
    flip(folder / "manifest.json.tsr")
    assert found() == ["changed"]
    (folder / "manifest.json.tsr").unlink()
    assert found() == ["missing"]


def test_what_a_host_makes_up_does_no_harm(command: EvidenceCollector) -> None:
    hostile = (
        member("[root]", "/../../../etc/cron.d/x", b"* * * * * root id"),
        member("[root]", "/a", b"1"),
        member("[root]", "/a", b"2"),
        member("[root]", "/a/b", b"3"),
        member("[root]", "/manifest.json", b"4"),
        member("live_response", "x/" + "y" * 300, b"5"),
        frame(b"M", {"place": "[root]", "path": "/cut"}) + frame(b"D", b"half"),
    )
    deed = EvidenceCollector(**{**vars(command), "fetch": sent(*hostile)}).collect_from_host(WEB1, (), {})
    folder = place(command, deed)
    assert (deed.stopped, (folder / "[root]/a").read_bytes()) == ("cut_off", b"1")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    assert [(one["what"], one["why"]) for one in manifest["left_out"]] == [
        ("/../../../etc/cron.d/x", "no path"),
        ("/a", "name_twice"),
        ("[root]/a/b", "name_twice"),
    ]
    assert {file["path"]: file.get("cut", "") for file in manifest["files"]}["[root]/cut"] == "cut"
    assert damages(command, deed, folder) == []


def test_nothing_is_kept_of_a_host_that_says_nothing(command: EvidenceCollector) -> None:
    def silent(_reach: Reach, _question: Mapping[str, Sequence[str]]) -> Iterator[bytes]:
        raise ssh_exec.NoAnswer("Connection refused")
        yield b""

    with pytest.raises(ssh_exec.NoAnswer):
        EvidenceCollector(**{**vars(command), "fetch": silent}).collect_from_host(WEB1, (), {})
    assert list(collector.get_evidence_folder_of_incident(command.incident).iterdir()) == []
    assert case(command).collections == {}


def test_what_a_killed_collection_left_is_cleared_away_a_day_later(command: EvidenceCollector) -> None:
    kept = collector.get_evidence_folder_of_incident(command.incident)
    for name, age in ((".web1-old", 90_000), (".web1-at-work", 60)):
        (kept / name / "[root]").mkdir(parents=True)
        os.utime(kept / name, (1, clock.now().timestamp() - age))
    deed = command.collect_from_host(WEB1, (), {})
    assert {path.name for path in kept.iterdir()} == {".web1-at-work", deed.folder}


def test_a_full_disk_here_is_one_line_and_leaves_nothing(
    command: EvidenceCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_root: Path, _path: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collector, "_create_private_file_below", full)
    with pytest.raises(InputError, match="evidence cannot be stored: No space left"):
        command.collect_from_host(WEB1, (), {})
    assert list(collector.get_evidence_folder_of_incident(command.incident).iterdir()) == []


def test_files_that_hunts_found_or_people_name_come_along(command: EvidenceCollector) -> None:
    begun = ContainedEvent(number=1, host="web1", means="file", what="/var/www/x.php", state="confirmed")
    command.ledgers.write(INVENTORY, WHO, transitions.make_event_recording_decision(command.incident, begun))
    found = select_evidence_paths_to_request(case(command), "web1", None, ["/srv/a\nb", "relative"])
    assert found == ("/srv/a%0Ab", f"/var/lib/luytre/quarantine/{command.incident}_1/file")
    assert select_evidence_paths_to_request(case(command), "web2", None, ()) == ()
    assert (
        sum(
            map(
                len,
                select_evidence_paths_to_request(
                    case(command), "web1", None, [f"/{n}" + "x" * 900 for n in range(100)]
                ),
            )
        )
        <= 60_000
    )


# --- on the command line ------------------------------------------------------------------------------------


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(ssh_exec, "stream_as_root", lambda *_: iter([stream(*HOST)]))
    return str(shutil.copytree(resources.get_shipped_inventories_folder() / "lab", tmp_path / "inventory"))


def auditor(inventory: str, *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["incident", *arguments, "-i", inventory, "--lang", "en"], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_evidence_is_collected_checked_handed_over_and_its_custody_printed(
    inventory: str, tmp_path: Path, authority: Callable[[Path], Path]
) -> None:
    who = ("--who", "Văn phòng")
    auditor(inventory, "open", "antruc.test", *who)
    incident = f"SC-{clock.format_compact_vietnam_day(clock.now())}-1"
    said = auditor(inventory, "collect", incident, *who)
    assert "signs evidence; it is in" in said
    assert "evidence 1 collected from web1: 5 files" in said
    assert "unchanged since collection" in auditor(inventory, "verify", incident, *who)
    auditor(inventory, "hand-over", incident, "1", "--to", "Công an tỉnh", "--how", "12/BB", *who)
    auditor(inventory, "received", incident, "1", "--from", "Công an tỉnh", *who)
    requested = Path(auditor(inventory, "timestamp", incident, "1").strip())
    with pytest.raises(InputError, match="stored together with its authority"):
        auditor(inventory, "timestamp", incident, "1", "--answer", "x")
    certificate = str(tmp_path / "tsa.pem")
    given = ("--answer", str(authority(requested)), "--authority", certificate, *who)
    auditor(inventory, "timestamp", incident, "1", *given)
    assert "unchanged since collection" in auditor(inventory, "verify", incident)
    printed = auditor(inventory, "custody", incident)
    for words in ("verified, unchanged", "handed over to Công an tỉnh", "12/BB", "received from Công an tỉnh"):
        assert words in printed
    (kept,) = collector.get_evidence_folder_of_incident(incident).iterdir()
    copy = shutil.copytree(kept, tmp_path / "usb")
    assert "usb: unchanged since collection" in auditor(inventory, "verify", incident, str(copy))
    flip(copy / "[root]/etc/passwd")
    assert "changed: [root]/etc/passwd" in auditor(inventory, "verify", incident, str(copy), *who, code=1)
    assert "damaged items: 1" in auditor(inventory, "custody", incident, "1")
    (told,) = json.loads(auditor(inventory, "custody", incident, "--json"))
    assert [one["deed"].get("step", one["deed"]["kind"]) for one in told["entries"]][:2] == ["collected", "checked"]
    assert (told["host"], told["incident"], len(told["sha256"])) == ("web1", incident, 64)
    shutil.copytree(kept, kept.with_name("web1-made-up"))
    assert "web1-made-up: the case log has no evidence" in auditor(inventory, "verify", incident, code=1)
    shutil.rmtree(kept)
    assert "manifest.json is missing" in auditor(inventory, "verify", incident, code=1)
    (key,) = [line.split()[0] for line in auditor(inventory, "key", "list").splitlines()]
    assert "revoked" in auditor(inventory, "key", "revoke", key)
    assert "signs evidence; it is in" in auditor(inventory, "key", "make")


def test_a_chain_that_was_changed_is_named(inventory: str, tmp_path: Path) -> None:
    auditor(inventory, "open", "antruc.test", "--who", "Văn phòng")
    incident = f"SC-{clock.format_compact_vietnam_day(clock.now())}-1"
    auditor(inventory, "collect", incident, "--who", "Văn phòng")
    with sqlite3.connect(tmp_path / "state/history.sqlite") as database:
        database.execute("UPDATE chain SET statement = replace(statement, 'web1', 'web2') WHERE position = 2")
    database.close()
    assert "is broken at link 2" in auditor(inventory, "verify", incident, code=1)


def test_what_a_host_says_of_itself_when_it_cannot_be_read_is_told(
    inventory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> Iterator[bytes]:
        raise ssh_exec.NoAnswer("[red]Connection refused")

    auditor(inventory, "open", "antruc.test", "--who", "Văn phòng")
    incident = f"SC-{clock.format_compact_vietnam_day(clock.now())}-1"
    with pytest.raises(InputError, match="has no evidence"):
        auditor(inventory, "verify", incident)
    monkeypatch.setattr(ssh_exec, "stream_as_root", silent)
    assert "[red]Connection refused" in auditor(inventory, "collect", incident, "--who", "Văn phòng", code=1)
    with pytest.raises(InputError, match="no evidence number 1"):
        auditor(inventory, "custody", incident, "1")
    monkeypatch.setattr(ssh_exec, "stream_as_root", lambda *_: iter([stream(HOST[0])]))
    assert "interrupted before the end" in auditor(inventory, "collect", incident, "--who", "Văn phòng", code=1)
