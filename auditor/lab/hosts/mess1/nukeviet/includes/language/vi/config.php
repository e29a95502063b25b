<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$lang_module['dbpass'] = 'Mật khẩu cơ sở dữ liệu';
$lang_module['password'] = 'Mật khẩu';
