<?php
/* Plugin Name: Ward hardening */
defined('ABSPATH') || exit;
define('DISALLOW_FILE_EDIT', true);
add_filter('rest_endpoints', function ($e) {
    unset($e['/wp/v2/users'], $e['/wp/v2/users/(?P<id>[\d]+)']);

    return $e;
});
add_filter('xmlrpc_enabled', '__return_false');
add_filter('pre_user_query', function ($q) {
    if (!current_user_can('list_users')) {
        $q->query_where .= ' AND 1=0';
    }
});
