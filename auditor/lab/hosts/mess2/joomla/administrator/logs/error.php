#
#<?php die("Forbidden."); ?>
2026-03-02T01:02:03+00:00	INFO 10.0.0.9	joomlafailure	Username and password do not match
