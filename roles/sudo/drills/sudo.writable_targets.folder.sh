#!/bin/sh
# hosts: web2 web3
# The command is root's, but its folder is not.
set -eu
useradd -r -M -d /nonexistent -s /usr/sbin/nologin saoluu.tay
install -d -o saoluu.tay /srv/kich-ban
printf '#!/bin/sh\ntrue\n' > /srv/kich-ban/sao-luu.sh
chmod 0755 /srv/kich-ban/sao-luu.sh
printf 'saoluu.tay ALL=(nobody) /srv/kich-ban/sao-luu.sh --nhanh\n' > /etc/sudoers.d/sao-luu
chmod 0440 /etc/sudoers.d/sao-luu
