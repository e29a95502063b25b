<?php
foreach (['str_contains' => fn ($h, $n) => $n === '' || strpos($h, $n) !== false, 'str_starts_with' => fn ($h, $n) => strncmp($h, $n, strlen($n)) === 0] as $name => $f) {
    if (!function_exists($name)) {
        $GLOBALS['__polyfill'][$name] = $f;
        eval("function $name(\$a, \$b) { return (\$GLOBALS['__polyfill']['$name'])(\$a, \$b); }");
    }
}
