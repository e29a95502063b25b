"""What the text of a cell means for a variable of a host or a field of a site. Pure; every function raises InputError."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from auditor.errors import InputError, first_wrong, nearest
from auditor.inventory.table.columns import Column, folded
from auditor.models import Host, Organisation, Site
from auditor.models.hosts import Application
from auditor.text.visible import one_line
from auditor.text.words import Words

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PAGE = re.compile(r"(?i)https?://([^/?#:]+).*")
_BETWEEN = re.compile(r"[,;\s]+")
_SHOWN = 80


def value(column: Column, text: str, organisation: Organisation | None) -> Any:
    """The value for the inventory, of the text of a cell that is not empty."""
    if column.field in ("luytre_unit", "unit"):
        return _unit(text, organisation)
    if column.field in ("document_root", "backup_dir"):  # a file's name is what its bytes are
        return _of_model(Site, column.field, text)
    plain = unicodedata.normalize("NFKC", text)  # an input method writes ｗｅｂ１
    if column.several:
        return [one for part in _BETWEEN.split(plain) if part for one in _several(column.field, part)]
    return _ONE[column.field](plain)


def _several(field: str, part: str) -> list[Any]:
    match field:
        case "luytre_admins":
            return [_account(part)]
        case "luytre_open_ports":
            _of_model(Host, "open_ports", [part])
            return [int(part) if part.isdecimal() else part]
        case "luytre_trusted_networks":
            return list(_of_model(Host, "trusted_networks", [part]))
        case _:
            return [_domain(part)]


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise InputError(
            f"{_quoted(text)} is not a valid host name", mend="use letters, digits, dots, dashes and underscores"
        )
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not _DNS_NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
            raise InputError(
                f"{_quoted(text)} is neither an IP address nor a name", mend="write an address, for example 192.0.2.10"
            ) from None
        return text.lower()


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise InputError(
            f"{_quoted(text)} is not an account name", mend="write the account that the person uses on the server"
        )
    return text


def _domain(text: str) -> str:
    page = _PAGE.fullmatch(text)
    if page:
        raise InputError(
            "{given} is the address of a page",
            given=_quoted(text),
            mend="write only the domain: {domain}",
            domain=page[1].lower(),
        )
    return str(_of_model(Site, "domain", text.lower()))


def _application(text: str) -> str:
    known = {
        folded(called): name
        for name in get_args(Application)
        for called in (name, Words("vi").application(name), Words("en").application(name))
    }
    if folded(text) not in known:
        raise InputError(
            "{given} is not a known application",
            given=_quoted(text),
            mend="use one of: {known}; or leave it empty to detect it from the files",
            known=", ".join(get_args(Application)),
            guess=nearest(folded(text), known),
        )
    return str(known[folded(text)])


def _whole(model: type[BaseModel], field: str) -> Callable[[str], Any]:
    return lambda text: _of_model(model, field, int(text) if text.isdecimal() and len(text) < 10 else text)


def _port(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6 and 0 < int(text) < 65_536):
        raise InputError(f"{_quoted(text)} is not a port", mend="give a number from 1 to 65535")
    return int(text)


_ONE: Mapping[str, Callable[[str], Any]] = {
    "name": _name,
    "ansible_host": _address,
    "ansible_port": _port,
    "domain": _domain,
    "server": lambda text: _of_model(Site, "server", text.lower()),
    "application": _application,
    "level": _whole(Site, "level"),
    "backup_max_days": _whole(Site, "backup_max_days"),
}


def _unit(text: str, organisation: Organisation | None) -> str:
    if organisation is None:
        return str(_of_model(Site, "unit", text))
    by_name = {folded(called): unit.id for unit in organisation.units for called in (unit.name, unit.id)}
    if folded(text) not in by_name:
        near = nearest(folded(text), by_name)
        raise InputError(
            f"{_quoted(text)} is not a unit in office/organisation.yml",
            mend="declare it there, or use the ID or name that it has there",
            guess=by_name[near] if near else None,
        )
    return by_name[folded(text)]


def _of_model(model: type[BaseModel], field: str, given: Any) -> Any:
    """As the inventory's own model takes it."""
    about = model.model_fields[field]
    wanted: Any = Annotated[about.annotation, about]
    try:
        return TypeAdapter(wanted).validate_python(given)
    except ValidationError as error:
        _, why = first_wrong(error)
        one = given[0] if isinstance(given, list) else given
        said = why if repr(one) in why else f"{_quoted(str(one))}: {why}"
        raise InputError(said, mend="see inventories/example/hosts.yml") from error


def _quoted(text: str) -> str:
    return f"'{one_line(text, _SHOWN)}'"
