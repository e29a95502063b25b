# Run as root on a host, its own input closed: what its daemons say of their configuration, changing nothing.
# Answers "luytre: NAME STATUS WORDS" for each probe, STATUS being 0 when it passes. Read whole before it starts.

try() (
    name=$1
    shift
    command -v "$1" >/dev/null || return 0
    said=$({ timeout -k 1 6 "$@"; printf '\n%s' "$?"; } 2>&1 | tail -c 600 | tr -s '\000-\040' ' ')
    printf 'luytre: %s %s %s\n' "$name" "${said##* }" "${said% *}"
)

main() {
    PATH=$PATH:/usr/sbin:/sbin
    LC_ALL=C.UTF-8
    export PATH LC_ALL
    echo 'luytre: root 0'
    try nginx nginx -t &
    if command -v apache2ctl >/dev/null; then
        try apache apache2ctl configtest &
    else
        try apache apachectl configtest &
    fi
    for program in $(IFS=:; for folder in $PATH; do ls "$folder" 2>/dev/null; done | grep -x 'php-fpm[0-9.]*' | sort -u); do
        try "$program" "$program" -t &
    done
    try sshd "$(command -v sshd || echo sshd)" -t &
    if [ -f /etc/nftables.conf ] && systemctl -q is-enabled nftables.service; then
        try nft nft -c -f /etc/nftables.conf &
    fi
    if [ -f /etc/nftables.d/luytre.nft ] && systemctl -q is-enabled luytre-firewall.service; then
        try nft nft -c -f /etc/nftables.d/luytre.nft &
    fi
    if command -v mariadbd >/dev/null; then
        try mariadb mariadb-admin --protocol=socket --connect-timeout=4 ping &
    fi
    timeout 6 systemctl list-units --type=service --all --plain --no-legend --no-pager -- nginx.service apache2.service \
        httpd.service 'php*-fpm.service' mariadb.service mysql.service mysqld.service 'postgresql@*.service' \
        'redis*.service' memcached.service varnish.service haproxy.service ssh.service sshd.service 2>/dev/null |
        while read -r unit load active sub _; do
            [ "$load" = loaded ] || continue
            case $active in active | reloading) status=0 ;; *) status=3 ;; esac
            printf 'luytre: service:%s %s %s\n' "$unit" "$status" "$active ($sub)"
        done
    wait
    echo 'luytre: end 0'
}

main </dev/null
