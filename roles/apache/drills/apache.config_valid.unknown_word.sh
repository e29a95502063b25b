#!/bin/sh
# hosts: web2
# last: Apache reloads nothing any more
# A word that Apache does not know, in a file that counts at the next start.
set -eu
printf 'KhongCoLenhNay On\n' > /etc/apache2/conf-enabled/zzz-sai.conf
