"""Sends one command to IDP-MC's topics: producer.py TYPE AGGREGATE JSON

The environment has KAFKA_BROKERS, and the credential: PRODUCER_KEY, PRODUCER_SECRET (64 hex digits)
and PRODUCER_TENANT. AGGREGATE is the field that the contract's `key` names. Prints the command's id:
sending the same id again has no second effect.
"""
import hashlib, hmac, os, secrets, struct, sys, time, uuid
from datetime import datetime, timezone

from confluent_kafka import Producer


def uuid7():
    ms = time.time_ns() // 1_000_000
    number = ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=number))


def mac(secret, *parts):
    framed = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return hmac.new(secret, b"idpmc1" + framed, hashlib.sha256).hexdigest()


def record(type, aggregate, body, keyid, secret, tenant):
    topic = f"idpmc.{type.split('.')[0]}.commands"
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    key, value = f"{tenant}/{aggregate}", body.encode()
    headers = {
        "ce_specversion": "1.0", "ce_id": uuid7(), "ce_type": type,
        "ce_source": f"/producers/{keyid}", "ce_subject": aggregate, "ce_time": now,
        "content-type": "application/json", "ce_tenant": tenant,
        "ce_actor": f"producer:{keyid}", "ce_keyid": keyid,
    }
    proven = [topic, key] + [headers[name] for name in (
        "ce_id", "ce_type", "ce_tenant", "ce_actor", "ce_time", "content-type")]
    headers["ce_mac"] = mac(secret, *(text.encode() for text in proven),
                            hashlib.sha256(value).digest())
    return topic, key, value, headers


def send(topic, key, value, headers):
    def delivered(error, message):
        if error or message.offset() < 0:  # without an offset the client only guesses
            sys.exit(f"not delivered: {error or 'not known'}: send it again with the same id")

    # murmur2, as the Java client has it: librdkafka's own default is another hash.
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "acks": "all",
                         "enable.idempotence": True, "partitioner": "murmur2_random",
                         "max.in.flight.requests.per.connection": 1})
    producer.produce(topic, value, key, headers=list(headers.items()), on_delivery=delivered)
    if producer.flush(30):
        sys.exit("not delivered within 30 s: send it again with the same id")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    topic, key, value, headers = record(*sys.argv[1:], os.environ["PRODUCER_KEY"], bytes.fromhex(
        os.environ["PRODUCER_SECRET"]), os.environ["PRODUCER_TENANT"])
    send(topic, key, value, headers)
    print(headers["ce_id"])
