"""What Ansible's processes find loaded, and copies of variables that share what never changes."""

from __future__ import annotations

import copy
import importlib.util

from ansible._internal._datatag._tags import Origin

from auditor.system import resources


def test_a_copy_of_variables_shares_texts_alone_and_knows_where_they_were_read() -> None:
    spec = importlib.util.spec_from_file_location(
        "loaded_once", resources.get_playbook("callback_plugins") / "loaded_once.py"
    )
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    text = Origin(path="/hosts.yml", line_num=3).tag("tre")
    given = {"list": [text], "map": Origin(path="/vars.yml").tag({"text": text})}
    made = copy.deepcopy(given)
    assert made == given
    assert made["list"][0] is text
    assert made["list"] is not given["list"] and made["map"] is not given["map"]
    assert [Origin.get_tag(one).path for one in (made["list"][0], made["map"])] == ["/hosts.yml", "/vars.yml"]
    made["list"].append("măng")
    assert given["list"] == [text]
