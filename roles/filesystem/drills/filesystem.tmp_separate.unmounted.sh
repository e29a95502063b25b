#!/bin/sh
# hosts: web2 web3
# The unit is there and enabled, but the folder was unmounted since.
set -eu
umount --lazy /tmp
