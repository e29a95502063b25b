"""Each kind of mistake that an expression can have is named, with the nearest name; the catalogue has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from jinja2 import nodes

from auditor.audit import controls
from auditor.audit.catalogue_check.inference import infer_expression, infer_syntax_tree
from auditor.audit.catalogue_check.shapes import describe_shape
from auditor.audit.catalogue_check.views import list_names_of_expressions
from auditor.audit.expressions import parse_expression

CATALOGUE = controls.load_catalogue()


def mistakes(source: str, area: str = "ssh", subject: Literal["host", "site"] = "site") -> list[tuple[str, str | None]]:
    _shape, found = infer_expression(source, list_names_of_expressions(area, subject))
    return [(str(mistake.what), mistake.guess) for mistake in found]


@pytest.mark.parametrize(
    ("source", "what", "guess"),
    [
        ("ssg.installed", "there is no area 'ssg'", "ssh"),
        ("ssh.instaled", "the facts have no ssh.instaled", "installed"),
        ("ssh.effective.portt == 22", "the facts have no ssh.effective.portt", None),
        ("accounts.users | selectattr('uidd', 'eq', 0) | list", "the facts have no accounts.users[].uidd", "uid"),
        ("ssh.effective.ciphers.first", "ssh.effective.ciphers is of type list, and has no 'first'", None),
        ("site.vhosts | map(attribute='tls.cipers') | list", "the facts have no site.vhosts[].tls.cipers", "ciphers"),
        ("nginx.vhosts | unique(attribute='nmes') | list", "the facts have no nginx.vhosts[].nmes", "names"),
        ("nginx.vhosts | picked('naames')", "the facts have no nginx.vhosts[].naames", "names"),
        ("kernel.live['kernel.sysrg'] == 0", "the facts have no kernel.live.kernel.sysrg", "kernel.sysrq"),
        ("'kernel.sysrg' in kernel.live", "the facts have no kernel.live.kernel.sysrg", "kernel.sysrq"),
        ("limits.ssh_login_grac > 3", "the facts have no limits.ssh_login_grac", "ssh_login_grace"),
        ("site.level in [1, 4]", "site.level is never '4', only one of 1, 2, 3", None),
        ("site.application == 'wordpres'", None, "wordpress"),
        ("accounts.users | selectattr('password', 'equalto', 'emty') | list", None, "empty"),
        ("ssh.installed == 'yes'", "ssh.installed is of type bool, and never 'yes' (str)", None),
        ("ssh.host_keys == 'none'", "ssh.host_keys is of type list, and never 'none' (str)", None),
        (
            "ssh.unwritten == accounts.useradd_inactive",
            "ssh.unwritten is of type list, and is compared with int | None",
            None,
        ),
        (
            "ssh.effective.maxauthtries < '4'",
            "ssh.effective.maxauthtries is of type int, and is compared with str",
            None,
        ),
        ("1 <= ssh.effective.loglevel <= 4", "ssh.effective.loglevel is of type str, and is compared with int", None),
        (
            "(mariadb.version | version) >= [10, 11]",
            "mariadb.version is of type tuple, and is compared with list",
            None,
        ),
        ("'x' in now", "'in' requires a list, not int", None),
        (
            "ssh.effective | selectattr('x') | list",
            "selectattr requires a list, and ssh.effective is of type object | None",
            None,
        ),
        ("now | length", "length requires a list, and now is of type int", None),
        ("accounts.users | selectattr('human') | length", "accounts.users is a stream, which has no length", None),
        ("accounts.users | selectattr('human') or true", None, None),
        ("not (accounts.users | selectattr('human'))", None, None),
        ("accounts.users | selectatr('human') | list", "expressions have no filter named 'selectatr'", "selectattr"),
        ("accounts.users | selectattr('uid', 'equlto', 0) | list", None, "equalto"),
        ("accounts.users | map('uper') | list", "expressions have no filter named 'uper'", "upper"),
        ("now | older_than_days(now)", "older_than_days: missing a required argument: 'days'", None),
        ("now | older_than_days(ssh, 7)", "older_than_days is of type object, not a number", None),
        ("now | version", "version requires a text, and now is of type int", None),
        ("now - ssh.installed > 3", "ssh.installed is of type bool, not a number", None),
        ("ssh.files + 3", "(ssh.files + 3): list and int cannot be added", None),
        ("(ssh.files | rejectattr('doubt')) + []", "(ssh.files + (…)): stream and list cannot be added", None),
        ("site.vhosts | map(attribute='names') | sum", "site.vhosts: lists cannot be added to 0", None),
        ("files.roots | of_whole(now)", "of_whole requires true or false, not int", None),
        ("ssh.installed()", "ssh.installed cannot be called", None),
        ("ssh.host_keys[ssh.nope:]", "the facts have no ssh.nope", None),
        ("range(*ssh.nope) | list", "the facts have no ssh.nope", None),
        ("now | default(**ssh.nope)", "the facts have no ssh.nope", None),
        ("site.domain.split(maxsplit=ssh.nope)", "the facts have no ssh.nope", None),
        ("site.domain.spilt('.')", "site.domain.spilt cannot be called", "split"),
        ("kernel.interfaces | selectattr('setting', 'in', ['ipv4.rp_filtr']) | list", None, "ipv4.rp_filter"),
        (
            "site.wordpress.database.administrators | selectattr('last_seen', 'lt', now) | list",
            "site.wordpress.database.administrators[].last_seen may be None, which cannot be compared",
            None,
        ),
    ],
)
def test_each_kind_of_mistake_is_named(source: str, what: str | None, guess: str | None) -> None:
    found = mistakes(source)
    assert len(found) == 1, found
    assert what in (None, found[0][0])
    assert found[0][1] == guess


@pytest.mark.parametrize(
    "source",
    [
        "site.wordpress is none or site.wordpress.version is none",
        "site.nukeviet.settings.forbidden_extensions == 'unknown' or 'php' in site.nukeviet.settings.forbidden_extensions",
        "site.wordpress.database.administrators | rejectattr('last_seen', 'none') | selectattr('last_seen', 'lt', now) | list",
        "{'a': 1}.get(mariadb.branch, 0) > now",
        "ssh.effective.maxstartups[0] <= 10 and ssh.effective.ciphers[1:] | list == []",
        "('*.' ~ (site.domain.split('.')[1:] | join('.'))) in site.certificate.names",
        "accounts.users | map(attribute='name') | map('upper') | join(' ') | length > 3",
        "accounts.useradd_inactive == none or -1 < accounts.useradd_inactive | default(0, true)",
        "accounts.users | rejectattr('name', 'equalto', host.automation_user) | list | length == 0",
        "time.clock.max_error | known < 16",
        "(nginx.vhosts + apache.vhosts) | rejectattr('names', 'within', ['_'] + host.sites | map(attribute='domain') | list) | list",
    ],
)
def test_what_is_right_is_no_mistake(source: str) -> None:
    assert mistakes(source) == []


@pytest.mark.parametrize(
    ("area", "subject", "source", "missing"),
    [
        ("ssh", "host", "site.https", "site"),
        ("office", "host", "ssh.installed", "ssh"),
        ("content", "site", "hunt.covered", "hunt"),
        ("compromise", "host", "host.admins", "host"),
    ],
)
def test_a_control_reads_what_its_area_is_judged_from_and_nothing_else(
    area: str, subject: Literal["host", "site"], source: str, missing: str
) -> None:
    assert mistakes(source, area, subject)[0][0] == f"there is no area {missing!r}"


def test_every_mistake_of_an_expression_is_named_at_once() -> None:
    assert [what for what, _guess in mistakes("ssh.instaled and ssh.effective.maxauthtries < 'x' and nginxx.y")] == [
        "the facts have no ssh.instaled",
        "ssh.effective.maxauthtries is of type int, and is compared with str",
        "there is no area 'nginxx'",
    ]


def test_what_the_expressions_of_the_catalogue_give_is_known() -> None:
    for control in CATALOGUE.controls:
        names = list_names_of_expressions(control.area, control.subject)
        for source in (control.violations, control.among):
            if source is not None:
                assert describe_shape(infer_expression(source, names)[0]) in ("list", "stream"), control.id


def _misspell(word: str) -> str:
    at = max(index for index in range(len(word) // 2 + 1) if word[index].isalnum())
    return f"{word[:at]}{'q' if word[at] != 'q' else 'x'}{word[at + 1 :]}"


def _iter_paths(expression: nodes.Node) -> Iterator[tuple[nodes.Node, str]]:
    """Every node that names something of the facts, and its field that holds the name."""
    for node in nodes.Output([expression]).find_all(nodes.Node):  # type: ignore[list-item]
        match node:
            case nodes.Name(name=name) if name != "range":
                yield node, "name"
            case nodes.Getattr():
                yield node, "attr"
            case nodes.Getitem(arg=nodes.Const(value=str()) as key):
                yield key, "value"
            case nodes.Filter(name="selectattr" | "rejectattr", args=[nodes.Const() as key, *_]):
                yield key, "value"
            case nodes.Filter(name="picked", args=keys):
                yield from ((key, "value") for key in keys)
            case nodes.Keyword(key="attribute", value=nodes.Const(value=str()) as key):
                yield key, "value"


def test_one_wrong_letter_in_any_path_of_the_catalogue_is_seen() -> None:
    """Each name in a path in turn, of every control."""
    tried, unseen = 0, []
    for control in CATALOGUE.controls:
        names = list_names_of_expressions(control.area, control.subject)
        for source in filter(None, (control.applies, control.pass_condition, control.violations, control.among)):
            (expression,) = parse_expression(source).nodes
            for node, field in _iter_paths(expression):
                written = getattr(node, field)
                if not isinstance(written, str):  # the place of a member in a tuple
                    continue
                parts = [written] if written.startswith(("kernel.", "net.", "fs.")) else written.split(".")
                for at, part in enumerate(parts):
                    setattr(node, field, ".".join([*parts[:at], _misspell(part), *parts[at + 1 :]]))
                    tried += 1
                    if not infer_syntax_tree(expression, names)[1]:
                        unseen.append((control.id, getattr(node, field)))
                    setattr(node, field, written)
    assert tried > 3_000
    assert unseen == []
