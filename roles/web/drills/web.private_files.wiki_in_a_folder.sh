#!/bin/sh
# hosts: web1
# site: antruc.test
# Not the site itself but a wiki in a folder of it, whose pages nobody may read before they are published.
set -eu
wiki=/var/www/antruc.test/so-tay
install -d $wiki/inc $wiki/lib/exe $wiki/data/pages
for program in doku.php inc/init.php lib/exe/fetch.php; do
    printf '<?php\nexit;\n' > $wiki/$program
done
printf 'Ban nhap\n' > $wiki/data/pages/start.txt
chmod -R a+rX $wiki
