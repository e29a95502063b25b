#!/usr/bin/env php
<?php
if (PHP_SAPI !== 'cli' || getenv('APP_ENV') !== 'dev') {
    fwrite(STDERR, "Only for development, on the command line\n");
    exit(1);
}
require __DIR__ . '/../vendor/autoload.php';
while (false !== ($line = readline('xa> '))) {
    if (trim($line) === 'exit') {
        break;
    }
    readline_add_history($line);
    try {
        var_dump(eval('return ' . rtrim($line, ';') . ';'));
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), PHP_EOL;
    }
}
