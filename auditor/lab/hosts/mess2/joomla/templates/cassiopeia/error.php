<?php

defined('_JEXEC') or die;

$template = 'error';
