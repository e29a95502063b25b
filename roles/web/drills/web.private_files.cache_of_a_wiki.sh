#!/bin/sh
# hosts: web2
# site: bennua.test
# The site is no wiki, but a folder of it is, and came without the .htaccess of what it keeps to itself.
set -eu
wiki=/var/www/bennua.test/so-tay
install -d $wiki/includes $wiki/cache
for program in includes/Defines.php load.php api.php; do
    printf '<?php\nexit;\n' > $wiki/$program
done
printf 'phien-dang-nhap\n' > $wiki/cache/trang.txt
chmod -R a+rX $wiki
