<?php
require __DIR__ . '/../admin/guard.php';
set_time_limit(600);
putenv('COMPOSER_HOME=' . sys_get_temp_dir() . '/composer');
$do = ['cai' => 'install --no-dev', 'nap' => 'dump-autoload -o', 'xem' => 'show'][$_POST['viec'] ?? ''] ?? exit;
echo '<pre>', htmlspecialchars((string) shell_exec('cd ' . escapeshellarg(dirname(__DIR__)) . " && php composer.phar $do 2>&1")), '</pre>';
