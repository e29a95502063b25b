<?php
$u = json_decode(file_get_contents('php://input'), true);
$commands = ['/lich' => 'lich_tiep_dan', '/hoso' => 'tra_cuu_ho_so', '/start' => 'chao'];
[$cmd, $arg] = array_pad(explode(' ', $u['message']['text'] ?? '', 2), 2, '');
$f = $commands[$cmd] ?? 'chao';
function chao() { return 'Xin chào'; }
function lich_tiep_dan() { return 'Thứ năm hằng tuần'; }
function tra_cuu_ho_so($ma) { return "Hồ sơ $ma đang xử lý"; }
file_get_contents('https://api.chat.example/bot' . getenv('BOT') . '/send?' . http_build_query(['chat' => $u['message']['chat']['id'] ?? 0, 'text' => $f($arg)]));
