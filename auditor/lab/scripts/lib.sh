# Sourced by the machines' provisioning.

# Add or replace a setting: set_option FILE 'pattern of the old line' 'new line'
set_option() {
    if grep -Eq "$2" "$1"; then
        sed -i -E "s|$2|$3|" "$1"
    else
        echo "$3" >>"$1"
    fi
}

# Start MariaDB without network for the length of the image's making.
mariadb_start() {
    install -d -o mysql -g mysql /run/mysqld
    mariadbd --user=mysql --skip-networking --innodb-flush-log-at-trx-commit=0 >/run/mariadbd.log 2>&1 &
    tries=0
    until mariadb-admin --silent ping 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || { cat /run/mariadbd.log; exit 1; }
        sleep 0.1
    done
}

mariadb_stop() {
    mariadb-admin shutdown
    wait
}

# A nightly backup of a site, and one at boot: backup_nightly DOMAIN 'command that writes to $target'
backup_nightly() {
    install -d -m 750 "/var/backups/web/$1"
    cat >/usr/local/sbin/sao-luu-"$1" <<END
#!/bin/sh
# Sao lưu hằng đêm trang $1
set -eu
umask 077
target=/var/backups/web/$1/\$(date +%Y%m%d-%H%M%S)
$2
find /var/backups/web/$1 -type f -mtime +30 -delete
END
    chmod 755 /usr/local/sbin/sao-luu-"$1"
    cat >/etc/systemd/system/sao-luu-"$1".service <<END
[Unit]
Description=Sao luu trang $1
After=mariadb.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/sao-luu-$1

[Install]
WantedBy=multi-user.target
END
    cat >/etc/systemd/system/sao-luu-"$1".timer <<END
[Unit]
Description=Sao luu trang $1 hang dem

[Timer]
OnCalendar=*-*-* 01:30:00

[Install]
WantedBy=timers.target
END
    systemctl enable --quiet sao-luu-"$1".service sao-luu-"$1".timer
}
