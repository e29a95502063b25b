<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$lang_module['secret'] = 'Khóa bí mật';
