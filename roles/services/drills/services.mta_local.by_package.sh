#!/bin/sh
# hosts: web2 web3
# A mail server comes with a package, and takes mail from every network, as its stock settings say.
set -eu
export DEBIAN_FRONTEND=noninteractive
command -v postconf > /dev/null || apt-get install --quiet --quiet --yes --no-install-recommends postfix > /dev/null 2>&1
[ -f /etc/postfix/main.cf ] || cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
postconf -e inet_interfaces=all mydestination=localhost
systemctl enable --quiet postfix
systemctl restart postfix
timeout 20 sh -c 'until ss -Hltn "sport = 25" | grep -q LISTEN; do sleep 0.2; done'
