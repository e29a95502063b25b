#!/bin/sh
# hosts: web2
# site: bennua.test
# No backup.sql: an editor's swap file, a dated copy of the configuration, and a dump among the pictures in capitals.
set -eu
cd /var/www/bennua.test
printf 'x' > .config.php.swp
printf "<?php \$mat_khau = 'x';\n" > config.php_20260301
printf 'x' > hinh/DULIEU.SQL.GZ
chmod 0644 .config.php.swp config.php_20260301 hinh/DULIEU.SQL.GZ
