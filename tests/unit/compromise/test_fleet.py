"""What is judged of a file is of what was listed, and no other's; and what a hunt asks hosts for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, cast

import pytest

from auditor.compromise import classifier, fleet
from auditor.compromise.classifier import Judgement, JudgeRequest
from auditor.compromise.file_listing import PHP, FileList, WebFile
from auditor.compromise.php.taint import CodeHit
from auditor.compromise.scan_cache import ScanCache
from auditor.facts import SCHEMA, contacts
from auditor.fleet import collect
from auditor.fleet.collect import FactsRequest as AskedOfHosts
from auditor.fleet.runner import AnsibleTask, PlaybookOrder, PlaybookRun
from auditor.models import Host

LISTED = b"<?php 2;"


@pytest.mark.parametrize(
    ("size", "content", "is_judged"),
    [
        (len(LISTED), LISTED, True),
        (len(LISTED), b"<?php;", False),
        (len(LISTED), LISTED + b" ", False),
        (3 << 20, b"<?php 1;", False),
        (3 << 20, bytes(2 << 20), True),
    ],
    ids=["itself", "a shorter one", "a longer one", "a short one for a large", "parts of a large"],
)
def test_a_file_that_was_swapped_for_another_is_not_judged_by_that(
    monkeypatch: pytest.MonkeyPatch, size: int, content: bytes, is_judged: bool
) -> None:
    def judged(asked: Sequence[JudgeRequest], *_: object) -> list[Judgement]:
        return [Judgement() for _ in asked]

    def fetched(*_: object) -> list[bytes | None]:
        return [content]

    digest = hashlib.sha256(LISTED).hexdigest()
    listed = WebFile("/var/www", "a.php", size, 0, 0, digest, PHP, 0, "0" * 16)
    monkeypatch.setattr(classifier, "judge_files_in_child_processes", judged)
    monkeypatch.setattr(fleet.HuntRun, "_fetch_file_contents", fetched)
    hunting = fleet.HuntRun("inventory", cast(Any, None), ())
    assert set(hunting._fetch_and_judge_files(cast(Host, None), [listed], {})) == ({digest} if is_judged else set())


class Shelf:
    """Of an inventory without hunts."""

    def load_scan_cache_of_host(self, inventory: str, host: str) -> ScanCache:
        return ScanCache(host=host)


def test_facts_are_read_while_files_are_listed_with_what_the_audit_afterwards_compares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[str] = []
    answer = {"contacts": {"data": {"seen": [], "logs": 0, "cut_short": []}, "seconds": 0.1}}
    document = json.dumps({"schema": SCHEMA, "collected_at": 1, "areas": answer})

    def played(order: PlaybookOrder, **how: Any) -> PlaybookRun:
        begun.append(str(order.playbook))
        if how["meanwhile"] is not None:
            how["meanwhile"]()
        if order.playbook == "collect.yml":
            assert order.variables["luytre_told"] == {"indicators": {"key": "00"}}
            return PlaybookRun(
                "successful", (AnsibleTask("a", "", None, "compliance_facts", "ok", {"document": document}),)
            )
        return PlaybookRun("successful", ())

    monkeypatch.setattr(fleet, "play", played)
    monkeypatch.setattr(collect, "play", played)
    asked = AskedOfHosts(models={"contacts": contacts.ContactsFacts}, extra_variables={"indicators": {"key": "00"}})
    hunting = fleet.HuntRun("inventory", cast(Any, Shelf()), (), fact_query=asked)
    _hunts, facts, outcomes = hunting.hunt_hosts(
        [Host(name="a", address="192.0.2.1")], None, lambda: begun.append("here")
    )
    assert begun == ["hunt.yml", "collect.yml", "here"]
    assert isinstance(facts["a"].data["contacts"], contacts.ContactsFacts)
    assert [one.reached for one in outcomes] == [True]


@pytest.mark.parametrize(("hunts", "whole", "told"), [(1, False, True), (1, True, False), (6, False, False)])
def test_only_a_warm_hunt_tells_a_host_what_it_need_not_read_again(
    monkeypatch: pytest.MonkeyPatch, hunts: int, whole: bool, told: bool
) -> None:
    given: dict[str, Any] = {}

    class Filled(Shelf):
        def load_scan_cache_of_host(self, inventory: str, host: str) -> ScanCache:
            row = ("/var/www", "a.php", 1, 0, 0, "a" * 64, PHP, 0, "01" * 8, None)
            return ScanCache(host=host, hunts=hunts, files=(row,), sound="AAAAAAAAAAA=")

    def played(order: PlaybookOrder, **_: Any) -> PlaybookRun:
        given.update(order.variables)
        return PlaybookRun("successful", ())

    monkeypatch.setattr(fleet, "play", played)
    fleet.HuntRun("inventory", cast(Any, Filled()), (), whole=whole).hunt_hosts([Host(name="a", address="192.0.2.1")])
    assert (bool(given["luytre_stamps"]["a"]), given["luytre_sound"].get("a")) == (
        told,
        "AAAAAAAAAAA=" if told else None,
    )


def test_a_changed_file_of_a_release_carries_how_it_differs_and_what_was_added_is_judged_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = Judgement(hits=(CodeHit("evaluated", "exact", 0),))

    def judged(asked: Sequence[JudgeRequest], *_: object) -> list[Judgement]:
        return [exact if one.content == b"<?php\nadded();" else Judgement(own=("cloaks",)) for one in asked]

    content = LISTED + b"\nadded();\n"
    listed = WebFile("/var/www", "a.php", len(content), 0, 0, hashlib.sha256(content).hexdigest(), PHP, 0, "0" * 16)
    monkeypatch.setattr(classifier, "judge_files_in_child_processes", judged)
    monkeypatch.setattr(fleet.HuntRun, "_fetch_file_contents", lambda *_: [content])
    hunting = fleet.HuntRun("inventory", cast(Any, None), ())
    (told,) = hunting._fetch_and_judge_files(cast(Host, None), [listed], {listed.full_path: LISTED + b"\n"}).values()
    assert told == Judgement(own=("cloaks",), hits=exact.hits, differs="(+1 -0) +added();")


def test_what_there_was_no_time_to_judge_is_asked_for_again_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(asked: Sequence[JudgeRequest], _rules: object, is_over: Callable[[], bool]) -> list[Judgement]:
        return classifier._judge_batch(asked, None, is_over)

    listed = WebFile("/var/www", "a.php", len(LISTED), 0, 0, hashlib.sha256(LISTED).hexdigest(), PHP, 0, "0" * 16)
    monkeypatch.setattr(classifier, "judge_files_in_child_processes", judged)
    monkeypatch.setattr(fleet, "JUDGE_SECONDS", -1)
    monkeypatch.setattr(fleet.HuntRun, "_fetch_file_contents", lambda *_: [LISTED])
    hunting = fleet.HuntRun("inventory", cast(Any, None), ())
    assert hunting._fetch_and_judge_files(cast(Host, None), [listed], {}) == {}


def test_the_next_trip_is_under_way_while_the_last_one_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_again, trips = Event(), []

    def judged(asked: Sequence[JudgeRequest], *_: object) -> list[Judgement]:
        assert asked_again.wait(30)
        return [Judgement(own=("cloaks",)) for _ in asked]

    def fetched(_hunting: object, _host: object, files: Sequence[WebFile]) -> list[bytes | None]:
        trips.append([file.path for file in files])
        if len(trips) == 2:
            asked_again.set()
        return [files[0].path.encode()]

    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a.php", "b.php")}
    listed = [WebFile("/var/www", name, 5, 0, 0, digest, PHP, 0, "0" * 16) for name, digest in digests.items()]
    monkeypatch.setattr(classifier, "judge_files_in_child_processes", judged)
    monkeypatch.setattr(fleet.HuntRun, "_fetch_file_contents", fetched)
    hunting = fleet.HuntRun("inventory", cast(Any, None), ())
    assert set(hunting._fetch_and_judge_files(cast(Host, None), listed, {})) == set(digests.values())
    assert trips == [["a.php", "b.php"], ["b.php"]]


@pytest.mark.parametrize("is_warm", [False, True])
def test_what_was_only_skimmed_is_read_again_when_everything_is(is_warm: bool) -> None:
    hunting = fleet.HuntRun("inventory", cast(Any, None), ())
    cache = ScanCache(
        host="web1", hunts=0 if is_warm else 6, rules=fleet._hash_judging_code_and_rules(None)
    ).model_copy(
        update={
            "judged": {"a" * 64: json.dumps({"skimmed": True})},
            "files": (("/var/www", "a.php", 20_000, 0, 0, "a" * 64, PHP, 0, "0" * 16, None),),
        }
    )
    told = FileList(files=(), same=(0,), file_count=1, left_count=0, cut_short=False, processor=0.0)
    assert bool(hunting._triage_files_of_host(cache, told).pending_files) is not is_warm
