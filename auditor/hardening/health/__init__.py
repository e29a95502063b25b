"""Check how hosts and their sites serve, before and after a change.

- ``snapshot``: the health of hosts and sites at one moment, and the comparison of two.
- ``smoke``: whether sites serve the same pages; ``probes``: whether SSH and the daemons work.
- ``other_endpoints``: names and ports on a host besides its declared sites.
- ``redirects``, ``listings``: where redirects on a site lead, and file lists that pages link to.
"""
