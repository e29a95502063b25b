"""What people and programs do on the messy hosts (mess1, mess2), each tried for real from the controller's side of the
lab.
"""

from __future__ import annotations

import ftplib
import io
import json
import re
import smtplib
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from auditor import lab
from tests.lab.browser import Browser, Page

PORTAL = "congtinh.tangiang.test"
"""Shows pages of the two communes in a frame."""
LARGE = bytes(150_000_000)


@dataclass(frozen=True)
class Visit:
    """One round of trying everything on a host."""

    host: str
    secrets: Mapping[str, str]
    mark: str
    """Tells what this round left from what earlier ones did."""

    @property
    def address(self) -> str:
        return str(lab.load_lab_spec().hosts[self.host].address)

    @property
    def browser(self) -> Browser:
        return Browser(self.address)

    def root(self, script: str) -> str:
        """Run as root; what it printed."""
        return lab.run_on_machine_as_root(self.host, script).stdout.decode("utf-8", "replace")


@dataclass(frozen=True)
class Function:
    """Something that must go on working."""

    name: str
    host: str
    attempt: Callable[[Visit], None]
    needs: tuple[str, ...] = field(default=())
    """Controls that may take it away once their danger is accepted by name."""


FUNCTIONS: list[Function] = []


def function(host: str, name: str, *needs: str) -> Callable[[Callable[[Visit], None]], Callable[[Visit], None]]:
    """Declare what people do there; it raises when it does not work."""

    def declared(attempt: Callable[[Visit], None]) -> Callable[[Visit], None]:
        FUNCTIONS.append(Function(name, host, attempt, needs))
        return attempt

    return declared


def lost(host: str) -> dict[str, str]:
    """Return what does not work on a host now, by its name, and what came instead. All is tried at once."""
    secrets = json.loads(lab.run_on_machine_as_root(host, "cat /root/lab.json").stdout)
    visit = Visit(host, secrets, uuid.uuid4().hex[:12])
    mine = [each for each in FUNCTIONS if each.host == host]

    def one(each: Function) -> str:
        try:
            each.attempt(visit)
        except Exception as error:  # any: it is what came instead
            return f"{type(error).__name__}: {error}"[:300]
        return ""

    with ThreadPoolExecutor(4) as pool:
        outcomes = dict(zip((each.name for each in mine), pool.map(one, mine), strict=True))
    return {name: said for name, said in outcomes.items() if said}


def shows(page: Page, text: str) -> Page:
    """Return the page, when it answers 200 and holds the text."""
    assert page.status == 200, f"{page.url}: {page.status}"
    assert text in page.text, f"{page.url}: {page.text[:200]!r}"
    return page


def work_at(visit: Visit, url: str, login: Mapping[str, str], title: str, *, size: int) -> None:
    """Log in where the admin types that address, publish, upload; read both as a visitor."""
    editor = visit.browser
    desk = editor.get(url).url
    shows(editor.post(desk, login), 'name="upload"')
    said = shows(editor.post(desk, {title: f"Tin {visit.mark}"}), "Đã đăng bài số")
    number = re.search(r"bài số (\d+)", said.text)
    assert number
    shows(visit.browser.get(_article(desk, number[1])), f"Tin {visit.mark}")
    shows(editor.post(desk, {}, (f"anh-{visit.mark}.jpg", visit.mark.encode())), "Đã tải lên")
    shows(editor.post(desk, {}, (f"{visit.mark}.bin", LARGE[:size])), "Đã tải lên")


def _article(desk: str, number: str) -> str:
    origin = desk.partition("/admin")[0]
    return f"{origin}/index.php?id={number}" if "baihop" in origin else f"{origin}/index.php?nv=news&id={number}"


def may_be_framed(page: Page) -> None:
    """A browser shows the page inside the province's portal."""
    assert page.status == 200, page.status
    assert page.headers.get("x-frame-options", "").upper() not in ("DENY", "SAMEORIGIN"), page.headers
    allowed = re.search(r"frame-ancestors ([^;]*)", page.headers.get("content-security-policy", ""))
    assert not allowed or PORTAL in allowed[1] or "*" in allowed[1].split(), allowed


def by_ssh(visit: Visit, script: str, *, port: int = 22) -> str:
    """Run as the site's user over SSH, by key."""
    *options, target = lab.build_ssh_command_of_machine(visit.host)
    target = target.replace("luytre@", f"{visit.secrets['user']}@")
    alias = ["-o", f"HostKeyAlias={visit.address}", "-p", str(port)]
    done = subprocess.run([*options, *alias, target, "--", script], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def by_sftp(visit: Visit, content: str, remote: str) -> None:
    """Put a file there as the site's user."""
    *options, target = (word for word in lab.build_ssh_command_of_machine(visit.host) if word not in ("-T", "ssh"))
    target = target.replace("luytre@", f"{visit.secrets['user']}@")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(content)
        file.flush()
        Path(file.name).chmod(0o644)
        command, given = ["sftp", "-b", "-", *options, target], f"put {file.name} {remote}\n".encode()
        done = subprocess.run(command, input=given, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()


def cron_runs(visit: Visit, file: str) -> None:
    """Cron takes its table and runs the line of the site's user: those for a boot run when cron starts after one."""
    before = visit.root(f"stat -c %.Y {file} 2>/dev/null").strip()
    visit.root("rm -f /run/crond.reboot; systemctl restart cron")
    until = time.monotonic() + 15
    while visit.root(f"stat -c %.Y {file} 2>/dev/null").strip() == before:
        assert time.monotonic() < until, visit.root("journalctl -u cron -n 5 --no-pager -o cat")
        time.sleep(0.3)


def active(visit: Visit, *units: str) -> None:
    """The units run."""
    said = visit.root(f"systemctl is-active {' '.join(units)}").split()
    assert said == ["active"] * len(units), dict(zip(units, said, strict=False))


UPLOADS = "/home/xakheluong/public_html/uploads"


@function("mess1", "NukeViet: pages")
def _(visit: Visit) -> None:
    for origin in ("http://kheluong.test", "https://www.kheluong.test"):
        shows(visit.browser.get(f"{origin}/"), "Lịch tiếp công dân")
        shows(visit.browser.get(f"{origin}/tin/1"), "tiếp công dân sáng thứ năm")
        shows(visit.browser.get(f"{origin}/uploads/mau-don.txt"), "Mẫu đơn")
        assert visit.browser.get(f"{origin}/assets/js/global.js").status == 200


@function("mess1", "NukeViet: log in, publish, upload")
def _(visit: Visit) -> None:
    login = {"nv_login": visit.secrets["admin"], "nv_password": visit.secrets["admin_password"]}
    work_at(visit, "http://kheluong.test/admin/index.php", login, "title", size=30_000_000)
    shows(visit.browser.get(f"http://kheluong.test/uploads/news/anh-{visit.mark}.jpg"), visit.mark)
    visit.root(f"rm -f {UPLOADS}/news/*.bin")


@function("mess1", "NukeViet: framed by the province's portal", "apache.frame")
def _(visit: Visit) -> None:
    may_be_framed(visit.browser.get("https://kheluong.test/"))


@function("mess1", "the old site that counts with a shell", "php_fpm.disable_functions")
def _(visit: Visit) -> None:
    page = shows(visit.browser.get("http://cu.kheluong.test/"), "Dung lượng: ")
    assert re.search(r"Dung lượng: \d+ KB", page.text), page.text


@function("mess1", "DokuWiki: page, log in, write")
def _(visit: Visit) -> None:
    editor, base = visit.browser, "http://tulieu.kheluong.test/doku.php"
    shows(editor.get(f"{base}?id=start"), "Hương ước")
    form = editor.get(f"{base}?id=start&do=login")
    name, password = visit.secrets["admin"], visit.secrets["admin_password"]
    given = {"id": "start", "do": "login", "sectok": form.hidden("sectok"), "u": name, "p": password}
    shows(editor.post(base, given), "Quan tri")
    form = editor.get(f"{base}?id=thu-{visit.mark}&do=edit")
    given = {each: form.hidden(each) for each in ("sectok", "rev", "date", "prefix", "suffix", "changecheck", "target")}
    given |= {"id": f"thu-{visit.mark}", "wikitext": f"Trang {visit.mark}", "do[save]": "1"}
    shows(editor.post(base, given), f"Trang {visit.mark}")
    shows(visit.browser.get(f"{base}?id=thu-{visit.mark}"), f"Trang {visit.mark}")


@function("mess1", "phpMyAdmin: its login")
def _(visit: Visit) -> None:
    shows(visit.browser.get("http://kheluong.test/phpmyadmin/"), "pma_username")


@function("mess1", "FTP: upload, read as a visitor", "services.unneeded")
def _(visit: Visit) -> None:
    with ftplib.FTP() as ftp:  # noqa: S321  what these hosts speak
        ftp.connect(visit.address, timeout=15)
        ftp.login(visit.secrets["user"], visit.secrets["password"])
        ftp.storbinary(f"STOR public_html/uploads/ftp-{visit.mark}.txt", io.BytesIO(visit.mark.encode()))
    shows(visit.browser.get(f"http://kheluong.test/uploads/ftp-{visit.mark}.txt"), visit.mark)


@function("mess1", "SFTP: upload, read as a visitor", "accounts.umask")
def _(visit: Visit) -> None:
    by_sftp(visit, visit.mark, f"public_html/uploads/sftp-{visit.mark}.txt")
    shows(visit.browser.get(f"http://kheluong.test/uploads/sftp-{visit.mark}.txt"), visit.mark)


@function("mess1", "shell: write, read as a visitor", "accounts.umask")
def _(visit: Visit) -> None:
    by_ssh(visit, f"echo {visit.mark} > public_html/uploads/sh-{visit.mark}.txt")
    shows(visit.browser.get(f"http://kheluong.test/uploads/sh-{visit.mark}.txt"), visit.mark)


@function("mess1", "mail: delivered to the clerk", "services.mta_local")
def _(visit: Visit) -> None:
    with smtplib.SMTP(visit.address, 25, local_hostname="tangiang.test", timeout=20) as mail:
        mail.sendmail("so@tangiang.test", ["vanthu@kheluong.test"], f"Subject: {visit.mark}\r\n\r\nThu\r\n")
    until = time.monotonic() + 10
    while visit.mark not in visit.root("cat /var/mail/vanthu"):
        assert time.monotonic() < until, visit.root("mailq; journalctl -u 'postfix*' -n 8 --no-pager -o cat")
        time.sleep(0.3)


@function("mess1", "passwd: asks for a new password")
@function("mess2", "passwd: asks for a new password")
def _(visit: Visit) -> None:
    """The same one is given, so that it is refused and nothing changes: each module that PAM names has been there."""
    typed = f"yes {visit.secrets['password']} | head -8"
    said = visit.root(f"{typed} | LC_ALL=C runuser -u {visit.secrets['user']} -- passwd 2>&1")
    assert "password unchanged" in said, said
    assert "Module is unknown" not in said, said


@function("mess1", "cron: the site's job")
def _(visit: Visit) -> None:
    cron_runs(visit, f"{UPLOADS}/luot.txt")


@function("mess1", "units of its own", "services.unneeded")
def _(visit: Visit) -> None:
    active(visit, "apache2", "mariadb", "vsftpd", "postfix", "fail2ban", "ufw", "gui-bao-cao")


@function("mess1", "fail2ban: shuts an address out and lets it in")
def _(visit: Visit) -> None:
    shown = "nft list ruleset | sed -n '/f2b-table/,/^}/p' | grep -c 192.0.2.77"
    for action, expected in (("banip", "1"), ("unbanip", "0")):
        visit.root(f"fail2ban-client set sshd {action} 192.0.2.77")
        until = time.monotonic() + 10
        while (said := visit.root(shown).strip()) != expected:
            assert time.monotonic() < until, f"{action}: {said}"
            time.sleep(0.2)


@function("mess2", "Joomla: pages, over IPv6 too")
def _(visit: Visit) -> None:
    addresses = (visit.address, str(lab.load_lab_spec().hosts["mess2"].address6))
    for browser in map(Browser, addresses):
        for origin in ("http://baihop.test", "https://www.baihop.test"):
            shows(browser.get(f"{origin}/"), "Bến đò mở lại")
            shows(browser.get(f"{origin}/index.php?id=2"), "Đò ngang")
            assert browser.get(f"{origin}/media/system/js/core.js").status == 200


@function("mess2", "Joomla: log in, publish, upload 150 MB", "nginx.body_limit")
def _(visit: Visit) -> None:
    login = {"username": visit.secrets["admin"], "passwd": visit.secrets["admin_password"]}
    work_at(visit, "http://baihop.test/administrator/index.php", login, "title", size=len(LARGE))
    shows(visit.browser.get(f"http://baihop.test/images/anh-{visit.mark}.jpg"), visit.mark)
    visit.root("rm -f /var/www/baihop.test/public/images/*.bin")


@function("mess2", "Joomla: framed by the province's portal", "nginx.frame")
def _(visit: Visit) -> None:
    may_be_framed(visit.browser.get("https://baihop.test/"))


@function("mess2", "data store: counts with a shell", "php_fpm.disable_functions")
def _(visit: Visit) -> None:
    page = visit.browser.get("http://dulieu.baihop.test/")
    assert re.search(r"Đang dùng [1-9]\d* KB", page.text), page.text[:300]


@function("mess2", "data store: WebDAV PUT, read, DELETE")
def _(visit: Visit) -> None:
    url = f"http://dulieu.baihop.test/luu-tru/{visit.mark}.txt"
    assert visit.browser.ask("PUT", url, visit.mark.encode()).status in (201, 204)
    shows(visit.browser.get(url), visit.mark)
    assert visit.browser.ask("PROPFIND", url, None, {"Depth": "0"}).status == 207
    assert visit.browser.ask("DELETE", url).status == 204


@function("mess2", "service behind the proxy: page, API PUT, read, DELETE")
def _(visit: Visit) -> None:
    base = "http://dichvu.baihop.test"
    shows(visit.browser.get(f"{base}/"), "Tra cứu hồ sơ, lượt")
    url = f"{base}/api/ho-so/{visit.mark}"
    assert visit.browser.ask("PUT", url, visit.mark.encode()).status == 201
    shows(visit.browser.get(url), visit.mark)
    assert visit.browser.ask("DELETE", url).status == 200
    answer = visit.browser.ask("GET", f"{base}/", None, {"Origin": "http://xa.test"})
    assert answer.status == 200


@function("mess2", "container on its published port")
def _(visit: Visit) -> None:
    shows(visit.browser.get(f"http://{visit.address}:8080/"), "Thống kê hồ sơ")


@function("mess2", "SFTP: upload, read as a visitor", "accounts.umask")
def _(visit: Visit) -> None:
    by_sftp(visit, visit.mark, f"public/images/sftp-{visit.mark}.txt")
    shows(visit.browser.get(f"http://baihop.test/images/sftp-{visit.mark}.txt"), visit.mark)


@function("mess2", "shell on port 2222: write, read as a visitor", "accounts.umask")
def _(visit: Visit) -> None:
    by_ssh(visit, f"echo {visit.mark} > public/images/sh-{visit.mark}.txt", port=2222)
    shows(visit.browser.get(f"http://baihop.test/images/sh-{visit.mark}.txt"), visit.mark)


@function("mess2", "cron: the site's job")
def _(visit: Visit) -> None:
    cron_runs(visit, "/var/www/baihop.test/public/tmp/nhac-viec.txt")


@function("mess2", "units of its own")
def _(visit: Visit) -> None:
    units = ("nginx", "php8.4-fpm", "postgresql@17-main", "redis-server", "memcached", "dichvu", "dong-goi")
    active(visit, *units, "ct-thongke", "ct-thongke-web")


@function("mess2", "memcached answers on the host")
def _(visit: Visit) -> None:
    said = visit.root(
        "python3 -c \"import socket; s = socket.create_connection(('127.0.0.1', 11211), 3); "
        "s.sendall(b'version\\r\\n'); "
        'print(s.recv(99))"'
    )
    assert "VERSION" in said, said
