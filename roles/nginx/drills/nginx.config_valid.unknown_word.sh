#!/bin/sh
# hosts: web1
# alone: nothing that asks nginx for its configuration can be drilled beside it
# A word that nginx does not know, in a file that counts at the next start.
set -eu
printf 'khong_co_lenh_nay on;\n' > /etc/nginx/conf.d/zz-sai.conf
