CREATE TABLE jos_content (id serial PRIMARY KEY, title varchar(250) NOT NULL, introtext text NOT NULL);
INSERT INTO jos_content (title, introtext) VALUES
    ('Lịch tiếp công dân', 'Chủ tịch tiếp công dân sáng thứ tư tại trụ sở.'),
    ('Bến đò mở lại', 'Đò ngang chạy từ 5 giờ đến 19 giờ.');
CREATE TABLE jos_users (username varchar(60) PRIMARY KEY, password varchar(120) NOT NULL);
ALTER TABLE jos_content OWNER TO baihop;
ALTER TABLE jos_users OWNER TO baihop;
