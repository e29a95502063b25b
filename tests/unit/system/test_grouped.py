from auditor.system.grouped import grouped


def test_keys_and_members_keep_their_order():
    found = grouped(("pear", "apple", "plum", "fig", "avocado"), lambda name: name[0])
    assert list(found.items()) == [("p", ("pear", "plum")), ("a", ("apple", "avocado")), ("f", ("fig",))]


def test_nothing_makes_no_group():
    assert grouped((), len) == {}
