"""Image layers: what decides that one is made anew."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.lab import apt, ca, images
from auditor.lab.layers import ImageLayer, compute_tree_digest, remove_unused_image_layers
from auditor.lab.spec import load_lab_spec
from auditor.lab.state import LabState


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> LabState:
    own = LabState(tmp_path_factory.mktemp("lab"))
    own.make_folders_key_and_password()
    ca.make_certificate_authority(own.ca_certificate_file)
    return own


def _layer(**changes: object) -> ImageLayer:
    values = {"title": "a", "script": "system.sh", "below": None, "inputs": {"packages": "nginx\n"}} | changes
    return ImageLayer(**values)  # type: ignore[arg-type]


def test_a_layer_is_the_same_as_long_as_its_inputs_are() -> None:
    assert _layer().digest == _layer(title="another name").digest


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": {"packages": "apache2\n"}},
        {"inputs": {"unpacked": "nginx\n"}},
        {"script": "base.sh"},
        {"below": _layer()},
        {"identity": "another key"},
    ],
)
def test_a_layer_changes_with_anything_it_is_made_from(changes: dict[str, object]) -> None:
    assert _layer(**changes).digest != _layer().digest


def test_a_change_below_changes_what_is_above() -> None:
    assert _layer(below=_layer(identity="1")).digest != _layer(below=_layer(identity="2")).digest


def test_a_tree_changes_with_names_contents_links_and_executable_bits(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    digests = [compute_tree_digest(tmp_path)]
    for change in (
        lambda: (tmp_path / "a").write_text("2"),
        lambda: (tmp_path / "a").chmod(0o755),
        lambda: (tmp_path / "a").rename(tmp_path / "b"),
        lambda: (tmp_path / "c").symlink_to("b"),
        lambda: ((tmp_path / "c").unlink(), (tmp_path / "c").symlink_to("elsewhere")),
    ):
        change()
        digests.append(compute_tree_digest(tmp_path))
    assert len(set(digests)) == len(digests)


def test_machines_of_one_release_share_its_layer(state: LabState) -> None:
    stacks = {
        name: images.get_top_image_layer_of_machine(load_lab_spec(), name, state).stack
        for name in load_lab_spec().hosts
    }
    assert {len(stack) for stack in stacks.values()} == {3}
    assert stacks["web1"][-1].digest == stacks["web3"][-1].digest != stacks["web2"][-1].digest
    assert stacks["web1"][-1].digest == stacks["mess2"][-1].digest
    assert len({layer.digest for stack in stacks.values() for layer in stack}) == 12


def test_a_testers_archive_goes_into_the_machine_that_knows_its_name(
    state: LabState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        name: images.get_top_image_layer_of_machine(load_lab_spec(), name, state).digest
        for name in ("web1", "mess1", "mess2")
    }
    for name in ("nukeviet-4.5.05.zip", "nukeviet-4.5.06.zip", "other.zip"):
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.setenv("LUYTRE_ARCHIVES", str(tmp_path))
    given = {name: images.get_top_image_layer_of_machine(load_lab_spec(), name, state) for name in own}
    assert [given[name].digest == own[name] for name in own] == [True, False, True]
    assert given["mess1"].inputs["archive-nukeviet"] == tmp_path / "nukeviet-4.5.06.zip"
    monkeypatch.setenv("LUYTRE_ARCHIVES", str(tmp_path / "none"))
    with pytest.raises(InputError, match="is not a folder"):
        images.get_top_image_layer_of_machine(load_lab_spec(), "mess1", state)


def test_nothing_made_means_everything_missing_lower_layers_first(state: LabState) -> None:
    order = [layer.script for layer in images.list_missing_layers(load_lab_spec(), state, load_lab_spec().standard)]
    assert order == ["base.sh"] * 2 + ["system.sh"] * 3 + ["site.sh"] * 3


def test_a_new_automation_key_remakes_only_the_top_layers(state: LabState, tmp_path: Path) -> None:
    other = LabState(tmp_path)
    other.make_folders_key_and_password()
    ca.make_certificate_authority(other.ca_certificate_file)
    mine, theirs = (images.get_top_image_layer_of_machine(load_lab_spec(), "web1", own).stack for own in (state, other))
    assert [a.digest == b.digest for a, b in zip(mine, theirs, strict=True)] == [False, True, True]


def test_sweeping_keeps_layers_in_use_and_logs(tmp_path: Path) -> None:
    for name in ("kept", "old", ".making-old-x"):
        (tmp_path / name / "files").mkdir(parents=True)
    (tmp_path / "web1.log").touch()
    remove_unused_image_layers(tmp_path, {"kept"})
    assert {entry.name for entry in tmp_path.iterdir()} == {"kept", "web1.log"}


def test_secrets_are_made_once_and_for_their_owner_alone(state: LabState) -> None:
    before = state.root_password_file.read_text()
    state.make_folders_key_and_password()
    assert state.root_password_file.read_text() == before
    for file in (state.private_key_file, state.root_password_file, state.ca_certificate_file.with_name("ca.key")):
        assert file.stat().st_mode & 0o077 == 0


def test_certificates_verify_against_the_labs_authority_and_expire_as_asked(state: LabState, tmp_path: Path) -> None:
    today = dt.datetime.now(dt.UTC).date()
    sites = {domain: site for host in load_lab_spec().hosts.values() for domain, site in host.sites.items()}
    for domain, good in (("antruc.test", True), ("bennua.test", False)):
        certificate, key = ca.issue_certificate(state.ca_certificate_file, domain, sites[domain], today)
        file = tmp_path / domain
        file.write_text(certificate)
        checked = subprocess.run(
            [
                "openssl",
                "verify",
                "-CAfile",
                str(state.ca_certificate_file),
                "-verify_hostname",
                f"www.{domain}",
                str(file),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode == 0) is good, checked.stderr
        assert good or "certificate has expired" in checked.stderr
        assert key.startswith("-----BEGIN PRIVATE KEY-----")


def test_the_machines_own_mirror_is_found_and_nothing_else() -> None:
    targets = """http://mirror.test/debian/|trixie|main|/usr/share/keyrings/x.pgp
http://mirror.test/debian/|trixie|contrib|/usr/share/keyrings/x.pgp
http://mirror.test/debian/|trixie|main|/usr/share/keyrings/x.pgp
http://mirror.test/debian/|trixie-updates|main|
http://mirror.test/security/|trixie-security|main|$(SIGNED_BY)
http://mirror.test/debian/|trixie-backports|main|
file:/srv/local/|./|$(COMPONENT)|$(SIGNED_BY)"""
    lines = [source.format_sources_list_line("bookworm") for source in apt.parse_sources(targets)]
    keyring = "/usr/share/keyrings/debian-archive-keyring.pgp"
    assert lines == [
        "deb [signed-by=/usr/share/keyrings/x.pgp] http://mirror.test/debian/ bookworm main",
        f"deb [signed-by={keyring}] http://mirror.test/debian/ bookworm-updates main",
        f"deb [signed-by={keyring}] http://mirror.test/security/ bookworm-security main",
    ]


def test_only_how_to_fetch_is_taken_from_the_machines_apt() -> None:
    dump = 'APT::Architecture "amd64";\nAcquire::http::Proxy "http://p.test:3128/";\nAcquire::Languages:: "vi";\n'
    assert apt.parse_apt_fetch_options(dump) == 'Acquire::http::Proxy "http://p.test:3128/";\n'


def test_what_python_keeps_beside_its_files_changes_no_image(tmp_path: Path) -> None:
    (tmp_path / "portal.py").write_text("x = 1\n")
    before = compute_tree_digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/portal.cpython-313.pyc").write_bytes(b"x")
    assert compute_tree_digest(tmp_path) == before
