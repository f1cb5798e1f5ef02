"""The golden vectors, held against another MessagePack implementation."""

import json
import pathlib

import msgpack
import pytest

VECTORS = json.loads((pathlib.Path(__file__).parents[1] / "vectors/frames.json").read_text())


@pytest.mark.parametrize("section", ["client", "server", "op"])
def test_both_forms_mean_the_same(section):
    assert VECTORS[section]
    for vector in VECTORS[section]:
        assert msgpack.unpackb(bytes.fromhex(vector["msgpack"])) == vector["json"], vector["name"]
