from auditor.system.groups import group_by


def test_keys_and_members_keep_their_order():
    found = group_by(("pear", "apple", "plum", "fig", "avocado"), lambda name: name[0])
    assert list(found.items()) == [("p", ("pear", "plum")), ("a", ("apple", "avocado")), ("f", ("fig",))]


def test_nothing_makes_no_group():
    assert group_by((), len) == {}
