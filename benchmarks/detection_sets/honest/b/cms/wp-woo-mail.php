<?php
add_filter('wp_mail_content_type', fn () => 'text/html');
add_action('woocommerce_order_status_completed', function ($id) {
    $pdf = tempnam(sys_get_temp_dir(), 'hd') . '.pdf';
    file_put_contents($pdf, base64_decode(get_post_meta($id, '_invoice_pdf', true)));
    wp_mail(get_post_meta($id, '_billing_email', true), 'Hóa đơn', '<p>Cảm ơn quý khách.</p>', '', [$pdf]);
    unlink($pdf);
});
