<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

$layout = 'main';
