#!/bin/sh
# hosts: web3
# The service stays masked; only its socket is back, and starts whatever it activates at the first packet.
set -eu
systemctl unmask --quiet rpcbind.socket rpcbind.service
systemctl enable --now --quiet rpcbind.socket
systemctl mask --quiet rpcbind.service
