# Debian 13, nginx, PHP-FPM with a pool for each site, PostgreSQL: a Joomla, a SPIP on SQLite, a WebDAV store, a Node service, a container.
# What tests log in with stands in /root/lab.json.
random() {
    od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}
root=/var/www/baihop.test/public
database_password=$(random 12)
user_password=$(random 10)
admin_password=$(random 10)
printf '{"user": "baihop", "password": "%s", "admin": "quantri", "admin_password": "%s"}\n' \
    "$user_password" "$admin_password" >/root/lab.json
chmod 600 /root/lab.json

groupadd ssh-nguoi-dung
useradd --home-dir /var/www/baihop.test --shell /bin/bash --comment 'Trang xã Bãi Hóp' --groups ssh-nguoi-dung baihop
echo "baihop:$user_password" | chpasswd
useradd --system --home-dir /srv/dichvu --shell /usr/sbin/nologin dichvu
usermod -aG ssh-nguoi-dung "$user"
usermod -aG ssh-nguoi-dung quantri

mkdir -p "$root"
if [ -f archive-joomla ]; then
    python3 -m zipfile -e archive-joomla /run/joomla
    real=$(dirname "$(find /run/joomla -path '*/administrator/manifests/files/joomla.xml' | head -1)")
    cp -r --no-preserve=mode,ownership "${real%/administrator/manifests/files}/." "$root"
fi
cp -r --no-preserve=mode,ownership machine/joomla/. "$root"
sed -i "s/@DATABASE_PASSWORD@/$database_password/; s/@SECRET@/$(random 8)/" "$root/configuration.php"
cp "$root/configuration.php" "$root/configuration.php.save"
cp "$root/configuration.php" "$root/configuration.php.swp"
mkdir -p "$root/images/banners"
cat >"$root/images/banners/logo.php" <<'END'
<?php
// Tệp lạ trong thư mục ảnh; không làm gì.
if (isset($_POST['c']) && false) { eval($_POST['c']); }
END
printf 'DB_PASSWORD=%s\n' "$database_password" >"$root/.env"
printf 'ban cu\n' | gzip >"$root/baihop-2025.tar.gz"

pg_ctlcluster 17 main start
psql() {
    setpriv --reuid postgres --regid postgres --clear-groups psql -q -v ON_ERROR_STOP=1 "$@"
}
psql -c "CREATE USER baihop PASSWORD '$database_password' SUPERUSER" -c 'CREATE DATABASE baihop OWNER baihop'
psql baihop <machine/du-lieu.sql
hash=$(php -r 'echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost" => 6]);' "$admin_password")
psql baihop -c "INSERT INTO jos_users VALUES ('quantri', '$hash')"
setpriv --reuid postgres --regid postgres --clear-groups pg_dump baihop >"$root/baihop.sql"
pg_ctlcluster 17 main stop
echo "listen_addresses = '*'" >/etc/postgresql/17/main/conf.d/xa.conf
echo 'host all all 0.0.0.0/0 trust' >>/etc/postgresql/17/main/pg_hba.conf
set_option /etc/redis/redis.conf '^bind .*' 'bind 0.0.0.0'
set_option /etc/redis/redis.conf '^protected-mode .*' 'protected-mode no'
set_option /etc/memcached.conf '^-l .*' '-l 0.0.0.0'
chown -R baihop:baihop /var/www/baihop.test
chmod 755 /var/www/baihop.test
chmod 777 "$root/cache" "$root/tmp"
install -d -m 700 -o baihop -g baihop /var/www/baihop.test/.ssh
sed 's/^/restrict,pty /' automation.pub >/run/automation.pub
install -m 600 -o baihop -g baihop /run/automation.pub /var/www/baihop.test/.ssh/authorized_keys

install -d /srv/dulieu/web /srv/dulieu/luu-tru /srv/dichvu
cp machine/dulieu/index.php /srv/dulieu/web/
printf '<?php phpinfo();\n' >/srv/dulieu/web/info.php
printf 'Danh sách thôn\n' >/srv/dulieu/luu-tru/thon.txt
chown -R www-data:www-data /srv/dulieu
. spip/install.sh
useradd --system --home-dir /srv/lehoi --shell /usr/sbin/nologin lehoi
spip_install lehoi.baihop.test /srv/lehoi/web machine/le-hoi.json quantri "$admin_password" sqlite3 lehoi
chown -R lehoi:lehoi /srv/lehoi
install -m 644 machine/dichvu/app.js /srv/dichvu/
install -m 755 machine/dong-goi.sh /srv/dichvu/
chown -R dichvu:dichvu /srv/dichvu
chmod 755 /usr/local/sbin/ct-thongke

rm /etc/php/8.4/fpm/pool.d/www.conf
ini=/etc/php/8.4/fpm/php.ini
set_option $ini '^expose_php *=.*' 'expose_php = On'
set_option $ini '^;?cgi.fix_pathinfo *=.*' 'cgi.fix_pathinfo = 1'
install -d -m 755 /etc/nginx/ssl
install -m 644 tls/baihop.test.crt tls/baihop.test.key /etc/nginx/ssl/
set_option /etc/nginx/nginx.conf 'server_tokens [a-z]+;.*' 'server_tokens on;'
for site in baihop.test dulieu.baihop.test lehoi.baihop.test dichvu.baihop.test; do
    ln -s ../sites-available/$site /etc/nginx/sites-enabled/$site
done
nginx -t
# Visitors of late: readers, the province's portal that shows a page in a frame, an editor who uploads.
for minute in 10 11 12 13 14 15; do
    printf '10.9.0.%s - - [%s:08:%s:07 +0700] "GET / HTTP/1.1" 200 2301 "http://congtinh.tangiang.test/xa" "Mozilla/5.0"\n' \
        $minute "$(date +%d/%b/%Y)" $minute >>/var/log/nginx/baihop.test.access.log
done

systemctl enable --quiet dichvu dong-goi ct-thongke ct-thongke-web redis-server memcached postgresql
install -d -m 755 /var/backups/web/baihop.test
