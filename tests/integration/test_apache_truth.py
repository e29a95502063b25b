"""What the collector says Apache would answer, beside what a real Apache answers to the same configuration."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.module_utils.luytre.parsers.web_servers import apache_config, apache_methods, apache_request

from auditor import lab

HOST = "web2"
ROOT = "/srv/luytre-truth"
ROLE = Path(__file__).parents[2] / "roles" / "apache"
MODULES = (
    "mpm_event", "authz_core", "authz_host", "authz_user", "authn_core", "authn_file",
    "auth_basic", "access_compat", "alias", "dir", "mime", "autoindex",
    "rewrite", "headers", "proxy", "proxy_fcgi", "proxy_http", "setenvif",
    "macro", "allowmethods",
)  # fmt: skip
URIS = (
    "/.git/HEAD", "/.env", "/.htpasswd", "/backup.sql", "/index.php", "/index.php~", "/x.php.bak", "/uploads/x.php",
    "/uploads/a.jpg", "/files/x.php", "/image.jpg", "/.well-known/acme-challenge/x", "/xmlrpc.php", "/page.html",
    "/sub/.svn/entries", "/x.phtml",
)  # fmt: skip
MAIN = """
ServerRoot /etc/apache2
DefaultRuntimeDir {root}
PidFile {root}/pid
ErrorLog {root}/error.log
User www-data
Group www-data
ServerName main.test
{modules}
TypesConfig /etc/mime.types
Listen 127.0.0.1:18080
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory {root}>
    Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
<FilesMatch ".+\\.ph(?:ar|p|tml)$">
    SetHandler "proxy:unix:{root}/none.sock|fcgi://localhost"
</FilesMatch>
"""


def _rules() -> Any:
    spec = importlib.util.spec_from_file_location("apache_rules", ROLE / "filter_plugins" / "apache.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RULES = _rules()
HEADERS = "".join(RULES.SITE_RULES[control] for control in sorted(RULES.HEADER_CONTROLS))


def denied(section: str, wanted: str) -> str:
    return f"<{section} {wanted}>\nRequire all denied\n</{section.split()[0]}>\n"


CASES = {
    "plain": "",
    "all-our-rules": "".join(RULES.SITE_RULES.values()),
    "directory-match": denied("DirectoryMatch", '"/\\.git"'),
    "directory-match-end": denied("DirectoryMatch", '"HEAD$"') + denied("DirectoryMatch", '"/uploads/"') + denied("DirectoryMatch", '"/sub$"'),
    "files-match": denied("FilesMatch", '"\\.(sql|bak|env)$|~$"') + '<Files ".env">\nRequire all granted\n</Files>\n',
    "location-opens": denied("Files", '"*.sql"') + '<Location "/backup.sql">\nRequire all granted\n</Location>\n',
    "parent-after-child": denied("Directory", '"@/sub"') + '<Directory "@">\nRequire all granted\n</Directory>\n',
    "wildcards": denied("Directory", f'"{ROOT}/*/uploads"') + denied("Location", '"/f*/x.php"'),
    "files-in-directory": '<Directory "@/uploads">\n' + denied("FilesMatch", '"\\.php$"') + "</Directory>\n",
    "handler-none": '<Directory "@/uploads">\nSetHandler None\n</Directory>\n<Location "/files">\nSetHandler None\n</Location>\n',
    "redirect-match": 'RedirectMatch 404 "/\\.(git|svn|env)"\nRedirect gone /backup.sql\nRedirect permanent /files https://x.test/f\n',
    "redirect-all": "Redirect permanent / https://x.test/\n",
    "rewrite-forbidden": 'RewriteEngine on\nRewriteRule "(^|/)\\.git" - [F]\nRewriteRule ^/backup\\.sql$ - [R=404,L]\nRewriteRule ^/files/ - [G]\n',
    "rewrite-https": "RewriteEngine on\nRewriteCond %{HTTPS} !=on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n",
    "rewrite-but-acme": "RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteCond %{REQUEST_URI} !^/\\.well-known/\nRewriteRule (.*) https://x.test$1 [R=301,L]\n",
    "rewrite-to-front": "RewriteEngine on\nRewriteRule ^/(?!image).*$ /index.php [L]\n",
    "rewrite-as-wordpress": '<Directory "@">\nRewriteEngine on\nRewriteBase /\nRewriteRule ^index\\.php$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /index.php [L]\n</Directory>\n',
    "rewrite-or": "RewriteEngine on\nRewriteCond %{REQUEST_URI} \\.sql$ [OR]\nRewriteCond %{REQUEST_URI} ^/\\.env\nRewriteRule ^ - [F]\n",
    "old-deny": '<Directory "@/uploads">\nOrder deny,allow\nDeny from all\n</Directory>\n<Files "*.sql">\nOrder allow,deny\n</Files>\n',
    "satisfy-any": '<Location "/">\nOrder deny,allow\nAllow from all\nSatisfy Any\n</Location>\n' + denied("Location", '"/.git"'),
    "satisfy-any-then-ours": '<Location "/">\nOrder deny,allow\nAllow from all\nSatisfy Any\n</Location>\n' + RULES.SITE_RULES["apache.hidden_files"],
    "requires": '<Location "/backup.sql">\nRequire ip 192.0.2.1\n</Location>\n<Location "/.env">\n<RequireAll>\nRequire all granted\nRequire not ip 192.0.2.1\n</RequireAll>\n</Location>\n<Location "/files">\n<RequireAll>\nRequire all granted\n<RequireNone>\nRequire all granted\n</RequireNone>\n</RequireAll>\n</Location>\n<Location "/page.html">\nRequire valid-user\nAuthType Basic\nAuthName x\nAuthUserFile /dev/null\n</Location>\n<Location "/image.jpg">\nRequire method GET\n</Location>\n',
    "limit": '<Location "/backup.sql">\n<Limit POST>\nRequire all denied\n</Limit>\n</Location>\n<Location "/.env">\n<LimitExcept POST>\nRequire all denied\n</LimitExcept>\n</Location>\n',
    "proxy-match": 'ProxyPassMatch "^/(.*\\.php(/.*)?)$" "fcgi://127.0.0.1:19999/srv/"\n',
    "proxy-all": "ProxyPass /.well-known/ !\nProxyPass /uploads/ !\nProxyPass / http://127.0.0.1:19998/\n",
    "two-extensions": f'<FilesMatch "x">\nSetHandler None\n</FilesMatch>\nAddHandler "proxy:unix:{ROOT}/none.sock|fcgi://localhost" .php .jpg\n',
    "alias": f"Alias /uploads {ROOT}/plain/uploads\nAlias /files /etc/apache2\n",
    "if-module": "<IfModule mod_headers.c>\n" + denied("Files", '"*.sql"') + "</IfModule>\n<IfModule !mod_rewrite.c>\n" + denied("Files", '".env"') + "</IfModule>\n",
    "macro": '<Macro Shut $what>\n' + denied("Location", '"$what"') + '</Macro>\nUse Shut /files\nUse Shut "/.env"\n',
    "continued-line": '<Files "*.sql">\n Require \\\n   all denied\n</Files>\n',
    "if-plain": "<If \"%{HTTPS} == 'off'\">\nRequire all denied\n</If>\n",
    "header-none": HEADERS,
    "header-good": "Header set X-Frame-Options DENY\nHeader always set Referrer-Policy no-referrer\n" + HEADERS,
    "header-good-always": "Header always set X-Frame-Options DENY\n" + HEADERS,
    "header-bad-always": "Header always set X-Frame-Options ALLOWALL\nHeader set Referrer-Policy unsafe-url\n" + HEADERS,
    "header-policy": "Header always set Content-Security-Policy \"default-src 'self'\"\n" + HEADERS,
    "header-bad": "Header set X-Frame-Options ALLOWALL\nHeader append X-Content-Type-Options nosniff\n" + HEADERS,
    "header-twice": "Header always set X-Frame-Options DENY\nHeader set X-Frame-Options ALLOWALL\n",
    "header-words": 'Header set X-A a\n<Files "*.html">\nHeader unset X-A\n</Files>\nHeader merge X-B b\nHeader add X-B c\nHeader setifempty X-B d\n',
}  # fmt: skip
DENIED = RULES.SITE_RULES["apache.methods"]
GRANTED = "<If \"%{REQUEST_METHOD} == 'TRACK'\">\nRequire all granted\n</If>\n"
LIMITED = '<Location "/">\nAllowMethods GET POST\n</Location>\n'
METHOD_CASES = {
    "methods-plain": "",
    "methods-ours": DENIED,
    "methods-granted-before": GRANTED + DENIED,
    "methods-granted-after": DENIED + GRANTED,
    "methods-else": DENIED + "<Else>\nRequire all granted\n</Else>\n",
    "methods-location-granted": DENIED + '<Location "/files">\nRequire all granted\n</Location>\n',
    "methods-granted-in-location": DENIED + f'<Location "/files">\n{GRANTED}</Location>\n',
    "methods-granted-in-location-before": f'<Location "/files">\n{GRANTED}</Location>\n' + DENIED,
    "methods-granted-in-folder": f'<Directory "@/files">\n{GRANTED}</Directory>\n' + DENIED,
    "methods-granted-in-files": f'<Files "x.php">\n{GRANTED}</Files>\n' + DENIED,
    "methods-denied-in-location": f'<Location "/files">\n{DENIED}</Location>\n',
    "methods-denied-or-granted": DENIED.replace("Require all denied", "Require all denied\n<RequireAny>\nRequire all granted\n</RequireAny>"),
    "methods-any-is-enough": '<Location "/">\nOrder deny,allow\nAllow from all\nSatisfy Any\n</Location>\n' + DENIED,
    "methods-any-is-still-enough": '<Location "/">\nOrder deny,allow\nAllow from all\nSatisfy Any\n</Location>\n' + DENIED.replace("Satisfy All", ""),
    "methods-any-is-enough-again": DENIED + "<If \"%{REQUEST_METHOD} == 'TRACK'\">\nRequire all denied\nAllow from all\nSatisfy Any\n</If>\n",
    "methods-any-is-enough-in-location": DENIED + "<Location /files>\n<If \"%{REQUEST_METHOD} == 'TRACK'\">\nAllow from all\nSatisfy Any\n</If>\n</Location>\n",
    "methods-denied-twice": DENIED + DENIED,
    "methods-to-an-address-in-location": DENIED + "<Location /files>\n<If \"%{REQUEST_METHOD} == 'TRACK'\">\nRequire ip 192.0.2.1\n</If>\n</Location>\n",
    "methods-limited": LIMITED,
    "methods-reset-then-limited": LIMITED.replace("AllowMethods", "AllowMethods PROPFIND\nAllowMethods reset\nAllowMethods"),
    "methods-in-two-lists": LIMITED.replace("AllowMethods", "AllowMethods PROPFIND\nAllowMethods"),
    "methods-if-limits": LIMITED + "<If \"%{REQUEST_URI} =~ /files/\">\nAllowMethods GET\n</If>\n",
    "methods-reset": LIMITED + LIMITED.replace("GET POST", "reset"),
    "methods-location-resets": LIMITED + '<Location "/files">\nAllowMethods reset\n</Location>\n',
    "methods-location-reset-before": '<Location "/files">\nAllowMethods reset\n</Location>\n' + LIMITED,
    "methods-pattern-resets": LIMITED + '<LocationMatch "^/files">\nAllowMethods reset\n</LocationMatch>\n',
    "methods-folder-resets": LIMITED + '<Directory "@">\nAllowMethods reset\n</Directory>\n',
    "methods-folder-limits": '<Directory "@">\nAllowMethods GET\n</Directory>\n',
    "methods-if-resets": LIMITED + "<If \"%{REQUEST_URI} =~ /files/\">\nAllowMethods reset\n</If>\n",
    "methods-if-resets-before": "<If \"%{REQUEST_URI} =~ /files/\">\nAllowMethods reset\n</If>\n" + LIMITED,
}  # fmt: skip
"""What decides whether methods that no application uses come through to PHP."""
SCRIPTS = ("/index.php", "/uploads/x.php", "/files/x.php")
HTACCESS = {
    "override-all": (
        "All",
        "RedirectMatch 403 /\\.git\n"
        '<FilesMatch "\\.(sql|bak)$">\nOrder allow,deny\nDeny from all\n</FilesMatch>\n'
        "<Files xmlrpc.php>\nRequire all denied\n</Files>\nRewriteEngine On\nRewriteRule ^files/ - [F]\n",
    ),
    "override-none": ("None", "Require all denied\n"),
    "override-some": (
        "AuthConfig Options=Indexes",
        '<Files "*.sql">\nRequire all denied\n</Files>\nRequire all granted\n',
    ),
    "override-handler": (
        "FileInfo",
        f'<FilesMatch "\\.jpg$">\nSetHandler "proxy:unix:{ROOT}/none.sock|fcgi://localhost"\n</FilesMatch>\n',
    ),
}
GUEST = """
import http.client, json, os, shutil, subprocess, sys, time
given = json.load(sys.stdin)
shutil.rmtree(given["root"], ignore_errors=True)
for path, text in given["files"].items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(text)
server = subprocess.Popen(["apache2", "-f", given["config"], "-DFOREGROUND"], stderr=subprocess.PIPE)
try:
    for _ in range(100):
        try:
            http.client.HTTPConnection("127.0.0.1", 18080, timeout=1).connect()
            break
        except OSError:
            if server.poll() is not None:
                sys.exit(server.stderr.read().decode())
            time.sleep(0.05)
    said = []
    for name, uri, method in given["asks"]:
        visit = http.client.HTTPConnection("127.0.0.1", 18080, timeout=10)
        visit.request(method, uri, headers={"Host": name})
        answer = visit.getresponse()
        answer.read()
        said.append([answer.status, answer.getheaders()])
    print(json.dumps(said))
finally:
    server.terminate()
    server.wait(10)
    shutil.rmtree(given["root"], ignore_errors=True)
"""
CORES_OWN = {
    "date",
    "server",
    "last-modified",
    "etag",
    "accept-ranges",
    "content-length",
    "content-type",
    "vary",
    "connection",
}
"""Headers that Apache sends of itself, whatever is configured."""
KINDS = {200: "file", 301: "redirected", 302: "redirected", 502: "passed on", 503: "passed on"}


def configuration() -> tuple[str, dict[str, str]]:
    """The main file, and every file by path."""
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in MODULES)
    text, files = MAIN.format(root=ROOT, modules=modules), {}
    with_override = {
        name: f'<Directory "@">\nAllowOverride {classes}\n</Directory>\n' for name, (classes, _text) in HTACCESS.items()
    }
    for name, inside in {**CASES, **METHOD_CASES, **with_override}.items():
        root = f"{ROOT}/{name}"
        files.update({root + uri: "x" for uri in URIS})
        if name in HTACCESS:
            files[f"{root}/.htaccess"] = HTACCESS[name][1]
        inside = inside.replace("@", root)
        text += f"<VirtualHost *:18080>\nServerName {name}.test\nDocumentRoot {root}\n{inside}</VirtualHost>\n"
    return text, {**files, f"{ROOT}/apache2.conf": text}


def servers(text: str, tmp_path: Path) -> dict[str, apache_request.ApacheServer]:
    """The collector's understanding of each virtual host by its name."""
    (tmp_path / "apache2.conf").write_text(text)
    known = apache_config.ApacheConfiguration("/etc/apache2", {}, (2, 4, 62)).read(str(tmp_path / "apache2.conf"))
    assert known.problems == []
    main = [node for node in known.tree if node.name != "virtualhost"]
    found = {}
    for block in (node for node in known.tree if node.name == "virtualhost"):
        name = next(node.args[0] for node in block.inside if node.name == "servername").removesuffix(".test")

        def htaccess(folder: str, name: str = name) -> list[Any] | None:
            mine = name in HTACCESS and folder == f"{ROOT}/{name}"
            return known.read_hostile(HTACCESS[name][1], "x") if mine else None

        found[name] = apache_request.ApacheServer(known.modules, main, block.inside, htaccess)
    return found


def ask_apache(asks: list[tuple[str, str, str]]) -> list[tuple[int, dict[str, str]]]:
    """Status and joined headers that a real Apache gives, by virtual host, URI and method."""
    given = {
        "root": ROOT,
        "files": configuration()[1],
        "config": f"{ROOT}/apache2.conf",
        "asks": [[f"{name}.test", uri, method] for name, uri, method in asks],
    }
    done = lab.run_on_machine_as_root(HOST, ["python3", "-c", GUEST], stdin_data=json.dumps(given).encode())
    assert done.returncode == 0, done.stderr.decode()
    joined = []
    for status, pairs in json.loads(done.stdout):
        headers: dict[str, str] = {}
        for name, value in pairs:
            headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
        joined.append((status, headers))
    return joined


def test_the_collector_and_apache_agree(fresh: Callable[..., None], tmp_path: Path) -> None:
    known = servers(configuration()[0], tmp_path)
    asks = [(name, uri) for name in (*CASES, *HTACCESS) for uri in URIS]
    answers = dict(zip(asks, ask_apache([(name, uri, "GET") for name, uri in asks]), strict=True))
    wrong = []
    for (name, uri), (status, sent) in answers.items():
        answer = known[name].answer_get_request(uri)
        expected = "passed on" if answer.kind in ("php", "proxied") else answer.kind
        if KINDS.get(status, "denied" if 400 <= status < 500 else str(status)) != expected:
            wrong.append(f"{name}{uri}: Apache {status}, collector {answer.kind} {answer.detail}")
        if name.startswith("header") and uri == "/page.html":
            real = {key: value for key, value in sent.items() if key not in CORES_OWN}
            if real != apache_request.compute_response_headers(answer.state, False):
                wrong.append(
                    f"{name}: Apache sends {real}, collector {apache_request.compute_response_headers(answer.state, False)}"
                )
    assert wrong == []
    assert {KINDS.get(status, "denied") for status, _ in answers.values()} == {
        "file",
        "redirected",
        "passed on",
        "denied",
    }


def test_methods_that_the_collector_calls_refused_come_through_nowhere(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    known = servers(configuration()[0], tmp_path)
    strange = ("TRACK", "PROPFIND")
    asks = [(name, uri, method) for name in METHOD_CASES for uri in SCRIPTS for method in (*strange, "GET")]
    answers = {ask: KINDS.get(status) for ask, (status, _) in zip(asks, ask_apache(asks), strict=True)}
    refused = {
        name: not any(answers[name, uri, method] == "passed on" for uri in SCRIPTS for method in strange)
        for name in METHOD_CASES
    }
    called = {name: apache_methods.is_every_unused_http_method_refused(known[name]) for name in METHOD_CASES}
    assert {name for name in METHOD_CASES if called[name] != refused[name]} == {"methods-else", "methods-folder-limits"}
    assert not called["methods-else"] and not called["methods-folder-limits"]
    assert {kind for (_, _, method), kind in answers.items() if method == "GET"} == {"passed on"}
