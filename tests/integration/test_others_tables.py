"""Packet filters of other tools on a host that is hardened, restarted and rolled back: never flushed, saved or restored."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.boot import reboot
from tests.lab.fixtures import Ended
from tests.lab.guarded import Host
from tests.lab.waiting import until

HOST = "web3"
OTHERS = """
apt-get -qq install -y nftables fail2ban python3-systemd >/dev/null
cat > /etc/fail2ban/jail.local <<X
[DEFAULT]
banaction = nftables-multiport
[sshd]
enabled = true
backend = systemd
X
cat > /usr/local/sbin/nat <<X
#!/usr/sbin/nft -f
table ip nat {
	chain DOCKER { type nat hook prerouting priority dstnat; policy accept; tcp dport 18080 dnat to 10.213.47.12:80; }
}
table inet kho {
	set banned { type ipv4_addr; elements = { 192.0.2.7 } }
	chain input { type filter hook input priority -5; policy accept; ip saddr @banned drop; }
}
X
chmod 755 /usr/local/sbin/nat
printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/usr/local/sbin/nat\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/nat.service
systemctl daemon-reload; systemctl enable -q --now nat; systemctl restart fail2ban
until fail2ban-client ping; do sleep 0.1; done; fail2ban-client set sshd banip 198.51.100.9
"""
"""fail2ban with the table that it makes, and rules as a container's published port has them, made at boot by a unit."""
NFTABLES = "systemctl is-enabled nftables.service; sha256sum /etc/nftables.conf; stat -c %y /etc/nftables.conf"
AGAIN = """
until fail2ban-client ping; do sleep 0.1; done
systemctl restart nat; fail2ban-client reload --restart --unban sshd; fail2ban-client set sshd banip 198.51.100.9
until nft list ruleset | grep -q 198.51.100.9; do sleep 0.1; done
"""
"""Those whose tables nftables.service has thrown away make them again."""


def without_ours(ruleset: str) -> str:
    before, _, rest = ruleset.partition("table inet luytre {\n")
    return before + (rest.partition("\n}\n")[2] if rest else "")


def test_others_tables_stay_to_the_byte(fresh: Callable[..., None], playbook: Callable[..., Ended]) -> None:
    fresh(HOST)
    there = Host(HOST)
    there.sh(OTHERS)
    asked = "nft list ruleset"
    rules, nftables = there.sh(asked), there.sh(NFTABLES)
    assert "198.51.100.9" in rules and "DOCKER" in rules, rules

    accepted = ("-e", '{"luytre_accept": ["firewall.default_deny"]}')
    done = playbook("playbooks/harden.yml", "--limit", HOST, "--tags", "firewall", *accepted)
    assert done.code == 0, done.out + done.err
    assert without_ours(there.sh(asked)) == rules
    assert "policy drop" in there.sh("nft list table inet luytre")
    assert there.sh(NFTABLES) == nftables

    reboot(HOST)
    assert "policy drop" in there.sh("nft list table inet luytre")
    for act in ("start", "reload", "restart"):
        there.sh(f"systemctl {act} nftables")
        until(lambda: "policy drop" in there.sh("nft list table inet luytre"), act, seconds=10)
    there.sh(AGAIN)
    rules = without_ours(there.sh(asked))
    assert "198.51.100.9" in rules and "DOCKER" in rules, rules

    undone = there.guard("rollback", run=there.guard("status")["run"])
    assert undone["ruleset"] == ["inet luytre"], undone
    assert there.sh(asked) == rules
    assert (
        there.sh("fail2ban-client set sshd banip 198.51.100.10; fail2ban-client status sshd").count("198.51.100.") == 2
    )
    assert "198.51.100.10" in there.sh(asked)
    assert "luytre" not in there.sh("systemctl list-unit-files; ls -R /etc/systemd /etc/nftables*")
    assert there.sh("systemctl is-active luytre-firewall.service").strip() == "inactive"
    assert there.sh(NFTABLES) == nftables
