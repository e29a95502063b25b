#!/bin/sh
# hosts: web1 web3
# Still 92 files, but none older than a week is left: maxage wins over rotate.
set -eu
sed -i 's/^\(\s*\)daily/\1daily\n\1maxage 7/' /etc/logrotate.d/nginx
