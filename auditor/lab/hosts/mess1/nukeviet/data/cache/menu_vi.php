<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$cache = 'a:0:{}';
