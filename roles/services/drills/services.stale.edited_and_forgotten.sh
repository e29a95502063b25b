#!/bin/sh
# hosts: web3
# last: other drills reload nginx
# The file is sound, and nginx was never told of it.
set -eu
sleep 3
echo '# by hand' >> /etc/nginx/nginx.conf
