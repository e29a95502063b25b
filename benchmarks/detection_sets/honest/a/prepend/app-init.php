<?php
define('APP_START', microtime(true));
set_error_handler(static function (int $no, string $msg, string $file, int $line): bool {
    error_log(sprintf('[%d] %s in %s:%d', $no, $msg, $file, $line));

    return false;
});
register_shutdown_function(static function (): void {
    if (microtime(true) - APP_START > 2) {
        error_log('slow: ' . ($_SERVER['REQUEST_URI'] ?? ''));
    }
});
