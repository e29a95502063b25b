"""Why a host does not tell a fact, in a sentence: what stands beside it as ``…_unread``, or in its area's ``untold``.

No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.fleet.error_messages import explain_missing_fact_area
from auditor.models import Text
from auditor.text.sanitize import escape_text_to_one_line

_WORDS: Mapping[str, Text] = {
    "not_plain": Text(
        vi="không đọc được tên, tài khoản hoặc mật khẩu cơ sở dữ liệu trong {file}: giá trị không được ghi trực tiếp",
        en="{file} does not spell out the name, the account or the password of its database",
    ),
    "elsewhere": Text(
        vi="{file} khai báo cơ sở dữ liệu nằm trên máy khác", en="{file} names a database on another machine"
    ),
    "other_kind": Text(
        vi="cơ sở dữ liệu khai báo trong {file} không phải MariaDB hay MySQL",
        en="the database that {file} names is neither MariaDB nor MySQL",
    ),
    "another_server": Text(
        vi="socket hoặc cổng cơ sở dữ liệu ghi trong {file} không phải của MariaDB trên máy này",
        en="the socket or port that {file} names is not that of this host's MariaDB",
    ),
    "not_running": Text(
        vi="MariaDB không chạy trên máy này nên không truy vấn được cơ sở dữ liệu ghi trong {file}",
        en="MariaDB does not run here, so the database that {file} names could not be asked",
    ),
    "refused": Text(
        vi="MariaDB từ chối tài khoản {account} ghi trong {file}",
        en="MariaDB refuses the account {account} that {file} names",
    ),
    "no_tables": Text(
        vi="không có các bảng của trang trong cơ sở dữ liệu ghi trong {file}",
        en="the database that {file} names does not hold the site's tables",
    ),
    "late": Text(
        vi="cơ sở dữ liệu của tài khoản {account} ({file}) trả lời quá lâu",
        en="the database of the account {account} ({file}) took too long to answer",
    ),
    "too_much": Text(
        vi="cơ sở dữ liệu của tài khoản {account} ({file}) trả về nhiều dữ liệu hơn mức một trang có",
        en="the database of the account {account} ({file}) answered with more than a site has",
    ),
    "patterns": Text(
        vi="xử lý các biểu thức chính quy trong {file} mất quá nhiều thời gian",
        en="the patterns of {file} cost too much time",
    ),
    "not_understood": Text(
        vi="không phân tích được cấu hình trong {file}", en="what {file} says could not be worked out"
    ),
    "no_time": Text(
        vi="không đủ thời gian kiểm tra {file}: các trang khác trên máy chủ đã dùng hết",
        en="no time was left for {file}: other sites of this host took it all",
    ),
    "review_refused": Text(
        vi="giữa lần kiểm tra nội dung gần nhất, trang bắt đầu từ chối (mã {status} tại {where})",
        en="the site began to refuse the last review (status {status} at {where})",
    ),
    "review_silent": Text(
        vi="giữa lần kiểm tra nội dung gần nhất, trang ngừng trả lời (tại {where})",
        en="the site no longer answered the last review (at {where})",
    ),
    "review_another_site": Text(
        vi="trong lần kiểm tra nội dung gần nhất, một trang khác trả lời thay trang này",
        en="another site answered the last review in place of this one",
    ),
    "review_unreadable": Text(
        vi="lần kiểm tra nội dung gần nhất không đọc được trang chủ",
        en="the last review could not read the site's home page",
    ),
    "review_robots": Text(
        vi="robots.txt của trang không cho phép xem trang chủ; muốn kiểm tra thì khai obey_robots: false cho trang",
        en="the site's robots.txt refuses its home page; to have it reviewed, declare obey_robots: false for the site",
    ),
    "review_told_to_wait": Text(
        vi="trang yêu cầu chờ trước khi được kiểm tra nội dung tiếp",
        en="the site asked to wait before it is reviewed again",
    ),
    "review_engine": Text(
        vi="lần kiểm tra nội dung gần nhất chưa xem trang như máy tìm kiếm: chưa xác định được chương trình nào trên "
        "máy chủ sẽ chặn, hoặc trang từ chối; chưa kiểm tra được nội dung chỉ hiển thị cho máy tìm kiếm",
        en="the last review did not visit the site as a search engine: what would ban one could not be asked of its "
        "host, or the site "
        "turned it away; nobody saw what search engines alone are shown",
    ),
    "review_missed": Text(
        vi="lần kiểm tra nội dung gần nhất không đọc được trang chủ khi xem như: {visitors}",
        en="the home page gave these visitors of the last review no answer that can be read: {visitors}",
    ),
    "vulnerability_release": Text(
        vi="dữ liệu lỗ hổng đã nạp không có bản phát hành {release}",
        en="the imported vulnerability data does not cover the release {release}",
    ),
    "failed": Text(
        vi="không đọc được các bảng của trang bằng tài khoản {account} ghi trong {file}",
        en="the site's tables could not be read as the account {account} that {file} names",
    ),
}


def explain_unread_fact_path(path: str, context: Mapping[str, Any]) -> Text | None:
    """Return the reason that the facts give for not showing ``path``; None when they give none.

    The reason may be that of a folder that ``path`` lies in.
    """
    here: Any = context
    for part in path.split("."):
        if not isinstance(here, Mapping):
            return None
        details = here.get(f"{part}_unread")
        if details is not None:
            return _format_unread_reason(details)
        untold = here.get("untold")
        if isinstance(untold, Mapping) and part in untold:
            return explain_missing_fact_area(untold[part])
        here = here.get(part)
    return None


def _format_unread_reason(details: Mapping[str, Any]) -> Text:
    values = {name: escape_text_to_one_line(str(value), 200) for name, value in details.items()}
    text = _WORDS[details["why"]]
    return Text(vi=text.vi.format(**values), en=text.en.format(**values))
