#!/bin/sh
# hosts: web2 web1
# A jail that an admin added, with a list of its own in place of the one that all others have.
set -eu
touch /var/log/luytre-drill.log
cat > /etc/fail2ban/jail.d/cong-thanh-phan.local <<'END'
[cong-thanh-phan]
enabled = true
filter = apache-auth
backend = auto
logpath = /var/log/luytre-drill.log
ignoreip = 192.0.2.7
END
fail2ban-client reload
