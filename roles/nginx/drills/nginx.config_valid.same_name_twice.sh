#!/bin/sh
# hosts: web3
# alone: nothing that asks nginx for its configuration can be drilled beside it
# A file read earlier claims the name of a site; nginx only warns, and serves the wrong pages.
set -eu
printf 'server {\n    listen 80;\n    server_name gotre.test;\n    root /var/www/html;\n}\n' > /etc/nginx/conf.d/10-cu.conf
