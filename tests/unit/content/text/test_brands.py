"""Names of betting sites are told by their shape and by what stands around, whatever they are called."""

from __future__ import annotations

import random
import string

import pytest

from auditor.content.text import brands, normalization
from auditor.content.text.lexicon import copy_lexicon_without_words, load_built_in_lexicon

EMPTY = copy_lexicon_without_words(load_built_in_lexicon())


def is_offered(text: str) -> bool:
    return brands.TERM in EMPTY.find_terms_in_text(normalization.normalize_text_as_read(text)).terms


@pytest.mark.parametrize(
    "text",
    [
        "{name} ✔️ Link Đăng Nhập {name} Chính Thức | Tặng 99K",
        "{name}.COM ⚡ Trang Chủ {name} Đăng Nhập Chính Thức",
        "Tải app {name} nhận {digits}k",
        "{name} – sân chơi thượng lưu số 1 châu Á",
        "dang nhap {name} link vao moi nhat, nap rut nhanh",
        "Khuyến mãi thành viên mới {name}, tặng 188K, nạp đầu x2",
    ],
)
def test_a_name_beside_what_leads_in_is_an_offer(text: str) -> None:
    chance = random.Random(text)  # noqa: S311  the same names at each run, no secret
    for _ in range(20):
        letters = "".join(chance.choice(string.ascii_uppercase) for _ in range(chance.randint(3, 6)))
        digits = chance.randint(10, 999)
        assert is_offered(text.format(name=f"{letters}{digits}", digits=digits)), letters


@pytest.mark.parametrize(
    "text",
    [
        "Sửa đường QL91B đoạn Km88+789, đăng ký phương tiện",
        "Công văn 88/QĐ-UBND, Nghị định 168/2024/NĐ-CP, mới nhất",
        "Lớp 10A1 đăng ký, đăng nhập K12Online",
        "Khuyến mãi gạo ST25, đăng ký mua, truy cập trang chủ",
        "Club FC Thanh Xuân 88 chiêu sinh, tặng áo, đăng ký tại văn phòng",
        "Gói cước ST15K tặng 3GB, nạp tiền khuyến mãi 50%",
        "Công ty TNHH 789 - trang chủ chính thức",
        "Kết quả xổ số: giải tám 68, giải bảy 789",
        "Rút tiền ở ATM bằng CCCD gắn chip, đăng ký VNeID mức 2",
        "Đội U23 Việt Nam thắng 3-0, link xem VTV5 mới nhất",
        "Phường 12, Q10: đăng nhập dịch vụ công, tải ứng dụng VssID",
        "Windows11, Office365: đăng nhập, tải app",
    ],
)
def test_roads_decrees_classes_and_goods_are_none(text: str) -> None:
    assert not is_offered(text)
