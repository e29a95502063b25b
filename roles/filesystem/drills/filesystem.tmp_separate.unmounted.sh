#!/bin/sh
# hosts: web2 web3
# last: services with a /tmp of their own cannot be reloaded any more
# The unit is there and enabled, but the folder was unmounted since.
set -eu
umount --lazy /tmp
