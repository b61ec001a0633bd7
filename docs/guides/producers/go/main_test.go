package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// The vectors stand beside the normative page: docs/reference/vectors.json.
func TestEachMacIsTheOneOfTheVectors(t *testing.T) {
	bytes, err := os.ReadFile("../../../reference/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Mac []map[string]string `json:"mac"`
	}
	if err := json.Unmarshal(bytes, &vectors); err != nil || len(vectors.Mac) == 0 {
		t.Fatal("no vectors: ", err)
	}
	unhex := func(text string) []byte {
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	for _, v := range vectors.Mac {
		var parts [][]byte
		for _, name := range []string{"topic", "key", "ce_id", "ce_type", "ce_tenant", "ce_actor",
			"ce_time", "content-type"} {
			parts = append(parts, []byte(v[name]))
		}
		parts = append(parts, unhex(v["value_sha256"]))
		if got := mac(unhex(v["secret"]), parts...); got != v["ce_mac"] {
			t.Errorf("%s, not %s", got, v["ce_mac"])
		}
	}
}
