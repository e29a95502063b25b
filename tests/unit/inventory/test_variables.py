"""Our variables of hosts are those of the real ``ansible-inventory``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.inventory import variables

SERVER = """\
import gc, os, sys
from ansible.cli.inventory import main
from ansible.plugins.loader import init_plugin_loader, inventory_loader
init_plugin_loader([])
inventory_loader.get("yaml")
gc.freeze()
for line in sys.stdin:
    folder = line.rstrip("\\n")
    child = os.fork()
    if not child:
        os.dup2(os.open(folder + "/.listed", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        try:
            main(["ansible-inventory", "-i", folder, "--list"])
        except SystemExit as ended:
            sys.stdout.flush()
            os._exit(ended.code) # Python's own end takes longer than the listing
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""``ansible-inventory --list`` of one folder after another, with Ansible imported once."""
Listing = Callable[[Path], Mapping[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listing]:
    """What Ansible says of each host of an inventory folder."""
    home = tmp_path_factory.mktemp("ansible")
    (home / "ansible.cfg").touch()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE")},
        "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_INVENTORY_ENABLED": "yaml",
    }
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=home,
        env=environment,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def of(folder: Path) -> Mapping[str, Mapping[str, Any]]:
            print(folder, file=server.stdin, flush=True)
            assert server.stdout.readline() == "0\n"
            said = json.loads((folder / ".listed").read_text("utf-8"))
            named = {host for group in said.values() for host in group.get("hosts", ())}
            return {host: said["_meta"]["hostvars"].get(host, {}) for host in named}

        yield of
        server.stdin.close()


def ours(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    return {
        host: {key: source.value for key, source in own.items() if key != "ansible_group_priority"}
        for host, own in variables.load_variables_by_host(folder).items()
    }


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


BY_HAND: Mapping[str, Mapping[str, str]] = {
    "a host in two groups": {
        "hosts.yml": "all:\n  vars: {a: all, b: all}\n  children:\n    web:\n      hosts:\n        h: {a: own}\n"
        "    php:\n      hosts:\n        h:\n"
    },
    "vars apart from hosts": {
        "hosts.yml": "all:\n  children:\n    web:\n      hosts:\n        h: {a: own}\nweb:\n  vars: {a: web, b: web}\n"
    },
    "vars in a later file": {
        "a.yml": "web:\n  hosts:\n    h:\n",
        "b.yml": "web:\n  vars: {a: b}\nall:\n  vars: {a: all, c: all}\n",
    },
    "a host in two files": {
        "a.yml": "all:\n  hosts:\n    h: {a: 1, b: 1}\n",
        "b.yml": "all:\n  hosts:\n    h: {a: 2}\n",
    },
    "children first, then hosts": {
        "hosts.yml": "all:\n  children:\n    x:\n      hosts:\n        h: {a: x}\n  hosts:\n    h: {a: all}\n"
    },
    "groups of one depth go by name": {
        "hosts.yml": "b:\n  vars: {a: b}\n  hosts: {h: }\na:\n  vars: {a: a}\n  hosts: {h: }\n"
    },
    "and by priority before": {
        "hosts.yml": "b:\n  vars: {a: b}\n  hosts: {h: }\n"
        "a:\n  vars: {a: a, ansible_group_priority: '10'}\n  hosts: {h: }\n"
    },
    "a priority that is none": {
        "hosts.yml": "b:\n  vars: {a: b}\n  hosts: {h: }\n"
        "a:\n  vars: {a: a, ansible_group_priority: high}\n  hosts: {h: }\n"
    },
    "depth before priority": {
        "hosts.yml": "a:\n  vars: {a: a, ansible_group_priority: 99}\n  children:\n    b:\n      vars: {a: b}\n"
        "      hosts: {h: }\n"
    },
    "the longest way counts": {
        "hosts.yml": "all:\n  children:\n    z:\n      vars: {a: z}\n      hosts: {h: }\n    a:\n      vars: {a: a}\n"
        "      hosts: {h: }\nx:\n  children:\n    y:\n      children:\n        a:\n"
    },
    "ungrouped is a group": {
        "hosts.yml": "ungrouped:\n  vars: {a: ungrouped}\nall:\n  hosts: {g: }\nweb:\n  hosts: {h: }\n"
    },
    "files beside win over vars in it": {
        "hosts.yml": "all:\n  vars: {a: 1}\n  children:\n    web:\n      vars: {b: 1}\n      hosts:\n        h: {c: 1}\n",
        "group_vars/all.yml": "a: 2\nb: 2\nc: 2\n",
        "group_vars/web.yaml": "b: 3\n",
        "host_vars/h.json": '{"c": 3}',
    },
    "group_vars of all wins over vars of a group": {
        "hosts.yml": "web:\n  vars: {a: web}\n  hosts: {h: }\n",
        "group_vars/all.yml": "a: all\n",
    },
    "a folder hides the file of its name": {
        "hosts.yml": "all:\n  hosts: {h: }\n",
        "group_vars/all/z.yml": "a: z\n",
        "group_vars/all/b": "a: b\n",
        "group_vars/all/more/c.yaml": "b: c\n",
        "group_vars/all/.d.yml": "b: d\n",
        "group_vars/all/e.yml~": "b: e\n",
        "group_vars/all/f.txt": "b: f\n",
        "group_vars/all/empty.yml": "---\n",
        "group_vars/all.yml": "a: file\nc: file\n",
    },
    "yml comes before yaml": {
        "hosts.yml": "all:\n  hosts: {h: }\n",
        "host_vars/h.yml": "a: yml\n",
        "host_vars/h.yaml": "a: yaml\nb: yaml\n",
    },
    "ranges": {
        "hosts.yml": "all:\n  hosts:\n    web[01:03].test: {a: 1}\n    web[02:03].test:\n    n[1:9:4]:\n    n[b:d]x[:1]:\n"
    },
    "ports": {
        "hosts.yml": "all:\n  hosts:\n    h:2222:\n    '[2001:db8::1]:22':\n    '2001:db8::2':\n    i: {ansible_port: 1}\n"
        "    i:2222:\n    j[1:2]:23: {ansible_port: 24}\n"
    },
    "anchors": {"hosts.yml": "all:\n  hosts:\n    g: &g {a: 1, b: 1}\n    h:\n      <<: *g\n      a: 2\n"},
    "hidden and empty files": {
        "hosts.yml": "all:\n  hosts: {h: }\n",
        ".x.yml": "all:\n  hosts: {g: }\n",
        "z.yml": "---\n",
    },
}


@pytest.mark.parametrize("name", BY_HAND)
def test_variables_are_those_of_ansible(listed: Listing, tmp_path: Path, name: str) -> None:
    folder = written(tmp_path, BY_HAND[name])
    assert ours(folder) == listed(folder)
    assert ours(folder)


@pytest.mark.parametrize(
    ("hosts", "line", "words"),
    [
        ("all:\n  hosts: [web1, web2]\n", 2, "hosts: of group all is not a mapping"),
        ("all:\n  hosts: web1\n", 2, "hosts: of group all is not a mapping"),
        ("all:\n  children: [a]\n", 2, "children: of group all is not a mapping"),
        ("all:\n  children: web\n", 2, "children: of group all is not a mapping"),
        ("all:\n  vars: [a]\n", 2, "variables must be a mapping"),
        ("all:\n  hosts:\n    h: 5\n", 3, "variables must be a mapping"),
        ("all: &a\n  children:\n    x: *a\n", 3, "contains itself"),
        ("a:\n  children:\n    b:\nb:\n  children:\n    a:\n", 6, "group a contains itself"),
        ("a:\n  children:\n    all:\n", 3, "group all contains itself"),
        ("1:\n  hosts:\n", 1, "the name of group 1 is not text"),
        ("all:\n  hosts:\n    10: {}\n", 3, "the name of host 10 is not text"),
        ("all:\n  hosts:\n    g:\n    web 1:\n", 4, "'web 1' is not a valid host name"),
        ("all:\n  hosts:\n    web,1:\n", 3, "'web,1' is not a valid host name"),
        ("all:\n  hosts:\n    '!web':\n", 3, "'!web' is not a valid host name"),
        ("all:\n  hosts:\n    '-e':\n", 3, "'-e' is not a valid host name"),
        ("all:\n  hosts:\n    '*':\n", 3, "'*' is not a valid host name"),
        ("all:\n  hosts:\n    web[1-3]:\n", 3, "'web[1-3]' is not a valid host name"),
        ("all:\n  hosts:\n    web[3:1]:\n", 3, "'web[3:1]' is not a range"),
        ("all:\n  hosts:\n    web[01:3]:\n", 3, "'web[01:3]' is not a range"),
        ("all:\n  hosts:\n    web[1:3:0]:\n", 3, "'web[1:3:0]' is not a range"),
        ("all:\n  hosts:\n    web[a:10]:\n", 3, "'web[a:10]' is not a range"),
        ("web:\n  hosts:\n    web:\n    other:\n", 3, "host web has the name of a group"),
        ("all:\n  hosts:\n    all:\n", 3, "host all has the name of a group"),
        ("all:\n  hosts:\n    h: {a: 1}\n    g:\n    h: {a: 2}\n", 5, "h appears twice, first in line 3"),
        ("all:\n  vars: {a: 1, a: 2}\n", 2, "a appears twice, first in line 2"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_line(tmp_path: Path, hosts: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        variables.load_variables_by_host(written(tmp_path, {"hosts.yml": hosts}))
    assert words in caught.value.what
    assert caught.value.line == line


def test_neither_folder_nor_file_is_one_clear_error() -> None:
    with pytest.raises(InputError, match="is neither a folder nor a file"):
        variables.load_variables_by_host(Path(os.devnull))


def test_a_file_is_read_by_us_when_ansible_reads_it(tmp_path: Path) -> None:
    written(tmp_path, dict.fromkeys(["a", "a.yml", "a.yaml", "a.json", "a.ini"], '{"all": {"hosts": {"h": {}}}}'))
    for name in ("a", "a.yml", "a.yaml", "a.json"):
        assert list(variables.load_variables_by_host(tmp_path / name)) == ["h"]
    with pytest.raises(InputError, match=r"a\.ini: is not named like a YAML file"):
        variables.load_variables_by_host(tmp_path / "a.ini")


def test_a_value_knows_what_it_won_over(tmp_path: Path) -> None:
    files = {
        "a.yml": "all:\n  vars: {a: 1}\n  hosts:\n    h: {a: 2, b: 2}\n",
        "b.yml": "all:\n  hosts:\n    h: {a: 3}\n",
        "c.yml": "all:\n  hosts:\n    h: {c: 4}\n",
    }
    own = variables.load_variables_by_host(written(tmp_path, files))["h"]
    assert own["a"].over is not None
    assert own["a"].over.file_and_line == f"{tmp_path}/a.yml:4"
    assert own["b"].over is None


def test_what_lies_in_the_folder_and_is_read_by_nobody(tmp_path: Path) -> None:
    hosts = "all:\n  hosts: {h: }\n"
    written(
        tmp_path, dict.fromkeys(["hosts.yml", "b.yaml", "office/x", "group_vars/x", "host_vars/x", ".git/x"], hosts)
    )
    written(tmp_path, dict.fromkeys(["README.md", "ansible.cfg", "hosts.yml~", "notes.txt"], "x"))
    assert variables.list_inventory_files_never_read(tmp_path) == ()
    written(tmp_path, dict.fromkeys(["hosts", "old.ini", "prod/hosts.yml"], hosts))
    assert [path.name for path in variables.list_inventory_files_never_read(tmp_path)] == ["hosts", "old.ini", "prod"]
    assert variables.list_inventory_files_never_read(tmp_path / "hosts") == ()


GROUPS = ("all", "ungrouped", "a", "b", "c", "d", "e")
some_variables = st.dictionaries(st.sampled_from("uvw"), st.integers(0, 99), max_size=3)
some_hosts = st.dictionaries(st.sampled_from(["h1", "h2", "h3"]), st.none() | some_variables, max_size=3)


@st.composite
def group(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A group as a file may write it; children are of a later name, so that none is below itself."""
    later = GROUPS[max(GROUPS.index(name), 1) + 1 :]
    sections = {
        "vars": draw(some_variables | st.just({"ansible_group_priority": draw(st.integers(-2, 5)), "u": name})),
        "hosts": draw(some_hosts),
        "children": {
            child: draw(st.none() | group(child)) for child in draw(st.sets(st.sampled_from(later), max_size=2))
        }
        if later and name != "ungrouped"
        else {},
    }
    return {key: sections[key] for key in draw(st.permutations(list(sections))) if sections[key]}


@st.composite
def inventories(draw: st.DrawFn) -> dict[str, str]:
    files: dict[str, Any] = {
        f"{file}.yml": {
            name: draw(group(name)) for name in draw(st.lists(st.sampled_from(GROUPS), min_size=1, unique=True))
        }
        for file in draw(st.sampled_from(["m", "mn"]))
    }
    for name in draw(st.sets(st.sampled_from(GROUPS), max_size=4)):
        files[draw(st.sampled_from(["group_vars/{}.yml", "group_vars/{}/x.yml"])).format(name)] = draw(some_variables)
    for name in draw(st.sets(st.sampled_from(["h1", "h2"]), max_size=2)):
        files[f"host_vars/{name}.yml"] = draw(some_variables)
    return {name: yaml.safe_dump(body, sort_keys=False) for name, body in files.items()}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=inventories())
def test_variables_are_those_of_ansible_whatever_is_written(
    listed: Listing, tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    folder = written(tmp_path_factory.mktemp("inventory"), files)
    assert ours(folder) == listed(folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts.ini", "[web]\nweb1 ansible_host=192.0.2.1\n"),
        ("hosts", "# ours\n\n[web:children]\nweb1\n"),
        ("hosts.yml", "web1 ansible_host=192.0.2.1 ansible_user=luytre\n\n[web]\nweb1\n"),
    ],
)
def test_an_inventory_in_ini_form_is_told_for_what_it_is(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    for inventory in (file, tmp_path):
        with pytest.raises(InputError, match=f"ansible-inventory -i {file} --list --yaml") as caught:
            variables.load_variables_by_host(inventory)
        assert caught.value.file == file


@pytest.mark.parametrize("text", ["", "all: [\n", "- [web]\n", "web1: ansible_host=192.0.2.1\n  x: y\n"])
def test_other_mistakes_are_not_taken_for_ini(tmp_path: Path, text: str) -> None:
    (tmp_path / "hosts.yml").write_text(text, "utf-8")
    try:
        variables.load_variables_by_host(tmp_path)
    except InputError as error:
        assert "INI" not in error.what
    (tmp_path / "hosts.yml").unlink()
    with pytest.raises(InputError, match="auditor enroll HOST"):
        variables.load_variables_by_host(tmp_path)
