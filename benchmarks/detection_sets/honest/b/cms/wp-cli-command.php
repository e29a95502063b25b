<?php
if (!defined('WP_CLI') || !WP_CLI) { return; }
WP_CLI::add_command('ward run', function ($args) {
    [$file] = $args;
    is_readable($file) || WP_CLI::error("Không đọc được $file");
    WP_CLI::log('Chạy ' . $file);
    (static function () use ($file) { include $file; })();
    WP_CLI::success('Xong');
});
