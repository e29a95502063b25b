#!/bin/sh
# hosts: web1
# held: aside
# The files are root's alone, but a group may add others beside them.
set -eu
chgrp www-data /etc/nginx/snippets
chmod 0775 /etc/nginx/snippets
