# A site of its own on a lab host: $domain in $root, run as $account, whose database is $engine's with $password.
# Its release comes in by standard input, as a tar that holds one folder.
set -eu
umask 022
useradd --home-dir "${root%/*}" --shell /usr/sbin/nologin "$account"
install -d "$root" /run/release
tar -x -C /run/release --no-same-owner
cp -r --no-preserve=mode,ownership /run/release/*/. "$root"
rm -r /run/release
# NukeViet's installer refuses a PHP that is newer than itself; what it installs runs on it.
[ ! -e "$root/install/ini.php" ] || sed -i "s/\(php_allowed_max'\] = '\)[0-9.]*/\199/" "$root/install/ini.php"
chown -R "$account:$account" "$root"
php=$(ls /etc/php | sort -V | tail -1)
cat >"/etc/php/$php/fpm/pool.d/$account.conf" <<END
[$account]
user = $account
group = $account
listen = /run/php/$account.sock
listen.owner = www-data
listen.mode = 0600
pm = ondemand
pm.max_children = 4
END
cat >"/etc/nginx/sites-enabled/$domain.conf" <<END
server {
    listen 80;
    server_name $domain;
    root $root;
    index index.php index.html;
    client_max_body_size 20m;
    if (!-e \$request_filename) {
        rewrite (/|\.html)\$ /index.php;
    }
    location ~ \.php\$ {
        include snippets/fastcgi-php.conf;
        fastcgi_read_timeout 300;
        fastcgi_pass unix:/run/php/$account.sock;
    }
}
END
case $engine in
mysql)
    mariadb -e "CREATE DATABASE $account CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER '$account'@'localhost' IDENTIFIED BY '$password'; GRANT ALL PRIVILEGES ON $account.* TO '$account'@'localhost'"
    ;;
postgresql)
    until [ -S /run/postgresql/.s.PGSQL.5432 ]; do sleep 0.2; done
    for statement in "CREATE USER $account PASSWORD '$password'" "CREATE DATABASE $account OWNER $account"; do
        setpriv --reuid postgres --regid postgres --clear-groups psql -q -v ON_ERROR_STOP=1 -c "$statement"
    done
    ;;
esac
"php-fpm$php" -t 2>/dev/null
nginx -t -q
systemctl restart "php$php-fpm"
systemctl restart nginx
