"""What hosts have on record of incidents, as the programs that contain keep it; and what an audit makes of that."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from ansible.module_utils.luytre.system import containments
from ansible.module_utils.luytre_shared.incidents import action_runner, quarantine_store
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader, UnreadableFact

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.judgement import judge_collected_facts
from auditor.facts import HostFacts
from auditor.models import HostOutcome, Inventory, Run, clock
from auditor.models.incidents import ActiveContainment
from auditor.models.prior_state import PriorState
from auditor.models.response_actions import RECORD_FOLDERS, Means
from auditor.results import containment
from auditor.text.translations import Words
from tests import factory
from tests.unit.on_host.contain.programs import TOP

NOW = 1_790_000_000


def read(home: Path) -> dict[str, Any]:
    return containments.collect_area_facts(AreaReader({}, 5), str(home), str(home / "run"))


def test_every_place_is_one_of_a_program_that_contains_and_every_means_has_one() -> None:
    programs = "".join(path.read_text("utf-8") for path in (TOP / "on_host/contain").rglob("*.py"))
    places = set(re.findall(r'"/(?:var/lib|run)/luytre/([a-z-]+)"', programs))
    assert set(RECORD_FOLDERS.values()) == places
    assert set(RECORD_FOLDERS) == set(get_args(Means))


def test_records_and_folders_are_told_by_their_names_and_what_is_over_is_not(tmp_path: Path) -> None:
    assert read(tmp_path) == {"actions": [], "more": 0}
    for place in ("jobs", "contain"):
        (tmp_path / place).mkdir()
    action_runner.ActionRecord(str(tmp_path / "jobs")).save_record_of_action("SC-20261127-1/3", {"what": "x"})
    blocks = {"SC-20261127-1/4": {"until": time.time() + 60}, "SC-20261127-1/5": {"until": time.time() - 60}}
    action_runner.ActionRecord(str(tmp_path / "contain")).replace_all_records(blocks)
    quarantine_store.QuarantineStore(str(tmp_path / "quarantine")).save_record_of_action(
        "SC-20261127-1/7", {"what": "/x"}
    )
    (tmp_path / "quarantine/lock").touch()
    found = [(one["place"], one["action"]) for one in read(tmp_path)["actions"]]
    assert found == [("contain", "SC-20261127-1/4"), ("jobs", "SC-20261127-1/3"), ("quarantine", "SC-20261127-1/7")]


@pytest.mark.parametrize("text", ["{", "[1]", "7", "[" * 100_000])
def test_a_record_that_is_none_of_ours_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/actions.json").write_text(text)
    with pytest.raises(UnreadableFact, match=r"jobs/actions\.json: no record of actions"):
        read(tmp_path)


def audited(actions: list[dict[str, str]] | None, *standing: ActiveContainment) -> Run:
    host = factory.run().hosts[0].model_copy(update={"name": "web1"})
    data = (
        {"containments": {"seconds": 0, "error": None, "data": {"actions": actions, "more": 0}}}
        if actions is not None
        else {}
    )
    facts = HostFacts.parse(json.dumps({"schema": 1, "collected_at": NOW, "areas": data}))
    inventory = Inventory(path="inventories/none", hosts=(host,), organisation=None)
    prior_state = PriorState(containments=standing, open_incidents=())
    outcome = HostOutcome(host="web1", reached=True)
    return judge_collected_facts(
        AuditInput(inventory, prior_state, controls.load_catalogue(), [host], {"web1": facts}, [outcome], clock.now())
    )


def standing(number: int, means: Means) -> ActiveContainment:
    return ActiveContainment(incident="SC-20261127-1", number=number, host="web1", means=means, what="/x", known=True)


def test_what_the_host_has_and_the_case_log_has_not_is_told_and_the_reverse() -> None:
    there = [{"place": "quarantine", "action": "SC-20261127-1/1"}, {"place": "jobs", "action": "SC-20261127-1/9"}]
    there += [{"place": "salts", "action": "SC-20261127-1/8"}]
    run = audited(there, standing(1, "file"), standing(2, "account"))
    assert [one.there for one in run.contained] == [True, False]
    assert [(one.host, one.action, one.place) for one in run.unrecorded] == [("web1", "SC-20261127-1/9", "jobs")]
    first, second = containment.format_containment_lines(run.contained, Words("en"))
    assert "no record" not in first
    assert "web1 has no record of this action" in second
    assert "'auditor incident release SC-20261127-1 2'" in second
    (line,) = containment.describe_unrecorded_containments_by_host(run.unrecorded, Words("en"))
    assert "SC-20261127-1/9. The host was restored, or the case log is an older one" in line


def test_a_host_that_does_not_say_is_not_said_to_have_nothing() -> None:
    run = audited(None, standing(1, "file"))
    assert (run.contained[0].there, run.unrecorded) == (None, ())
