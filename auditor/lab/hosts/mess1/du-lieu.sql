CREATE TABLE nv4_vi_news_rows (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, title VARCHAR(250) NOT NULL, hometext TEXT NOT NULL
) CHARACTER SET utf8mb4;
INSERT INTO nv4_vi_news_rows (title, hometext) VALUES
    ('Lịch tiếp công dân tháng 3', 'Chủ tịch tiếp công dân sáng thứ năm tại trụ sở.'),
    ('Hội bóng đá thiếu niên xã', 'Ba đội vào vòng trong.');
CREATE TABLE nv4_users (username VARCHAR(60) PRIMARY KEY, password VARCHAR(120) NOT NULL);
