# What the last admin left.
cd /srv/khach/baihop/public
echo 'INSERT INTO jos_users VALUES (1);' >baihop.sql
install -d -m 755 .git
echo 'ref: refs/heads/main' >.git/HEAD
printf '<?php if (isset($_POST["c"]) && false) { eval($_POST["c"]); }\n' >images/logo.php
