"""All CMSs, and the layouts of all applications that are known by their files: a new CMS is one more line."""

from ansible.module_utils.luytre_shared.applications import joomla, nukeviet, other_layouts, spip, wordpress

CMSS = (wordpress.WordPress(), joomla.Joomla(), nukeviet.NukeViet(), spip.Spip())
CMS_BY_KIND = {cms.kind: cms for cms in CMSS}
LAYOUTS = (*(cms.layout for cms in CMSS), *other_layouts.LAYOUTS)
LAYOUT_BY_KIND = {layout.kind: layout for layout in LAYOUTS}
KINDS = tuple(LAYOUT_BY_KIND)
