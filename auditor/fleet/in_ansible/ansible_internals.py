"""Import what ``prefork`` uses of Ansible, together, once its output goes to who asked."""

from ansible import constants as constants
from ansible.cli import playbook as playbook
from ansible.plugins import loader as loader
