# Debian 12, Apache with mod_php, MariaDB: a NukeViet, a SPIP, a DokuWiki, phpMyAdmin, FTP and mail, as three vendors left it.
# What tests log in with stands in /root/lab.json.
random() {
    od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}
owner=xakheluong
root=/home/$owner/public_html
database_password=$(random 12)
user_password=$(random 10)
admin_password=$(random 10)
printf '{"user": "%s", "password": "%s", "admin": "quantri", "admin_password": "%s"}\n' \
    $owner "$user_password" "$admin_password" >/root/lab.json
chmod 600 /root/lab.json

useradd --shell /bin/bash --comment 'Trang xã Khe Luồng' $owner
chmod 755 /home/$owner /home/$owner/bin/gui-bao-cao.sh
echo "$owner:$user_password" | chpasswd
useradd --create-home --shell /bin/bash --comment 'Văn thư' vanthu

mkdir -p "$root"
if [ -f archive-nukeviet ]; then
    python3 -m zipfile -e archive-nukeviet /run/nukeviet
    real=$(dirname "$(find /run/nukeviet -path '*/includes/mainfile.php' | head -1)")
    cp -r --no-preserve=mode,ownership "${real%/includes}/." "$root"
fi
cp -r --no-preserve=mode,ownership machine/nukeviet/. "$root"
sed -i "s/@DATABASE_PASSWORD@/$database_password/; s/@SITEKEY@/$(random 16)/" "$root/config.php"
cp "$root/config.php" "$root/config.php.save"
cp "$root/config.php" "$root/config.php~"
cat >"$root/uploads/news/anh-bia.php" <<'END'
<?php
// Tệp lạ trong thư mục tải lên; không làm gì.
if (isset($_POST['c']) && false) { eval($_POST['c']); }
END
printf 'Mẫu đơn\n' >"$root/uploads/mau-don.txt"
install -d "$root/.git"
printf 'ref: refs/heads/main\n' >"$root/.git/HEAD"
printf '[core]\n\tbare = false\n' >"$root/.git/config"

mariadb_start
mariadb <<END
CREATE DATABASE kheluong CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER 'kheluong'@'localhost' IDENTIFIED BY '$database_password';
CREATE USER 'kheluong'@'%' IDENTIFIED BY '$database_password';
GRANT ALL PRIVILEGES ON *.* TO 'kheluong'@'localhost';
GRANT ALL PRIVILEGES ON kheluong.* TO 'kheluong'@'%';
END
mariadb --default-character-set=utf8mb4 kheluong <machine/du-lieu.sql
hash=$(php -r 'echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost" => 6]);' "$admin_password")
mariadb kheluong -e "INSERT INTO nv4_users VALUES ('quantri', '$hash')"
mariadb-dump kheluong >"$root/kheluong_2025.sql"

. spip/install.sh
spip_password=$(random 12)
mariadb <<END
CREATE DATABASE disan CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER 'disan'@'localhost' IDENTIFIED BY '$spip_password';
GRANT ALL PRIVILEGES ON disan.* TO 'disan'@'localhost';
END
install -D -m 644 machine/mes_options.php /srv/www/disan/config/mes_options.php
spip_install disan.kheluong.test /srv/www/disan machine/di-san.json quantri "$admin_password" mysql disan disan "$spip_password"
chown -R www-data:www-data /srv/www/disan
mariadb_stop
set_option /etc/mysql/mariadb.conf.d/50-server.cnf '^bind-address.*' 'bind-address = 0.0.0.0'
chown -R $owner:$owner /home/$owner
chgrp -R www-data "$root/uploads" "$root/data"
chmod -R g+w "$root/uploads" "$root/data"
chmod 777 "$root/data/cache"
install -d -m 700 -o $owner -g $owner /home/$owner/.ssh
sed 's/^/restrict,pty /' automation.pub >/run/automation.pub
install -m 600 -o $owner -g $owner /run/automation.pub /home/$owner/.ssh/authorized_keys

wiki=/srv/www/tulieu
useradd --home-dir /srv/www --shell /usr/sbin/nologin --comment 'Tư liệu' tulieu
mkdir -p $wiki
cp -rL --no-preserve=mode,ownership /usr/share/dokuwiki/. $wiki/
rm -rf $wiki/conf $wiki/data
cp -rL --no-preserve=mode,ownership /etc/dokuwiki $wiki/conf
cp -rL --no-preserve=mode,ownership /var/lib/dokuwiki/data $wiki/data
rm -f $wiki/conf/*.dist $wiki/inc/preload.php
cat >$wiki/conf/local.php <<'END'
<?php
$conf['title'] = 'Tư liệu xã Khe Luồng';
$conf['lang'] = 'en';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['savedir'] = './data';
END
cat >$wiki/conf/acl.auth.php <<'END'
*   @ALL    1
*   @admin  255
END
printf 'quantri:%s:Quan tri:quantri@kheluong.test:admin,user\n' "$hash" >$wiki/conf/users.auth.php
mkdir -p $wiki/data/pages
printf '====== Tư liệu ======\nHương ước của làng, bản chép năm 1932.\n' >$wiki/data/pages/start.txt
cp /run/luytre-extra/usr/share/adminer/adminer.php $wiki/adminer.php 2>/dev/null ||
    cp "$(find /run/luytre-extra -name 'adminer*.php' | head -1)" $wiki/adminer.php
printf '<?php\n// DokuWiki install\necho "<title>DokuWiki Installer</title>";\n' >$wiki/install.php
chown -R tulieu:www-data /srv/www/tulieu
chmod -R g+w $wiki/data $wiki/conf

install -m 644 tls/kheluong.test.crt /etc/ssl/certs/
install -m 644 tls/kheluong.test.key /etc/ssl/private/
chmod 755 /etc/ssl/private
cp /etc/phpmyadmin/apache.conf /etc/apache2/conf-available/phpmyadmin.conf
mkdir -p /var/lib/phpmyadmin/tmp
chown www-data /var/lib/phpmyadmin/tmp
a2enmod -q ssl headers rewrite status info
a2enconf -q phpmyadmin theo-doi
a2disconf -q dokuwiki 2>/dev/null || :
a2dissite -q 000-default
a2ensite -q kheluong.test tulieu.kheluong.test disan.kheluong.test cu.kheluong.test
set_option /etc/apache2/conf-available/security.conf '^ServerTokens .*' 'ServerTokens Full'
set_option /etc/apache2/conf-available/security.conf '^TraceEnable .*' 'TraceEnable On'
mkdir -p /var/run/apache2
apache2ctl -t
ini=/etc/php/8.2/apache2/php.ini
set_option $ini '^expose_php *=.*' 'expose_php = On'
set_option $ini '^display_errors *=.*' 'display_errors = On'
set_option $ini '^;?allow_url_include *=.*' 'allow_url_include = On'

# Visitors of late: readers, the province's portal that shows a page in a frame, an editor who uploads.
for minute in 10 11 12 13 14 15; do
    printf '10.9.0.%s - - [%s:08:%s:07 +0700] "GET / HTTP/1.1" 200 2301 "http://congtinh.tangiang.test/xa" "Mozilla/5.0"\n' \
        $minute "$(date +%d/%b/%Y)" $minute >>/var/log/apache2/kheluong.test.access.log
done

cp machine/main.cf /etc/postfix/main.cf
echo kheluong.test >/etc/mailname
printf 'postmaster: root\nroot: vanthu\n' >/etc/aliases
newaliases
systemctl enable --quiet vsftpd postfix fail2ban ufw gui-bao-cao apache2

for rule in 22/tcp 80/tcp 443/tcp 21/tcp 25/tcp 40000:40100/tcp; do
    ufw allow $rule >/dev/null
done
sed -i 's/^ENABLED=.*/ENABLED=yes/' /etc/ufw/ufw.conf

set_option /etc/ssh/sshd_config '^#?PermitRootLogin .*' 'PermitRootLogin yes'
set_option /etc/ssh/sshd_config '^#?X11Forwarding .*' 'X11Forwarding yes'
chmod 644 /etc/cron.d/thong-ke
install -d -m 755 /var/backups/web/kheluong.test
printf 'sao luu\n' | gzip >/var/backups/web/kheluong.test/kheluong.sql.gz
chmod 644 /var/backups/web/kheluong.test/kheluong.sql.gz
touch -d '-90 days' /var/backups/web/kheluong.test/kheluong.sql.gz
