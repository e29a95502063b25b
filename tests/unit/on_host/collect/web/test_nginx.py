"""nginx: its configuration understood as nginx does, and edits that win, stay, and can be taken back to the byte."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible.module_utils
import pytest
from ansible.module_utils.luytre.parsers import foreign_patterns, request_uris
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import (
    BadConfig,
    NginxConfig,
    load_nginx_config,
    parse_nginx_directives,
    parse_nginx_seconds,
    parse_nginx_size,
)
from ansible.module_utils.luytre.parsers.web_servers.nginx_request import (
    NginxModel,
    NginxRequest,
    parse_location_modifier_and_name,
)
from ansible.module_utils.luytre.sites import filled_uris
from ansible.module_utils.luytre.web import nginx
from ansible.module_utils.luytre.web_servers import exposed_paths
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files, nginx_listens
from hypothesis import given
from hypothesis import strategies as st

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts.web.nginx import NginxFacts
from auditor.models import Finding, Host, Site, Status

ROLE = Path(__file__).parents[5] / "roles" / "nginx"
ansible.module_utils.__path__.append(str(ROLE / "module_utils"))
luytre_nginx = importlib.import_module("ansible.module_utils.luytre_nginx")
luytre_nginx_edits = importlib.import_module("ansible.module_utils.luytre_nginx_edits")

NGINX = """
user www-data;
events { worker_connections 768; }
http {
    %s
    include /etc/nginx/conf.d/*.conf;
    include sites-enabled/*;
}
"""
WORDPRESS = r"""server {
    listen 80;
    listen 443 ssl;
    server_name antruc.test www.antruc.test;
    root /var/www/antruc.test;
    index index.php index.html;
    ssl_certificate /etc/nginx/ssl/antruc.test.crt;
    ssl_certificate_key /etc/nginx/ssl/antruc.test.key;
    location / {
        try_files $uri $uri/ /index.php?$args;
    }
    location ~ \.php$ {
        include snippets/fastcgi-php.conf;
        fastcgi_pass unix:/run/php/php8.4-fpm.sock;
    }
}
"""
FASTCGI = r"""fastcgi_split_path_info ^(.+?\.php)(/.*)$;
try_files $fastcgi_script_name =404;
set $path_info $fastcgi_path_info;
fastcgi_param PATH_INFO $path_info;
fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
"""
STATIC = """server {
    listen 80;
    server_name gotre.test;
    root /var/www/gotre.test;
    location / { try_files $uri $uri/ =404; }
    location /tai-lieu/ { autoindex on; }
}
"""
STOCK = "server {\n    listen 80 default_server;\n    root /var/www/html;\n    server_name _;\n}\n"
CATALOGUE = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
ELSEWHERE = ("wordpress.xmlrpc", "tls.protocols", "tls.ciphers", "tls.curves", "tls.redirect")
ENFORCED = {
    control: ["antruc.test", "gotre.test"]
    for control in (*ELSEWHERE, *(one.id for one in CATALOGUE.controls if one.fix is not None))
}
SETTINGS = {"timeout": 60, "timeout_min": 5, "timeout_max": 75, "body_limit": 134_217_728}
SITES = [{"domain": "antruc.test", "aliases": ["www.antruc.test"]}, {"domain": "gotre.test"}]


def config(http: str = "", **sites: str) -> NginxConfig:
    """A configuration of these site files, as the collector loads it."""
    files = {
        "/etc/nginx/nginx.conf": NGINX.replace("%s", http),
        "/etc/nginx/snippets/fastcgi-php.conf": FASTCGI,
        **{f"/etc/nginx/sites-enabled/{name}": text for name, text in sites.items()},
    }

    def find(pattern: str) -> list[str]:
        folder = pattern.rpartition("/")[0] + "/"
        return [path for path in files if path.startswith(folder)]

    return load_nginx_config("/etc/nginx/nginx.conf", files.get, find)


def facts(found: NginxConfig, version: str = "1.26.3", sites: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The area as the collector sends it, which its model takes."""
    data = {**nginx.ABSENT, "installed": True, "config_ok": True}
    data.update(nginx.describe_nginx_configuration(found, {"sites": sites or SITES}, version, on_disk=False))
    NginxFacts.model_validate(data)
    return data


def vhost(found: NginxConfig, name: str, **how: Any) -> dict[str, Any]:
    member: dict[str, Any] = next(v for v in facts(found, **how)["vhosts"] if name in v["names"])
    return member


def findings(found: NginxConfig, domain: str = "antruc.test", **site: Any) -> dict[str, Finding]:
    """Each nginx control on the host or the site."""
    data = {"nginx": load_fact_area_models()["nginx"].model_validate(facts(found))}
    known = HostFacts(1_790_000_000, data, {}, {})
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain=domain, host="h", **site),))
    return {finding.control: finding for finding in evaluate_host(CATALOGUE, host, known)}


# --- the language ------------------------------------------------------------------------------------------


def test_words_are_cut_as_nginx_cuts_them() -> None:
    text = r"""a "b c" 'd;e' f\ g ${h}i "\"q\" \. \t" x#y; # gone ; {
    map $u $v { default ""; "~*^a{2}\.b$" 1; } if ($uri ~ "x}y") { return 403; }"""
    found = parse_nginx_directives(text, "f")
    assert found[0].args == ["b c", "d;e", r"f\ g", "${h}i", '"q" \\. \t', "x#y"]
    assert [row.name for row in found[1].block] == ["default", r"~*^a{2}\.b$"]
    assert found[2].args == ["($uri", "~", "x}y", ")"]


def test_a_lua_block_is_passed_over() -> None:
    found = parse_nginx_directives(
        "location / { content_by_lua_block { if x then return '}' end } } root /a;".replace("'}'", "1"), "f"
    )
    assert [directive.name for directive in found] == ["location", "root"]


@pytest.mark.parametrize("text", ["a", "a {", "}", "a 'b;", ";", "a b }", "{ }"])
def test_what_is_no_configuration_is_named_with_its_place(text: str) -> None:
    with pytest.raises(BadConfig, match="f:1"):
        parse_nginx_directives(text, "f")


@given(st.text(alphabet="a b;{}\"'\\$#\n~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_nginx_directives(text, "f")
    except BadConfig:
        return


def test_a_file_that_includes_itself_and_a_deep_nest_end() -> None:
    with pytest.raises(BadConfig, match="includes itself"):
        load_nginx_config("/a", lambda _path: "include /a;", lambda _pattern: [])
    with pytest.raises(BadConfig, match="too deeply"):
        parse_nginx_directives("a { " * 100, "f")


@pytest.mark.parametrize(
    ("word", "wanted"), [("8k", 8192), ("1G", 1024**3), ("0", 0), ("12", 12), ("1.5m", None), ("x", None), ("", None)]
)
def test_sizes(word: str, wanted: int | None) -> None:
    assert parse_nginx_size(word) == wanted


@pytest.mark.parametrize(("word", "wanted"), [("60", 60), ("1m 30s", 90), ("1h", 3600), ("", None), ("x", None)])
def test_times(word: str, wanted: int | None) -> None:
    assert parse_nginx_seconds(word) == wanted
    assert parse_nginx_seconds("1" * 40) is None or parse_nginx_seconds("9" * 40) is None


# --- what would be answered ----------------------------------------------------------------------------------


def answer(
    inside: str, uri: str, *, there: bool = True, scheme: str = "http", http: str = "", **how: Any
) -> tuple[str, Any]:
    found = config(http, x="server { listen 80; server_name a.test; root /srv; index index.php; " + inside + " }")
    request = NginxRequest(
        uri, "a.test", scheme, 80, exists=lambda path: not path.endswith("/") and (there or path == "/index.php"), **how
    )
    said = NginxModel(found).answer_request(found.servers[0], request)
    return said.kind, said.value


PHP = "fastcgi_pass 127.0.0.1:9000;"


WAYS = (
    ("location /a { return 401; } location /a/b { return 402; }", "/a/b/c", ("status", 402)),
    ("location /a/ { return 401; } location ~ b { return 402; }", "/a/b", ("status", 402)),
    ("location ^~ /a/ { return 401; } location ~ b { return 402; }", "/a/b", ("status", 401)),
    ("location = /a { return 401; } location ^~ /a { return 402; }", "/a", ("status", 401)),
    ("location ~ A { return 401; } location ~* A { return 402; }", "/a", ("status", 402)),
    ("location ~ a { return 401; } location ~ b { return 402; }", "/b/a", ("status", 401)),
    ("location /a { location ~ c { return 401; } } location ~ b { return 402; }", "/a/b/c", ("status", 401)),
    ("location /a { location /a/b { return 401; } } location ~ b { return 402; }", "/a/b", ("status", 402)),
    ("location ^~ /a { location ~ b { deny all; } } location ~ b { return 402; }", "/a/b", ("status", 403)),
    ("location ~ /\\. { deny all; }", "/.git/HEAD", ("status", 403)),
    ("location ~ /\\. { allow 192.0.2.7; deny all; }", "/.env", ("status", 403)),
    ("location ~ /\\. { allow all; deny all; }", "/.env", ("file", "/.env")),
    ("location /x { internal; location ~ a { } }", "/x/a", ("status", 404)),
    ("location /x { auth_basic on; auth_basic_user_file /etc/nginx/none; }", "/x", ("status", 401)),
    ("location /x { auth_basic on; }", "/x", ("file", "/x")),
    ("if ($uri ~ /\\.git) { return 444; }", "/.git/HEAD", ("closed", 444)),
    ("if ($request_method !~ ^(GET|HEAD)$) { return 405; }", "/x", ("file", "/x")),
    ('if ($http_cookie ~ "a") { return 403; }', "/x", ("file", "/x")),
    ("set $u $uri; if ($u = /x) { return 410; }", "/x", ("status", 410)),
    ("if ($host = a.test) { return 301 https://$host$request_uri; }", "/x", ("redirect", "https://a.test/x")),
    ("rewrite ^ https://b.test$request_uri permanent;", "/x", ("redirect", "https://b.test/x")),
    ("rewrite ^/old/(.*)$ /new/$1; location /new/ { return 402; }", "/old/x", ("status", 402)),
    ("location /a/ { rewrite ^/a/(.*)$ /b/$1 last; } location /b/ { return 402; }", "/a/x", ("status", 402)),
    ("location /a/ { rewrite ^ /b break; } location /b { return 402; }", "/a/x", ("file", "/b")),
    ("location / { rewrite ^ /x last; }", "/y", ("status", 500)),
    ("location / { try_files /none @f; } location @f { return 402; }", "/x", ("file", "/none")),
    ("location = / { try_files $uri @f; } location @f { return 402; }", "/", ("status", 402)),
    ("break; if ($uri ~ x) { return 403; }", "/x", ("file", "/x")),
    (f"location ~ ^/up/.*\\.php$ {{ return 404; }} location ~ \\.php$ {{ {PHP} }}", "/up/x.php", ("status", 404)),
)  # fmt: skip
"""What stands in a server block, what is asked for, and how nginx answers."""


@pytest.mark.parametrize(("inside", "uri", "wanted"), WAYS)
def test_the_way_of_a_request(inside: str, uri: str, wanted: tuple[str, Any]) -> None:
    assert answer(inside, uri) == wanted


def test_missing_scripts() -> None:
    for check, kind in (
        ("", "php"),
        ("try_files $uri =404;", "status"),
        ("try_files $fastcgi_script_name =404;", "status"),
        ("if (!-f $document_root$fastcgi_script_name) { return 404; }", "status"),
        ("if (!-e $request_filename) { return 404; }", "status"),
    ):
        assert answer(f"location ~ \\.php$ {{ {check} {PHP} }}", "/x.php", there=False)[0] == kind, check
    front = f"location / {{ try_files $uri /index.php?$args; }} location ~ \\.php$ {{ try_files $uri =404; {PHP} }}"
    assert answer(front, "/nothing", there=False) == ("php", "127.0.0.1:9000")


def test_a_map_decides_and_an_unknown_variable_never_protects() -> None:
    table = 'map $uri $bad { default 0; "~^/\\.git" 1; }'
    assert answer("if ($bad) { return 403; }", "/.git/HEAD", http=table) == ("status", 403)
    assert answer("if ($unknown) { return 403; }", "/.git/HEAD") == ("file", "/.git/HEAD")
    assert answer("if ($arg_x = y) { return 403; }", "/.git/HEAD") == ("file", "/.git/HEAD")


def test_which_server_answers() -> None:
    found = config(
        x="server { listen 80; server_name a.test; } server { listen 80; server_name *.b.test; }"
        "server { listen 80; server_name ~^c\\d; } server { listen 80 default_server; server_name .d.test; }"
    )
    model, members = NginxModel(found), nginx_listens.group_servers_by_listen(found.servers)[("*", 80)]
    chosen = {
        name: (
            found.servers.index(model.choose_server_for_host(members, name)[0]),
            model.choose_server_for_host(members, name)[1],
        )
        for name in ("a.test", "x.b.test", "b.test", "c1.test", "d.test", "www.d.test")
    }
    assert chosen == {
        "a.test": (0, "exact"),
        "x.b.test": (1, "wildcard"),
        "b.test": (3, "default"),
        "c1.test": (2, "regex"),
        "d.test": (3, "exact"),
        "www.d.test": (3, "wildcard"),
    }


def test_location_written_without_a_space() -> None:
    found = parse_nginx_directives("location =/x { } location ^~/y { } location ~\\.php { } location /z { }", "f")
    assert [parse_location_modifier_and_name(each) for each in found] == [
        ("=", "/x"),
        ("^~", "/y"),
        ("~", "\\.php"),
        ("", "/z"),
    ]


# --- facts -----------------------------------------------------------------------------------------------------


def test_a_stock_wordpress() -> None:
    seen = vhost(config(antruc=WORDPRESS, default=STOCK), "antruc.test")
    assert seen["php_backends"] == ["unix:/run/php/php8.4-fpm.sock"]
    assert seen["serves_hidden"] == list(request_uris.HIDDEN_URIS)
    assert seen["runs_php"] == list(filled_uris.UPLOAD_URIS)
    assert (seen["php_of_missing"], seen["pages"], seen["redirects_to_https"]) == (False, True, False)
    assert seen["rate_limits"] == [] and seen["denies"] == []
    assert [listen["tls"] for listen in seen["listens"]] == [False, True]
    assert [listen["default"] for listen in seen["listens"]] == [False, True]


def test_old_protocols_by_default_and_from_the_default_server() -> None:
    old = ["TLSv1", "TLSv1.1", "TLSv1.2"]
    assert vhost(config(a=WORDPRESS), "antruc.test", version="1.22.1")["tls"]["protocols"] == old
    first = "server { listen 443 ssl default_server; ssl_protocols TLSv1; return 404; }"
    good = WORDPRESS.replace("root", "ssl_protocols TLSv1.3; root")
    assert vhost(config(a0=first, a1=good), "antruc.test")["tls"]["protocols"] == ["TLSv1", "TLSv1.3"]
    rejecting = first.replace("return", "ssl_reject_handshake on; return")
    assert vhost(config(a0=rejecting, a1=good), "antruc.test")["tls"]["protocols"] == ["TLSv1.3"]


def test_the_sole_nameless_site_answers_its_declared_domain() -> None:
    nameless = WORDPRESS.replace("server_name antruc.test www.antruc.test;", "server_name _;")
    assert {"antruc.test", "www.antruc.test"} <= set(facts(config(a=nameless))["vhosts"][0]["names"])
    other = config(a=WORDPRESS, g=STATIC)
    assert "gotre.test" not in vhost(other, "antruc.test")["names"]


def test_secrets_stay_on_the_host() -> None:
    text = WORDPRESS.replace(
        "location / {",
        'add_header X-Secret "bi mat"; proxy_set_header Authorization "Basic bWF0a2hhdQ=="; fastcgi_param DB_PASS mat-khau;'
        "location /api { proxy_pass http://user:mat-khau@127.0.0.1:9000/x; } location / {",
    )
    keyed = text.replace("/etc/nginx/ssl/antruc.test.key", "data:-----BEGIN-mat-khau")
    sent = json.dumps(facts(config(a=keyed)))
    assert not any(secret in sent for secret in ("mat-khau", "bWF0a2hhdQ", "bi mat"))
    assert vhost(config(a=keyed), "antruc.test")["proxies_to"] == ["127.0.0.1:9000"]


def test_headers_lost_listed_logged_and_limited() -> None:
    text = WORDPRESS.replace("root", "add_header X-Content-Type-Options nosniff; client_max_body_size 8m; root", 1)
    text = text.replace(
        "include snippets", "client_max_body_size 0; add_header X-A 1; access_log off; include snippets"
    )
    seen = vhost(config(a=text), "antruc.test")
    assert seen["headers"] == {}
    assert len(seen["headers_lost"]) == 1 and "x-content-type-options" in seen["headers_lost"][0]
    assert (seen["access_log"], seen["body_limit"]) == (None, 0)
    merged = text.replace("add_header X-A", "add_header_inherit merge; add_header X-A")
    assert vhost(config(a=merged), "antruc.test")["headers_lost"] == []


def test_alias_webdav_and_listing() -> None:
    text = STATIC.replace(
        "location /tai-lieu/", "location /tep { alias /srv/tep/; dav_methods PUT; } location /tai-lieu/"
    )
    seen = vhost(config(g=text), "gotre.test")
    assert seen["writes"] == ["PUT"] and len(seen["alias_traversal"]) == 1
    assert [place.partition(" ")[0] for place in seen["listing"]] == ["/tai-lieu/"]


@pytest.mark.parametrize(
    ("server", "closed"),
    [
        ("return 444;", True),
        ("return 421;", True),
        ("deny all;", True),
        ("return 301 https://www.antruc.test$request_uri;", True),
        ("return 301 https://$host$request_uri;", False),
        ("root /srv;", False),
        ("location / { try_files $uri /index.html; }", False),
    ],
)
def test_how_a_strangers_name_is_answered(server: str, closed: bool) -> None:
    found = facts(config(a0="server { listen 80 default_server; " + server + " }", a1=STATIC))
    assert [one["closed"] for one in found["default_servers"]] == [closed]


def test_a_server_that_only_redirects_has_no_pages() -> None:
    certbot = (
        "server { if ($host = antruc.test) { return 301 https://$host$request_uri; }"
        "listen 80; server_name antruc.test; return 404; }"
    )
    seen = vhost(config(a=certbot), "antruc.test")
    assert (seen["pages"], seen["redirects_to_https"]) == (False, True)


# --- findings ---------------------------------------------------------------------------------------------------


def test_findings_of_a_stock_host_and_of_a_static_site() -> None:
    stock = config("server_tokens on;", antruc=WORDPRESS, default=STOCK)
    found = findings(stock, application="wordpress")
    failing = {control for control, finding in found.items() if finding.status.is_open}
    assert failing == {
        "nginx.server_tokens", "nginx.default_server", "nginx.hidden_files", "nginx.backup_files", "nginx.upload_exec",
        "nginx.nosniff", "nginx.frame", "nginx.referrer", "nginx.permissions_policy", "nginx.content_policy",
        "nginx.login_rate",
    }  # fmt: skip
    static = findings(config("server_tokens off;", g=STATIC), "gotre.test", application="static")
    assert static["nginx.upload_exec"].status is Status.NOT_APPLICABLE
    assert static["nginx.login_rate"].status is Status.NOT_APPLICABLE
    assert static["nginx.autoindex"].violations != ()


def test_headers_that_are_good_enough() -> None:
    def with_headers(*lines: str) -> dict[str, Finding]:
        return findings(
            config(a=WORDPRESS.replace("root", "".join(f"add_header {line};" for line in lines) + "root", 1))
        )

    good = with_headers("X-Frame-Options deny", "X-Content-Type-Options nosniff", "Referrer-Policy no-referrer")
    assert {good[f"nginx.{name}"].status for name in ("frame", "nosniff", "referrer")} == {Status.PASS}
    bad = with_headers("X-Frame-Options ALLOWALL", "X-Content-Type-Options x", "Referrer-Policy unsafe-url")
    assert {bad[f"nginx.{name}"].status for name in ("frame", "nosniff", "referrer")} == {Status.FAIL}
    own = with_headers('Permissions-Policy "camera=*"')
    assert own["nginx.permissions_policy"].status is Status.PASS, "a policy of the site's own is one"
    csp = with_headers("Content-Security-Policy \"frame-ancestors 'self'\"")
    assert csp["nginx.frame"].status is Status.PASS
    assert csp["nginx.content_policy"].status is Status.PASS
    assert with_headers("Content-Security-Policy-Report-Only x")["nginx.content_policy"].status is Status.PASS


def test_a_site_whose_patterns_never_end_costs_no_other_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_patterns, "BOUNDS", (0.2, 0.5))
    pattern = ".*" * 30 + "!"
    costly = f'server {{ listen 80; server_name doc.test; root /var/www/doc; location ~ "{pattern}" {{ deny all; }} }}'
    good = "server { listen 80; server_name antruc.test; root /var/www/antruc.test; }"
    found = facts(config(a=good, b=costly))
    (unread,) = found["unread_vhosts"]
    assert unread["names"] == ["doc.test"]
    assert unread["unread"] == {"why": "patterns", "file": "/etc/nginx/sites-enabled/b"}
    assert [one["names"][0] for one in found["vhosts"]] == ["antruc.test"]


def test_what_cannot_be_understood_is_never_a_pass() -> None:
    broken = {**nginx.ABSENT, "installed": True, "config_ok": False, "problems": ["x"], "vhosts": None}
    known = HostFacts(1_790_000_000, {"nginx": load_fact_area_models()["nginx"].model_validate(broken)}, {}, {})
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain="antruc.test", host="h"),))
    found = {finding.control: finding.status for finding in evaluate_host(CATALOGUE, host, known)}
    assert found["nginx.config_valid"] is Status.FAIL
    assert found["nginx.hidden_files"] is Status.NOT_EVALUATED


# --- the change --------------------------------------------------------------------------------------------------


def decided(found: NginxConfig, sites: list[dict[str, Any]] = SITES[:1], **settings: Any) -> Any:
    return luytre_nginx.decide(found, ENFORCED, sites, {**SETTINGS, **settings})


def hardened(text: str, http: str = "", path: str = "x") -> str:
    found = config(http, **{path: text})
    decision = decided(found, SITES[1:] if "gotre" in text else SITES[:1])
    file = f"/etc/nginx/sites-enabled/{path}"
    new: str = luytre_nginx_edits.apply_edits(text, decision.put_out.get(file, {}), decision.insert.get(file, {}))
    return new


VENDORS: list[Callable[[], str]] = [
    lambda: WORDPRESS,
    lambda: STATIC,
    lambda: WORDPRESS.replace("\n", "\r\n"),
    lambda: "server { listen 80; server_name antruc.test; autoindex on; access_log off; root /srv; }",
    lambda: WORDPRESS.replace("location /", "location ~ /\\.ht { deny all; }\n    location /", 1),
    lambda: WORDPRESS.replace("server {", "server { # của xã"),
    lambda: WORDPRESS.replace("include snippets", "add_header X-A 1; # c\n        include snippets"),
    lambda: STATIC.replace("root", 'add_header\n  X-Frame-Options\n  "ALLOWALL";\n  root', 1),
    lambda: "# ghi chú\n" + STATIC.rstrip("\n"),
]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_change_settles_and_is_taken_back_to_the_byte(vendor: Callable[[], str]) -> None:
    text = vendor()
    new = hardened(text)
    assert new != text
    assert luytre_nginx_edits.restore(new) == text
    assert hardened(luytre_nginx_edits.restore(new)) == new
    parse_nginx_directives(new, "f")


def test_the_rules_stand_before_everything_of_the_vendors() -> None:
    first = hardened(WORDPRESS).splitlines()[1]
    assert first == "    include /etc/nginx/snippets/luytre-antruc.test.conf; # luytre: added"
    assert "include" not in STATIC and "fastcgi" not in hardened(STATIC)


def test_a_policy_of_the_site_s_own_stays() -> None:
    own = WORDPRESS.replace("root", 'add_header Permissions-Policy "geolocation=*"; root', 1)
    assert hardened(own).count("Permissions-Policy") == 1
    assert "put out for nginx.permissions_policy" not in hardened(own)
    assert "add_header Permissions-Policy $luytre_permissions_policy always;" in hardened(WORDPRESS)
    line = "add_header Content-Security-Policy-Report-Only $luytre_content_security_policy_report_only always;"
    assert line in hardened(WORDPRESS)
    enforced = WORDPRESS.replace("root", "add_header Content-Security-Policy \"default-src 'self'\"; root", 1)
    assert line not in hardened(enforced), "a policy that is enforced is more"


def test_what_the_vendor_has_is_not_said_twice() -> None:
    own = WORDPRESS.replace(
        "root", "limit_req_status 503; add_header X-Frame-Options DENY; autoindex off; client_max_body_size 8m; root", 1
    )
    added = [line.strip() for line in hardened(own).splitlines() if "luytre: added" in line]
    assert not any(word in line for line in added for word in ("X-Frame", "autoindex", "limit_req_status", "body_size"))
    decision = decided(config("server_tokens off; ssl_protocols TLSv1.3; keepalive_timeout 0;", a=WORDPRESS))
    assert decision.http["server_tokens"] is False
    assert decision.http["ssl_protocols"] is False
    assert decision.http["ssl_ciphers"] is True
    assert decision.http["timeouts"] == {}


def test_headers_and_limits_of_the_whole_server_are_not_lost_by_ours() -> None:
    http = 'limit_req_zone $binary_remote_addr zone=z:1m rate=9r/s; limit_req zone=z; add_header X-Ban "Xã An Trúc";'
    new = hardened(WORDPRESS, http)
    assert 'add_header X-Ban "Xã An Trúc"; # luytre: added' in new
    assert "limit_req zone=z; # luytre: added" in new


def test_the_default_server() -> None:
    stock = luytre_nginx.decide(
        config(a=WORDPRESS, default=STOCK), ENFORCED, SITES[:1], SETTINGS, is_link=lambda _path: True
    )
    assert stock.disabled == ["/etc/nginx/sites-enabled/default"]
    assert {(one["address"], one["tls"]) for one in stock.listens} == {("80", False), ("443", True)}

    taken = WORDPRESS.replace("listen 80;", "listen 80 default_server;")
    assert "put out for nginx.default_server: listen 80 default_server;" in hardened(taken)
    assert "    listen 80; # luytre: added" in hardened(taken)

    closed = decided(config(a0="server { listen 80 default_server; return 444; }", a1=STATIC), SITES[1:])
    assert closed.listens == []

    local = decided(config(a="server { listen 127.0.0.1:8080; server_name localhost; root /srv; }"))
    assert local.listens == []


def test_no_declared_site_loses_its_pages_to_the_default_server() -> None:
    nameless = WORDPRESS.replace("server_name antruc.test www.antruc.test;", "server_name _;")
    decision = luytre_nginx.decide(config(a=nameless), ENFORCED, SITES[:1], SETTINGS)
    lines = [line for places in decision.insert.values() for added in places.values() for line in added]
    assert "server_name antruc.test www.antruc.test;" in lines
    other = WORDPRESS.replace("server_name antruc.test www.antruc.test;", "server_name cu.test;")
    held = luytre_nginx.decide(config(a=other), ENFORCED, SITES[:1], SETTINGS)
    assert held.listens == [] and held.held_back == ["*:80", "*:443"]


BOTH = STOCK.replace("default_server;", "default_server;\n    listen [::]:80 default_server;", 1)
"""As Debian ships it."""


def test_a_site_without_ipv6_beside_the_default_server_of_both_keeps_its_name() -> None:
    found = config(default=BOTH, x=STATIC)
    (server,) = [one for one in facts(found)["vhosts"] if "gotre.test" in one["names"]]
    assert server["root"] == "/var/www/gotre.test", "what Debian shows on IPv6 is not the site"
    stock = luytre_nginx.decide(found, ENFORCED, SITES[1:], SETTINGS, is_link=lambda _path: True)
    assert stock.disabled == ["/etc/nginx/sites-enabled/default"] and not stock.held_back
    own = luytre_nginx.decide(found, ENFORCED, SITES[1:], SETTINGS, is_link=lambda _path: False)
    lines = [line for places in own.insert.values() for added in places.values() for line in added]
    assert "server_name gotre.test;" not in lines, "nginx would take the first of two with one name"
    assert {one["address"] for one in own.listens} == {"80", "[::]:80"}


def test_a_default_server_with_the_folder_of_the_site_beside_it_is_left_as_it_is() -> None:
    same = BOTH.replace("/var/www/html", "/var/www/gotre.test")
    held = luytre_nginx.decide(config(default=same, x=STATIC), ENFORCED, SITES[1:], SETTINGS)
    lines = [line for places in held.insert.values() for added in places.values() for line in added]
    assert held.held_back == ["*:80", "[::]:80"] and "server_name gotre.test;" not in lines


def test_the_redirect_waits_for_a_good_certificate() -> None:
    assert decided(config(a=WORDPRESS)).redirects == {}
    both = decided(config(a=WORDPRESS), covered={"antruc.test": ["antruc.test", "www.antruc.test"]})
    assert both.redirects == {"antruc.test": "$host"}
    one = decided(config(a=WORDPRESS), covered={"antruc.test": ["antruc.test"]})
    assert one.redirects == {"antruc.test": "antruc.test"}
    done = WORDPRESS.replace("root", "if ($scheme = http) { return 301 https://$host$request_uri; } root", 1)
    assert decided(config(a=done), covered={"antruc.test": ["antruc.test"]}).redirects == {}

    def held(names: list[str], ends: int, signed: bool = True) -> dict[str, list[str]]:
        certificate = {"names": names, "not_before": 0, "not_after": ends, "self_signed": not signed}
        found: dict[str, list[str]] = luytre_nginx.https_names(
            config(a=WORDPRESS), SITES, lambda _path: certificate, 100
        )
        return found

    assert held(["antruc.test"], 101) == {"antruc.test": ["antruc.test"]}
    assert held(["antruc.test"], 100) == held(["khac.test"], 101) == held(["antruc.test"], 101, signed=False) == {}


def _site(lines: str) -> str:
    return f"server {{\n    listen 80;\n    server_name antruc.test;\n    root /var/www/antruc.test;\n{lines}\n}}\n"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("location /tinh-trang { stub_status; }", ["/tinh-trang"]),
        ("location ~ ^/tinh-trang$ { stub_status; }", ["/tinh-trang"]),
        ("location = /a { stub_status; allow 127.0.0.1; deny all; }", []),
        ("location = /a { stub_status; auth_basic x; auth_basic_user_file /etc/x; }", []),
        ("location = /a { return 403; stub_status; }", []),
    ],
)
def test_status_pages_that_strangers_read(lines: str, told: list[str]) -> None:
    assert vhost(config(a=_site(lines)), "antruc.test")["status_open"] == told


def test_the_status_of_php_that_strangers_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "www.conf").write_text("[www]\n;pm.status_path = /no\npm.status_path = /fpm-status\n")
    monkeypatch.setattr(exposed_paths, "POOLS", (f"{tmp_path}/*.conf",))
    assert exposed_paths.list_php_fpm_status_paths() == ["/fpm-status"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("location /kho/ { dav_methods PUT DELETE; }", ["/kho/"]),
        ("location /kho/ { dav_methods PUT; limit_except GET { deny all; } }", []),
        ("location /kho/ { dav_methods PUT; limit_except GET PUT { deny all; } }", ["/kho/"]),
        ("location /kho/ { dav_methods PUT; auth_basic x; auth_basic_user_file /etc/x; }", []),
        ("location /kho/ { dav_methods off; }", []),
        ("location /kho/ { dav_methods PUT; allow 10.0.0.0/8; deny all; }", []),
    ],
)
def test_where_strangers_write(lines: str, told: list[str]) -> None:
    found = vhost(config(a=_site(lines)), "antruc.test")["writes_open"]
    assert [place.split(" ")[0] for place in found] == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Credentials true;", 1),
        ("add_header Access-Control-Allow-Origin $http_origin; add_header Access-Control-Allow-Credentials true;", 1),
        ("add_header Access-Control-Allow-Origin $wide; add_header Access-Control-Allow-Credentials true;", 1),
        ("add_header Access-Control-Allow-Origin $narrow; add_header Access-Control-Allow-Credentials true;", 0),
        ("add_header Access-Control-Allow-Origin *;", 0),
        ("add_header Access-Control-Allow-Origin https://b.test; add_header Access-Control-Allow-Credentials true;", 0),
        (
            'if ($http_origin ~ "^https://b\\.test$") { add_header Access-Control-Allow-Origin $http_origin;'
            " add_header Access-Control-Allow-Credentials true; }",
            0,
        ),
    ],
)
def test_whose_scripts_may_ask_with_a_visitors_login(lines: str, told: int) -> None:
    maps = (
        "map $http_origin $wide { default $http_origin; }"
        'map $http_origin $narrow { default ""; https://b.test $http_origin; }'
    )
    assert len(vhost(config(maps, a=_site(f"location / {{ {lines} }}")), "antruc.test")["cors_open"]) == told


def test_a_site_that_hands_every_page_on_has_no_files() -> None:
    server = (
        "server {\n listen 80;\n server_name antruc.test;\n %s location / { proxy_pass http://127.0.0.1:3000; }\n}\n"
    )
    assert vhost(config(a=server % ""), "antruc.test")["proxied"]
    assert not vhost(config(a=server % "location /tep/ { alias /srv/tep/; }"), "antruc.test")["proxied"]
    assert not vhost(config(a=WORDPRESS), "antruc.test")["proxied"]


def test_what_an_application_keeps_to_itself_is_denied_where_it_is(tmp_path: Path) -> None:
    enforce = {"web.private_files": ["antruc.test"]}

    def made() -> Any:
        found = config(a=_site("").replace("/var/www/antruc.test", str(tmp_path)))
        return luytre_nginx.decide(found, enforce, SITES, SETTINGS)

    assert made().snippets == {}
    for name in ("doku.php", "inc/init.php", "lib/exe/fetch.php"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    exposed_paths.scan_web_root_and_top_folders.cache_clear()
    decision = made()
    assert decision.snippets == {"antruc.test": ["web.private_files"]}
    pattern = decision.private["antruc.test"]
    denied = _site(f'if ($uri ~ "{pattern}") {{ return 404; }}')
    answers = {
        uri: NginxModel(config(a=denied))
        .answer_request(config(a=denied).servers[0], NginxRequest(uri, "antruc.test"))
        .is_denied
        for uri in ("/data/pages/a.txt", "/conf/users.auth.php", "/lib/exe/fetch.txt", "/database/x.txt")
    }
    assert answers == {
        "/data/pages/a.txt": True,
        "/conf/users.auth.php": True,
        "/lib/exe/fetch.txt": False,
        "/database/x.txt": False,
    }


def test_folders_for_our_files_that_are_links_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx_config_files, "FOLDER", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "sites-enabled").symlink_to("elsewhere")
    assert nginx_config_files.find_linked_config_folders() == []
    (tmp_path / "elsewhere" / "default").touch()
    (tmp_path / "conf.d").rmdir()
    (tmp_path / "conf.d").symlink_to("elsewhere")
    assert nginx_config_files.find_linked_config_folders() == [f"{tmp_path}/conf.d", f"{tmp_path}/sites-enabled"]
