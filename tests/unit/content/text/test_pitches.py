"""Offers are told by their parts, however they are worded, and no part is an offer by itself."""

from __future__ import annotations

import pytest

from auditor.content.text import normalization
from auditor.content.text.lexicon import load_built_in_lexicon
from auditor.content.text.pitches import WITHIN, find_pitches


def is_offered(text: str) -> bool:
    match = load_built_in_lexicon().find_terms_in_text(normalization.normalize_text_as_read(text))
    return match.is_advert_and_no_report


@pytest.mark.parametrize(
    "text",
    [
        "Cho vay không giữ giấy tờ, không gọi người thân, có tiền sau 15 phút",
        "cho vay khong giu giay to, chi can so dien thoai, duyet trong 5 phut",
        "Yếu sinh lý khỏi hẳn sau một liệu trình, đặt mua để được giao kín đáo",
        "Kỹ thuật viên trẻ đẹp chiều khách, qua đêm, lh 0900 000 111",
        "Nhận làm chứng chỉ, bằng lái xe bao thi, uy tín",
        "Bitcoin: cam kết lợi nhuận 20% mỗi ngày, vào room VIP",
        "Ship bóng cười, pod các loại 24/7 nội thành",
        "Luật sư cam kết thu hồi tiền cho ai bị lừa, bị treo lệnh",
        "Bác sĩ tiết lộ điều bệnh viện giấu kín, chỉ còn 20 hộp, đặt mua",
        "Cần thuê tài khoản ngân hàng chính chủ, giá cao, ib",
    ],
)
def test_all_parts_together_are_an_offer(text: str) -> None:
    assert is_offered(text)


@pytest.mark.parametrize(
    "text",
    [
        "Vay đến 100 triệu đồng không cần thế chấp, giải ngân tại điểm giao dịch xã, đăng ký qua tổ vay vốn",
        "Khám tư vấn sinh lý nam, liên hệ trạm y tế, hotline 0299 000 111",
        "Lớp massage trị liệu cho người khiếm thị, liên hệ Hội Người mù",
        "Cấp đổi bằng lái xe, căn cước lưu động, liên hệ bộ phận một cửa",
        "Khuyến mãi gạo ST25, còn 20 suất, đăng ký mua ngay",
        "Cấm thuốc lá điện tử, bóng cười trong trường học",
        "Công an giúp dân lấy lại tài sản bị mất",
        "Giảm cân lành mạnh: ăn nhiều rau, ngủ đủ, tư vấn miễn phí",
        "Vay tiêu dùng duyệt trong ngày, không phát sinh nợ xấu, liên hệ 0299 000 111",
        "Cao xương khớp của hợp tác xã, chính hãng OCOP, đặt hàng giao toàn quốc",
        "Công an thu hồi tài sản bị chiếm đoạt, trả lại tiền cho người bị lừa qua Zalo trong ngày",
        "Nông dân đầu tư 2 triệu, thu nhập 500k mỗi ngày, số điện thoại hợp tác xã",
        "Chợ rau họp qua đêm, giá rau tăng",
        "Ép nước xoài, giao hàng tận nơi, liên hệ hợp tác xã",
        "Làm thủ tục trực tuyến không cần đến, căn cước, liên hệ bộ phận một cửa",
        "Nông dân tiết lộ bí mật làm giàu, đăng ký tham quan",
        "Vay vốn sinh viên, giải ngân đầu học kỳ, liên hệ phòng giao dịch",
    ],
)
def test_what_banks_doctors_and_schools_say_is_none(text: str) -> None:
    assert not is_offered(text)


def test_parts_that_stand_far_from_each_other_are_no_offer() -> None:
    parts = {"loan": frozenset("12")}
    assert find_pitches([(0, "loan", "1"), (WITHIN, "loan", "2")], parts) == {"loan"}
    assert not find_pitches([(0, "loan", "1"), (WITHIN + 1, "loan", "2")], parts)
    assert find_pitches([(0, "loan", "1"), (900, "loan", "1"), (950, "loan", "2")], parts) == {"loan"}
    assert not find_pitches([(0, "loan", "1"), (5, "cure", "2")], {**parts, "cure": frozenset("12")})
