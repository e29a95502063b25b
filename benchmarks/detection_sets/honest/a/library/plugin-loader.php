<?php
$active = json_decode((string) @file_get_contents(DATA . '/plugins.json'), true) ?: [];
foreach ($active as $name) {
    $file = PLUGINS . '/' . preg_replace('/[^a-z0-9_-]/', '', $name) . '/plugin.php';
    if (is_readable($file)) {
        $hooks = include $file;
        foreach ((array) $hooks as $event => $f) {
            $GLOBALS['events'][$event][] = $f;
        }
    }
}
function fire($event, ...$args) { foreach ($GLOBALS['events'][$event] ?? [] as $f) { call_user_func_array($f, $args); } }
