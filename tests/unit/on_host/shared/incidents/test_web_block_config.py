"""What web servers are made to say of an incident: every path is spelt so that nothing of it means anything to them, and goes without a trace."""

from __future__ import annotations

import importlib
import ipaddress
import re
from pathlib import Path
from typing import Any

import ansible.module_utils
import pytest
from ansible.module_utils.luytre.parsers.web_servers import apache_config, nginx_conf
from ansible.module_utils.luytre_shared.incidents import web_block_config
from hypothesis import given
from hypothesis import strategies as st

ansible.module_utils.__path__.append(str(Path(__file__).parents[5] / "roles/nginx/module_utils"))
luytre_nginx_edits = importlib.import_module("ansible.module_utils.luytre_nginx_edits")
ID = "SC-20261127-1/3"


def rule(path: bytes | None, **changes: Any) -> dict[str, Any]:
    return {"id": ID, "path": path, "trusted": ["10.0.0.0/9", "2001:db8::/33"], "own": ["127.0.0.1", "::1"], **changes}


@given(st.binary(min_size=1, max_size=60))
def test_a_path_fits_itself_and_what_is_below_it_and_nothing_else(path: bytes) -> None:
    path = b"/" + path.replace(b"\0", b"")
    pattern = web_block_config.make_regex_matching_path_and_below(path)
    assert re.fullmatch(r"[A-Za-z0-9\\^()?:|]+", pattern)
    found = re.compile(pattern.replace(r"\z", r"\Z").encode("ascii"))
    for same in (path, path + b"/", path + b"/x"):
        assert found.search(same)
    for other in (
        path + b"x",
        b"/x" + path,
        path[:-1],
        path + b"\n",
        path.swapcase() if path.swapcase() != path else b"",
    ):
        assert bool(found.search(other)) is (other == path or other.startswith(path + b"/"))


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda some: b"/" + some), max_size=3))
def test_what_is_written_is_a_configuration_that_says_no_more(paths: list[bytes]) -> None:
    rules = [*(rule(path) for path in paths), rule(None)]
    told = nginx_conf.parse_nginx_directives(web_block_config.render_nginx(rules), "x")
    assert [one.name for one in told].count("if") == len(paths) + 5
    assert all(one.block[0].args == ["410"] for one in told if one.args[:1] == ["($uri"])
    assert len(web_block_config.render_apache(rules).splitlines()) == 17 + 13 * len(paths)


@pytest.mark.parametrize("make", [web_block_config.render_nginx, web_block_config.render_apache])
def test_what_is_ours_is_told_from_what_is_not(make: Any) -> None:
    path = web_block_config.get_web_block_config_path_of_site(web_block_config.NGINX, "antruc.test")
    for rules in ([rule(b"/x.php")], [rule(None)], [rule(b"/\xff"), rule(None, trusted=[], own=[])], []):
        text = make(rules)
        assert web_block_config.drop_web_block_content_from_config(path, text) == ""
        assert web_block_config.drop_web_block_content_from_config("/etc/nginx/conf.d/x.conf", text) == text
        for more in ("autoindex on;\n", 'if ($uri ~ "x") { return 200; }\n', "RewriteRule x y\n"):
            assert web_block_config.drop_web_block_content_from_config(path, text + more) == text + more
    assert web_block_config.drop_web_block_content_from_config(path, None) is None


@given(st.sampled_from([0, 1, 7, 8, 9, 12, 17, 24, 31, 32]), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_network_is_told_by_the_bytes_of_its_addresses(length: int, inside: int, any_one: int) -> None:
    network = ipaddress.ip_network((inside, length), strict=False)
    (_, pattern), *_ = web_block_config._iter_apache_tests_for_strangers(rule(None, trusted=[str(network)], own=[]))
    found = re.compile(pattern.replace(r"\z", r"\Z").encode("ascii"))
    for one in (network[0], network[-1], ipaddress.ip_address(any_one)):
        for packed in (one.packed, ipaddress.ip_address(f"::ffff:{one}").packed):
            assert bool(found.search(packed)) == (one in network)


SERVERS = (
    "server {\n\tlisten 80;\n}\n",
    "server { listen 80; } server { listen 81; }",
    "server # one\n{ # two\n    listen 80;\n}\n",
    "server\n{\n}",
)


@pytest.mark.parametrize("text", SERVERS)
def test_nginxs_files_take_a_sites_in_and_are_then_as_they_were(text: str) -> None:
    servers = nginx_conf.parse_nginx_directives(text, "x")
    marked = text
    for server in reversed(servers):
        marked = web_block_config.include_site_file_in_nginx_config(marked, server.inner, "antruc.test")
    blocks = nginx_conf.parse_nginx_directives(marked, "x")
    for block in blocks:
        first = block.block[0]
        assert (first.name, first.args) == ("include", ["luytre-contain-antruc.test[.]conf"])
    assert len(blocks) == len(servers)
    assert web_block_config.strip_own_lines_from_config(marked) == text


@pytest.mark.parametrize("text", SERVERS)
def test_hardenings_put_nothing_before_it_whichever_came_first(text: str) -> None:
    def contain(text: str) -> str:
        return web_block_config.include_site_file_in_nginx_config(
            text, nginx_conf.parse_nginx_directives(text, "x")[-1].inner, "antruc.test"
        )

    def harden(text: str) -> str:
        return str(
            luytre_nginx_edits.apply_edits(
                text, {}, {nginx_conf.parse_nginx_directives(text, "x")[-1].inner: ["autoindex off;"]}
            )
        )

    both = harden(contain(text))
    for marked in (both, contain(harden(text))):
        assert [one.name for one in nginx_conf.parse_nginx_directives(marked, "x")[-1].block[:2]] == [
            "include",
            "autoindex",
        ]
        assert web_block_config.strip_own_lines_from_config(marked) == harden(text)
        assert luytre_nginx_edits.restore(web_block_config.strip_own_lines_from_config(marked)) == text
        assert web_block_config.strip_own_lines_from_config(luytre_nginx_edits.restore(marked)) == text


@pytest.mark.parametrize(
    "text",
    [
        "include /etc/evil; # luytre: contained\n",
        "include luytre-contain-../x[.]conf; # luytre: contained\n",
        "#x # luytre: contained, broken\nload_module evil;\n",
        "# luytre: contained\nIncludeOptional /etc/apache2/../evil\n",
    ],
)
def test_what_only_looks_like_ours_is_seen(text: str) -> None:
    assert web_block_config.strip_own_lines_from_config(text) == text


def test_apaches_files_likewise() -> None:
    text = "<IfModule ssl>\n\t<VirtualHost *:443>\n\tServerName a\n\t</VirtualHost>\n</IfModule>\n# <VirtualHost x>\n"
    marked = web_block_config.include_site_file_in_apache_config(
        web_block_config.include_site_file_in_apache_config(text, 2, "a.test"), 2, "b.test"
    )
    lines = marked.splitlines()
    assert lines[3].split() == ["IncludeOptional", "/etc/apache2/luytre-contain-b.test.conf"]
    assert lines[5].split() == ["IncludeOptional", "/etc/apache2/luytre-contain-a.test.conf"]
    assert web_block_config.strip_own_lines_from_config(marked) == text
    for number in (0, 1, 3, 6, 99):
        with pytest.raises(ValueError, match=str(number)):
            web_block_config.include_site_file_in_apache_config(text, number, "a.test")


def test_an_audit_sees_a_site_as_it_is_set_up(tmp_path: Any) -> None:
    nginx = {
        "/etc/nginx/nginx.conf": "http { server { include luytre-contain-a.test[.]conf; listen 80; } }",
        "/etc/nginx/luytre-contain-a.test.conf": web_block_config.render_nginx([rule(b"/x"), rule(None)]),
    }
    config = nginx_conf.load_nginx_config(
        "/etc/nginx/nginx.conf", nginx.get, lambda _: ["/etc/nginx/luytre-contain-a.test.conf"]
    )
    (server,) = config.servers
    assert [one.name for one in server.block] == ["listen"]
    own = {"/a": f"<VirtualHost *:80>\nInclude {tmp_path}/x\n</VirtualHost>"}
    own[f"{tmp_path}/x"] = web_block_config.render_apache([rule(None)])
    configuration = apache_config.ApacheConfiguration("/", {}, text_of=own.get).read("/a")
    assert [node.name for node in configuration.tree] == ["virtualhost"]
