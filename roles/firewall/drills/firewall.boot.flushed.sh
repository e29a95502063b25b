#!/bin/sh
# hosts: web2 web3
# The unit is enabled and the rules are included; the last line of the file then throws them all away.
set -eu
echo 'flush ruleset' >> /etc/nftables.conf
