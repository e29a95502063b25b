#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# Pictures of one folder, which has none, are run as PHP.
set -eu
root=/var/www/bennua.test
[ -d "$root" ] || root=/var/www/gotre.test
mkdir "$root/luytre-lab"
printf '# luytre-lab: inert\nAddHandler application/x-httpd-php .jpg\n' >"$root/luytre-lab/.htaccess"
