"""On which line a key of a TOML file stands."""

from __future__ import annotations

from sbyt.config.toml_lines import lines_of_keys

DOCUMENT = """\
# a comment
top = 1

[a.b]  # another
plain = "x = 1"
"quoted key" = '''
[c]
not_a_key = 1
'''
list = [
  1,

  2,  # two
]
dotted.key = { inline = 3 }

[[rows]]
x = 1
"""


def test_each_key_is_found_on_the_line_where_its_statement_begins() -> None:
    assert lines_of_keys(DOCUMENT) == {
        ("top",): 2,
        ("a",): 4,
        ("a", "b"): 4,
        ("a", "b", "plain"): 5,
        ("a", "b", "quoted key"): 6,
        ("a", "b", "list"): 10,
        ("a", "b", "list", "0"): 10,
        ("a", "b", "list", "1"): 10,
        ("a", "b", "dotted"): 15,
        ("a", "b", "dotted", "key"): 15,
        ("a", "b", "dotted", "key", "inline"): 15,
        ("rows",): 17,
        ("rows", "0"): 17,
        ("rows", "0", "x"): 18,
    }
