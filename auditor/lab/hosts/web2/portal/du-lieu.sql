CREATE TABLE tin (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    tieu_de VARCHAR(200) NOT NULL,
    tom_tat VARCHAR(500) NOT NULL,
    noi_dung TEXT NOT NULL,
    ngay_dang DATE NOT NULL
);
CREATE TABLE gop_y (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    ho_ten VARCHAR(100) NOT NULL,
    noi_dung TEXT NOT NULL,
    gui_luc TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO tin (tieu_de, tom_tat, noi_dung, ngay_dang) VALUES
('Phường Bến Nứa ra mắt tổ phản ứng nhanh phòng chống ngập',
 'Tổ gồm dân quân, đoàn viên và cán bộ tổ dân phố, trực 24/24 giờ khi có mưa lớn.',
 'Sáng nay, Ủy ban nhân dân phường Bến Nứa ra mắt tổ phản ứng nhanh phòng chống ngập với 24 thành viên.\nKhi có mưa lớn, tổ hỗ trợ người già, trẻ nhỏ đến điểm tránh trú tại trường học và nhà văn hóa.',
 '2026-05-06'),
('Lịch cấp căn cước lưu động tại các tổ dân phố',
 'Công an phường tổ chức cấp căn cước lưu động vào hai ngày cuối tuần.',
 'Bà con mang theo giấy khai sinh hoặc căn cước cũ.\nNgười cao tuổi, người khuyết tật được phục vụ tại nhà khi đăng ký với tổ trưởng.',
 '2026-05-14'),
('Kết quả thu gom rác thải nhựa quý II',
 'Hơn ba tấn rác thải nhựa được thu gom dọc bờ kè sông Nứa.',
 'Phong trào do Hội Phụ nữ và Đoàn Thanh niên phường phát động.\nPhường đề nghị các hộ kinh doanh ven sông tiếp tục phân loại rác tại nguồn.',
 '2026-06-22'),
('Thông báo sửa cầu phao Bến Nứa',
 'Cầu phao tạm ngừng lưu thông ba đêm để thay ván mặt cầu.',
 'Thời gian: từ 22 giờ đến 4 giờ sáng các đêm trong tuần.\nPhương tiện đi theo hướng dẫn của lực lượng trực hai đầu cầu.',
 '2026-07-03'),
('Khai giảng lớp tin học cho người cao tuổi',
 'Lớp học miễn phí, hướng dẫn nộp hồ sơ trực tuyến và nhận biết lừa đảo qua mạng.',
 'Lớp mở tại nhà văn hóa tổ 4 vào chiều thứ Ba và thứ Năm.\nĐăng ký với tổ chuyển đổi số cộng đồng của phường.',
 '2026-08-11');
