"""Start programs on hosts through Ansible and ssh, and return what the hosts answer.

- ``runner``: plays a playbook; only this module uses ansible-runner. ``collect``: the facts of every host.
- ``prefork_client``, ``remote_workers``: the preloaded Ansible process, and Python workers that stay on hosts.
- ``in_ansible/``: what runs inside Ansible's processes. ``payloads``: the cache of modules as they are sent.
- ``ssh_options``, ``ssh_exec``: options of every SSH connection, and a separate SSH connection to a host.
- ``host_proxy``: visits to sites from their own host.
- ``enroll``, ``logins``, ``askpass``: bring a server under management, with the password or key that the office has.
- ``host_keys``: known_hosts files. ``discover``: sites found on a host. ``inventory_draft``: the entry of a new host.
- ``error_messages``: why a host could not be read or changed.
"""
