#!/bin/sh
# hosts: web1
# site: antruc.test
# A file may be larger than the request that carries it.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'upload_max_filesize = 64M\npost_max_size = 8M\n' > "$folder/zz-tai-len.ini"
done
