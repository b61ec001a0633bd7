"""The producer against docs/reference/vectors.json: python3 test_producer.py"""
import hashlib, json, pathlib

from producer import mac

vectors = json.loads(
    (pathlib.Path(__file__).parents[3] / "reference" / "vectors.json").read_text())["mac"]
assert vectors
for v in vectors:
    value = bytes.fromhex(v["value"])
    proven = [v[name].encode() for name in (
        "topic", "key", "ce_id", "ce_type", "ce_tenant", "ce_actor", "ce_time", "content-type")]
    assert hashlib.sha256(value).hexdigest() == v["value_sha256"], v
    assert mac(bytes.fromhex(v["secret"]), *proven, hashlib.sha256(value).digest()) == v["ce_mac"], v
print(f"{len(vectors)} vectors hold")
