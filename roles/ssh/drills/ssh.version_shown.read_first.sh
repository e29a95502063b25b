#!/bin/sh
# hosts: web2 web1
# A file that is read before ours has another view of it.
set -eu
printf 'DebianBanner yes\n' > /etc/ssh/sshd_config.d/00-aal.conf
sed -i '1i Include /etc/ssh/sshd_config.d/00-aal.conf' /etc/ssh/sshd_config
