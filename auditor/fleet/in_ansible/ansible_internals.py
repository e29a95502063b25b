"""Import what ``prefork`` uses of Ansible, together, once its output goes to who asked."""

from ansible import constants as constants
from ansible._internal._task import UnifiedTaskResult as UnifiedTaskResult
from ansible.cli import playbook as playbook
from ansible.module_utils._internal._json import get_serialization_module as get_serialization_module
from ansible.plugins import loader as loader
