<?php
require __DIR__ . '/session.php';
require_role('administrator');
$q = trim($_POST['q'] ?? '');
if (!preg_match('/^(select|show|describe|explain)\b[^;]*$/i', $q)) {
    exit('Chỉ nhận câu lệnh đọc');
}
$s = $db->query($q);
echo '<table>';
while ($r = $s->fetch(PDO::FETCH_NUM)) {
    echo '<tr><td>', implode('</td><td>', array_map('htmlspecialchars', array_map('strval', $r))), '</td></tr>';
}
echo '</table>';
