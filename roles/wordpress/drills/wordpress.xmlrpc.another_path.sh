#!/bin/sh
# hosts: web1
# site: antruc.test
# The rule is there and named, but was made to fit another path.
set -eu
file=$(grep -rl 'if ($uri ~ "/xmlrpc' /etc/nginx | head -1)
sed -i 's|if ($uri ~ "/xmlrpc|if ($uri ~ "^/tin-tuc/xmlrpc|' "$file"
systemctl reload nginx
