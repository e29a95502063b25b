#!/bin/sh
# hosts: web2 web1
# A warning is shown, and the system's version with it.
set -eu
printf 'Debian GNU/Linux 12\nMay chu cua Uy ban nhan dan phuong\n' > /etc/issue.net
