<?php
spl_autoload_register(static function (string $class): void {
    $prefix = 'Xa\\';
    if (strncmp($class, $prefix, 3) !== 0) {
        return;
    }
    $file = __DIR__ . '/src/' . strtr(substr($class, 3), '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});
