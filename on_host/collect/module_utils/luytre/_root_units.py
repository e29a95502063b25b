"""Units that run as root: whether somebody lesser can change what they run, and whether they run what they fetch."""

import re

from ansible.module_utils.luytre import _fetching, cron

_SHOWN = (
    "Id,User,DynamicUser,LoadState,FragmentPath,ExecStart,ExecStartPre,ExecStartPost,ExecReload,ExecStop,ExecStopPost"
)
_LINE = re.compile(r"path=(\S*) ; argv\[\]=(.*?) ; (?:ignore_errors|flags)=")
MAX_UNITS = 2_000
MAX_TOLD = 200


def read(reading):
    """``(units that run as root what others can change, units that run as root what they fetch)``."""
    text = reading.run(["systemctl", "show", "--all", "--property", _SHOWN, "*.service"], ok=None)
    loose, fetching = [], []
    for unit, commands in of_root(text):
        if any(_fetching.fetches(command) for _, command in commands):
            fetching.append(unit)
        doubt = next(filter(None, (reading.trust.loose(path) for path in _run(commands))), None)
        if doubt:
            loose.append({"unit": unit, "doubt": doubt})
    return loose[:MAX_TOLD], fetching[:MAX_TOLD]


def of_root(text):
    """``(unit, [(program, command line)])`` of what ``systemctl show`` says of units that run as root."""
    for block in text.split("\n\n")[:MAX_UNITS]:
        pairs = [line.split("=", 1) for line in block.splitlines() if "=" in line]
        fields = dict(pairs)
        root = fields.get("User", "") in ("", "root", "0") and fields.get("DynamicUser") != "yes"
        if root and fields.get("LoadState") == "loaded":
            commands = [found for name, value in pairs if name.startswith("Exec") for found in _LINE.findall(value)]
            yield fields.get("Id", ""), commands


def _run(commands):
    """The files that commands run, or hand to an interpreter."""
    paths = []
    for program, command in commands:
        paths += [path for path in (program, *cron.programs(command)) if path.startswith("/")]
    return list(dict.fromkeys(paths))[:20]
