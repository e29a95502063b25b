<?php

defined('_JEXEC') or die;

$params = ['show_title' => '1'];
