#!/bin/sh
# hosts: web1
# site: antruc.test
# seen by: review
# Links to bets far off the screen of a page that looks like the office's.
set -eu
root=/var/www/antruc.test
cat > "$root/lich-tiem-chung.html" <<'END'
<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Lịch tiêm chủng</title></head><body><h1>Lịch tiêm chủng</h1>
<p>Trạm y tế xã thông báo lịch tiêm chủng mở rộng trong tháng.</p>
<div style="position:absolute;left:-9999px"><a href="https://nhacaimau.example/">nhà cái uy tín</a> <a href="https://nhacaimau.example/vao">tài xỉu đổi thưởng</a></div>
</body></html>
END
echo '<urlset><url><loc>https://antruc.test/lich-tiem-chung.html</loc></url></urlset>' >> "$root/wp-sitemap.xml"
