"""What a page holds for engines and for scripts."""

from __future__ import annotations

import pytest

from tests.unit.content.detectors.pages import alarms

WORDS = ("xin số đề hôm nay", "cách chơi baccarat luôn thắng", "top 10 nhà cái", "soi cầu miền bắc 24 giờ")


def links(*words: str) -> str:
    return "".join(f'<a href="/{number}.html">{text}</a> ' for number, text in enumerate(words))


def test_a_list_of_the_sites_own_doorways_is_told() -> None:
    assert "leads_to_own_adverts" in alarms(f"<div>{links(*WORDS)}</div>")


@pytest.mark.parametrize(
    "words",
    [
        ("Công an cảnh báo nhà cái", "Triệt phá đường dây lô đề", "Bắt nhóm tài xỉu", "Cảnh giác xóc đĩa"),
        ("Kết quả xổ số", "Lịch thi đấu bóng đá", "Tin mới"),
        ("Bà chủ quán nước ghi lô đề", "Lịch tiếp dân", "Tin mới"),
    ],
)
def test_a_list_of_news_is_not(words: tuple[str, ...]) -> None:
    assert "leads_to_own_adverts" not in alarms(f"<div>{links(*words)}</div>")


def test_adverts_in_attributes_are_told() -> None:
    assert "in_attributes" in alarms('<div data-t="nổ hũ đổi thưởng|tài xỉu online|nhà cái uy tín"></div>')
    assert not alarms('<div data-title="Công an cảnh báo nhà cái, tài xỉu online lừa đảo"></div>')
    assert not alarms('<div data-src="/anh/1.jpg" data-caption="Hội nghị tổng kết năm 2026"></div>')


def test_a_shop_in_another_alphabet_is_told() -> None:
    shop = "<p>送料無料、19,800円。カートに入れる</p>"
    assert "foreign_shop" in alarms(shop, title="ブランド財布 激安通販 専門店", heading="ブランド財布", path="/i/1")
    assert not alarms("<p>中学生が訪問しました。</p>", title="友好都市との交流について", heading="交流", path="/ja/")


def test_a_price_in_yen_on_a_page_of_the_office_is_none() -> None:
    assert not alarms("<p>Học bổng trị giá 19,800円, 送料 do trường trả.</p>", title="Học bổng Nhật Bản", path="/tin/1")


def test_adverts_in_data_for_scripts_are_told() -> None:
    data = '<script type="application/json">[{{"t":"{}","u":"/1"}},{{"t":"tài xỉu online","u":"/2"}}]</script>'
    assert "in_attributes" in alarms(data.format("nhà cái uy tín"))
    assert not alarms(data.format("Công an cảnh báo nhà cái uy tín lừa đảo"))
