"""All CMSs that the controller knows; a new one is one more line."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.models.applications.cms import CmsProfile
from auditor.models.applications.joomla import JOOMLA
from auditor.models.applications.nukeviet import NUKEVIET
from auditor.models.applications.spip import SPIP
from auditor.models.applications.wordpress import WORDPRESS

CMSS: tuple[CmsProfile, ...] = (WORDPRESS, NUKEVIET, JOOMLA, SPIP)
CMS_BY_KIND: Mapping[str, CmsProfile] = {cms.kind: cms for cms in CMSS}
CMS_KINDS = tuple(CMS_BY_KIND)
"""Names of CMSs are names of areas of hardening, too."""
KINDS = ("static", *CMS_KINDS, "drupal", "dokuwiki", "mediawiki", "moodle", "own")
"""What a site can be made with, as an inventory declares it."""
