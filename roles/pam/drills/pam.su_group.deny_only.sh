#!/bin/sh
# hosts: web2 web1
# The module is there, and keeps out only those of another group.
set -eu
sed -i 's/^auth required pam_wheel\.so .*/auth required pam_wheel.so deny group=games/' /etc/pam.d/su
