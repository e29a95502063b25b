"""An editor's and an administrator's work at the lab's WordPress, in a real browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Page

from auditor import lab
from tests.lab.chromium import chromium, document, packed, picture

ORIGIN = "https://antruc.test"
PASSWORD = "mot-mat-khau-cua-phong-thu"  # noqa: S105  # of a host that lives for minutes
LOG_IN = f"""set -e
cd /var/www/antruc.test
cat > /run/mat-khau.php <<'END'
<?php define('WP_USE_THEMES', false); $_SERVER['HTTP_HOST'] = 'antruc.test'; $_SERVER['HTTPS'] = 'on';
require '/var/www/antruc.test/wp-load.php';
wp_set_password('{PASSWORD}', get_user_by('login', 'bientap')->ID);
END
chmod 644 /run/mat-khau.php
setpriv --reuid=www-data --regid=www-data --init-groups php /run/mat-khau.php
rm /run/mat-khau.php
"""


@dataclass(frozen=True)
class Done:
    """Record of what came of each piece of work."""

    article: str
    """Its address."""
    uploads: tuple[str, ...]
    plugin: tuple[str, ...]
    """The plugin's words at the foot of the front page: as installed, as updated."""
    refused: tuple[str, ...]


def plugin(version: str) -> str:
    return (
        f"<?php\n/*\nPlugin Name: Chao\nVersion: {version}\n*/\n"
        f"add_action( 'wp_footer', function () {{ echo 'chao-{version}'; }} );\n"
    )


def work() -> Done:
    """Log in, publish an article, upload a picture and a PDF, install a plugin from a zip and update it."""
    prepared = lab.run_on_machine_as_root("web1", LOG_IN)
    assert prepared.returncode == 0, prepared.stderr.decode()
    refused: list[str] = []
    with chromium("web1", refused) as page:
        _log_in(page)
        article = _publish(page)
        uploads = _upload(page)
        _install(page, "1.0")
        installed = _foot(page)
        _install(page, "1.1")
        return Done(article, uploads, (installed, _foot(page)), tuple(refused))


def _log_in(page: Page) -> None:
    page.goto(f"{ORIGIN}/wp-login.php?redirect_to=%2Fwp-admin%2Fpost-new.php")
    page.fill("#user_login", "bientap")
    page.fill("#user_pass", PASSWORD)
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/post-new.php")


def _publish(page: Page) -> str:
    """Return the article's address, once it is published."""
    page.wait_for_selector(".editor-header, .edit-post-header")
    page.evaluate("wp.data.dispatch('core/preferences').set('core/edit-post', 'welcomeGuide', false)")
    framed = page.frame_locator("iframe[name='editor-canvas']").locator(".editor-post-title__input")
    title = (
        framed if page.locator("iframe[name='editor-canvas']").count() else page.locator(".editor-post-title__input")
    )
    title.fill("Tin trong trình duyệt")
    page.click(".editor-post-publish-button__button")
    page.click(".editor-post-publish-panel .editor-post-publish-button")
    return page.locator(".post-publish-panel__postpublish-header a").get_attribute("href") or ""


def _upload(page: Page) -> tuple[str, ...]:
    """Addresses of what was uploaded."""
    page.goto(f"{ORIGIN}/wp-admin/media-new.php")
    page.wait_for_selector("input[type=file][id^=html5_]", state="attached")
    page.set_input_files("input[type=file][id^=html5_]", [picture("anh-bia.png"), document("van-ban.pdf")])
    page.wait_for_function("document.querySelectorAll('#media-items .edit-attachment').length === 2")
    listed = page.evaluate("fetch('/wp-json/wp/v2/media?per_page=2').then(answer => answer.json())")
    return tuple(sorted(one["source_url"] for one in listed))


def _install(page: Page, version: str) -> None:
    """Upload the plugin's zip; a newer one takes the place of what is there."""
    page.goto(f"{ORIGIN}/wp-admin/plugin-install.php?tab=upload")
    page.set_input_files("#pluginzip", packed("chao.zip", {"chao/chao.php": plugin(version)}))
    page.click("#install-plugin-submit")
    page.locator("a.update-from-upload-overwrite, a[href*='action=activate']").first.click()
    page.wait_for_load_state()


def _foot(page: Page) -> str:
    page.goto(f"{ORIGIN}/")
    found = re.search(r"chao-[0-9.]+", page.content())
    return found.group() if found else ""
