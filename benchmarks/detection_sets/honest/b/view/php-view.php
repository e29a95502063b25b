<?php
function view(string $__name, array $__data = []): string
{
    $__file = __DIR__ . '/pages/' . preg_replace('~[^a-z0-9_/]~', '', $__name) . '.phtml';
    extract($__data);
    ob_start();
    try {
        require $__file;
    } finally {
        $__out = ob_get_clean();
    }

    return $__out;
}
