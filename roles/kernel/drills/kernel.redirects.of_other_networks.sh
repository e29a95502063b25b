#!/bin/sh
# hosts: web1 web3
# No redirect is taken, but one that names a machine of another network would be.
set -eu
sysctl -q -w net.ipv4.conf.all.shared_media=1
