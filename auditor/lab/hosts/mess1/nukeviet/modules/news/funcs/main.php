<?php

if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}

require NV_ROOTDIR . '/index.php';
