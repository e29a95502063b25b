# A server without nginx and Apache: Caddy in front, with one site of its own, and lighttpd behind it with another's, below a home.
systemctl disable --quiet --now nginx rpcbind.socket rpcbind.service
sed -i '/PermitEmptyPasswords/d' /etc/ssh/sshd_config.d/10-noi-bo.conf
systemctl reload ssh
useradd --create-home --shell /usr/sbin/nologin gotre
install -d /data/sites
mv /var/www/dongvau.test /data/sites/dongvau
mv /var/www/gotre.test /home/gotre/public_html
sed -i "s,-C /var/www,-C /data/sites,; s, dongvau.test$, dongvau," /usr/local/sbin/sao-luu-dongvau.test
rm -rf /data/sites/dongvau/.env /home/gotre/public_html/.git /data/sites/dongvau/.git
find /data/sites /home/gotre/public_html -perm -o=w ! -type l -exec chmod o-w {} +
chown -R gotre: /home/gotre/public_html
chmod 711 /home/gotre
cat >/etc/caddy/Caddyfile <<'END'
{
    auto_https off
    admin off
}
http://dongvau.test, http://www.dongvau.test {
    root * /data/sites/dongvau
    file_server
}
http://gotre.test, http://www.gotre.test {
    reverse_proxy 127.0.0.1:8082
}
END
cat >/etc/lighttpd/lighttpd.conf <<'END'
server.document-root = "/home/gotre/public_html"
server.bind = "127.0.0.1"
server.port = 8082
server.username = "www-data"
server.groupname = "www-data"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html; charset=utf-8", ".css" => "text/css")
END
systemctl enable --quiet caddy lighttpd
systemctl reset-failed
systemctl restart caddy lighttpd
