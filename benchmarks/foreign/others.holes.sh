# What a vendor left.
echo 'CREATE TABLE x (y int);' >/home/gotre/public_html/gotre.sql
install -d -m 755 /data/sites/dongvau/.git
echo 'ref: refs/heads/main' >/data/sites/dongvau/.git/HEAD
