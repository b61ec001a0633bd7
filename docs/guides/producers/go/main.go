// Sends one command to IDP-MC's topics: producer TYPE AGGREGATE JSON
//
// The environment has KAFKA_BROKERS, and the credential: PRODUCER_KEY, PRODUCER_SECRET (64 hex
// digits) and PRODUCER_TENANT. AGGREGATE is the field that the contract's `key` names. Prints the
// command's id: sending the same id again has no second effect.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

func mac(secret []byte, parts ...[]byte) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("idpmc1"))
	for _, part := range parts {
		binary.Write(h, binary.BigEndian, uint32(len(part)))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func record(typ, aggregate, body, keyid string, secret []byte, tenant string) *kgo.Record {
	topic := "idpmc." + strings.SplitN(typ, ".", 2)[0] + ".commands"
	key, value := tenant+"/"+aggregate, []byte(body)
	id := uuid.Must(uuid.NewV7()).String()
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	actor, digest := "producer:"+keyid, sha256.Sum256(value)
	proof := mac(secret, []byte(topic), []byte(key), []byte(id), []byte(typ), []byte(tenant),
		[]byte(actor), []byte(now), []byte("application/json"), digest[:])

	r := &kgo.Record{Topic: topic, Key: []byte(key), Value: value}
	for _, h := range [][2]string{
		{"ce_specversion", "1.0"}, {"ce_id", id}, {"ce_type", typ},
		{"ce_source", "/producers/" + keyid}, {"ce_subject", aggregate}, {"ce_time", now},
		{"content-type", "application/json"}, {"ce_tenant", tenant}, {"ce_actor", actor},
		{"ce_keyid", keyid}, {"ce_mac", proof},
	} {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
	}
	return r
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: producer TYPE AGGREGATE JSON")
	}
	secret, err := hex.DecodeString(os.Getenv("PRODUCER_SECRET"))
	if err != nil {
		log.Fatal("PRODUCER_SECRET: ", err)
	}
	// Idempotent, acks=all, and murmur2 of the key: franz-go's defaults.
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BROKERS"), ",")...))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	r := record(os.Args[1], os.Args[2], os.Args[3], os.Getenv("PRODUCER_KEY"), secret,
		os.Getenv("PRODUCER_TENANT"))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := client.ProduceSync(ctx, r).FirstErr(); err != nil {
		log.Fatal("not delivered: ", err)
	}
	fmt.Println(string(r.Headers[1].Value))
}
