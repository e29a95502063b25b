#!/bin/sh
# hosts: web2 web3
# As earlier versions had it: by way of the file and the unit that flush everybody's tables.
set -eu
printf '#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n}\ninclude "/etc/nftables.d/luytre.nft"\n' > /etc/nftables.conf
systemctl enable --quiet nftables.service
systemctl disable --quiet --now luytre-firewall.service
rm /etc/systemd/system/luytre-firewall.service
systemctl daemon-reload
nft -f /etc/nftables.d/luytre.nft
