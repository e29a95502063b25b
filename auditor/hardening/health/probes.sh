# Run as root on a host, its own input closed: what its daemons say of their configuration, changing nothing.
# Answers "luytre: NAME STATUS WORDS" for each probe, STATUS being 0 when it passes. Read whole before it starts.
# Its arguments are the document roots of the declared sites.

try() (
    name=$1
    shift
    command -v "$1" >/dev/null || return 0
    said=$({ timeout -k 1 6 "$@"; printf '\n%s' "$?"; } 2>&1 | tail -c 600 | tr -s '\000-\040' ' ')
    printf 'luytre: %s %s %s\n' "$name" "${said##* }" "${said% *}"
)

# Whether web servers and PHP have told of errors of a kind lately, each with a line without what a visitor sent.
logged() {
    for log in /var/log/nginx/*error*.log /var/log/apache2/*error*.log /var/log/php*-fpm.log; do
        [ -f "$log" ] && [ ! -L "$log" ] && tail -c 300000 -- "$log" | cut -b 1-2000
    done | awk '
        function told(kind) {
            count[kind]++
            line[kind] = $0
        }
        # Only what PHP itself says of a function that may be taken away: a name in a request says nothing.
        /^([0-9\/]+ [0-9:]+ )?\[[a-z]+\] [0-9#:]+ (\*[0-9]+ )?FastCGI sent in stderr: |^(\[[^]]*\] )+(PHP |AH01071: Got error |WARNING: \[pool )|^\[[^]]*\] WARNING: \[pool / {
            if ($0 ~ /Call to undefined function (exec|passthru|pcntl_exec|popen|proc_open|shell_exec|system)\(|(exec|passthru|popen|proc_open|system)\(\) has been disabled for security reasons/ && $0 !~ /[Pp]rimary script/)
                told("undefined")
        }
        /PHP Fatal error|PHP Parse error/ { told("fatal") }
        /connect\(\) to [^ ]* failed|Primary script unknown|Access to the script .* has been denied|AH01079|AH02454/ { told("upstream") }
        /\[(alert|emerg)\]/ { told("alert") }
        /Permission denied/ { told("denied") }
        END {
            many = split("undefined fatal upstream alert denied", kinds, " ")
            for (i = 1;i <= many;i++) {
                shown = line[kinds[i]]
                sub(/, client: .*/, "", shown)
                sub(/\[client [^]]*\] /, "", shown)
                sub(/, referer: .*/, "", shown)
                printf "luytre: log:%s %d %s\n", kinds[i], (kinds[i] in count), substr(shown, 1, 400)
            }
        }'
}

# The accounts that run PHP, by the pools and by their processes, as those of a pool on demand come and go.
php_users() {
    {
        for process in /proc/[0-9]*; do
            case $(readlink "$process/exe" 2>/dev/null) in */php-fpm*) stat -c '%u' "$process" 2>/dev/null ;; esac
        done
        sed -n 's/^[[:space:]]*user[[:space:]]*=[[:space:]]*\([a-z0-9_.-]*\).*/\1/p' \
            /etc/php/*/fpm/pool.d/*.conf /etc/php-fpm.d/*.conf 2>/dev/null | while read -r name; do id -u "$name" 2>/dev/null; done
    } | sort -un | grep -vx 0 | head -20
}

# Prints 0 if any of those who run PHP has the right to a folder, else 1, since nothing says whom a folder is for.
# A folder open to everybody is closed to the others rightly.
may() {
    for user in $users; do
        as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups --bounding-set=-all --inh-caps=-all"
        # Nothing of ours is open in it: the account may take the process over, and would answer in our place.
        # shellcheck disable=SC2086  words
        if (cd / && timeout 2 $as test "$1" "$2") >/dev/null 2>&1; then
            echo 0
            return
        fi
    done
    echo 1
}

# Whether those who run PHP still get into the document roots and their upload folders.
entered() {
    command -v setpriv >/dev/null || return 0
    users=$(php_users)
    [ -n "$users" ] || return 0
    number=0
    for root; do
        number=$((number + 1))
        [ -d "$root" ] || continue
        printf 'luytre: enters:%s %s %s\n' "$number" "$(may -x "$root")" "$root"
        for folder in uploads upload images media files userfiles attachments avatars cache tmp temp wp-content/uploads; do
            [ -d "$root/$folder" ] || continue
            printf 'luytre: writes:%s:%s %s %s\n' \
                "$number" "$(echo "$folder" | tr / .)" "$(may -w "$root/$folder")" "$root/$folder"
        done
    done
}

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
        try mariadb mariadb-admin --protocol=socket --loose-skip-ssl-verify-server-cert --connect-timeout=4 ping &
    fi
    logged &
    entered "$@" &
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

main "$@" </dev/null
