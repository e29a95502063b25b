#!/bin/sh
# hosts: web1 web2
# ufw is on, and sets it otherwise at boot after all other files.
set -eu
mkdir -p /etc/ufw
printf 'ENABLED=yes\n' > /etc/ufw/ufw.conf
printf 'IPT_SYSCTL=/etc/ufw/sysctl.conf\n' > /etc/default/ufw
printf '# ufw\nnet/ipv4/conf/all/log_martians=0\nnet/ipv4/conf/default/log_martians=0\nnet/ipv4/tcp_sack=1\n' > /etc/ufw/sysctl.conf
