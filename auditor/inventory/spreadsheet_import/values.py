"""What the text of a cell means for a variable of a host or a field of a site.

Pure; every function raises InputError.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from auditor.errors import InputError, find_nearest, get_first_error
from auditor.inventory.spreadsheet_import.columns import Column, fold_text
from auditor.models import Host, Organisation, Site
from auditor.models.hosts import Application
from auditor.text.sanitize import make_one_line
from auditor.text.translations import Words

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PAGE = re.compile(r"(?i)https?://([^/?#:]+).*")
_BETWEEN = re.compile(r"[,;\s]+")
_MAX_QUOTE = 80


def parse_value(column: Column, text: str, organisation: Organisation | None) -> Any:
    """Return the value for the inventory, of the text of a cell that is not empty."""
    if column.field in ("luytre_unit", "unit"):
        return _parse_unit(text, organisation)
    if column.field in ("document_root", "backup_dir"):  # a file's name is what its bytes are
        return _validate_field(Site, column.field, text)
    plain = unicodedata.normalize("NFKC", text)  # an input method writes ｗｅｂ１
    if column.several:
        return [item for part in _BETWEEN.split(plain) if part for item in _parse_several(column.field, part)]
    return _ONE[column.field](plain)


def _parse_several(field: str, part: str) -> list[Any]:
    match field:
        case "luytre_admins":
            return [_parse_account(part)]
        case "luytre_open_ports":
            _validate_field(Host, "open_ports", [part])
            return [int(part) if part.isdecimal() else part]
        case "luytre_trusted_networks":
            return list(_validate_field(Host, "trusted_networks", [part]))
        case _:
            return [_parse_domain(part)]


def _parse_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise InputError(
            f"{_quote(text)} is not a valid host name", mend="use letters, digits, dots, dashes and underscores"
        )
    return text


def _parse_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not _DNS_NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
            raise InputError(
                f"{_quote(text)} is neither an IP address nor a name", mend="write an address, for example 192.0.2.10"
            ) from None
        return text.lower()


def _parse_account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise InputError(
            f"{_quote(text)} is not an account name", mend="write the account that the person uses on the server"
        )
    return text


def _parse_domain(text: str) -> str:
    page = _PAGE.fullmatch(text)
    if page:
        raise InputError(
            "{given} is the address of a page",
            given=_quote(text),
            mend="write only the domain: {domain}",
            domain=page[1].lower(),
        )
    return str(_validate_field(Site, "domain", text.lower()))


def _parse_application(text: str) -> str:
    name_by_label = {
        fold_text(label): name
        for name in get_args(Application)
        for label in (name, Words("vi").application(name), Words("en").application(name))
    }
    if fold_text(text) not in name_by_label:
        raise InputError(
            "{given} is not a known application",
            given=_quote(text),
            mend="use one of: {known}; or leave it empty to detect it from the files",
            known=", ".join(get_args(Application)),
            guess=find_nearest(fold_text(text), name_by_label),
        )
    return str(name_by_label[fold_text(text)])


def _make_int_parser(model: type[BaseModel], field: str) -> Callable[[str], Any]:
    return lambda text: _validate_field(model, field, int(text) if text.isdecimal() and len(text) < 10 else text)


def _parse_port(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6 and 0 < int(text) < 65_536):
        raise InputError(f"{_quote(text)} is not a port", mend="give a number from 1 to 65535")
    return int(text)


_ONE: Mapping[str, Callable[[str], Any]] = {
    "name": _parse_name,
    "ansible_host": _parse_address,
    "ansible_port": _parse_port,
    "domain": _parse_domain,
    "server": lambda text: _validate_field(Site, "server", text.lower()),
    "application": _parse_application,
    "level": _make_int_parser(Site, "level"),
    "backup_max_days": _make_int_parser(Site, "backup_max_days"),
}


def _parse_unit(text: str, organisation: Organisation | None) -> str:
    if organisation is None:
        return str(_validate_field(Site, "unit", text))
    by_name = {fold_text(label): unit.id for unit in organisation.units for label in (unit.name, unit.id)}
    if fold_text(text) not in by_name:
        near = find_nearest(fold_text(text), by_name)
        raise InputError(
            f"{_quote(text)} is not a unit in office/organisation.yml",
            mend="declare it there, or use the ID or name that it has there",
            guess=by_name[near] if near else None,
        )
    return by_name[fold_text(text)]


def _validate_field(model: type[BaseModel], field: str, raw_value: Any) -> Any:
    """Return the value as the inventory's own model takes it."""
    about = model.model_fields[field]
    field_type: Any = Annotated[about.annotation, about]
    try:
        return TypeAdapter(field_type).validate_python(raw_value)
    except ValidationError as error:
        _, why = get_first_error(error)
        sample = raw_value[0] if isinstance(raw_value, list) else raw_value
        message = why if repr(sample) in why else f"{_quote(str(sample))}: {why}"
        raise InputError(message, mend="see inventories/example/hosts.yml") from error


def _quote(text: str) -> str:
    return f"'{make_one_line(text, _MAX_QUOTE)}'"
