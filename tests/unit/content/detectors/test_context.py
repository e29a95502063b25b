"""Whether an offer is made or reported on is judged where it stands."""

from __future__ import annotations

import pytest

from auditor.content.detectors import context
from auditor.content.page.extract import OutboundPointer
from auditor.content.text.lexicon import load_built_in_lexicon
from tests.unit.content.detectors.pages import alarms

LINK = '<a href="https://sozo.example/">nhà cái uy tín SOZO</a>'


def test_one_word_of_reporting_in_another_sentence_silences_no_link() -> None:
    assert "words_of_link" in alarms(f"<p>Cảnh báo link giả! Link chuẩn: {LINK}</p>")
    assert "words_of_link" in alarms(f"<p>{LINK}. Công an xã trực 24/7.</p>")
    assert not alarms(f"<p>Công an cảnh báo {LINK} là lừa đảo.</p>")
    assert not alarms(f"<p>Công an khởi tố 5 bị can. Trang {LINK} đã dừng.</p>", path="/tin/1")


def test_the_sentence_of_a_link_ends_where_sentences_end() -> None:
    around = "Một câu. Hai câu có nhà cái ở đây! Ba câu."
    pointer = OutboundPointer("link", "https://a.example/", "a.example", "nhà cái", around)
    assert context.get_sentence_of_link(pointer) == "Hai câu có nhà cái ở đây"


@pytest.mark.parametrize(
    ("title", "main", "is_alarm"),
    [
        ("Zeta68 đăng nhập - nhà cái Zeta68 tặng 68k", "<p>Đăng ký ngay.</p>", True),
        ("Nhà cái SOZO tặng 100k", '<ul><li><a href="/1">Công an cảnh báo lừa đảo</a></li></ul>', True),
        ("Triệt phá nhà cái SOZO", "<p>Các đối tượng mời 'đăng ký nhận 100k'.</p>", False),
        ("Nhà cái và tuổi trẻ", "<p>Công an khởi tố chủ nhà cái, thu giữ tang vật.</p>", False),
    ],
)
def test_a_title_is_judged_with_what_says_the_same(title: str, main: str, *, is_alarm: bool) -> None:
    assert ("title" in alarms(main, title=title)) is is_alarm


def test_an_answer_beside_a_question_reports() -> None:
    asked = "<p>Hỏi: số lạ nhắn 'vay tiền nhanh, giải ngân trong 5 phút, zalo 0900000111'</p>"
    assert "block" in alarms(asked, path="/hoi/1")
    assert not alarms(asked + "<p>Đáp: đó là tín dụng đen, lãi cắt cổ.</p>", path="/hoi/1")


def test_words_of_a_promise_to_fetch_money_back_are_no_report() -> None:
    lexicon = load_built_in_lexicon()
    assert context.find_lexicon_words("Hỗ trợ lấy lại tiền bị lừa đảo", lexicon).is_advert_and_no_report
    assert not context.find_lexicon_words("Cảnh giác: hỗ trợ lấy lại tiền bị lừa đảo", lexicon).is_advert_and_no_report


def test_a_title_and_its_text_together_are_one_offer() -> None:
    rest = "<p>Không tác dụng phụ, cam kết hoàn tiền. Đặt hàng giao toàn quốc, zalo 0900 000 111.</p>"
    assert "whole_offer" in alarms(rest, title="Viên giảm cân Slim", heading="Viên giảm cân Slim", path="/slim/")
    warned = "<p>Cảnh báo: quảng cáo không tác dụng phụ, đặt hàng qua zalo 0900 000 111 là lừa đảo.</p>"
    assert not alarms(warned, title="Viên giảm cân Slim", heading="Viên giảm cân Slim", path="/tin/1")


def test_what_stands_for_those_without_scripts_is_hidden() -> None:
    assert "hidden_text" in alarms("<noscript><p>Nhà cái uy tín, cá cược bóng đá</p></noscript>")
    assert not alarms("<noscript><p>Trình duyệt của bạn không hỗ trợ JavaScript.</p></noscript>")
