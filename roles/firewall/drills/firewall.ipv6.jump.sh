#!/bin/sh
# hosts: web2 web3
# IPv6 alone gets through, by a chain that is jumped to for it.
set -eu
nft add chain inet luytre six
nft add rule inet luytre six accept
nft insert rule inet luytre input meta protocol ip6 jump six
