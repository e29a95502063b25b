"""What the controller itself knows of each CMS, before it asks a host: a module a CMS, and ``registry`` with all.

``cms`` is what each tells; ``wordpress``, ``nukeviet``, ``joomla``, ``spip``. What hosts know of it,
``luytre_shared.applications`` on hosts has, a module a CMS too.
"""
