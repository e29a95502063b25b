"""Units of ours: laid so that systemd starts them at boot and whenever others start, and taken away without a trace."""

import contextlib
import os

from ansible.module_utils.luytre_shared import action_runner
from ansible.module_utils.luytre_shared.action_runner import ActionRefusal

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


class Units:
    """``texts``: by their names. ``wanted``: ``(what wants it, name)``; what wants one starts it."""

    def __init__(self, texts, wants):
        self.texts, self.wanted = texts, wants

    def files(self):
        """Return what the files hold, by their paths.

        The collector knows them by their digests (``integrity.CONTAINED``), so that they are no finding.
        """
        return {os.path.join(FOLDER, name): text for name, text in self.texts.items()}

    def links(self):
        """Return why systemd starts them: each link, and where it leads."""
        return {os.path.join(FOLDER, by + ".wants", name): "../" + name for by, name in self.wanted}

    def lay(self, name, act="start"):
        """Have them all, and that one running; ``act`` is what systemctl is told. Raises Refused."""
        for link in self.links():
            os.makedirs(os.path.dirname(link), 0o755, exist_ok=True)
        for path, text in self.files().items():
            action_runner.write(path, text.encode("utf-8"), 0o644)
        for link, target in self.links().items():
            with contextlib.suppress(FileExistsError):
                os.symlink(target, link)
        if (
            action_runner.run_program([SYSTEMCTL, "daemon-reload"]) is None
            or action_runner.run_program([SYSTEMCTL, act, name]) is None
        ):
            raise ActionRefusal("no_unit", name)

    def steps(self, name, act="start"):
        """Return what ``lay`` does, each step as a command, or as what it does and with what."""
        return [
            *(["write", path] for path in (*self.files(), *self.links())),
            "systemctl daemon-reload",
            "systemctl %s %s" % (act, name),
        ]

    def last_steps(self, name):
        """Return what ``take_away`` does."""
        removals = [["remove", path] for path in (*self.links(), *self.files())]
        return ["systemctl stop " + name, *removals, "systemctl daemon-reload"]

    def take_away(self, stop=None):
        """Have none of them, and that one no longer running; by default whichever runs goes on to its end."""
        if stop is not None:
            action_runner.run_program([SYSTEMCTL, "stop", stop])
        for path in (*self.links(), *self.files()):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        action_runner.run_program([SYSTEMCTL, "daemon-reload"])
        for folder in (*map(os.path.dirname, self.links()), FOLDER, os.path.dirname(FOLDER)):
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def make_table_units(unit, again, what, record_path, command):
    """Return the units that have a table of ours loaded by a command before the network is up, if what it is made of is
    kept.

    The second one starts anew whenever nftables.service does, which the first one, that stays active, does not.
    """
    words = {"what": what, "home": os.path.dirname(record_path), "kept": record_path, "command": command}
    wants = (("sysinit.target", unit), ("nftables.service", unit), ("nftables.service", again))
    return Units({unit: TABLES_TEXT.format(**words), again: AGAIN_TEXT.format(**words)}, wants)
