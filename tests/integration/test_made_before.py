"""A host on which the program of commit ade021b9 hardened and contained, met by the present program.

Beside the controller's files of then: its snapshots, its records of what it contained, what it changed.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from auditor import lab
from auditor.models import clock
from tests import made_before
from tests.lab import boot, targets
from tests.lab.fixtures import Ended, environment, quiet, run
from tests.made_before import FOLDER, INCIDENT

WHO = ("--who", "Văn phòng")
ROW_NUMBER = "11"
LIST_FILES = (
    'for path; do stat -c \'%a %U %G\' "$path" 2> /dev/null || { echo none; continue; }; sha256sum < "$path"; done'
)

SAME_DATABASE_LOGIN = r"""set -e
password=$(sed -n "s/^define( *'DB_PASSWORD', *'\(.*\)' *);.*/\1/p" /var/www/antruc.test/wp-config.php)
mariadb -N -e "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = 'antruc'" | while read -r account; do
    mariadb -e "ALTER USER $account IDENTIFIED BY '$password'"
done
"""
"""Each image has a password of its own for the site's database; the unpacked settings have that of then."""


@dataclass(frozen=True)
class Story:
    """What the present program made of it."""

    audited: Mapping[str, Any]
    drifted: Ended
    rolled_back: Ended
    released: Ended
    row_back: Ended
    goes_on: Sequence[Ended]
    in_force: Sequence[set[str]]
    """What was contained: on the host as it was left, rolled back, released, and with the row put back."""
    files: Mapping[str, list[str] | None]
    """The files that the hardening changed, after its rollback."""


def look_at(paths: Sequence[str]) -> dict[str, list[str] | None]:
    """Return mode, owner, group and the beginning of the digest of each path; None for one that is not there."""
    said = lab.run_on_machine_as_root(targets.HOST, ["sh", "-c", LIST_FILES, "sh", *paths]).stdout.decode().splitlines()
    found: dict[str, list[str] | None] = {}
    lines = iter(said)
    for path in paths:
        line = next(lines)
        found[path] = None if line == "none" else [*line.split(), next(lines)[:16]]
    return found


def put_on_host(facts: Mapping[str, Any]) -> None:
    """Bring the pristine host to where the program of then left it."""
    lab.reset_machines_to_pristine_image([targets.HOST])
    quiet(targets.HOST)
    for script, given in (
        ("apt-get install -qq -y nftables", None),
        ("tar -x --numeric-owner -C / -f -", lzma.decompress(made_before.HOST.read_bytes())),
        ("mariadb antruc_wp", facts["administrator"].encode()),
        (SAME_DATABASE_LOGIN, None),
    ):
        done = lab.run_on_machine_as_root(targets.HOST, script, given)
        assert done.returncode == 0, done.stderr.decode()
    boot.reboot(targets.HOST)
    quiet(targets.HOST)


def contained_then() -> set[str]:
    """Return the means of all that was contained and is still due: an address is blocked for 30 days at most."""
    facts = made_before.load_facts()
    is_over = clock.now() > clock.parse_iso_moment(facts["address_until"])
    return set(facts["planted"]) - ({"address"} if is_over else set())


@pytest.fixture(scope="module")
def story(booted: object) -> Iterator[Story]:
    facts = made_before.load_facts()
    planted = facts["planted"]
    put_on_host(facts)
    targets.plant(targets.HOST, ["isolation"])  # gives the bridge the addresses of strangers, and plants nothing
    try:
        with made_before.unpack_controller() as variables:
            state = {**environment(FOLDER), **variables}
            folder = str(FOLDER / "out")

            def say(*arguments: str) -> Ended:
                return run(state, *arguments)

            in_force = [targets.in_force(targets.HOST, planted)]
            said = say("audit", "--limit", targets.HOST, "--json", "--format", "json", "--output", folder)
            assert said.code in (0, 1), said.err
            drifted = say("drift", "--limit", targets.HOST)
            rolled_back = say("rollback", facts["hardening"], "--limit", targets.HOST, "--yes")
            in_force.append(targets.in_force(targets.HOST, planted))
            files = look_at(list(facts["before"]))
            released = say("incident", "release", INCIDENT, *WHO)
            in_force.append(targets.in_force(targets.HOST, planted))
            row_back = say("incident", "release", INCIDENT, ROW_NUMBER, *WHO)
            in_force.append(targets.in_force(targets.HOST, planted))
            goes_on = [
                say("incident", "reported", INCIDENT, "first", "--how", "công văn", *WHO),
                say("incident", "collect", INCIDENT, *WHO),
                say("incident", "verify", INCIDENT),
                say("incident", "next", INCIDENT),
                say("report", "--output", folder),
                say("history", "verify"),
            ]
            yield Story(
                audited=said.json,
                drifted=drifted,
                rolled_back=rolled_back,
                released=released,
                row_back=row_back,
                goes_on=goes_on,
                in_force=in_force,
                files=files,
            )
    finally:
        lab.reset_machines_to_pristine_image([targets.HOST])


def test_the_audit_knows_what_was_contained(story: Story) -> None:
    contained = {(one["means"], one["there"]) for one in story.audited["contained"]}
    assert contained == {(means, True) for means in contained_then() - {"row"}}


def test_what_was_contained_is_in_force_until_it_is_released(story: Story) -> None:
    everything = contained_then()
    assert story.released.code == 0, story.released.out + story.released.err
    assert story.row_back.code == 0, story.row_back.out + story.row_back.err
    assert story.in_force == [everything, everything, {"row"}, set()]


def test_a_hardening_of_then_is_rolled_back(story: Story) -> None:
    assert story.drifted.code in (0, 1), story.drifted.err
    assert story.rolled_back.code == 0, story.rolled_back.out + story.rolled_back.err
    assert story.files == made_before.load_facts()["before"]


def test_the_incident_and_the_history_go_on(story: Story) -> None:
    assert [(one.code, one.out + one.err) for one in story.goes_on if one.code] == []
