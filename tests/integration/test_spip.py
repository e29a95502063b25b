"""SPIP on hosts of both releases, from the audit to the last trace of an intruder: Apache with MariaDB, nginx with SQLite."""

from __future__ import annotations

import html
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from auditor import lab
from tests.lab.browser import Browser, Page
from tests.lab.fixtures import environment, findings, run

INVENTORY = "inventories/messy"
SITE, ROOT = "disan.kheluong.test", "/srv/www/disan"
OTHER = "lehoi.baihop.test"
CORE, SHELL = "ecrire/inc/utils.php", "IMG/jpg/logo.php"
ADVERT = "Nhà cái uy tín W88, cá cược bóng đá, xóc đĩa đổi thưởng, nạp rút 24/7"
INTRUDED = f"""cd {ROOT}
printf '\\nfunction la() {{ return 1; }} // luytre-lab: inert\\n' >> {CORE}
mkdir -p IMG/jpg
printf '<?php exit; /* luytre-lab: inert */ @ev''al($_PO''ST["c"]);\\n' > {SHELL}
chown -R www-data: IMG
mariadb disan <<'END'
INSERT INTO spip_auteurs (id_auteur, nom, login, pass, statut, webmestre, email, en_ligne, backup_cles, bio, nom_site, url_site, low_sec, pgp, htpass)
VALUES (66, 'Hỗ trợ', 'hotro', '$2y$10$luytre-lab', '0minirezo', 'oui', '', NOW(), '', '', '', '', '', '', '');
INSERT INTO spip_articles (id_article, titre, texte, date, statut, id_rubrique, id_secteur, lang, surtitre, soustitre, descriptif, chapo, ps, nom_site, url_site, virtuel)
VALUES (66, '{ADVERT}', CONCAT('<p>{ADVERT} <a href="http://nhacai.example/">nhà cái</a></p>'), NOW(), 'publie', 1, 1, 'vi', '', '', '', '', '', '', '', '');
END"""  # noqa: S608
RELEASE = f"cd {ROOT} && find ecrire prive plugins-dist squelettes-dist vendor index.php spip.php -type f -print0 | tar -c --null -T -"


def root(script: str, host: str = "mess1") -> str:
    told = lab.run_on_machine_as_root(host, script)
    assert told.returncode == 0, told.stderr
    return str(told.stdout.decode())


def release(folder: Path) -> Path:
    """An archive of the SPIP there, as its makers pack it."""
    told = lab.run_on_machine_as_root("mess1", RELEASE)
    file = folder / "spip-4.4.30.zip"
    with tarfile.open(fileobj=io.BytesIO(told.stdout)) as found, zipfile.ZipFile(file, "w") as packed:
        for member in found:
            content = found.extractfile(member)
            if content is not None:
                packed.writestr(f"spip/{member.name}", content.read())
    return file


def keys() -> dict[str, str]:
    """Its keys, and what its sessions are told by."""
    rows = root("mariadb -N disan -e \"SELECT nom, valeur FROM spip_meta WHERE nom LIKE 'alea_ephemere%'\"")
    told: dict[str, str] = json.loads(root(f"tail -n +2 {ROOT}/config/cles.php"))
    return told | dict(line.split("\t") for line in rows.splitlines())


def log_in(host: str, site: str, editor: Browser | None = None) -> tuple[Browser, Page]:
    """Log in to a SPIP as its administrator does; the browser, and the page of the administration."""
    given = re.search(r'"admin_password": "(\w+)"', root("cat /root/lab.json", host))
    editor = editor or Browser(str(lab.load_lab_spec().hosts[host].address))
    form = editor.get(f"http://{site}/spip.php?page=login&url=ecrire/").text
    form = form[form.index("formulaire_login") :]
    fields = {}
    for field in re.findall(r"<input[^>]*>", form[: form.index("</form>")]):
        words = {name: html.unescape(value) for name, _, value in re.findall(r"(\w+)=(['\"])(.*?)\2", field)}
        if words.get("type") == "hidden":
            fields[words["name"]] = words.get("value", "")
    assert given
    fields |= {"var_login": "quantri", "password": given[1]}
    editor.post(f"http://{site}/spip.php?page=login&url=ecrire/", fields)
    return editor, editor.get(f"http://{site}/ecrire/?exec=articles")


def shows_desk(page: Page) -> bool:
    """Whether it is a page of the administration, which has a way out and no way in."""
    return "action=logout" in page.text and "var_login" not in page.text


def by_control(folder: Path, site: str) -> dict[str, dict[str, Any]]:
    return {one["control"]: one for one in findings(folder) if one["subject"]["id"] == site}


def test_a_spip_is_audited_hardened_reviewed_hunted_and_cleaned(tmp_path: Path) -> None:
    lab.provide_pristine_machines(["mess1", "mess2"])
    state, who = environment(tmp_path), ("--who", "Văn phòng", "-i", INVENTORY, "--lang", "en")
    out = ("--output", str(tmp_path / "out"))
    archive = release(tmp_path)
    for host, site in (("mess1", SITE), ("mess2", OTHER)):
        log_in(host, site)  # the first login makes the keys, by which its own session is none any more
        assert shows_desk(log_in(host, site)[1]), f"{site} before anything is changed"

    audited = run(state, "audit", "-i", INVENTORY, *out)
    assert audited.code in (0, 1, 3), audited.err
    mine = by_control(tmp_path / "out", SITE)
    status = {name: one["status"] for name, one in mine.items() if name.startswith("spip.")}
    assert status == {
        "spip.supported": "pass",
        "spip.security_screen": "pass",
        "spip.new_file_modes": "pass",
        "spip.core_writable": "fail",
        "spip.core_modified": "pass",
        "spip.uploads_php": "pass",
        "spip.registration": "pass",
        "spip.administrators": "manual",
        "spip.stale_admin": "partial",
    }, {name: mine[name]["reason"] for name in status}
    assert "thicong" in str(mine["spip.stale_admin"]["evidence"])
    theirs = by_control(tmp_path / "out", OTHER)
    assert theirs["spip.supported"]["status"] == "pass" and theirs["spip.core_writable"]["status"] == "fail"
    assert theirs["spip.registration"]["status"] == "pass" and theirs["spip.stale_admin"]["status"] == "partial"

    for host, site in (("mess1", SITE), ("mess2", OTHER)):
        hardened = run(state, "harden", "-i", INVENTORY, "--limit", site, "--yes", "--json", *out)
        assert hardened.code == 0, hardened.err + hardened.out
        assert by_control(tmp_path / "out", site)["spip.core_writable"]["status"] == "pass"
        assert shows_desk(log_in(host, site)[1])

    root(INTRUDED)
    assert run(state, "known-good", "import", str(archive)).code == 0
    run(state, "review", "-i", INVENTORY, "--limit", SITE, "--minutes", "1", *out)
    traces = str(by_control(tmp_path / "out", SITE))
    assert "article66" in traces, traces[:3000]
    run(state, "hunt", "-i", INVENTORY, "--limit", "mess1", *out)
    text = str(findings(tmp_path / "out"))
    assert SHELL in text and CORE in text and "hotro" in text

    editor, desk = log_in("mess1", SITE)
    assert shows_desk(desk)
    incident = run(state, "incident", "open", SITE, *who).out.split()[0]
    before = keys()
    contained = run(
        state, "incident", "contain", incident, "administrator", f"{SITE}/hotro", "file", f"{ROOT}/{SHELL}", *who
    )
    assert contained.code == 0, contained.err + contained.out
    assert root("mariadb -N disan -e \"SELECT statut, pass FROM spip_auteurs WHERE login = 'hotro'\"").split() == [
        "5poubelle"
    ]
    cleaned = run(
        state, "incident", "clean", incident,
        "core", SITE, "row", f"{SITE}/articles/66", "salts", SITE, "database-password", SITE, "--from", str(archive), *who,
    )  # fmt: skip
    assert cleaned.code == 0, cleaned.err + cleaned.out
    with zipfile.ZipFile(archive) as packed:
        assert root(f"cat {ROOT}/{CORE}").encode() == packed.read(f"spip/{CORE}")
    assert root("mariadb -N disan -e 'SELECT COUNT(*) FROM spip_articles WHERE id_article = 66'").strip() == "0"
    after = keys()
    assert [name for name in before if before[name] == after[name]] == ["secret_des_auth"]
    assert not shows_desk(editor.get(f"http://{SITE}/ecrire/?exec=articles")), "the old session is taken"
    assert shows_desk(log_in("mess1", SITE)[1])
