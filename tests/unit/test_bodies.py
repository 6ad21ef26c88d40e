"""Bodies of requests are looked into as they came."""

import json

import pytest

from ui.bodies import parse_question


@pytest.mark.parametrize("data", [[["data:,a", "data:,b"], None], [[["deep"]], 4], []])
def test_a_body_is_handed_on_as_it_was_sent(data):
    content, has_foreign = parse_question(json.dumps({"data": data}).encode())

    assert content == {"data": data}
    assert not has_foreign


def test_a_foreign_address_within_a_list_of_pictures_is_noticed():
    _, has_foreign = parse_question(b'{"data": [["data:,a", "https://example.com/b.png"]]}')

    assert has_foreign
