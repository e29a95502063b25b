"""Units that run as root: whether somebody lesser can change what they run, and whether they run what they fetch."""

import re

from ansible.module_utils.luytre.daemons import command_lines, piped_downloads

_PROPERTIES = (
    "Id,User,DynamicUser,LoadState,FragmentPath,ExecStart,ExecStartPre,ExecStartPost,ExecReload,ExecStop,ExecStopPost"
)
_LINE = re.compile(r"path=(\S*) ; argv\[\]=(.*?) ; (?:ignore_errors|flags)=")
MAX_UNITS = 2_000
MAX_TOLD = 200


def find_risky_root_units(reader):
    """Return ``(units that run as root what others can change, units that run as root what they fetch)``."""
    text = reader.run(["systemctl", "show", "--all", "--property", _PROPERTIES, "*.service"], ok=None)
    loose, fetching_units = [], []
    for unit, commands in iter_root_units_with_programs(text):
        if any(piped_downloads.is_download_piped_into_interpreter(command) for _, command in commands):
            fetching_units.append(unit)
        doubt = next(
            filter(
                None,
                (reader.trust.describe_first_changer_on_path(path) for path in _list_programs_of_commands(commands)),
            ),
            None,
        )
        if doubt:
            loose.append({"unit": unit, "doubt": doubt})
    return loose[:MAX_TOLD], fetching_units[:MAX_TOLD]


def iter_root_units_with_programs(text):
    """Yield ``(unit, [(program, command line)])`` of what ``systemctl show`` says of units that run as root."""
    for block in text.split("\n\n")[:MAX_UNITS]:
        pairs = [line.split("=", 1) for line in block.splitlines() if "=" in line]
        fields = dict(pairs)
        root = fields.get("User", "") in ("", "root", "0") and fields.get("DynamicUser") != "yes"
        if root and fields.get("LoadState") == "loaded":
            commands = [command for name, value in pairs if name.startswith("Exec") for command in _LINE.findall(value)]
            yield fields.get("Id", ""), commands


def _list_programs_of_commands(commands):
    """Return the files that commands run, or hand to an interpreter."""
    paths = []
    for program, command in commands:
        paths += [path for path in (program, *command_lines.parse_programs_of_command(command)) if path.startswith("/")]
    return list(dict.fromkeys(paths))[:20]
