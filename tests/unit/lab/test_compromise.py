"""What is planted on the lab's machines: a whole list, and nothing in it that works."""

from __future__ import annotations

import json
import re
from subprocess import CompletedProcess

import pytest
from pydantic import ValidationError

from auditor.errors import InputError, LabError
from auditor.lab.compromise import (
    PlantedIntrusionTrace,
    load_planted_intrusion_traces,
    plant_intrusion_traces_on_machine,
)
from auditor.lab.lab import compromise_hosts
from auditor.lab.spec import load_lab_spec
from auditor.system import resources

_NAMED = {"www.sitemaps.org", "www.google.com"}
"""By what a sitemap is one, and a search engine says who it is."""
_RESERVED = (".example", ".test", ".invalid", ".example.com", ".example.net", ".example.org")


def test_each_is_named_once_and_lies_on_a_machine_and_site_of_the_lab() -> None:
    assert len({one.id for one in load_planted_intrusion_traces()}) == len(load_planted_intrusion_traces())
    for one in load_planted_intrusion_traces():
        host = load_lab_spec().hosts[one.host]
        assert host.standard
        assert one.site is None or one.site in host.sites
        assert one.files or one.script


def test_every_foreign_name_is_a_reserved_one() -> None:
    for one in load_planted_intrusion_traces():
        for text in (*(file.text for file in one.files), one.script):
            names = re.findall(r"https?:(?:\\?/){2}([\w.-]+)", text)
            assert [name for name in names if name not in _NAMED and not name.endswith(_RESERVED)] == []


@pytest.mark.parametrize(
    "text", ["<?php @§eval§(1);", "<?php exit; @§eval§(1);", "§eval§(1); <?php exit; // luytre-lab"]
)
def test_code_that_would_run_is_refused(text: str) -> None:
    told = {"where": "/x", "kinds": ["program"]}
    given = {
        "id": "shell",
        "host": "web1",
        "site": None,
        "what": "foothold",
        "how": {"vi": "x", "en": "x"},
        "told": told,
    }
    with pytest.raises(ValidationError, match="does not begin"):
        PlantedIntrusionTrace.model_validate({**given, "files": [{"path": "/x", "text": text}]})


def test_no_file_of_ours_holds_a_word_that_runs_what_visitors_say() -> None:
    listed = (resources.get_resources_folder() / "auditor/lab/compromised/planted.yml").read_text("utf-8")
    assert not re.search(
        r"\b(?:eval|system|shell_exec|passthru|assert)\s*\(|\$_(?:GET|POST|REQUEST|COOKIE|FILES)", listed
    )


def test_the_words_are_put_in_on_the_way_to_the_machine() -> None:
    sent: list[bytes] = []

    def run(_program: list[str], given: bytes) -> CompletedProcess[bytes]:
        sent.append(given)
        return CompletedProcess([], 0, b"", b"")

    plant_intrusion_traces_on_machine("web1", run)
    told = {one["id"]: one for one in json.loads(sent[0])}
    assert set(told) == {one.id for one in load_planted_intrusion_traces() if one.host == "web1"}
    assert "§" not in sent[0].decode("utf-8")
    assert told["shell_in_uploads"]["files"][0]["text"].startswith("<?php exit; ")


def test_what_could_not_be_planted_is_named() -> None:
    with pytest.raises(LabError, match="web2 could not be compromised: engine_only: no such user"):
        plant_intrusion_traces_on_machine(
            "web2", lambda _program, _given: CompletedProcess([], 1, b"", b"engine_only: no such user\n")
        )


def test_a_machine_for_which_nothing_is_listed_is_told_at_once() -> None:
    with pytest.raises(InputError, match="there is nothing to plant on these machines"):
        compromise_hosts(["web3"])
