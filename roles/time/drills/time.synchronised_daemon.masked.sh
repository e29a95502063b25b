#!/bin/sh
# hosts: web2 web3
# chrony stays installed but masked: dpkg shows it, nothing ever starts it.
set -eu
systemctl mask --now chrony.service
