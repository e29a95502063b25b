<?php
$codes = ['lich' => 'sc_lich', 'ban_do' => 'sc_ban_do'];
function sc_lich($a) { return '<table class="lich" data-tuan="' . (int) ($a['tuan'] ?? 0) . '"></table>'; }
function sc_ban_do($a) { return '<iframe src="https://www.google.com/maps/embed?pb=' . urlencode($a['pb'] ?? '') . '"></iframe>'; }
function run_codes($text, $codes) { return preg_replace_callback('/\[(\w+)([^\]]*)\]/', function ($m) use ($codes) { parse_str(str_replace(' ', '&', trim($m[2])), $a); return isset($codes[$m[1]]) ? call_user_func($codes[$m[1]], $a) : $m[0]; }, $text); }
