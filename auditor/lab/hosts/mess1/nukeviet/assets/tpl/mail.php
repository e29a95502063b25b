<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$mail_tpl = '';
