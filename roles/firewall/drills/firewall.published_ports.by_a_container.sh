#!/bin/sh
# hosts: web1 web2
# As container software does it: a table of its own that sends a port on before the firewall's own rules.
set -eu
nft -f - <<'RULES'
table ip luytre_drill_nat {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        tcp dport 13306 dnat to 10.88.0.2:3306
    }
}
RULES
