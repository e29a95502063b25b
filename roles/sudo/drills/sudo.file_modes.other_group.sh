#!/bin/sh
# hosts: web1 web2
# The mode is right, but a group of people owns it.
set -eu
printf '# huong dan su dung\n' > /etc/sudoers.d/huong-dan
chown root:adm /etc/sudoers.d/huong-dan
chmod 0440 /etc/sudoers.d/huong-dan
