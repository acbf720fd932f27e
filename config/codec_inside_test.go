package config

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

func keyOf(letter string) string {
	return letter + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, keyBytes)))
}

func optionsOf(t *testing.T, keys string) client.Options {
	t.Helper()
	var options client.Options
	if err := (Temporal{CodecKeys: keys}).encrypting(&options); err != nil {
		t.Fatal(err)
	}
	return options
}

// panics gives what reading ends with, and whether that ended the task.
func panics(read func() error) (err error, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			err, panicked = p.(error), true
		}
	}()
	return read(), false
}

// In a workflow what cannot be decrypted ends the task, so that another worker takes it; anywhere else it is an error, and so is what was decrypted and says
// something else than was expected.
// Fails without: check, its place and both of its errors; WithWorkflowContext; check in FromPayload and in FromPayloads; the converter in encrypting.
func TestCodec_EndsTheTaskOfAWorkflowAlone(t *testing.T) {
	written, err := optionsOf(t, keyOf("a")).DataConverter.ToPayloads("main:1:1")
	if err != nil {
		t.Fatal(err)
	}
	altered := &commonpb.Payload{Metadata: written.Payloads[0].Metadata, Data: append([]byte{}, written.Payloads[0].Data...)}
	altered.Data[len(altered.Data)-1] ^= 1
	for name, c := range map[string]struct {
		keys  string
		p     *commonpb.Payload
		value any
		is    error
		ends  bool
	}{
		"the key is not there": {keyOf("b"), written.Payloads[0], new(string), ErrUnknownKey, true},
		"there are no keys":    {"", written.Payloads[0], new(string), ErrUnknownKey, true},
		"it was altered":       {keyOf("a"), altered, new(string), errUndecrypted, true},
		"it is another thing":  {keyOf("a"), written.Payloads[0], new(int), converter.ErrUnableToDecode, false},
		"it is right":          {keyOf("a"), written.Payloads[0], new(string), nil, false},
	} {
		outside := optionsOf(t, c.keys).DataConverter
		inside := outside.(interface {
			WithWorkflowContext(converter.WorkflowContext) converter.DataConverter
		}).WithWorkflowContext(nil)
		for where, dc := range map[string]converter.DataConverter{"outside": outside, "inside": inside} {
			one, onePanics := panics(func() error { return dc.FromPayload(c.p, c.value) })
			all, allPanics := panics(func() error { return dc.FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{c.p}}, c.value) })
			if !errors.Is(one, c.is) || !errors.Is(all, c.is) {
				t.Errorf("%s, %s: %v and %v, want %v", name, where, one, all, c.is)
			}
			if ends := c.ends && where == "inside"; onePanics != ends || allPanics != ends {
				t.Errorf("%s, %s: the task ends %t and %t, want %t", name, where, onePanics, allPanics, ends)
			}
		}
	}
}

// What decrypts to no payload is told like what does not decrypt. Fails without: the error of Unmarshal in decrypt.
func TestCodec_SaysWhenWhatComesOutIsNoPayload(t *testing.T) {
	codec, err := newCodec(keyOf("a"))
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, codec.keys["a"].NonceSize())
	p := &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingEncrypted), metadataKeyID: []byte("a")},
		Data: codec.keys["a"].Seal(nonce, nonce, []byte{0xff, 0xff, 0xff}, []byte("a"))}
	if _, err := codec.Decode([]*commonpb.Payload{p}); !errors.Is(err, errUndecrypted) || !strings.Contains(err.Error(), "no payload") {
		t.Errorf("it says %v", err)
	}
}

// Why an order is held can be read in Temporal; what else a failure carries cannot. Fails without: the failure converter, its codec, and messages that are not encoded.
func TestCodec_LeavesMessagesOfFailuresReadable(t *testing.T) {
	failure := optionsOf(t, keyOf("a")).FailureConverter.ErrorToFailure(temporal.NewApplicationError("B1 refuses the item", "held", "detail 4711"))
	if failure.GetMessage() != "B1 refuses the item" {
		t.Errorf("it says %q", failure.GetMessage())
	}
	if text := failure.String(); strings.Contains(text, "4711") || !strings.Contains(text, encodingEncrypted) {
		t.Errorf("its details stand there as %s", text)
	}
}
