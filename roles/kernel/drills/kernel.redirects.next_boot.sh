#!/bin/sh
# hosts: web2 web3
# All is well until the next boot: the line is gone from the file, an earlier one turns it on.
set -eu
sed -i '/ipv6.*accept_redirects/d' /etc/sysctl.d/zz-luytre.conf
echo 'net.ipv6.conf.*.accept_redirects = 1' > /etc/sysctl.d/90-router.conf
