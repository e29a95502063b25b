"""Write mail to the offices, keep it until it is delivered, and deliver it over verified TLS only.

- ``summary``, ``message``: the text of a report's mail, and a mail as bytes; ``audience``: who gets a report.
- ``clearance``: which files may go to everybody.
- ``send``: a report on its way; ``spool``: undelivered mail in SQLite; ``heartbeat``: a mail in weeks without one.
- ``deliver``, ``delivery_errors``: delivery over STARTTLS, and why a server refuses; ``settings``: ``office/mail.yml``.
- ``webhook``, ``notice``: signed messages to a web address, and their content.
"""
