"""What is cleaned on a real WordPress: as its release and its office had it, undone to the byte, and undone by itself where the site cannot do without."""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from auditor import lab
from tests.lab.fixtures import INVENTORY, environment, run

ROOT = "/var/www/antruc.test"
LOAD, FOREIGN, GONE = "wp-includes/load.php", "wp-includes/class-wp-cache-item.php", "wp-admin/includes/noop.php"
TAMPER = f"""cd {ROOT}
python3 -c "import os; os.setxattr('{LOAD}', 'user.mark', b'x')"
printf 'function la() {{ return 1; }} // luytre-lab: inert\\n' >> {LOAD}
printf '<?php exit; /* luytre-lab: inert */\\n' > {FOREIGN}
rm {GONE}
chown www-data: {LOAD} {FOREIGN}
chmod 640 {LOAD}
touch -d @1500000000 {LOAD}"""
ROW = """mariadb antruc_wp <<'END'
INSERT INTO wp_posts (ID, post_author, post_date, post_date_gmt, post_modified, post_modified_gmt, post_title, post_name, post_status, post_type, post_content, post_excerpt, to_ping, pinged, post_content_filtered)
VALUES (9001, 1, '2019-05-01 03:12:00', '0000-00-00 00:00:00', '2019-05-01', '2019-05-01', 'Nhà cái "uy tín"', 'nha-cai', 'publish', 'post', CONCAT('\\'); -- \\n\\\\', REPEAT('á', 200000)), '', '', '', '');
CREATE DEFINER=antruc@localhost TRIGGER cua_trang BEFORE UPDATE ON wp_posts FOR EACH ROW SET NEW.post_title = CONCAT(NEW.post_title, '\\\\');
END"""
SEEN = f"""cd {ROOT}
for path in {LOAD} {FOREIGN} {GONE}; do
    stat -c '%n %i %a %U:%G %Y' $path; sha256sum $path
    python3 -c 'import os, sys; print(sys.argv[1], os.listxattr(sys.argv[1]))' $path
done 2> /dev/null
mariadb-dump --skip-comments --no-create-info --hex-blob --order-by-primary antruc_wp wp_posts | sha256sum
mariadb -N antruc_wp -e 'SHOW CREATE TRIGGER cua_trang' 2> /dev/null | cut -f 1-6
ls /var/lib/luytre 2> /dev/null
true"""
SCRIPTS = f"cd {ROOT} && find wp-admin wp-includes index.php wp-login.php -name '*.php' -print0 | tar -c --null -T -"
PREPENDED_FILE = f"{ROOT}/wp-content/uploads/dau.php"
PREPENDED = f"""printf '<?php /* luytre-lab: inert */\\n' > {PREPENDED_FILE}
printf 'auto_prepend_file = {PREPENDED_FILE}\\n' > {ROOT}/.user.ini
chown www-data: {PREPENDED_FILE} {ROOT}/.user.ini
systemctl reload 'php*-fpm'"""
LIVES_BY = f"{ROOT}/wp-content/uploads/song.php"
REDIRECTED = f"""echo '<?php /* luytre-lab: inert */' > {LIVES_BY}
sed -i '1a if (!file_exists("{LIVES_BY}")) {{ http_response_code(500); exit; }}' {ROOT}/wp-config.php
sed -i '/listen .*80;/d' /etc/nginx/sites-available/antruc.test
echo 'server {{ listen 80; server_name antruc.test www.antruc.test; return 301 https://$host$request_uri; }}' >> /etc/nginx/sites-available/antruc.test
nginx -t -q
systemctl reload nginx"""
"""A site that sends everybody to HTTPS, where all its pages live by one file."""
ACCOUNTS = "for account in canbo canbo2; do useradd -m $account; echo $account:mat-khau-thu-nghiem | chpasswd; done"
VISIT = """
import http.client
visitor = http.client.HTTPConnection("10.213.47.11", timeout=20)
visitor.request("GET", "/?p=9001", headers={"Host": "antruc.test"})
print(visitor.getresponse().status)
"""


def release(folder: Path) -> Path:
    """An archive of the scripts of the WordPress there, as its makers pack it."""
    told = lab.run_on_machine_as_root("web1", SCRIPTS)
    assert told.returncode == 0
    file = folder / "wordpress-6.zip"
    with tarfile.open(fileobj=io.BytesIO(told.stdout)) as found, zipfile.ZipFile(file, "w") as packed:
        for member in found:
            content = found.extractfile(member)
            if content is not None:
                packed.writestr(f"wordpress/{member.name}", content.read())
    return file


def seen(script: str = SEEN) -> str:
    told = lab.run_on_machine_as_root("web1", script)
    assert told.returncode == 0, told.stderr
    return str(told.stdout.decode())


def test_what_is_cleaned_is_as_it_was_made_and_comes_back_as_it_was(fresh: Callable[..., None], tmp_path: Path) -> None:
    fresh("web1")
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    archive, made = release(tmp_path), seen()
    seen(TAMPER)
    seen(ROW)
    tampered = seen()
    assert run(state, "known-good", "import", str(archive)).code == 0
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    command = ("incident", "clean", incident, "core", "antruc.test", "row", "antruc.test/posts/9001")
    command += ("trigger", "antruc.test/cua_trang")
    given = ("--from", str(archive), *who)
    planned = run(state, *command, *given, "--dry-run")
    assert planned.code == 0, planned.out + planned.err
    assert f"  replace {LOAD}\n  restore {GONE}\n" in planned.out
    assert seen() == tampered

    cleaned = run(state, *command, *given)
    assert cleaned.code == 0, cleaned.out + cleaned.err
    after = seen()
    digests = re.compile(r"^[0-9a-f]{64}  \S+$", re.MULTILINE)
    assert digests.findall(after) == digests.findall(made)
    assert f"{LOAD} ['user.mark']" in after
    assert re.search(rf"^{LOAD} [0-9]+ 640 www-data:www-data ", after, re.MULTILINE)
    assert ("cua_trang" in tampered, "cua_trang" in after) == (True, False)
    assert lab.run_on_machine_as_root("web1", ["python3", "-c", VISIT]).stdout.strip() == b"404"

    actions = json.loads(run(state, "incident", "show", incident, "--json", "-i", INVENTORY).out)["actions"]
    assert [(one["means"], one["state"]) for one in actions] == [
        ("core", "confirmed"),
        ("file", "confirmed"),
        ("row", "confirmed"),
        ("trigger", "confirmed"),
    ]
    released = run(state, "incident", "release", incident, "1", "2", "3", "4", *who)
    assert released.code == 0, released.out + released.err
    assert seen() == tampered

    seen(f"mkdir {ROOT}/wp-content/mu-plugins && printf '<?php la();\\n' > {ROOT}/wp-content/mu-plugins/aa.php")
    fallen = run(state, *command, *given)
    assert fallen.code == 1
    assert "antruc.test stopped serving without these items" in fallen.out
    assert fallen.out.endswith("antruc.test serves again\n"), fallen.out
    assert FOREIGN not in seen()  # nothing lives by it
    assert run(state, "incident", "release", incident, *who).code == 0
    assert seen() == tampered, fallen.out


def test_what_is_contained_is_looked_at_by_visitors_and_comes_back_as_it_was_left(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    fresh("web1")
    seen(PREPENDED)
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    contained = run(state, "incident", "contain", incident, "file", PREPENDED_FILE, *who)
    assert contained.code == 1
    assert f"{PREPENDED_FILE} is quarantined on web1" in contained.out
    assert re.search(
        r"antruc\.test stopped serving without these items \(http\S+: .*Failed opening required", contained.out
    ), contained.out
    assert contained.out.endswith("antruc.test serves again\n")
    assert seen(f"cat {PREPENDED_FILE}") == "<?php /* luytre-lab: inert */\n"


def test_a_site_that_still_sends_visitors_to_https_does_not_serve_for_that(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    fresh("web1")
    seen(REDIRECTED)
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    contained = run(state, "incident", "contain", incident, "file", LIVES_BY, *who)
    assert contained.code == 1, contained.out + contained.err
    assert "antruc.test stopped serving without" in contained.out
    assert seen(f"cat {LIVES_BY}") == "<?php /* luytre-lab: inert */\n"


def test_an_account_that_somebody_changed_since_stays_locked_when_it_is_released(
    fresh: Callable[..., None], tmp_path: Path
) -> None:
    fresh("web1")
    seen(ACCOUNTS)
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    incident = run(state, "incident", "open", "antruc.test", *who).out.split()[0]
    contain = ("incident", "contain", incident, "account")
    contained = run(state, *contain, "canbo", *who)
    assert contained.code == 0, contained.out + contained.err
    assert seen("passwd -dl canbo > /dev/null; grep ^canbo: /etc/shadow | cut -d: -f2,8") == "!:1\n"
    released = run(state, "incident", "release", incident, *who)
    assert released.code == 0, released.out + released.err
    assert "its password was changed after it was locked" in released.out
    assert seen("grep ^canbo: /etc/shadow | cut -d: -f2,8") == "!:\n"
    assert (
        lab.run_on_machine_as_root(
            "web1", "setpriv --reuid nobody --clear-groups su canbo -c id < /dev/null"
        ).returncode
        != 0
    )

    open_account = run(state, *contain, "canbo2", *who)
    assert open_account.code == 0, open_account.out + open_account.err
    before = seen("grep ^canbo2: /etc/shadow")
    assert ":!$" in before
    assert run(state, "incident", "release", incident, *who).code == 0
    assert seen("grep ^canbo2: /etc/shadow") == before.replace(":!$", ":$").replace(":1:", "::")
