import json

from ansible.module_utils.luytre_shared.parsers.json_safe import make_json_safe


def test_names_that_are_no_text_are_spelt_out_wherever_they_stand() -> None:
    name = b"/var/www/\xff".decode("utf-8", "surrogateescape")
    answer = make_json_safe({"paths": [name, ("xã", 7, None)], name: True})
    assert answer == {"paths": ["/var/www/\\udcff", ["xã", 7, None]], "/var/www/\\udcff": True}
    json.dumps(answer, ensure_ascii=False).encode("utf-8")
