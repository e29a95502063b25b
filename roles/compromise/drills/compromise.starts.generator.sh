#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# What systemd runs at each boot, before any unit, is of no package.
set -eu
mkdir -p /etc/systemd/system-generators
printf '#!/bin/sh\nexit 0 # luytre-lab: inert\n' >/etc/systemd/system-generators/luytre-lab
chmod 755 /etc/systemd/system-generators/luytre-lab
