"""The addresses of what applications publish, as they write them themselves."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible.module_utils.luytre.sites import recent_posts
from ansible.module_utils.luytre_shared.applications import wordpress_permalinks
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader


def rows(structure: str) -> list[list[str]]:
    return [
        ["option", "home", "https://a.test"],
        ["option", "permalink_structure", structure],
        ["post", "9", "tin-moi", "post", "0", "2026-11-02-08-05-01"],
        ["post", "7", "lich", "page", "5", "2026-11-02-08-05-01"],
        ["post", "5", "gioi-thieu", "page", "0", "2026-11-02-08-05-01"],
        ["post", "4", "con", "page", "3", "2026-11-02-08-05-01"],
    ]


@pytest.mark.parametrize(
    ("structure", "post", "page"),
    [
        ("/%year%/%monthnum%/%day%/%postname%/", "/2026/11/02/tin-moi/", "/gioi-thieu/lich/"),
        ("/tin/%post_id%.html", "/tin/9.html", "/gioi-thieu/lich"),
        ("/index.php/%postname%/", "/index.php/tin-moi/", "/index.php/gioi-thieu/lich/"),
        ("/%category%/%postname%/", "/?p=9", "/gioi-thieu/lich/"),
        ("", "/?p=9", "/?page_id=7"),
    ],
)
def test_wordpress(structure: str, post: str, page: str) -> None:
    found = wordpress_permalinks.build_wordpress_post_addresses(rows(structure), "/blog")
    assert found[:2] == ["/blog" + post, "/blog" + page]
    assert found[3] == "/blog/?page_id=4", "whose parent is not published"


def test_whose_own_parent_a_page_is_does_not_matter() -> None:
    own = [["option", "permalink_structure", "/%postname%/"], ["post", "2", "a", "page", "2", "2026-11-02-08-05-01"]]
    assert wordpress_permalinks.build_wordpress_post_addresses(own, "") == ["/?page_id=2"]


@pytest.mark.parametrize(
    ("files", "login", "answer", "wanted"),
    [
        (
            {
                "includes/mainfile.php": "",
                "config.php": "<?php\n$db_config['dbhost'] = 'localhost';\n$db_config['dbname'] = 'xa';\n"
                "$db_config['dbuname'] = 'u';\n$db_config['dbpass'] = 'p';\n$db_config['prefix'] = 'nv4';\n",
            },
            ("u", "p", "localhost", "xa", "mysql"),
            [["post", "3", "tin-moi", "thong-bao"], ["post", "2", None, "x"]],
            ["/index.php?language=vi&nv=news&op=thong-bao/tin-moi-3.html"],
        ),
        (
            {
                "administrator/manifests/files/joomla.xml": "",
                "configuration.php": "<?php\nclass JConfig {\npublic $user = 'u';\npublic $password = 'p';\n"
                "public $host = 'localhost';\npublic $db = 'xa';\npublic $dbprefix = 'jos_';\n}\n",
            },
            ("u", "p", "localhost", "xa", "mysql"),
            [["post", "3"]],
            ["/index.php?option=com_content&view=article&id=3"],
        ),
        ({"a.html": ""}, None, [], []),
    ],
)
def test_others_are_asked_as_the_site_asks(
    files: dict[str, str],
    login: tuple[str, ...] | None,
    answer: list[list[str]],
    wanted: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    asked = []

    def told(_reading: object, given: tuple[str, ...], statements: dict[str, tuple[str, int]]) -> list[list[str]]:
        asked.append(tuple(given)[:5])
        assert not any("{" in sql for sql, _ in statements.values())
        return answer

    monkeypatch.setattr(recent_posts.site_database, "fetch_rows", told)
    began = time.monotonic()
    assert recent_posts.collect_recent_post_addresses(str(tmp_path), AreaReader({}, 2)) == (wanted, None)
    assert asked == ([login] if login else [])
    assert time.monotonic() - began < 2
