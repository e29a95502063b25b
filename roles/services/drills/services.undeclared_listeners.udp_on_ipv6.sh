#!/bin/sh
# hosts: web2 web3
# No TCP port, nothing on IPv4: a process that takes packets by UDP over IPv6 alone.
set -eu
systemctl reset-failed luytre-drill-listener 2>/dev/null || :
systemctl is-active --quiet luytre-drill-listener || systemd-run --quiet --unit=luytre-drill-listener /usr/bin/python3 -c '
import socket, time
listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
listener.bind(("::", 5514))
time.sleep(600)
'
sleep 1
