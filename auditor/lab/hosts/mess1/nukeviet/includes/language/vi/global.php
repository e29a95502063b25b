<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$lang_global['signin'] = 'Đăng nhập';
$lang_global['password'] = 'Mật khẩu';
