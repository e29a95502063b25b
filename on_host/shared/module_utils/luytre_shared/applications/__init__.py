"""What is known of each application that sites are made with: a module a CMS. Python 3.9, standard library only."""
