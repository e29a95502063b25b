"""The lab's offices, told of incidents; and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from typer.testing import CliRunner, Result

from auditor.cli import app

WHO = ("--who", "Văn phòng")


def tells(folder: Path, *, automatic: bool) -> None:
    file = folder / "office/organisation.yml"
    said = yaml.safe_load(file.read_text("utf-8"))
    for unit in said["units"]:
        if unit["id"] == "xa-an-truc":
            unit["roles"] = {"truc_ban": "trucban@antruc.test", "van_thu": "vanthu@antruc.test"}
            unit["incidents"] = {"roles": ["truc_ban"], "automatic": automatic}
        if unit["id"] == "tinh-tan-giang":
            unit["incidents"] = {"roles": ["ung_cuu_su_co"], "automatic": automatic}
    file.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")


def server(folder: Path, port: int) -> None:
    said = {"host": "127.0.0.1", "port": port, "from": "luytre@tangiang.test", "ca_file": "ca.pem"}
    (folder / "office/mail.yml").write_text(yaml.safe_dump(said), "utf-8")


def auditor(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def opened(folder: Path, why: str = "Trang chủ bị thay đổi", subject: str = "antruc.test") -> str:
    auditor("incident", "open", subject, *WHO, "--why", why, "-i", folder)
    return str(json.loads(auditor("incident", "list", "--json", "-i", folder).stdout)[-1]["id"])
