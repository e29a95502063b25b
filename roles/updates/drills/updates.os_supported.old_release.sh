#!/bin/sh
# hosts: web1 web2
# A release that left support; /etc/os-release is a link, and the file behind it is what counts.
set -eu
sed -i -e 's/^VERSION_ID=.*/VERSION_ID="10"/' -e 's/^VERSION_CODENAME=.*/VERSION_CODENAME=buster/' /usr/lib/os-release
