#!/bin/sh
# hosts: web3
# No rule lets in everybody: two rules let in one half of the Internet each.
set -eu
nft insert rule inet luytre input ip saddr 0.0.0.0/1 tcp dport 22 accept
nft insert rule inet luytre input ip saddr 128.0.0.0/1 tcp dport 22 accept
