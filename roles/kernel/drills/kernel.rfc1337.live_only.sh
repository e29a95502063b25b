#!/bin/sh
# hosts: web2 web1
# Written down as it should be, and turned off by hand.
set -eu
echo 0 > /proc/sys/net/ipv4/tcp_rfc1337
