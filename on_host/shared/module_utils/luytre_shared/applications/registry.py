"""All CMSs: a new one is one more line."""

from ansible.module_utils.luytre_shared.applications import joomla, nukeviet, spip, wordpress

CMSS = (wordpress.WordPress(), joomla.Joomla(), nukeviet.NukeViet(), spip.Spip())
CMS_BY_KIND = {cms.kind: cms for cms in CMSS}
