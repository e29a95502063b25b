<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$lang_module['add'] = 'Thêm bài';
