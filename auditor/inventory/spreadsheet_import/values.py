"""What the text of a cell means for a variable of a host or a field of a site.

Pure; every function raises InputError.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from auditor.errors import InputError, find_nearest_known_name, get_place_and_message_of_first_error
from auditor.inventory.spreadsheet_import.columns import Column, fold_case_accents_and_spaces
from auditor.models import Host, Organisation, Site
from auditor.models.applications.registry import KINDS
from auditor.text.sanitize import escape_text_to_one_line
from auditor.text.translations import Words

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PAGE = re.compile(r"(?i)https?://([^/?#:]+).*")
_BETWEEN = re.compile(r"[,;\s]+")
_MAX_QUOTE = 80


def parse_cell_text_for_column(column: Column, text: str, organisation: Organisation | None) -> Any:
    """Return the value for the inventory, of the text of a cell that is not empty."""
    if column.field in ("luytre_unit", "unit"):
        return _parse_unit_by_name_or_id(text, organisation)
    if column.field in ("document_root", "backup_dir"):  # a file's name is what its bytes are
        return _validate_value_by_model_field(Site, column.field, text)
    plain = unicodedata.normalize("NFKC", text)  # an input method writes ｗｅｂ１
    if column.several:
        return [
            item
            for part in _BETWEEN.split(plain)
            if part
            for item in _parse_part_of_cell_with_several(column.field, part)
        ]
    return _ONE[column.field](plain)


def _parse_part_of_cell_with_several(field: str, part: str) -> list[Any]:
    match field:
        case "luytre_admins":
            return [_parse_account(part)]
        case "luytre_open_ports":
            _validate_value_by_model_field(Host, "open_ports", [part])
            return [int(part) if part.isdecimal() else part]
        case "luytre_trusted_networks":
            return list(_validate_value_by_model_field(Host, "trusted_networks", [part]))
        case _:
            return [_parse_domain_of_site(part)]


def _parse_host_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise InputError(
            "{name} is not a valid host name",
            mend="use letters, digits, dots, dashes and underscores",
            name=_quote_text_on_one_line(text),
        )
    return text


def _parse_ip_address_or_dns_name(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if not _DNS_NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
            raise InputError(
                "{given} is neither an IP address nor a name",
                mend="write an address, for example 192.0.2.10",
                given=_quote_text_on_one_line(text),
            ) from None
        return text.lower()


def _parse_account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise InputError(
            "{account} is not an account name",
            mend="write the account that the person uses on the server",
            account=_quote_text_on_one_line(text),
        )
    return text


def _parse_domain_of_site(text: str) -> str:
    page = _PAGE.fullmatch(text)
    if page:
        raise InputError(
            "{given} is the address of a page",
            given=_quote_text_on_one_line(text),
            mend="write only the domain: {domain}",
            domain=page[1].lower(),
        )
    return str(_validate_value_by_model_field(Site, "domain", text.lower()))


def _parse_application_by_its_label(text: str) -> str:
    name_by_label = {
        fold_case_accents_and_spaces(label): name
        for name in KINDS
        for label in (name, Words("vi").get_application_name(name), Words("en").get_application_name(name))
    }
    if fold_case_accents_and_spaces(text) not in name_by_label:
        raise InputError(
            "{given} is not a known application",
            given=_quote_text_on_one_line(text),
            mend="use one of: {known}; or leave it empty to detect it from the files",
            known=", ".join(KINDS),
            guess=find_nearest_known_name(fold_case_accents_and_spaces(text), name_by_label),
        )
    return str(name_by_label[fold_case_accents_and_spaces(text)])


def _make_int_parser_for_model_field(model: type[BaseModel], field: str) -> Callable[[str], Any]:
    return lambda text: _validate_value_by_model_field(
        model, field, int(text) if text.isdecimal() and len(text) < 10 else text
    )


def _parse_port(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6 and 0 < int(text) < 65_536):
        raise InputError(
            "{given} is not a port", mend="give a number from 1 to 65535", given=_quote_text_on_one_line(text)
        )
    return int(text)


_ONE: Mapping[str, Callable[[str], Any]] = {
    "name": _parse_host_name,
    "ansible_host": _parse_ip_address_or_dns_name,
    "ansible_port": _parse_port,
    "domain": _parse_domain_of_site,
    "server": lambda text: _validate_value_by_model_field(Site, "server", text.lower()),
    "application": _parse_application_by_its_label,
    "level": _make_int_parser_for_model_field(Site, "level"),
    "backup_max_days": _make_int_parser_for_model_field(Site, "backup_max_days"),
}


def _parse_unit_by_name_or_id(text: str, organisation: Organisation | None) -> str:
    if organisation is None:
        return str(_validate_value_by_model_field(Site, "unit", text))
    by_name = {
        fold_case_accents_and_spaces(label): unit.id for unit in organisation.units for label in (unit.name, unit.id)
    }
    if fold_case_accents_and_spaces(text) not in by_name:
        near = find_nearest_known_name(fold_case_accents_and_spaces(text), by_name)
        raise InputError(
            "{given} is not a unit in office/organisation.yml",
            mend="declare it there, or use the ID or name that it has there",
            guess=by_name[near] if near else None,
            given=_quote_text_on_one_line(text),
        )
    return by_name[fold_case_accents_and_spaces(text)]


def _validate_value_by_model_field(model: type[BaseModel], field: str, raw_value: Any) -> Any:
    """Return the value as the inventory's own model takes it."""
    about = model.model_fields[field]
    field_type: Any = Annotated[about.annotation, about]
    try:
        return TypeAdapter(field_type).validate_python(raw_value)
    except ValidationError as error:
        _, why = get_place_and_message_of_first_error(error)
        sample = raw_value[0] if isinstance(raw_value, list) else raw_value
        raise InputError(
            "{why}" if repr(sample) in why else "{sample}: {why}",
            sample=_quote_text_on_one_line(str(sample)),
            why=why,
            mend="see inventories/example/hosts.yml",
        ) from error


def _quote_text_on_one_line(text: str) -> str:
    return f"'{escape_text_to_one_line(text, _MAX_QUOTE)}'"
