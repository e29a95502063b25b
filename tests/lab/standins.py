"""An editor's and an administrator's work, in a real browser, at what stands in for NukeViet and Joomla in the lab.

They are neither: they log in, publish and take uploads at the same places and in the same ways, and a page of ours
beside them takes extensions as both do: a zip, laid in the application's folder for passing files, unpacked where it
keeps modules, after which PHP forgets what it had compiled: by itself it looks again only after two seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from playwright.sync_api import Page

from auditor import lab
from tests.lab.chromium import chromium, document, packed, picture

MODULE = "chao"


@dataclass(frozen=True)
class StandIn:
    """Record of what is where."""

    origin: str
    root: str
    desk: str
    """Where the administrator logs in and works."""
    fields: tuple[str, str, str]
    """Of the forms: name, password, text of an article."""
    article: str
    uploads: str
    passing: str
    """Its folder for passing files."""
    owner: str
    """Whose modules are, so that its code can put more there."""


STAND_INS: Mapping[str, StandIn] = {
    "mess1": StandIn(
        origin="http://kheluong.test",
        root="/home/xakheluong/public_html",
        desk="/admin/index.php",
        fields=("nv_login", "nv_password", "hometext"),
        article="/index.php?nv=news&id=",
        uploads="/uploads/news/",
        passing="data/tmp",
        owner="xakheluong:www-data",
    ),
    "mess2": StandIn(
        origin="http://baihop.test",
        root="/var/www/baihop.test/public",
        desk="/administrator/index.php",
        fields=("username", "passwd", "introtext"),
        article="/index.php?id=",
        uploads="/images/",
        passing="tmp",
        owner="baihop:baihop",
    ),
}
INSTALLER = """<?php
session_start();
$name = preg_replace('/[^a-z]/', '', $_GET['show'] ?? '');
if ($name !== '') {
    exit(include __DIR__ . "/modules/$name/main.php");
}
if (!isset($_SESSION['admin'])) {
    http_response_code(403);
    exit('Phải đăng nhập');
}
$said = '';
if (isset($_FILES['package'])) {
    $zip = __DIR__ . '/@PASSING@/' . bin2hex(random_bytes(8)) . '.zip';
    move_uploaded_file($_FILES['package']['tmp_name'], $zip) || exit('Không ghi được tệp tạm');
    (new PharData($zip))->extractTo(__DIR__ . '/modules', null, true);
    unlink($zip);
    function_exists('opcache_reset') && opcache_reset();
    $said = 'Đã cài ' . basename($_FILES['package']['name']);
}
echo '<p>', htmlspecialchars($said), '</p>',
    '<form method="post" enctype="multipart/form-data"><input type="file" name="package"><button>Cài đặt</button></form>';
"""


@dataclass(frozen=True)
class Done:
    """Record of what came of each piece of work; statuses of what visitors ask for then."""

    article: str
    uploads: tuple[int, ...]
    module: tuple[str, ...]
    refused: tuple[str, ...]


def prepare(host: str) -> None:
    """Lay the page for extensions beside the stand-in, and let its code write where modules are."""
    it = STAND_INS[host]
    page = INSTALLER.replace("@PASSING@", it.passing)
    done = lab.run_on_machine_as_root(
        host,
        f"cat > {it.root}/mo-dun.php <<'END'\n{page}END\n"
        f"chown {it.owner} {it.root}/mo-dun.php {it.root}/modules && chmod 644 {it.root}/mo-dun.php && chmod 775 {it.root}/modules",
    )
    assert done.returncode == 0, done.stderr


def work(host: str) -> Done:
    """Log in, publish an article, upload a picture and a PDF, install a module from a zip and update it."""
    it = STAND_INS[host]
    secrets = json.loads(lab.run_on_machine_as_root(host, "cat /root/lab.json").stdout)
    refused: list[str] = []
    with chromium(host, refused) as page:
        name, password, text = (f"[name={field}]" for field in it.fields)
        page.goto(it.origin + it.desk)
        page.fill(name, secrets["admin"])
        page.fill(password, secrets["admin_password"])
        page.click("button")
        page.fill("[name=title]", "Tin trong trình duyệt")
        page.fill(text, "Đăng bằng trình duyệt thật")
        page.click("form:has([name=title]) button")
        number = re.search(r"bài số (\d+)", page.content())
        for file in (picture("anh-bia.png"), document("van-ban.pdf")):
            page.set_input_files("[name=upload]", file)
            page.click("form:has([name=upload]) button")
        module = tuple(_installed(page, it, version) for version in ("1.0", "1.1"))
        article = page.goto(f"{it.origin}{it.article}{number[1] if number else 0}")
        shown = page.inner_text("h2") if article and article.ok else ""
        uploads = tuple(_status(page, it.uploads + file) for file in ("anh-bia.png", "van-ban.pdf"))
    lab.run_on_machine_as_root(
        host, f"rm -rf {it.root}/modules/{MODULE} {it.root}{it.uploads}anh-bia.png {it.root}{it.uploads}van-ban.pdf"
    )
    return Done(shown, uploads, module, tuple(refused))


def _installed(page: Page, it: StandIn, version: str) -> str:
    """Return what visitors see of the module once this version was installed over what was there."""
    page.goto(f"{it.origin}/mo-dun.php")
    page.set_input_files(
        "[name=package]", packed(f"{MODULE}.zip", {f"{MODULE}/main.php": f"<?php return '{MODULE}-{version}';\n"})
    )
    page.click("button")
    page.wait_for_selector(f"text=Đã cài {MODULE}.zip")
    page.goto(f"{it.origin}/mo-dun.php?show={MODULE}")
    return page.inner_text("body")


def _status(page: Page, path: str) -> int:
    status: int = page.evaluate("path => fetch(path).then(answer => answer.status)", path)
    return status
