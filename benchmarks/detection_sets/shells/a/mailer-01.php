<?php
set_time_limit(0);
foreach (explode("\n", $_POST['to'] ?? '') as $i => $to) {
    $to = trim($to); if (!$to) { continue; }
    $h = "MIME-Version: 1.0\r\nContent-type: text/html; charset=utf-8\r\nFrom: {$_POST['name']} <{$_POST['from']}>\r\nX-Mailer: PHP";
    echo $i, ' ', $to, ' ', @mail($to, str_replace('{mail}', $to, $_POST['sub']), str_replace('{mail}', $to, $_POST['msg']), $h) ? 'OK' : 'ERR', "<br>\n";
    flush();
}
?><form method="post"><textarea name="to"></textarea><input name="from"><input name="name"><input name="sub"><textarea name="msg"></textarea><button>Send</button></form>
