"""Every host's variables, from an inventory of Ansible's YAML, merged as Ansible merges them.

The later wins: ``vars:`` of ``all``; of the other groups, by depth, ``ansible_group_priority`` and name;
``group_vars/all``; ``group_vars/`` of the other groups, in the same order; what stands beside the host, in order of the
files; ``host_vars/``.
"""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from auditor.errors import InputError, find_nearest_known_name
from auditor.inventory import vault
from auditor.system.yaml_source import find_line_of_path_in_yaml_file, parse_yaml, read_text

_SUFFIXES = (".yml", ".yaml")
NOT_READ = rf"^(?!.*({'|'.join(map(re.escape, _SUFFIXES))})$)"
"""In an inventory folder, the names of what is not part of it, as a pattern for Ansible."""
_BESIDE = frozenset({"group_vars", "host_vars", "vars_plugins", "office"})
_NEVER_READ = frozenset({".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"})
"""What Ansible passes over in an inventory folder, besides hidden files and those that end in ``~``."""
_YAML_SUFFIXES = ("", *_SUFFIXES, ".json")
"""Of an inventory that is one file, and of files of variables."""
_SECTIONS = ("hosts", "vars", "children")
_ALL, _UNGROUPED = "all", "ungrouped"


@dataclass(frozen=True)
class SourcedValue:
    """A value, and where it was written."""

    value: Any
    file: Path
    path: tuple[int | str, ...] = ()
    over: SourcedValue | None = None
    """What the same variable was until this was read."""

    @property
    def file_and_line(self) -> str:
        """Return ``file:line``."""
        return f"{self.file}:{find_line_of_path_in_yaml_file(self.file, self.path)}"

    def make_error_at_value(
        self, what: str, mend: str, *below: int | str, guess: str | None = None, **values: Any
    ) -> InputError:
        """Return a mistake in it, or in what is ``below`` it."""
        line = find_line_of_path_in_yaml_file(self.file, [*self.path, *below])
        return InputError(what, mend=mend, file=self.file, line=line, guess=guess, **values)

    def iter_members_of_mapping(self, what: str, mend: str, **values: Any) -> Iterator[tuple[Any, SourcedValue]]:
        """Yield each value of a mapping by its key; nothing when it is empty.

        Raises InputError when it is something else.
        """
        if not self.value:
            return
        if not isinstance(self.value, dict):
            raise self.make_error_at_value(what, mend, **values)
        for key, value in self.value.items():
            yield key, SourcedValue(value, self.file, (*self.path, key))


Variables = Mapping[str, SourcedValue]


def load_variables_by_host(path: Path) -> Mapping[str, Variables]:
    """Return each host's variables by its name, in the order in which hosts are named. Raises InputError."""
    groups = _InventoryGroups()
    for file in _list_inventory_files_to_read(path):
        groups.read_groups_of_file(_parse_inventory_file(file))
    groups.check_no_host_is_named_like_group()
    return groups.merge_variables_by_host(get_folder_of_inventory(path))


def get_folder_of_inventory(path: Path) -> Path:
    """Return the folder of an inventory, which is that folder or a file in it."""
    return path if path.is_dir() else path.parent


def list_inventory_files_never_read(path: Path) -> Sequence[Path]:
    """Return what lies in an inventory folder as if it belonged to it, and is read by no run."""
    if not path.is_dir():
        return ()
    read = {*_list_inventory_files_to_read(path), *(path / name for name in _BESIDE)}
    return tuple(
        entry
        for entry in sorted(path.iterdir())
        if entry not in read
        and not entry.name.startswith(".")
        and not entry.name.endswith("~")
        and entry.suffix not in _NEVER_READ
    )


def _list_inventory_files_to_read(path: Path) -> Sequence[Path]:
    if path.is_file() and path.suffix in _YAML_SUFFIXES:
        return (path,)
    if path.is_file():
        raise _make_error_if_ini_inventory(path) or InputError(
            "is not named like a YAML file", file=path, mend="give it a name that ends in .yml"
        )
    if not path.exists():
        raise InputError(
            "the inventory does not exist",
            file=path,
            mend="give your inventory folder with -i or in LUYTRE_INVENTORY, for example -i inventories/xa",
        )
    if not path.is_dir():
        raise InputError(
            "is neither a folder nor a file",
            file=path,
            mend="give your inventory folder with -i or in LUYTRE_INVENTORY, for example -i inventories/xa",
        )
    files = [
        file
        for file in sorted(path.iterdir())
        if file.suffix in _SUFFIXES and not file.name.startswith(".") and file.is_file()
    ]
    if not files:
        beside = (file for file in sorted(path.iterdir()) if file.is_file())
        raise next(filter(None, map(_make_error_if_ini_inventory, beside)), None) or make_no_hosts_error(path)
    return tuple(files)


def make_no_hosts_error(path: Path) -> InputError:
    """Return the error for an inventory that names no host yet."""
    return InputError(
        "no hosts in this inventory",
        file=path,
        mend="add one with 'auditor enroll HOST --address ADDRESS -i {folder}'",
        folder=get_folder_of_inventory(path),
    )


_LOOKED_AT = 4000
"""Characters of a file by which its form is told."""
_INI = re.compile(r"(?:[ \t]*(?:[#;][^\n]*)?\n)*(?:\[[^\]\n]+\][ \t]*(?:\n|\Z)|[\w.-]+[ \t]+\w+=)")
"""How Ansible's other form of an inventory begins: a group, or a host with its variables on one line."""


def _make_error_if_ini_inventory(file: Path) -> InputError | None:
    """Return the error for an inventory in INI form; None for anything else."""
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            begins = text.read(_LOOKED_AT)
    except OSError:
        return None
    if not _INI.match(begins):
        return None
    yaml_path = file.with_suffix(".yml" if file.suffix != ".yml" else ".yaml")
    return InputError(
        "is an INI inventory, but only YAML is supported",
        file=file,
        mend=("ansible-inventory -i {path} --list --yaml --output {written}, then take the INI file away"),
        path=file,
        written=yaml_path,
    )


def _parse_inventory_file(file: Path) -> SourcedValue:
    text = read_text(file)
    try:
        value = parse_yaml(
            vault.decrypt_text_of_vault_file(text, file) if vault.is_ansible_vault_text(text) else text, file
        )
    except InputError as error:
        if (ini := _make_error_if_ini_inventory(file)) is not None:
            raise ini from error
        raise
    if isinstance(value, str | list) and (ini := _make_error_if_ini_inventory(file)) is not None:
        raise ini
    return SourcedValue(value, file)


@dataclass
class _InventoryGroups:
    """The groups and hosts that the files have named so far."""

    variables: dict[str, dict[str, SourcedValue]] = field(default_factory=lambda: {_ALL: {}, _UNGROUPED: {}})
    parents: dict[str, set[str]] = field(default_factory=lambda: {_ALL: set(), _UNGROUPED: {_ALL}})
    hosts: dict[str, dict[str, SourcedValue]] = field(default_factory=dict)
    named_by: dict[str, dict[str, SourcedValue]] = field(default_factory=dict)
    """Host name to the groups that name it, and where."""
    _depths: dict[str, int] = field(default_factory=dict)

    def read_groups_of_file(self, file: SourcedValue) -> None:
        for name, body in file.iter_members_of_mapping(
            "an inventory file must be a mapping of groups", "begin with 'all:'"
        ):
            self._read_group(name, body)

    def check_no_host_is_named_like_group(self) -> None:
        """Raise InputError for a host named like a group: to name it would be to name them all."""
        for host, groups in self.named_by.items():
            if host in self.variables:
                where = next(iter(groups.values()))
                raise where.make_error_at_value("host {host} has the name of a group", "rename one of them", host=host)

    def merge_variables_by_host(self, folder: Path) -> Mapping[str, Variables]:
        """Return each host's variables, with those of ``group_vars/`` and ``host_vars/`` in ``folder``."""
        files = {group: _read_group_or_host_vars_files(folder / "group_vars", group) for group in self.variables}
        ranks = {group: self._get_merge_rank_of_group(group) for group in self.variables}
        variables_by_host = {}
        for host, own in self.hosts.items():
            groups = [_ALL, *sorted(self._list_groups(host), key=ranks.__getitem__)]
            beside = _read_group_or_host_vars_files(folder / "host_vars", host)
            variables_by_host[host] = _merge_layers(
                [*(self.variables[group] for group in groups), *(files[group] for group in groups), own, beside]
            )
        return variables_by_host

    def _read_group(self, name: Any, group: SourcedValue, parent: str | None = None) -> None:
        if not isinstance(name, str) or not name:
            raise group.make_error_at_value("the name of group {group} is not text", "put it in quotes", group=name)
        self.variables.setdefault(name, {})
        self.parents.setdefault(name, set())
        if parent is not None:
            self._put_group_below_parent(parent, name, group)
        for key, section in group.iter_members_of_mapping(
            "group {group} is not a mapping", "give it hosts:, vars: or children:", group=name
        ):
            match key:
                case "vars":
                    self.variables[name] = _merge_layers([self.variables[name], _read_variables_of_section(section)])
                case "hosts":
                    for host, own in _iter_members_of_group_section(name, section):
                        self._read_hosts_of_group(name, host, own)
                case "children":
                    for child, body in _iter_members_of_group_section(name, section):
                        self._read_group(child, body, name)
                case _:
                    raise section.make_error_at_value(
                        "group {group} has an unknown key {key}",
                        "a group may contain only hosts:, vars: and children:",
                        guess=find_nearest_known_name(str(key), _SECTIONS),
                        group=name,
                        key=repr(key),
                    )

    def _read_hosts_of_group(self, group: str, key: Any, own: SourcedValue) -> None:
        names, port = _expand_host_names_and_port_of_key(key, own)
        for name in names:
            if name not in self.hosts:
                self.hosts[name] = {} if port is None else {"ansible_port": replace(own, value=port)}
            self.named_by.setdefault(name, {}).setdefault(group, own)
            self.hosts[name] = _merge_layers([self.hosts[name], _read_variables_of_section(own)])

    def _put_group_below_parent(self, parent: str, child: str, where: SourcedValue) -> None:
        if child in {_ALL, parent, *self._list_ancestors([parent])}:
            raise where.make_error_at_value(
                "group {group} contains itself", "take it out of the groups below it", group=child
            )
        self.parents[child].add(parent)

    def _list_ancestors(self, groups: Iterable[str]) -> set[str]:
        """Return all groups above these."""
        ancestors: set[str] = set()
        queue = list(groups)
        while queue:
            new = self.parents[queue.pop()] - ancestors
            ancestors |= new
            queue += new
        return ancestors

    def _list_groups(self, host: str) -> set[str]:
        """Return all groups that a host is in, but for ``all``; ``ungrouped`` when there is no other."""
        group_names = set(self.named_by[host])
        others = (group_names | self._list_ancestors(group_names)) - {_ALL, _UNGROUPED}
        group_names = group_names - {_UNGROUPED} if others else {_UNGROUPED}
        return (group_names | self._list_ancestors(group_names)) - {_ALL}

    def _get_merge_rank_of_group(self, group: str) -> tuple[int, int, str]:
        priority = self.variables[group].get("ansible_group_priority")
        return self._get_depth_of_group(group), _parse_int_or_one(priority.value) if priority else 1, group

    def _get_depth_of_group(self, group: str) -> int:
        """Return how many groups are above it, on the longest way to ``all``, of which every group is a child."""
        if group == _ALL:
            return 0
        if group not in self._depths:
            self._depths[group] = 1 + max(
                (self._get_depth_of_group(parent) for parent in self.parents[group]), default=0
            )
        return self._depths[group]


def _merge_layers(layers: Iterable[Variables]) -> dict[str, SourcedValue]:
    """Return the variables of all layers, the later winning."""
    result: dict[str, SourcedValue] = {}
    for layer in layers:
        result |= {key: replace(value, over=value.over or result.get(key)) for key, value in layer.items()}
    return result


def _read_variables_of_section(section: SourcedValue) -> dict[str, SourcedValue]:
    members = section.iter_members_of_mapping("variables must be a mapping", "write 'name: value' lines")
    return {str(key): value for key, value in members}


def _iter_members_of_group_section(group: str, section: SourcedValue) -> Iterator[tuple[Any, SourcedValue]]:
    return section.iter_members_of_mapping(
        "{section}: of group {group} is not a mapping",
        "write each name on a line of its own, a colon after it",
        section=section.path[-1],
        group=group,
    )


def _parse_int_or_one(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 1


def _read_group_or_host_vars_files(folder: Path, name: str) -> dict[str, SourcedValue]:
    """Return what ``group_vars/`` or ``host_vars/`` says.

    The first of NAME, NAME.yml, … that is there, of a folder all files.
    """
    path = next((file for suffix in _YAML_SUFFIXES if (file := folder / f"{name}{suffix}").exists()), None)
    files = () if path is None else _iter_yaml_files_below_folder(path) if path.is_dir() else (path,)
    return _merge_layers(_read_variables_of_section(_parse_inventory_file(file)) for file in files)


def _iter_yaml_files_below_folder(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.endswith("~"):
            continue
        if entry.is_dir() and not entry.suffix:
            yield from _iter_yaml_files_below_folder(entry)
        elif entry.is_file() and entry.suffix in _YAML_SUFFIXES:
            yield entry


# --- names of hosts ------------------------------------------------------------------------------------------

_WITH_PORT = re.compile(
    r"\[(?P<bracketed>[^\[\]]+)\]:(?P<port>\d+)|(?P<plain>(?:[^:\[\]]|\[[^\]]*\])*):(?P<number>\d+)"
)
_RANGE = re.compile(r"\[(?P<first>\w*):(?P<last>\w+)(?::(?P<step>\d+))?\]", re.ASCII)
_FIT = re.compile(r"\w[\w.-]*")
"""What a host may be called, so that its name is neither a pattern nor an option to Ansible."""


def _expand_host_names_and_port_of_key(key: Any, own: SourcedValue) -> tuple[Sequence[str], int | None]:
    """Return the hosts that a key under ``hosts:`` stands for, which may be a range, and the port behind it."""
    if not isinstance(key, str):
        raise own.make_error_at_value("the name of host {host} is not text", "put it in quotes", host=key)
    match = _WITH_PORT.fullmatch(key)
    pattern = (match["bracketed"] or match["plain"]) if match else key
    names = _expand_host_name_range(pattern)
    if not names:
        raise own.make_error_at_value("{key} is not a range of hosts", "write it like web[01:03].test", key=repr(key))
    for name in names:
        if not _FIT.fullmatch(name) and not _is_ip_address(name):
            raise own.make_error_at_value(
                "{name} is not a valid host name", "use letters, digits, dots, dashes and underscores", name=repr(name)
            )
    return names, int(match["port"] or match["number"]) if match else None


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _expand_host_name_range(pattern: str) -> Sequence[str]:
    """Return all names of a range; none when it is no sound one."""
    match = _RANGE.search(pattern)
    if match is None:
        return (pattern,)
    head, tail = pattern[: match.start()], pattern[match.end() :]
    step = int(match["step"] or 1)
    members = _expand_range_bounds(match["first"] or "0", match["last"], step) if step else ()
    return [name for member in members for name in _expand_host_name_range(f"{head}{member}{tail}")]


def _expand_range_bounds(first: str, last: str, step: int) -> Iterable[str]:
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") and len(first) > 1 else 0
        numbers = range(int(first), int(last) + 1, step) if width in (0, len(last)) else ()
        return (f"{number:0{width}}" for number in numbers)
    if len(first) == len(last) == 1 and first.isalpha() and last.isalpha():
        letters = string.ascii_letters
        return letters[letters.index(first) : letters.index(last) + 1 : step]
    return ()
