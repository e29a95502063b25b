#!/bin/sh
# hosts: web2 web3
# A link that leads nowhere yet.
set -eu
useradd -m -s /usr/sbin/nologin thuky
ln -sf /srv/chua-co /home/thuky/.netrc
