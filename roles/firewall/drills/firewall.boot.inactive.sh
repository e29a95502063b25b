#!/bin/sh
# hosts: web1
# Everything is in order for the next boot and the rules are in force, but their unit is not at work: it would miss what
# happens to nftables.service.
set -eu
systemctl stop luytre-firewall.service
nft -f /etc/nftables.d/luytre.nft
