#!/bin/sh
# hosts: web1 web2
# conf.all says no, but the interface itself still sends redirects.
set -eu
echo 1 > /proc/sys/net/ipv4/conf/eth0/send_redirects
