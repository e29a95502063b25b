"""A list written into an inventory: as one new file beside what is there, of hosts that nothing there names, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from auditor.errors import InputError
from auditor.inventory import hosts as inventories
from auditor.inventory import organisation as organisations
from auditor.inventory import reach as reaching
from auditor.inventory import trial
from auditor.inventory.table import entries, source
from auditor.inventory.table.columns import COLUMNS, folded
from auditor.inventory.table.entries import Entry, Listed
from auditor.inventory.table.source import Table
from auditor.inventory.variables import Variables
from auditor.models import Site
from auditor.system import files
from auditor.text.visible import one_line
from auditor.text.words import Words

_USER, _KEY_FILE = "luytre", "~/.ssh/luytre"
"""As ``auditor enroll`` makes them unless told otherwise."""
_HOST_FIELDS = tuple(column.field for column in COLUMNS if column.of == "host" and column.field != "name")


@dataclass(frozen=True)
class Kept:
    """A host that the inventory has already, and stays as it is there; ``differs``: fields in which the list says otherwise."""

    name: str
    where: str
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Imported:
    """What an import comes to."""

    file: Path | None
    """The new file; None: the inventory had every host."""
    entries: tuple[Entry, ...]
    kept: tuple[Kept, ...]
    unread: tuple[str, ...]
    """Headings of the columns that were not read."""


class Wrong(Exception):
    """A list that was not imported, with ``every`` mistake in it, in order of its rows."""

    def __init__(self, every: Sequence[InputError]) -> None:
        super().__init__(f"mistakes: {len(every)}")
        self.every = tuple(every)


def load(file: Path, folder: Path) -> Imported:
    """Import the list in ``file`` into the inventory ``folder``, all of it or nothing. Raises InputError, Wrong."""
    if not folder.is_dir():
        raise InputError(
            "an import requires an inventory folder",
            file=folder,
            mend=f"run mkdir -p {folder}, or copy inventories/example",
        )
    has_hosts = any(folder.glob("*.y*ml"))
    known = reaching.of_hosts(folder) if has_hosts else {}
    if has_hosts:
        inventories.load(folder)
    table = source.read(file)
    read = entries.read(table, organisations.load(folder))
    wrong = [*read.wrong, *_misplaced(table, read.entries, folder, known)]
    if wrong:
        raise Wrong(sorted(wrong, key=lambda error: error.line or 0))
    new = tuple(entry for entry in read.entries if entry.name not in known)
    kept = tuple(_kept(entry, known[entry.name]) for entry in read.entries if entry.name in known)
    if not read.entries:
        raise InputError("has no host below the heading row", file=file, mend="write one server or site in each row")
    return Imported(_recorded(new, file, folder) if new else None, new, kept, table.headings.unread)


def _recorded(new: Sequence[Entry], file: Path, folder: Path) -> Path:
    name = _free_name(folder, file)
    with trial.inventory(folder, name, _text(new, {}, file)) as there:
        given = reaching.of_hosts(there)
    text = _text(new, {entry.name: _lacking(given[entry.name]) for entry in new}, file)
    with trial.inventory(folder, name, text) as there:
        inventories.load(there)
        reaching.check_addresses(there)
    return files.file(folder / name, text.encode())


def _free_name(folder: Path, file: Path) -> str:
    """What the list is called, or that with a number when the inventory has such a file."""
    stem = "-".join(re.findall(r"[a-z0-9]+", folded(file.stem)))[:80] or "import"
    names = (f"{stem}{number}.yml" for number in ("", *(f"-{count}" for count in range(2, 1000))))
    return next(name for name in names if not (folder / name).exists() and not (folder / name).is_symlink())


def _lacking(own: Variables) -> Mapping[str, str | None]:
    """What an enrolled host needs, and neither the list nor the inventory's groups say."""
    way = reaching.way(_USER, _KEY_FILE, reaching.KNOWN_HOSTS)
    return {key: value for key, value in way.items() if key not in own}


def _text(new: Sequence[Entry], lacking: Mapping[str, Mapping[str, str | None]], file: Path) -> str:
    hosts: dict[str, dict[str, Any]] = {
        entry.name: {
            **entry.host.said,
            **lacking.get(entry.name, {}),
            **({"luytre_sites": [site.said for site in entry.sites]} if entry.sites else {}),
        }
        for entry in new
    }
    text = yaml.dump({"all": {"hosts": hosts}}, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=200)
    return f"---\n# Imported by 'auditor inventory import' from {one_line(file.name, 200)}: from now on, change it here.\n{text}"


class _Plain(yaml.SafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# --- hosts that are there -----------------------------------------------------------------------------


def _kept(entry: Entry, own: Variables) -> Kept:
    sites = {site["domain"]: site for site in _sites(own)}
    differs = [key for key, said in entry.host.said.items() if key not in own or own[key].value != said]
    differs += [
        key
        for listed in entry.sites
        for key, said in listed.said.items()
        if _as_site(sites.get(listed.said["domain"], {}), key) != _as_site(listed.said, key)
    ]
    return Kept(entry.name, next(iter(own.values())).where if own else entry.name, tuple(dict.fromkeys(differs)))


def _as_site(said: Mapping[str, Any], key: str) -> Any:
    return getattr(
        Site.model_validate(
            {
                "host": "",
                "domain": "a.test",
                **said,
            }
        ),
        key,
    )


def _sites(own: Variables) -> Sequence[Mapping[str, Any]]:
    return own["luytre_sites"].value if "luytre_sites" in own else ()


def _misplaced(
    table: Table, found: Sequence[Entry], folder: Path, known: Mapping[str, Variables]
) -> Iterator[InputError]:
    """Sites of the list that the inventory has on another host, or lacks on one that it has."""
    at = {
        name: host
        for host, own in known.items()
        for site in _sites(own)
        for name in (site["domain"], *site.get("aliases", ()))
    }
    for entry in found:
        for site in entry.sites:
            domain = site.said["domain"]
            other = next(
                (
                    at[name]
                    for name in (domain, *site.said.get("aliases", ()))
                    if at.get(name, entry.name) != entry.name
                ),
                None,
            )
            if other is not None:
                yield _about(
                    table,
                    InputError(
                        "the inventory has {domain} on host {other}",
                        domain=domain,
                        other=other,
                        mend="keep it only on the host that serves it",
                    ),
                    site,
                )
            elif entry.name in known and domain not in at:
                yield _about(
                    table,
                    InputError(
                        "the inventory has host {host}, but without {domain}",
                        host=entry.name,
                        domain=domain,
                        mend="add the site to its luytre_sites in {folder}, or remove the row from the list",
                        folder=folder,
                    ),
                    site,
                )


def _about(table: Table, error: InputError, site: Listed) -> InputError:
    index = next(index for index, column in table.headings.columns.items() if column.field == "domain")
    return table.about(error, site.row, index)


def shown(fields: Sequence[str], words: Words) -> str:
    """Fields by the headings of their columns."""
    return ", ".join(column.heading(words) for column in COLUMNS if column.field in fields)
