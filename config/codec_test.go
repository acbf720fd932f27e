package config_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"

	"datawald/config"
)

// codecKey makes a key of one letter, as it stands in the setting.
func codecKey(letter string) string {
	return letter + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

func payload(t *testing.T, keys string, value any) *commonpb.Payload {
	t.Helper()
	c, err := config.Temporal{CodecKeys: keys}.Converter()
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.ToPayload(value)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func readWith(t *testing.T, keys string, p *commonpb.Payload) (value string, err error) {
	t.Helper()
	c, err := config.Temporal{CodecKeys: keys}.Converter()
	if err != nil {
		t.Fatal(err)
	}
	return value, c.FromPayload(p, &value)
}

// The first key encrypts, each decrypts, and what was never encrypted stays readable: so keys come and go while work goes on.
// Fails without: the first key in Encode; the choice by name in decrypt; leaving alone what is not encrypted; plainFirst.
func TestCodec_KeysComeAndGo(t *testing.T) {
	a, b := codecKey("a"), codecKey("b")
	for name, c := range map[string]struct {
		written, read string
		key           string
		fails         bool
	}{
		"no keys":                      {"", "", "", false},
		"from before there were keys":  {"", a, "", false},
		"the keys are known, not used": {"plain," + a, a, "", false},
		"not used any more":            {a, "plain," + a, "a", false},
		"one key":                      {a, a, "a", false},
		"the old one behind the new":   {a, b + "," + a, "a", false},
		"the new one behind the old":   {b + "," + a, a + "," + b, "b", false},
		"with spaces between":          {a, " " + b + " , " + a + "\n", "a", false},
		"taken away too early":         {a, b, "a", true},
		"no keys any more":             {a, "", "a", true},
		"another key of the same name": {a, "a:" + strings.TrimPrefix(b, "b:"), "a", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := payload(t, c.written, "main:1:000000123")
			if plain := strings.Contains(p.String(), "000000123"); plain != (c.key == "") {
				t.Errorf("it stands there as %s", p)
			}
			got, err := readWith(t, c.read, p)
			if (err != nil) != c.fails || !c.fails && got != "main:1:000000123" {
				t.Errorf("it reads %q, %v", got, err)
			}
			if c.fails && !strings.Contains(err.Error(), `"a"`) {
				t.Errorf("the error does not name the key: %v", err)
			}
			if text, key, err := (config.Temporal{CodecKeys: c.written}).Readable(p); err != nil || key != c.key || text != `"main:1:000000123"` {
				t.Errorf("readable as %q, %q, %v", text, key, err)
			}
		})
	}
	if _, err := readWith(t, b, payload(t, a, "x")); !errors.Is(err, config.ErrUnknownKey) {
		t.Errorf("the error is %v", err)
	}
}

// What was altered on the way is not read. Fails without: an encryption that notices (GCM); the name of the key in what it notices.
func TestCodec_NoticesWhatWasAltered(t *testing.T) {
	keys := codecKey("a") + ",c:" + strings.TrimPrefix(codecKey("a"), "a:")
	for name, alter := range map[string]func(*commonpb.Payload){
		"a bit":          func(p *commonpb.Payload) { p.Data[len(p.Data)-1] ^= 1 },
		"cut off":        func(p *commonpb.Payload) { p.Data = p.Data[:5] },
		"under a name":   func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("c") },
		"without a name": func(p *commonpb.Payload) { delete(p.Metadata, "encryption-key-id") },
	} {
		p := payload(t, keys, "x")
		alter(p)
		if _, err := readWith(t, keys, p); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	if one, two := payload(t, keys, "x"), payload(t, keys, "x"); slices.Equal(one.Data, two.Data) {
		t.Error("twice the same value stands there twice as the same: whoever looks on sees that it is")
	}
}

// Fails without: each check of newCodec, the colon and the length of a name among them.
func TestCodec_SaysWhatIsWrongWithKeysAndTellsNone(t *testing.T) {
	a := codecKey("a")
	secret := strings.TrimPrefix(a, "a:")
	for list, want := range map[string]string{
		secret:             "has no name",
		":" + secret:       "has no name",
		a + "," + a:        "is there twice",
		"a:" + secret[:20]: "not of 32 bytes",
		"a:!" + secret:     "not of 32 bytes",
		a + ",plain":       "has no name",
		a + ",":            "has no name",
		"a b:" + secret:    "has no name",
		"plain:" + secret:  "has no name",
		"-a:" + secret:     "has no name",
		".a:" + secret:     "has no name",
		"abcdefgh" + strings.Repeat("x", 25) + ":" + secret: "has no name", // a key in hexadecimal with a colon in it, or the like
		strings.Repeat("0123456789abcdef", 2):               "has no name", // a key that is written as a name is
		"a" + secret[:20]:                                   "has no name",
		a + ",b:" + secret + "==":                           "not of 32 bytes",
	} {
		env(t, complete(t, "TEMPORAL_CODEC_KEYS="+list)...)
		_, err := config.LoadWorker()
		if err == nil || !strings.Contains(err.Error(), "TEMPORAL_CODEC_KEYS: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), secret[:20]) || strings.Contains(err.Error(), "0123456789abcdef")) {
			t.Errorf("it tells the key: %v", err)
		}
	}
}

// Keys that only decrypt make a codec too, and none make none. Fails without: the look at the keys in Codec.
func TestCodec_IsThereWhereThereAreKeys(t *testing.T) {
	for keys, want := range map[string]bool{"": false, "plain": false, codecKey("a"): true, "plain," + codecKey("a"): true} {
		if codec, err := (config.Temporal{CodecKeys: keys}).Codec(); err != nil || (codec != nil) != want {
			t.Errorf("of %.5q it is %v, %v", keys, codec, err)
		}
	}
}
