#!/bin/sh
# hosts: web2 web3
# The policy is still to drop; a rule in front of it, made by hand, lets everything in by IPv4.
set -eu
nft insert rule inet luytre input meta nfproto ipv4 ct state new accept
