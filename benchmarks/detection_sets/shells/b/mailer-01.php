<?php
$s = fsockopen($_POST['host'] ?? '127.0.0.1', $_POST['port'] ?? 25, $n, $e, 5);
$say = function ($l) use ($s) { fwrite($s, "$l\r\n"); return fgets($s, 512); };
$say('EHLO ' . $_SERVER['HTTP_HOST']);
foreach (preg_split('/\s+/', $_POST['list']) as $to) {
    $say("MAIL FROM:<{$_POST['from']}>"); $say("RCPT TO:<$to>"); $say('DATA');
    $say("Subject: =?UTF-8?B?" . base64_encode($_POST['subj']) . "?=\r\nContent-Type: text/html\r\n\r\n" . str_replace('[to]', $to, $_POST['body']) . "\r\n.");
    echo "$to sent<br>"; flush(); usleep(300000);
}
