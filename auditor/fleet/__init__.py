"""What starts anything on hosts: Ansible and ssh, and what hosts answered."""
