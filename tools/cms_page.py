"""``docs/{en,vi}/cms.md``: what Lũy Tre does for each CMS, and why not, as the hosts' modules say."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import ansible.module_utils

from auditor.models import Lang
from auditor.models.applications.registry import CMSS
from tools.markdown import table

_ON_HOST = Path(__file__).parents[1] / "on_host"
_TITLE = {"en": "What is known of each CMS", "vi": "Lũy Tre biết gì về từng CMS"}
_INTRODUCTION = {
    "en": (
        "`make docs` writes this page from `luytre_shared.applications`, where each CMS has a module. "
        "A dash has its reason below."
    ),
    "vi": (
        "`make docs` viết trang này từ `luytre_shared.applications`, nơi mỗi CMS có một mô-đun. "
        "Dấu gạch có lý do ở phần sau."
    ),
}
_HEAD = {"en": "capability", "vi": "khả năng"}
_ROWS = {"en": "Tables whose rows can be removed", "vi": "Các bảng có thể gỡ dòng"}
_TABLES = {
    "en": "tables, without their prefix; `#` stands for a number",
    "vi": "bảng, không kèm tiền tố; `#` là một số",
}
_REASONS = {"en": "Why not", "vi": "Vì sao không"}
_CAPABILITIES = {
    "login": {
        "en": "its login page is known: password guessing is blocked, a hardening visits it",
        "vi": "biết trang đăng nhập: chặn dò mật khẩu, gia cố xong thì mở thử",
    },
    "settings": {
        "en": "its settings and the state of its secrets are audited",
        "vi": "kiểm tra thiết lập và tình trạng khóa bí mật",
    },
    "administrators": {
        "en": "its administrators are read from its tables",
        "vi": "đọc danh sách quản trị viên trong bảng",
    },
    "lockout": {"en": "an administrator can be locked out, and back in", "vi": "khóa và mở lại được quản trị viên"},
    "sessions": {
        "en": "a session that root makes shows whether sessions have ended",
        "vi": "thử bằng một phiên do root tạo để biết các phiên đã kết thúc",
    },
    "posts": {"en": "a review visits its newest pages", "vi": "rà soát mở các trang mới nhất"},
    "secrets": {"en": "its secrets can be renewed", "vi": "tạo lại được khóa bí mật"},
    "rows": {
        "en": "a row of its tables can be deleted, and put back",
        "vi": "xóa và khôi phục được một dòng trong bảng",
    },
    "database_password": {"en": "its database's password can be renewed", "vi": "đổi được mật khẩu cơ sở dữ liệu"},
    "code_in_tables": {
        "en": "a hunt reads the code that plugins keep in its tables",
        "vi": "truy tìm đọc mã mà phần mở rộng giữ trong bảng",
    },
    "own_code": {
        "en": "its code is compared with Debian's package, and with what web accounts can write",
        "vi": "đối chiếu mã với gói của Debian và với những gì tài khoản web ghi được",
    },
    "postgresql": {
        "en": "its tables in PostgreSQL, too, but for the password of the database",
        "vi": "cả khi bảng nằm trong PostgreSQL, trừ việc đổi mật khẩu cơ sở dữ liệu",
    },
    "sqlite": {
        "en": "its tables in SQLite are read, too, and never changed",
        "vi": "đọc cả bảng nằm trong SQLite, không bao giờ sửa",
    },
}


def pages() -> dict[str, str]:
    """Return the page of each language by its path below ``docs``."""
    return {f"{language}/cms.md": _make_page(language) for language in ("en", "vi")}


def _make_page(language: Lang) -> str:
    interface, registry = _load_modules_of_hosts()
    cmss = [registry.CMS_BY_KIND[cms.kind] for cms in CMSS]
    names = [cms.name for cms in CMSS]
    rows = [
        (
            _CAPABILITIES[capability][language],
            *("✓" if interface.has_capability(cms, capability) else "—" for cms in cmss),
        )
        for capability in interface.CAPABILITIES
    ]
    reasons = [
        (name, _CAPABILITIES[capability][language], getattr(cms.lacks[capability], language))
        for name, cms in zip(names, cmss, strict=True)
        for capability in interface.CAPABILITIES
        if capability in cms.lacks
    ]
    tables = [(cms.name, ", ".join(f"`{name}`" for name in cms.row_tables)) for cms in CMSS]
    return (
        f"# {_TITLE[language]}\n\n{_INTRODUCTION[language]}\n\n"
        + table((_HEAD[language], *names), rows)
        + f"\n## {_ROWS[language]}\n\n"
        + table(("CMS", _TABLES[language]), tables)
        + f"\n## {_REASONS[language]}\n\n"
        + table(("CMS", _HEAD[language], _REASONS[language]), reasons)
    )


def _load_modules_of_hosts() -> tuple[Any, Any]:
    """Return the modules ``interface`` and ``registry``, as hosts import them."""
    for role in ("shared", "collect"):
        folder = str(_ON_HOST / role / "module_utils")
        if folder not in ansible.module_utils.__path__:
            ansible.module_utils.__path__.append(folder)
    package = "ansible.module_utils.luytre_shared.applications"
    return importlib.import_module(f"{package}.interface"), importlib.import_module(f"{package}.registry")
