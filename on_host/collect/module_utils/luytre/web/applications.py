"""Applications below the web roots, read as data: none of a site's code is ever run."""

from ansible.module_utils.luytre.sites import own_code, site_applications, webroot
from ansible.module_utils.luytre_shared.applications import database_servers
from ansible.module_utils.luytre_shared.applications.registry import CMS_BY_KIND, CMSS


def collect_area_facts(reader):
    all_applications, cut_short = site_applications.find_installed_applications(reader)
    web = webroot.find_web_server_accounts() if all_applications else None
    instances_by_kind = {cms.kind: [] for cms in CMSS}
    for each, part in _iter_applications_with_time_shares(all_applications, reader):
        cms = CMS_BY_KIND.get(each.kind)
        if cms is not None:
            instance = cms.collect_instance(each, part)
            instance["database_server"] = database_servers.describe_database_server(cms, each.path)
            if cms.own_code is not None:
                instance.update(own_code.compare_instance_with_release(cms, each.path, instance["version"], web, part))
            instances_by_kind[cms.kind].append(instance)
    return {
        **instances_by_kind,
        "others": [
            each.describe_as_fact()
            for each in all_applications
            if each.kind not in CMS_BY_KIND or CMS_BY_KIND[each.kind].is_among_others
        ],
        "cut_short": cut_short,
    }


def _iter_applications_with_time_shares(all_applications, reader):
    """Yield each with a reading of its own: a root's share of the time, of which each of its applications has a share.

    So a site with many, or with one that is slow to read, takes no other site's time.
    """
    roots = site_applications.group_applications_by_root(all_applications)
    for number, members in enumerate(roots):
        root = reader.make_part_reader(reader.get_seconds_left() / (len(roots) - number))
        for inner, each in enumerate(members):
            yield each, root.make_part_reader(root.get_seconds_left() / (len(members) - inner))
