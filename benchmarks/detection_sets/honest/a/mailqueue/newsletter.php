<?php
require __DIR__ . '/../admin/session.php';
require_role('editor');
check_csrf();
$subject = mb_substr(strip_tags($_POST['subject'] ?? ''), 0, 120);
$body = purify($_POST['body'] ?? '');
$n = 0;
foreach ($db->query('SELECT email FROM subscribers WHERE confirmed = 1') as $s) {
    if (mail($s['email'], $subject, $body, "From: tin@phuong.example\r\nContent-Type: text/html; charset=utf-8")) {
        $n++;
    }
}
echo "Đã gửi $n thư";
