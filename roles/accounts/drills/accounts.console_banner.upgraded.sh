#!/bin/sh
# hosts: web2 web1
# An upgrade brought the system's name back, above the office's own words.
set -eu
printf 'Debian GNU/Linux 13 \\n \\l\n\nMay chu cua Uy ban nhan dan phuong\n' > /etc/issue
