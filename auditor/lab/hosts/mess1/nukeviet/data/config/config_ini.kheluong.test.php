<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$ini_list = ['upload_max_filesize' => '200M'];
