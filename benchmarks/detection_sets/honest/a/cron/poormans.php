<?php
$lock = fopen(sys_get_temp_dir() . '/cron.lock', 'c');
if (flock($lock, LOCK_EX | LOCK_NB) && filemtime(sys_get_temp_dir() . '/cron.lock') < time() - 300) {
    touch(sys_get_temp_dir() . '/cron.lock');
    ignore_user_abort(true);
    if (function_exists('fastcgi_finish_request')) {
        fastcgi_finish_request();
    }
    exec('php ' . escapeshellarg(__DIR__ . '/run.php') . ' > /dev/null 2>&1 &');
}
