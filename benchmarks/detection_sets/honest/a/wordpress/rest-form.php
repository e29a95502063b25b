<?php
add_action('rest_api_init', function () {
    register_rest_route('ward/v1', '/gop-y', [
        'methods' => 'POST',
        'permission_callback' => '__return_true',
        'callback' => function (WP_REST_Request $r) {
            $id = wp_insert_post(['post_type' => 'gop_y', 'post_status' => 'pending', 'post_title' => sanitize_text_field($r['ten']), 'post_content' => wp_kses_post($r['noi_dung'])]);

            return ['ok' => (bool) $id];
        },
    ]);
});
