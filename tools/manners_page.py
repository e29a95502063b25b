"""``docs/{en,vi}/review-manners.md``: the manners of visit that each control of content rests on."""

from __future__ import annotations

from auditor.audit.controls import CONTENT, load_catalogue
from auditor.audit.manners import HINDRANCES, MANNER_NAMES
from auditor.content.manners import get_outcome_of_hindrance
from auditor.models import Lang
from auditor.models.reviews import MANNERS
from tools.markdown import code, plain, table

_TITLE = {"en": "What each control of content rests on", "vi": "Mỗi yêu cầu về nội dung dựa vào những vai truy cập nào"}
_INTRODUCTION = {
    "en": (
        "`make docs` writes this page from the catalogue (`rests_on` of each control) and from "
        "`auditor/audit/manners.py`.\n\n"
        "A [review](review.md) visits a site in several manners, because injected content is often shown in one of "
        "them "
        "alone. A control passes only if the site was seen in every manner that it rests on. If it was not, the "
        "control "
        "is *not evaluated*, with the cause and what to do; what was found in the other manners stays a failure."
    ),
    "vi": (
        "`make docs` viết trang này từ danh mục yêu cầu (`rests_on` của từng yêu cầu) và từ "
        "`auditor/audit/manners.py`.\n\n"
        "[Lần kiểm tra nội dung](review.md) xem trang với nhiều vai, vì nội dung bị chèn thường chỉ hiện với một "
        "vai. "
        "Yêu cầu chỉ đạt khi đã xem được trang với mọi vai mà yêu cầu đó dựa vào. Nếu chưa, yêu cầu *chưa đánh giá "
        "được*, "
        "kèm nguyên nhân và việc cần làm; những gì đã thấy với các vai khác vẫn là chưa đạt."
    ),
}
_CONTROL = {"en": "control", "vi": "yêu cầu"}
_NOTES = {
    "en": (
        "- **A browser that runs its scripts** counts if the review was started with `--render`, or if scripts "
        "write the "
        "home page, so that there is next to nothing to see without a browser.\n"
        "- **The home page decides** for the site. At another address, an error or an empty page that one manner "
        "alone "
        "gets costs that address: it counts as not read, and `content.reviewed` fails. If most of the other "
        "addresses "
        "that a manner visits are like that, or a refusal or a challenge ends its visits, it counts for the site.\n"
        "- **What was found before** by a manner that is refused now stays a finding: nobody saw that it is gone.\n"
        "- **The networks of search engines** are not a manner: no visit from your machine comes from them. What "
        "only "
        "they are served shows in access logs, if you [import the engines' networks](review-settings.md)."
    ),
    "vi": (
        "- **Trình duyệt có chạy mã lệnh** được tính nếu lần kiểm tra có `--render`, hoặc nếu trang chủ do mã lệnh "
        "tạo "
        "ra, nên không có trình duyệt thì gần như không thấy gì.\n"
        "- **Trang chủ quyết định** cho cả trang. Ở địa chỉ khác, lỗi hoặc trang trống mà chỉ một vai gặp chỉ ảnh "
        "hưởng "
        "địa chỉ đó: địa chỉ tính là chưa xem được, và `content.reviewed` chưa đạt. Nếu phần lớn địa chỉ khác mà "
        "vai đó "
        "xem đều như vậy, hoặc vai đó bị từ chối hay gặp trang xác minh, thì tính cho cả trang.\n"
        "- **Những gì đã thấy trước đó** với vai nay bị từ chối vẫn là chưa đạt: chưa ai thấy nội dung đó đã mất.\n"
        "- **Mạng của máy tìm kiếm** không phải là một vai: không lần xem nào từ máy quản trị đến từ các mạng đó. "
        "Những "
        "gì chỉ trả cho chúng thì nhật ký truy cập cho thấy, khi đã [nhập danh sách mạng](review-settings.md)."
    ),
}
_CAUSES = {"en": "What may keep a manner from the page", "vi": "Những gì có thể khiến một vai không xem được trang"}
_CAUSE_HEAD = {"en": ("result", "cause", "what to do"), "vi": ("kết quả", "nguyên nhân", "việc cần làm")}
_OUTCOMES = {
    "refused": {"en": "refused", "vi": "bị từ chối"},
    "impossible": {"en": "impossible", "vi": "không thực hiện được"},
    "otherwise": {"en": "answered otherwise", "vi": "nhận nội dung khác"},
}
_VALUES = {"en": {"status": "N", "where": "PATH"}, "vi": {"status": "N", "where": "PATH"}}


def pages() -> dict[str, str]:
    """Return the page of each language by its path below ``docs``."""
    return {f"{language}/review-manners.md": _make_page(language) for language in ("en", "vi")}


def _make_page(language: Lang) -> str:
    controls = [control for control in load_catalogue().controls if control.area == CONTENT]
    rows = [
        (code(control.id), *("✓" if manner in control.rests_on else "—" for manner in MANNERS)) for control in controls
    ]
    causes = sorted(
        (
            (
                _OUTCOMES[get_outcome_of_hindrance(why)][language],
                plain(what.get(language).format(**_VALUES[language])),
                plain(mend.get(language)),
            )
            for why, (what, mend) in HINDRANCES.items()
        ),
        key=lambda row: row[0],
    )
    return (
        f"# {_TITLE[language]}\n\n{_INTRODUCTION[language]}\n\n"
        + table((_CONTROL[language], *(MANNER_NAMES[manner].get(language) for manner in MANNERS)), rows)
        + f"\n{_NOTES[language]}\n\n## {_CAUSES[language]}\n\n"
        + table(_CAUSE_HEAD[language], causes)
    )
