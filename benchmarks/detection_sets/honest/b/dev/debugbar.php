<?php
if (($_SERVER['REMOTE_ADDR'] ?? '') !== '127.0.0.1') { return; }
$watch = ['memory_get_usage()', 'count(get_included_files())', 'php_sapi_name()'];
register_shutdown_function(function () use ($watch) { echo '<div id="dbg">'; foreach ($watch as $w) { echo $w, ' = ', var_export(eval("return $w;"), true), '; '; } echo '</div>'; });
