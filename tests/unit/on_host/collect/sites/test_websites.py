"""Which web roots there are, who serves them, which folders are filled, where PHP never runs: one truth for all who ask."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers.web_servers import apache_config
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre.sites import access_log, filled_uris, webroot, websites
from ansible.module_utils.luytre_shared.applications import known_layouts

from auditor.system import resources
from tests.unit.modules import load as module

WORDPRESS, JOOMLA, DRUPAL, NUKEVIET = (
    known_layouts.LAYOUT_BY_KIND[kind] for kind in ("wordpress", "joomla", "drupal", "nukeviet")
)

# --- folders ---------------------------------------------------------------------------------------------------
# application, path below it: what it is filled with, whether it may be an office's own document, whether PHP never
# runs at that URI. The last two are answers for a whole path, so a file's name stands in each.
TRUTH = [
    (None, "uploads/x.php", "upload", True, True),
    (None, "Uploads/2026/x.PHP", "upload", True, True),
    (None, "a/uploads/x.php", "upload", True, True),
    (None, "a/b/uploads/x.php", "", True, True),
    (None, "upload/x.phtml", "upload", True, True),
    (None, "images/x.php", "upload", True, True),
    (None, "a/images/x.php", "upload", True, False),
    (None, "media/x.pht", "upload", True, True),
    (None, "files/x.phar", "upload", True, True),
    (None, "userfiles/image/x.php", "upload", True, True),
    (None, "attachments/x.php5", "upload", True, True),
    (None, "avatars/x.phps", "upload", True, True),
    (None, "cache/x.php", "", False, True),
    (None, "a/tmp/x.php", "", False, True),
    (None, "temp/x.php", "", False, True),
    (None, "templates/x.php", "", False, False),
    (None, "admin/upload/x.php", "", True, True),
    (None, "vendor/a/images/x.php", "", True, False),
    (None, "images.php", "", False, False),
    (None, "uploads.php", "", False, False),
    (None, "uploads/x.jpg", "upload", True, False),
    (None, "uploads/x.php.jpg", "upload", True, False),
    (None, "uploads/x.php/y.jpg", "upload", True, True),
    (None, "reuploads/x.php", "", False, False),
    (WORDPRESS, "wp-content/uploads/2026/x.php", "upload", True, True),
    (WORDPRESS, "wp-content/cache/x.php", "cache", False, True),
    (WORDPRESS, "wp-content/upgrade/x.php", "cache", False, False),
    (WORDPRESS, "wp-content/plugins/a/images/x.php", "", True, False),
    (WORDPRESS, "wp-includes/images/x.php", "", True, False),
    (WORDPRESS, "images/x.php", "upload", True, True),
    (JOOMLA, "images/x.php", "upload", True, True),
    (JOOMLA, "administrator/cache/x.php", "cache", False, True),
    (JOOMLA, "administrator/logs/x.php", "cache", False, False),
    (DRUPAL, "sites/xa.vn/files/x.php", "upload", True, True),
    (DRUPAL, "sites/default/files/php/twig/x.php", "upload", True, True),
    (NUKEVIET, "uploads/news/x.php", "upload", True, True),
    (NUKEVIET, "data/dump/x.php", "cache", False, False),
    (NUKEVIET, "admin/upload/x.php", "", True, True),
]


@pytest.mark.parametrize(("layout", "path", "filled", "document", "never"), TRUTH)
def test_folders_that_are_filled(layout: Any, path: str, filled: str, document: bool, never: bool) -> None:
    assert websites.classify_folder_of_file(layout, path) == filled
    assert websites.can_be_published_upload(layout, path) is document
    assert filled_uris.is_uri_where_php_must_not_run("/" + path) is never
    assert (re.search(filled_uris.PHP_NEVER, "/" + path, re.IGNORECASE) is not None) is never
    homes = {"": layout} if layout else {}
    entry = webroot.WebrootEntry(0, None, path.rpartition("/")[2], path, None, homes=homes)
    assert webroot.is_in_upload_or_cache_folder(entry) is bool(filled), "the walk says the same"


def test_both_servers_deny_what_the_logs_are_counted_for() -> None:
    nginx = (resources.get_roles_folder() / "nginx" / "templates" / "site.conf.j2").read_text("utf-8")
    assert 'if ($uri ~* "{{ nginx_wanted.php_never }}") {' in nginx
    apache = module("roles/apache/filter_plugins/apache.py")
    assert f'<LocationMatch "(?i){apache.PHP_NEVER}">' in apache.SITE_RULES["apache.upload_exec"]
    assert apache.PHP_NEVER in (resources.get_roles_folder() / "apache" / "library" / "apache_config.py").read_text()
    line = '198.51.100.1 - - [27/Nov/2026:10:00:00 +0700] "GET %s HTTP/1.1" 200 5 "-" "-"'
    for _layout, path, _filled, _document, never in TRUTH:
        assert access_log.count_requests_in_access_log(line % ("/" + path))["uploaded_php"] == never, path


def test_each_uri_that_is_asked_is_one_that_is_denied() -> None:
    assert all(map(filled_uris.is_uri_where_php_must_not_run, filled_uris.UPLOAD_URIS))
    assert filled_uris.find_upload_uris_that_run_php(lambda uri: uri.startswith("/c")) == ["/cache/x.php"]


def test_upload_folders_of_other_applications_are_asked_for_where_they_are(tmp_path: Path) -> None:
    def tried() -> list[str]:
        return filled_uris.find_upload_uris_that_run_php(
            lambda uri: uri.startswith(("/uploads/", "/moodledata/")), str(tmp_path)
        )

    assert tried() == ["/uploads/x.php"]
    (tmp_path / "moodledata").mkdir()
    assert tried() == ["/uploads/x.php", "/moodledata/x.php"]


def test_the_probes_ask_for_the_same_folders() -> None:
    script = (Path(resources.get_roles_folder()).parent / "auditor/hardening/health/probes.sh").read_text("utf-8")
    listed = re.search(r"for folder in (.*); do\n\s*\[ -d \"\$root/\$folder\" \]", script)
    assert listed is not None
    wordpress = WORDPRESS.uploads[0].rstrip("/")
    assert listed[1].split() == [*websites.UPLOADS, *websites.CACHES, wordpress]


def test_a_long_uri_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    for start in ("/uploads" * 50_000, "/uploads/.php" * 30_000, "/sites/" * 50_000):
        filled_uris.is_uri_where_php_must_not_run(start)
    assert time.process_time() - began < 1


# --- roots -----------------------------------------------------------------------------------------------------

NGINX = """
http {
    access_log /var/log/nginx/all.log;
    root /srv/khac;
    server { server_name a.test; root "/srv/a/public"; access_log /srv/log/a.log combined;
             location /tai { root /srv/tai; } location /b { alias /srv/alias; } }
    server { server_name b.test; }
    server { server_name c.test; root /srv/$host; access_log off; }
}
"""
APACHE = """
DocumentRoot /srv/main
<VirtualHost *:80>
    ServerName d.test
    documentroot /srv/d/
    CustomLog "|/usr/bin/rotatelogs /x" combined
    CustomLog /srv/log/d.log combined
</VirtualHost>
<IfDefine NEVER>
<VirtualHost *:80>
    DocumentRoot /srv/never
</VirtualHost>
</IfDefine>
"""


@pytest.fixture
def vhosts(tmp_path: Path) -> list[websites.VhostBlock]:
    apache = tmp_path / "apache2.conf"
    apache.write_text(APACHE)
    read = apache_config.ApacheConfiguration(str(tmp_path), {}).read(str(apache))
    return [
        *websites.list_nginx_vhosts(load_nginx_config("/x/nginx.conf", lambda _path: NGINX)),
        *websites.list_apache_vhosts(read),
    ]


def test_what_virtual_hosts_give(vhosts: list[websites.VhostBlock]) -> None:
    assert [(one.server, one.line, one.roots, one.logs) for one in vhosts] == [
        ("nginx", 5, ["/srv/a/public", "/srv/tai"], ["/srv/log/a.log"]),
        ("nginx", 7, ["/srv/khac"], ["/var/log/nginx/all.log"]),
        ("nginx", 8, [], []),
        ("apache", 3, ["/srv/d"], ["/srv/log/d.log"]),
        ("apache", 1, ["/srv/main"], []),
    ]


def test_each_root_with_who_declares_and_who_serves_it(
    vhosts: list[websites.VhostBlock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websites, "list_usual_site_folders", lambda: ["/srv/d", "/home/x/public_html", "/"])
    declared = {
        "sites": [{"domain": "d.test", "document_root": "/srv/d/"}, {"domain": "e.test"}, "x", {"document_root": 5}]
    }
    found = {
        root.path: (root.domains, [one.server for one in root.vhosts])
        for root in websites.list_web_roots(declared, vhosts)
    }
    assert found == {
        "/srv/d": (["d.test"], ["apache"]),
        "/srv/a/public": ([], ["nginx"]),
        "/srv/tai": ([], ["nginx"]),
        "/srv/khac": ([], ["nginx"]),
        "/srv/main": ([], ["apache"]),
        "/home/x/public_html": ([], []),
    }
    assert websites.list_application_search_roots(declared, vhosts) == sorted(found)
    assert websites.list_declared_document_roots(declared) == ["/srv/d"]


def test_roots_are_not_walked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websites, "list_usual_site_folders", lambda: ["/srv/c", "/srv"])
    wanted = ["/srv/a/public", "/srv/a", "/srv/b/", "/srv/ab", None]
    declared = {"sites": [*({"document_root": path} for path in wanted), {}, "x"]}
    assert websites.list_web_roots_to_walk(declared, []) == ["/srv/a/public", "/srv/b", "/srv/ab", "/srv/c"]


def test_a_configuration_that_is_not_understood_is_read_by_its_lines(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("server {\n  root /srv/a;\n  root $x;\n access_log /srv/log/a.log;\n")
    (one,) = websites.scan_nginx_files_line_by_line(str(tmp_path / "*"))
    assert (one.server, one.roots, one.logs) == ("nginx", ["/srv/a"], ["/srv/log/a.log"])


def test_a_link_at_a_usual_place_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "www" / "a").mkdir(parents=True)
    (tmp_path / "www" / "b").symlink_to("/etc")
    (tmp_path / "www" / "c").write_text("")
    monkeypatch.setattr(websites, "HOLDING_SITES", (str(tmp_path / "www"),))
    monkeypatch.setattr(websites, "PLACES", ())
    assert websites.list_usual_site_folders() == [str(tmp_path / "www" / "a"), str(tmp_path / "www")]
