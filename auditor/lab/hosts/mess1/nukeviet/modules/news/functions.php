<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

define('NV_IS_MOD_NEWS', true);
