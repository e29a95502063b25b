"""Units of ours: laid so that systemd starts them at boot and whenever others start, and taken away without a trace."""

import contextlib
import os

from ansible.module_utils.luytre_shared.files import atomic_file
from ansible.module_utils.luytre_shared.incidents import action_runner
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

FOLDER = "/usr/local/lib/systemd/system"
SYSTEMCTL, PYTHON = "/usr/bin/systemctl", "/usr/bin/python3"
TABLES_TEXT = """\
[Unit]
Description=Lũy Tre: {what}
DefaultDependencies=no
RequiresMountsFor={home}
ConditionPathExists={kept}
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
# nftables.service throws all tables away when it stops or reloads.
After=systemd-modules-load.service nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={command}
ExecReload={command}
TimeoutStartSec=60
"""
AGAIN_TEXT = """\
[Unit]
Description=Lũy Tre: {what} when nftables.service has thrown all tables away
DefaultDependencies=no
RequiresMountsFor={home}
ConditionPathExists={kept}
Conflicts=shutdown.target
Before=shutdown.target
After=nftables.service

[Service]
Type=oneshot
ExecStart={command}
TimeoutStartSec=60
"""


class SystemdUnitSet:
    """``texts``: by their names. ``wanted``: ``(what wants it, name)``; what wants one starts it."""

    def __init__(self, texts, wants):
        self.texts, self.wanted = texts, wants

    def get_unit_file_texts_by_path(self):
        """Return what the files hold, by their paths.

        The collector knows them by their digests (``integrity.CONTAINMENT_FILES``), so that they are no finding.
        """
        return {os.path.join(FOLDER, name): text for name, text in self.texts.items()}

    def get_wants_links_and_targets(self):
        """Return why systemd starts them: each link, and where it leads."""
        return {os.path.join(FOLDER, by + ".wants", name): "../" + name for by, name in self.wanted}

    def install_all_units_and_start_one(self, unit_name, systemctl_verb="start"):
        """Install all units, and have that one running; ``systemctl_verb`` is what systemctl is told.

        Raises ActionRefusal.
        """
        for link in self.get_wants_links_and_targets():
            os.makedirs(os.path.dirname(link), 0o755, exist_ok=True)
        for path, text in self.get_unit_file_texts_by_path().items():
            atomic_file.write_file_atomically(path, text.encode("utf-8"), 0o644)
        for link, target in self.get_wants_links_and_targets().items():
            with contextlib.suppress(FileExistsError):
                os.symlink(target, link)
        if (
            action_runner.run_program([SYSTEMCTL, "daemon-reload"]) is None
            or action_runner.run_program([SYSTEMCTL, systemctl_verb, unit_name]) is None
        ):
            raise ActionRefusal("no_unit", unit_name)

    def list_planned_steps_of_installation(self, unit_name, systemctl_verb="start"):
        """Return the steps of ``install_all_units_and_start_one``: each a command, or what it does and with what."""
        return [
            *(["write", path] for path in (*self.get_unit_file_texts_by_path(), *self.get_wants_links_and_targets())),
            "systemctl daemon-reload",
            "systemctl %s %s" % (systemctl_verb, unit_name),
        ]

    def list_planned_steps_of_removal(self, unit_name):
        """Return what removal does."""
        removals = [
            ["remove", path] for path in (*self.get_wants_links_and_targets(), *self.get_unit_file_texts_by_path())
        ]
        return ["systemctl stop " + unit_name, *removals, "systemctl daemon-reload"]

    def remove_all_units_and_stop_one(self, unit_to_stop=None):
        """Have none of them, and that one no longer running; by default whichever runs goes on to its end."""
        if unit_to_stop is not None:
            action_runner.run_program([SYSTEMCTL, "stop", unit_to_stop])
        for path in (*self.get_wants_links_and_targets(), *self.get_unit_file_texts_by_path()):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        action_runner.run_program([SYSTEMCTL, "daemon-reload"])
        for folder in (*map(os.path.dirname, self.get_wants_links_and_targets()), FOLDER, os.path.dirname(FOLDER)):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def make_units_that_load_nft_table_at_boot(unit, reloading_unit, description, record_path, command):
    """Return the units that have a table of ours loaded by a command before the network is up, if what it is made of is
    kept.

    The second one starts anew whenever nftables.service does, which the first one, that stays active, does not.
    """
    words = {"what": description, "home": os.path.dirname(record_path), "kept": record_path, "command": command}
    wants = (("sysinit.target", unit), ("nftables.service", unit), ("nftables.service", reloading_unit))
    return SystemdUnitSet({unit: TABLES_TEXT.format(**words), reloading_unit: AGAIN_TEXT.format(**words)}, wants)
