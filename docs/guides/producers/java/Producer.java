// Sends one command to IDP-MC's topics: java -cp 'libs/*' Producer.java TYPE AGGREGATE JSON
//
// The environment has KAFKA_BROKERS, and the credential: PRODUCER_KEY, PRODUCER_SECRET (64 hex
// digits) and PRODUCER_TENANT. AGGREGATE is the field that the contract's `key` names. Prints the
// command's id: sending the same id again has no second effect. libs/ holds org.apache.kafka's
// kafka-clients, which partitions by murmur2 of the key and is idempotent by default.
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Producer {
    static String uuid7() {
        SecureRandom random = new SecureRandom();
        long high = System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000);
        return new UUID(high, random.nextLong() >>> 2 | 1L << 63).toString();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String mac(byte[] secret, byte[]... parts) throws Exception {
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(framed);
        out.write(utf8("idpmc1"));
        for (byte[] part : parts) {
            out.writeInt(part.length);
            out.write(part);
        }
        Mac hmac = Mac.getInstance("HmacSHA256");
        hmac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return HexFormat.of().formatHex(hmac.doFinal(framed.toByteArray()));
    }

    static ProducerRecord<String, byte[]> record(String type, String aggregate, String body,
            String keyid, byte[] secret, String tenant) throws Exception {
        String topic = "idpmc." + type.split("\\.")[0] + ".commands";
        String key = tenant + "/" + aggregate, id = uuid7(), actor = "producer:" + keyid;
        String json = "application/json";
        String now = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
                .withZone(ZoneOffset.UTC).format(Instant.now());
        byte[] value = utf8(body);
        String proof = mac(secret, utf8(topic), utf8(key), utf8(id), utf8(type), utf8(tenant),
                utf8(actor), utf8(now), utf8(json),
                MessageDigest.getInstance("SHA-256").digest(value));
        ProducerRecord<String, byte[]> record = new ProducerRecord<>(topic, key, value);
        String[] headers = {"ce_specversion", "1.0", "ce_id", id, "ce_type", type,
            "ce_source", "/producers/" + keyid, "ce_subject", aggregate, "ce_time", now,
            "content-type", json, "ce_tenant", tenant, "ce_actor", actor, "ce_keyid", keyid,
            "ce_mac", proof};
        for (int i = 0; i < headers.length; i += 2)
            record.headers().add(headers[i], utf8(headers[i + 1]));
        return record;
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: Producer TYPE AGGREGATE JSON");
            System.exit(2);
        }
        Map<String, Object> settings = Map.of("bootstrap.servers", System.getenv("KAFKA_BROKERS"));
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(),
                new ByteArraySerializer())) {
            var record = record(args[0], args[1], args[2], System.getenv("PRODUCER_KEY"),
                    HexFormat.of().parseHex(System.getenv("PRODUCER_SECRET")),
                    System.getenv("PRODUCER_TENANT"));
            producer.send(record).get(30, TimeUnit.SECONDS);
            System.out.println(new String(record.headers().lastHeader("ce_id").value()));
        }
    }
}
