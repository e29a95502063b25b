#!/bin/sh
# hosts: web2 web1
# What Debian 10 wrote, and upgrades keep.
set -eu
sed -i '/pam_unix\.so/s/ yescrypt/ sha512/' /etc/pam.d/common-password
