"""Methods that no application uses: refused only where nothing that Apache reads later lets them in again."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from ansible.module_utils.luytre.parsers.web_servers import apache_config, apache_methods, apache_request

FILTERS = Path(__file__).parents[6] / "roles" / "apache" / "filter_plugins" / "apache.py"
DENIED = f'<If "{apache_methods.CONDITION}">\nRequire all denied\n</If>\n'
GRANTED = "<If \"%{REQUEST_METHOD} == 'TRACK'\">\nRequire all granted\n</If>\n"
ANY = '<Location "/">\nOrder deny,allow\nAllow from all\nSatisfy Any\n</Location>\n'
"""Where an address is enough, whatever else is required."""
LIMITED = '<Location "/">\nAllowMethods GET POST\n</Location>\n'


def read(text: str) -> list[apache_config.ApacheDirective]:
    configuration = apache_config.ApacheConfiguration("/etc/apache2", {}, (2, 4, 62), lambda _path: text)
    nodes: list[apache_config.ApacheDirective] = configuration.read("/etc/apache2/apache2.conf").tree
    assert configuration.problems == []
    return nodes


def refused(own: str, main: str = "") -> bool:
    server = apache_request.ApacheServer({"core"}, read(main), read(own))
    return bool(apache_methods.is_every_unused_http_method_refused(server))


def test_the_condition_that_is_known_is_the_one_that_the_role_writes() -> None:
    spec = importlib.util.spec_from_file_location("filters_of_apache", FILTERS)
    assert spec is not None and spec.loader is not None
    filters = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(filters)
    rule = filters.SITE_RULES["apache.methods"]
    assert f'<If "{apache_methods.CONDITION}">' in rule
    assert refused(rule)
    methods = re.search(r"\^\(\?:(.*)\)\$", apache_methods.CONDITION)
    assert methods is not None and set(methods.group(1).split("|")) == apache_methods.USED


@pytest.mark.parametrize("own", ["", "Require all denied\n", "<Location />\nRequire all denied\n</Location>\n"])
def test_where_nothing_is_said_of_methods_none_is_refused(own: str) -> None:
    assert not refused(own)


@pytest.mark.parametrize(
    ("own", "main"),
    [
        (DENIED, ""),
        ("", DENIED),
        (GRANTED + DENIED, ""),
        (DENIED, GRANTED),
        (DENIED.replace("<If ", "<IF ").replace("Require all denied", "require ALL Denied"), ""),
        (DENIED + '<Location "/kho">\nRequire all granted\n</Location>\n', ""),
        (DENIED + "<If \"%{HTTPS} == 'on'\">\nHeader set X-A b\n</If>\n", ""),
        (DENIED + DENIED, DENIED),
        (DENIED + f'<Location "/kho">\n{GRANTED.replace("all granted", "ip 192.0.2.1")}</Location>\n', ""),
        (ANY + DENIED.replace("</If>", "Satisfy All\n</If>"), ""),
    ],
    ids=[
        "own",
        "server",
        "granted-before",
        "granted-by-the-server",
        "letters",
        "location-comes-first",
        "no-access",
        "twice",
        "to-an-address-in-a-place",
        "both-are-asked-again",
    ],
)
def test_a_denial_that_comes_last_refuses(own: str, main: str) -> None:
    assert refused(own, main)


@pytest.mark.parametrize(
    ("own", "main"),
    [
        (DENIED + GRANTED, ""),
        (GRANTED, DENIED),
        (DENIED + GRANTED.replace("Require all granted", "Require ip 192.0.2.0/24"), ""),
        (
            DENIED
            + GRANTED.replace(
                "Require all granted", "<RequireAny>\nRequire all denied\nRequire all granted\n</RequireAny>"
            ),
            "",
        ),
        (DENIED + "<Else>\nRequire all granted\n</Else>\n", ""),
        (DENIED.replace("Require all denied", "Require all denied\nRequire ip 192.0.2.1"), ""),
        (DENIED.replace("DELETE|GET", "DELETE|TRACK|GET"), ""),
        (DENIED.replace("^(?:", "(?:"), ""),
        (DENIED.replace("!~", "=~"), ""),
        (f"<Location /kho>\n{DENIED}</Location>\n", ""),
        (DENIED + f'<Location "/kho">\n{GRANTED}</Location>\n', ""),
        (DENIED, f'<Directory "/var/www">\n<Files "a.php">\n{GRANTED}</Files>\n</Directory>\n'),
        (DENIED.replace("</If>", "<RequireAny>\nRequire all granted\n</RequireAny>\n</If>"), ""),
        (DENIED, ANY),
        (DENIED + GRANTED.replace("Require all granted", "Require all denied\nSatisfy Any"), ""),
        (DENIED + f"<Location /kho>\n{GRANTED.replace('Require all granted', 'Satisfy any')}</Location>\n", ""),
    ],
    ids=[
        "granted-after",
        "granted-by-the-site",
        "to-an-address",
        "in-a-section",
        "else",
        "to-one-besides",
        "one-more-method",
        "anywhere-in-the-word",
        "the-other-way-round",
        "in-one-place-alone",
        "granted-in-a-place",
        "granted-to-a-file",
        "or-granted",
        "an-address-is-enough",
        "an-address-is-enough-again",
        "an-address-is-enough-in-a-place",
    ],
)
def test_what_is_granted_again_or_not_denied_everywhere_is_not_refused(own: str, main: str) -> None:
    assert not refused(own, main)


@pytest.mark.parametrize(
    ("own", "main", "expected"),
    [
        (LIMITED, "", True),
        ("", LIMITED, True),
        (LIMITED.replace("GET POST", "get Post"), "", True),
        (LIMITED.replace("GET POST", "reset"), "", False),
        (LIMITED.replace("GET POST", "GET TRACK"), "", False),
        (LIMITED.replace('"/"', '"/kho"'), "", False),
        (LIMITED.replace("Location", "Directory"), "", False),
        (LIMITED + LIMITED.replace("GET POST", "reset"), "", False),
        (LIMITED.replace("GET POST", "reset"), LIMITED, False),
        (LIMITED, LIMITED.replace("GET POST", "reset"), True),
        (LIMITED + LIMITED.replace('"/"', '"/kho"').replace("POST", "PROPFIND"), "", False),
        (LIMITED + LIMITED.replace("Location", "LocationMatch").replace("GET POST", "reset"), "", False),
        (LIMITED.replace('"/"', '"/kho"').replace("POST", "PROPFIND") + LIMITED, "", True),
        (LIMITED + "<If \"%{HTTP_HOST} == 'a.example'\">\nAllowMethods reset\n</If>\n", "", False),
        (LIMITED + '<Directory "/var/www">\nAllowMethods reset\n</Directory>\n', "", True),
        (LIMITED.replace("AllowMethods", "AllowMethods PROPFIND\nAllowMethods"), "", False),
        (LIMITED.replace("AllowMethods", "AllowMethods PROPFIND\nAllowMethods Reset\nAllowMethods"), "", True),
    ],
    ids=[
        "own",
        "server",
        "letters",
        "reset",
        "one-more",
        "one-place",
        "folder",
        "reset-after",
        "reset-by-the-site",
        "reset-by-the-server-before",
        "a-place-with-more-after",
        "a-pattern-with-more-after",
        "a-place-with-more-before",
        "reset-on-a-condition",
        "a-folder-is-merged-before",
        "in-two-lists",
        "in-two-lists-reset-between",
    ],
)
def test_a_list_of_methods_counts_where_it_holds_for_every_request(own: str, main: str, expected: bool) -> None:
    assert refused(own, main) is expected


@pytest.mark.parametrize(
    "text", ["<If>\n</If>\n", "<Location>\nAllowMethods\n</Location>\n", '<If "">\nRequire\n</If>\n']
)
def test_sections_without_words_refuse_nothing(text: str) -> None:
    assert not refused(text)


def test_many_sections_take_no_longer_than_they_are_long() -> None:
    assert refused((GRANTED + LIMITED.replace('"/"', '"/kho"')) * 3_000 + DENIED)
