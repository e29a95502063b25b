#!/bin/sh
# hosts: web1 web2
# It listens on the host itself only, as behind a web server.
set -eu
install -d /srv/luytre-drill-ung-dung
printf '<?php echo "1";\n' > /srv/luytre-drill-ung-dung/index.php
cat > /etc/systemd/system/luytre-drill-ung-dung.service <<'UNIT'
[Service]
ExecStart=/usr/bin/php -S 127.0.0.1:3999 -t /srv/luytre-drill-ung-dung
UNIT
systemctl daemon-reload
systemctl start luytre-drill-ung-dung
until ss -Hltn 'sport = :3999' | grep -q .; do :; done
