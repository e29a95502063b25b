#!/bin/sh
# hosts: web2
# last: other drills reload Apache
# The file is sound, and Apache was never told of it.
set -eu
sleep 3
echo '# by hand' >> /etc/apache2/apache2.conf
