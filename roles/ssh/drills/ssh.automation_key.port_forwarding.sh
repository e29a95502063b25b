#!/bin/sh
# hosts: web1 web3
# Everything is refused at first sight; what stands after it lets connections through again.
set -eu
sed -i 's/^restrict,/restrict,port-forwarding,/' /home/luytre/.ssh/authorized_keys
grep -q '^restrict,port-forwarding,' /home/luytre/.ssh/authorized_keys
