package config

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

// How an encrypted payload says what it is. Temporal's own samples use the same words, so that its tools know it.
const (
	encodingEncrypted = "binary/encrypted"
	metadataKeyID     = "encryption-key-id"
)

// plainFirst, as the first of TEMPORAL_CODEC_KEYS, encrypts nothing: the keys behind it only decrypt.
const plainFirst = "plain"

// keyBytes is the length of a key of AES-256.
const keyBytes = 32

// ErrUnknownKey is that of a payload whose key TEMPORAL_CODEC_KEYS does not have.
var ErrUnknownKey = errors.New("a payload in Temporal is encrypted with a key that TEMPORAL_CODEC_KEYS does not have")

// errUndecrypted is that of a payload that another worker, with the right key, may be able to read.
var errUndecrypted = errors.New("a payload in Temporal cannot be decrypted")

// payloadCodec encrypts what Temporal keeps of workflows, by AES-256-GCM, and decrypts it. What is not encrypted it leaves as it is.
type payloadCodec struct {
	// first is the key that encrypts; empty for none.
	first string
	keys  map[string]cipher.AEAD
}

// keyID is what a key may be called: shorter than a key is in base64, so that none is taken for a name.
var keyID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$`)

// newCodec reads a list such as 2026b:<base64>,2026a:<base64>. Its error tells no key.
func newCodec(list string) (*payloadCodec, error) {
	c := &payloadCodec{keys: map[string]cipher.AEAD{}}
	if list == "" {
		return c, nil
	}
	for n, item := range strings.Split(list, ",") {
		item = strings.TrimSpace(item)
		if n == 0 && item == plainFirst {
			continue
		}
		id, text, named := strings.Cut(item, ":")
		if !named || !keyID.MatchString(id) || id == plainFirst {
			return nil, fmt.Errorf("key %d has no name: want a list of name:key, such as 2026a:… , the key of 32 bytes in base64 (openssl rand -base64 32)", n+1)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != keyBytes {
			return nil, fmt.Errorf("the key %s is not of 32 bytes in base64: want one by chance (openssl rand -base64 32)", id)
		}
		if c.keys[id] != nil {
			return nil, fmt.Errorf("the key %s is there twice", id)
		}
		if c.keys[id], err = newAEAD(key); err != nil {
			return nil, err
		}
		if n == 0 {
			c.first = id
		}
	}
	return c, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Encode encrypts payloads with the first key.
func (c *payloadCodec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if c.first == "" {
		return payloads, nil
	}
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		text, err := proto.Marshal(p)
		if err != nil {
			return nil, err
		}
		aead := c.keys[c.first]
		nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
		_, _ = rand.Read(nonce) // it never fails
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingEncrypted), metadataKeyID: []byte(c.first)},
			Data:     aead.Seal(nonce, nonce, text, []byte(c.first)),
		}
	}
	return out, nil
}

// Decode decrypts the payloads that are encrypted.
func (c *payloadCodec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != encodingEncrypted {
			out[i] = p
			continue
		}
		var err error
		if out[i], err = c.decrypt(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *payloadCodec) decrypt(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(p.GetMetadata()[metadataKeyID])
	aead := c.keys[id]
	if aead == nil {
		return nil, fmt.Errorf("%w: %q; add it, behind the first", ErrUnknownKey, id)
	}
	size := aead.NonceSize()
	if len(p.GetData()) < size {
		return nil, fmt.Errorf("%w: it is encrypted with the key %q and cut off", errUndecrypted, id)
	}
	text, err := aead.Open(nil, p.GetData()[:size], p.GetData()[size:], []byte(id))
	if err != nil {
		return nil, fmt.Errorf("%w with the key %q: that key is another one, or the payload was altered", errUndecrypted, id)
	}
	plain := &commonpb.Payload{}
	if err := proto.Unmarshal(text, plain); err != nil {
		return nil, fmt.Errorf("%w with the key %q: what comes out is no payload", errUndecrypted, id)
	}
	return plain, nil
}

// steadfast is a converter that ends a workflow task, and never a workflow, when it cannot decrypt something: the server gives the task out
// again until a worker with the right key comes. An error would fail the workflow instead, or drop a signal. What is decrypted and says something else than
// was expected, such as a mistyped signal, no key makes readable: that is the workflow's to deal with, as without encryption.
type steadfast struct {
	converter.DataConverter
	inWorkflow bool
}

// WithWorkflowContext is the converter inside a workflow.
func (s steadfast) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return steadfast{s.DataConverter, true}
}

// WithContext is the converter inside an activity, whose failure is tried again.
func (s steadfast) WithContext(context.Context) converter.DataConverter { return s }

// FromPayload reads one value.
func (s steadfast) FromPayload(p *commonpb.Payload, value any) error {
	return s.check(s.DataConverter.FromPayload(p, value))
}

// FromPayloads reads several.
func (s steadfast) FromPayloads(p *commonpb.Payloads, values ...any) error {
	return s.check(s.DataConverter.FromPayloads(p, values...))
}

func (s steadfast) check(err error) error {
	if s.inWorkflow && (errors.Is(err, ErrUnknownKey) || errors.Is(err, errUndecrypted)) {
		panic(err)
	}
	return err
}

// Converter reads and writes what Temporal keeps, as the client of Dial does.
func (t Temporal) Converter() (converter.DataConverter, error) {
	codec, err := newCodec(t.CodecKeys)
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_CODEC_KEYS: %w", err)
	}
	return steadfast{DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)}, nil
}

// encrypting gives the client the codec. Messages of failures stay readable, because a held order says in its failure why, and names nobody; what
// else a failure carries is encrypted.
func (t Temporal) encrypting(options *client.Options) error {
	both, err := t.Converter()
	if err != nil {
		return err
	}
	options.DataConverter = both
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: both})
	return nil
}

// Codec encrypts and decrypts as the client of Dial does; it is nil where TEMPORAL_CODEC_KEYS has no key.
func (t Temporal) Codec() (converter.PayloadCodec, error) {
	codec, err := newCodec(t.CodecKeys)
	if err != nil {
		return nil, fmt.Errorf("TEMPORAL_CODEC_KEYS: %w", err)
	}
	if len(codec.keys) == 0 {
		return nil, nil
	}
	return codec, nil
}

// Readable gives the text of a payload, and the name of the key that it is encrypted with; empty for none.
func (t Temporal) Readable(p *commonpb.Payload) (text, key string, err error) {
	codec, err := newCodec(t.CodecKeys)
	if err != nil {
		return "", "", err
	}
	plain, err := codec.Decode([]*commonpb.Payload{p})
	if err != nil {
		return "", "", err
	}
	if plain[0] != p {
		key = string(p.GetMetadata()[metadataKeyID])
	}
	return string(plain[0].GetData()), key, nil
}
