"""Programs and settings against the record that was made of them, and who explains what has changed since.

What Debian's packages brought since, and what runs of ours left, explains itself: only the rest is a change to look at.
"""

import json
import os
import re

from ansible.module_utils.luytre.os import integrity_record
from ansible.module_utils.luytre.os.dpkg import STATUS, STATUS_LIMIT
from ansible.module_utils.luytre.os.integrity_record import CONTENT, GROUP, KIND, MODE, OWNER, SIZE
from ansible.module_utils.luytre_shared.files import safe_open
from ansible.module_utils.luytre_shared.incidents import web_block_config
from ansible.module_utils.luytre_shared.os.area_reader import read_text
from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe

INFO = "/var/lib/dpkg/info"
LEFTOVERS_FILE = "/var/lib/luytre/guard/left.json"
MAX_LEFT = 16_000_000
_UNITS = "/usr/local/lib/systemd/system/"
_CONTAINMENT_UNITS = {
    "luytre-contain-addresses.service": (
        ("sysinit.target", "nftables.service"),
        "486aa81c885253f0ca93551aa8b5be1a4571ac36b5b09011b25c64616449f02f",
    ),
    "luytre-contain-nftables.service": (
        ("nftables.service",),
        "70fa7272a97d695d08803b45a618cff9ccd67d0de91a4074bf8f082317c24144",
    ),
    "luytre-contain-isolation.service": (
        ("sysinit.target", "nftables.service"),
        "245488d5fc5dc6abfa16031728927517be03170b6aea40cc7e93bf2f7b9f2ff5",
    ),
    "luytre-contain-isolation-nftables.service": (
        ("nftables.service",),
        "ffaf46fd353e4a7cee9efd48d9538cdc0138ec17610b06607f82b16df58a74db",
    ),
    "luytre-contain-accounts.service": (
        ("multi-user.target",),
        "26f90875a17bbf6aa15232981928b95266ea5959b852f652fecfb0b7798a237d",
    ),
    "luytre-contain-keys.service": (
        ("multi-user.target",),
        "9681b4329461491b2fe5953f73259e313d9f4e25f3ae89352cc29e3aeaf8c20d",
    ),
    "luytre-contain-units.service": (
        ("multi-user.target",),
        "6201103ae6a6359f645f4de3145bec780c94c25ef43ddea84705655c59ea9e6a",
    ),
}
"""Units, each with what wants it, and the digest of its text."""
CONTAINMENT_FILES = {
    **{
        _UNITS + unit: [{"type": "file", "mode": 0o644, "uid": 0, "gid": 0, "sha256": digest}]
        for unit, (_by, digest) in _CONTAINMENT_UNITS.items()
    },
    **{
        "%s%s.wants/%s" % (_UNITS, by, unit): [{"type": "link", "uid": 0, "gid": 0, "target": "../" + unit}]
        for unit, (wanting, _digest) in _CONTAINMENT_UNITS.items()
        for by in wanting
    },
}
"""What is there while an incident blocks addresses or cuts the host off, byte for byte (``on_host/contain/``)."""
MAX_TOLD = 200
MAX_INFO = 30_000_000
_ABOVE_USR = re.compile(r"\A/(?:bin|sbin|lib|lib64)/")
_CONFFILE = re.compile(r"(?m)^ (/\S.*) ([0-9a-f]{32})(?: obsolete)?$")
_SUMS = re.compile(r"(?m)^([0-9a-f]{32})  (.+)$")


def collect_area_facts(reader):
    stored_record = integrity_record.load_integrity_record(trust=reader.trust)
    if stored_record is None:
        return {"record": None, "changes": []}
    record, digest = stored_record
    differences = integrity_record.find_changes_since_record(record, reader.get_seconds_left)
    open_ones = find_unexplained_changes(
        differences,
        PackageFileLists(record["made"]) if differences else None,
        {**_read_leftovers_of_runs(), **CONTAINMENT_FILES},
    )
    facts = [{"path": path, "what": what} for path, what, _ in open_ones[:MAX_TOLD]]
    return make_json_safe(
        {
            "record": {
                "made": record["made"],
                "digest": digest,
                "folders": record["folders"][:20],
                "entries": len(record["entries"]),
            },
            "changes": facts,
        }
    )


def find_unexplained_changes(differences, packages, leftovers):
    """Return the changes that neither a package nor a run of ours made. ``leftovers``: what our runs left, by path."""
    return [
        difference
        for difference in differences
        if not (
            any(_is_entry_as_left_by_run(difference[2], entry) for entry in leftovers.get(difference[0], ()))
            or packages.explains(*difference)
            or _is_new_containment_file(*difference)
        )
    ]


def _is_new_containment_file(path, change, entry):
    """Return whether a new file is one by which an incident has a web server say something, and nothing else."""
    if (
        change != "added"
        or not web_block_config.is_web_block_config_file(path)
        or entry[KIND:SIZE] != ["f", 0o644, 0, 0]
    ):
        return False
    try:
        return (
            web_block_config.drop_web_block_content_from_config(path, safe_open.read_text(path, integrity_record.CHUNK))
            == ""
        )
    except OSError:
        return False


def _is_entry_as_left_by_run(entry, state):
    """Return whether a file is as a run of ours left it; ``state`` in the guard's words."""
    if entry is None or not isinstance(state, dict) or state.get("type") == "absent":
        return entry is None and isinstance(state, dict) and state.get("type") == "absent"
    kind = {"file": "f", "folder": "d", "link": "l"}.get(state.get("type"), "o")
    content = {"f": state.get("sha256"), "l": state.get("target")}.get(kind, "")
    is_alike = [kind, state.get("uid"), state.get("gid"), content] == [
        entry[KIND],
        entry[OWNER],
        entry[GROUP],
        entry[CONTENT],
    ]
    return is_alike and (kind == "l" or state.get("mode") == entry[MODE])


def _read_leftovers_of_runs(path=LEFTOVERS_FILE):
    try:
        document = json.loads(read_text(path, MAX_LEFT) or "")
    except (ValueError, RecursionError):
        return {}
    entries = document if isinstance(document, dict) else {}
    return {name: states for name, states in entries.items() if isinstance(states, list)}


class PackageFileLists:
    """The files that dpkg has unpacked since a moment.

    These are files by their MD5 as the package told it, and the names of all else.
    """

    def __init__(self, since, info=INFO, status=STATUS):
        self._sums, self._names, self._of_all = {}, set(), None
        self._info, self._since, self._status = info, since, status
        fresh = {
            name[:-5]
            for name in self._list_names_of_file_lists()
            if os.stat(os.path.join(info, name)).st_ctime >= since
        }
        for package in fresh:
            for total, name in _SUMS.findall(read_text(os.path.join(info, package + ".md5sums"), MAX_INFO) or ""):
                self._sums[_map_path_into_usr("/" + name)] = total
            self._names.update(self._read_package_file_list(package + ".list"))
        if fresh:
            for name, total in _CONFFILE.findall(read_text(status, STATUS_LIMIT) or ""):
                if name in self._names:
                    self._sums[name] = total
        self._worked = bool(fresh) or (os.path.exists(status) and os.stat(status).st_ctime >= since)

    def explains(self, path, change, entry):
        """Return whether a package explains a change. Another's bits and owner it does not, nor a missing setting."""
        if change == "removed":
            return self._worked and not path.startswith("/etc/") and path not in self._list_paths_of_all_packages()
        if change == "mode" or entry[OWNER] != 0 or entry[MODE] & 0o6000:
            return False
        if entry[KIND] == "f":
            return (
                self._sums.get(path) == integrity_record.digest_file_or_read_link(path, entry, "md5")
                if path in self._sums
                else False
            )
        return entry[KIND] == "l" and path in self._names

    def _list_paths_of_all_packages(self):
        if self._of_all is None:
            self._of_all = {
                path for name in self._list_names_of_file_lists() for path in self._read_package_file_list(name)
            }
        return self._of_all

    def _list_names_of_file_lists(self):
        return (
            sorted(name for name in os.listdir(self._info) if name.endswith(".list"))
            if os.path.isdir(self._info)
            else []
        )

    def _read_package_file_list(self, name):
        text = read_text(os.path.join(self._info, name), MAX_INFO) or ""
        return [_map_path_into_usr(line) for line in text.splitlines() if line.startswith("/")]


def _map_path_into_usr(path):
    """Return where a path of a package lies since /bin, /sbin and /lib are links into /usr."""
    return "/usr" + path if _ABOVE_USR.match(path) else path
