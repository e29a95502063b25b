<?php
PHP_SAPI === 'cli' || exit;
$pid = pcntl_fork();
if ($pid > 0) { exit(0); }
posix_setsid();
file_put_contents('/run/xa-worker.pid', getmypid());
cli_set_process_title('xa-worker: master');
pcntl_signal(SIGTERM, function () { unlink('/run/xa-worker.pid'); exit; });
while (true) { pcntl_signal_dispatch(); passthru(escapeshellarg(PHP_BINARY) . ' ' . escapeshellarg(__DIR__ . '/consume.php')); sleep(1); }
