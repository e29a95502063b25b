"""Who there is: hosts, sites, offices and their papers, and how hosts are reached."""
