<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$sql_create_table = [];
