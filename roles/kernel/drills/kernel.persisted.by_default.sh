#!/bin/sh
# hosts: web2 web1
# What the kernel does by itself anyway, so that nobody misses the line.
set -eu
sed -i '/icmp_ignore_bogus_error_responses/d' /etc/sysctl.d/zz-luytre.conf
