<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$upload_tpl = '';
