"""A mock of a site's tables: what is said to them in the statements of ``cells``, and what those are told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible.module_utils.luytre_contain.sites.applications import SiteApplication
from ansible.module_utils.luytre_shared.applications import registry
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

_CELL = r"`x`\.`wp_(?P<table>\w+)`"
_WHERE = r"WHERE CAST\(`(?P<key>\w+)` AS BINARY\) = X'(?P<row>[0-9A-Fa-f]*)'"
_VALUE = r"(?:CONVERT\(X'(?P<number>[0-9A-Fa-f]*)' USING ascii\)|X'(?P<text>[0-9A-Fa-f]*)'|(?P<null>NULL))"
_UPDATE = re.compile(
    rf"UPDATE {_CELL} SET `(?P<column>\w+)` = {_VALUE} {_WHERE}"  # noqa: S608
    r"(?: AND CAST\(`(?P=column)` AS BINARY\) <=> (?:X'(?P<only>[0-9A-Fa-f]*)'))?;"
)
_SELECT = re.compile(rf"SELECT '(?P<number>\d+)', HEX\(CAST\(`(?P<column>\w+)` AS BINARY\)\) FROM {_CELL} {_WHERE};")  # noqa: S608


class Tables(SiteApplication):
    """WordPress' users and usermeta, a value by table, row and column; ``broken``: how a statement begins that fails."""

    def __init__(self, values: Mapping[tuple[str, str, str], str | None]) -> None:
        login = site_database.Login("antruc", "old", "localhost", "x")
        super().__init__(registry.CMS_BY_KIND["wordpress"], "/var/www/a", "/var/www/a/wp-config.php", login, "wp_")
        self.values = dict(values)
        self.broken: str | None = None
        self.said: list[str] = []

    def run_sql_script_and_read_rows(self, script: str) -> list[list[str | None]]:
        self.said.append(script)
        if self.broken is not None and self.broken in script:
            raise ActionRefusal("not_asked", self.config)
        answers: list[list[str | None]] = []
        for line in script.splitlines():
            if not line or line.startswith(("SET", "START", "COMMIT", "/*")):
                continue
            if (found := _SELECT.fullmatch(line)) is not None:
                answers.append([found["number"], _hex(self.values.get(_place(found)))])
                continue
            changed = _UPDATE.fullmatch(line)
            assert changed is not None, line
            place = _place(changed)
            value = changed["text"] if changed["text"] is not None else changed["number"]
            if place in self.values and (
                changed["only"] is None or _hex(self.values[place]) == changed["only"].upper()
            ):
                self.values[place] = None if changed["null"] else bytes.fromhex(value).decode()
        return answers


def _place(found: re.Match[str]) -> tuple[str, str, str]:
    return found["table"], bytes.fromhex(found["row"]).decode(), found["column"]


def _hex(value: str | None) -> str | None:
    return None if value is None else value.encode().hex().upper()
