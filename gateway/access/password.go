package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// MinPassword is the least length of a password, in characters: length is what keeps guesses out. MaxPassword bounds the work, in bytes.
const (
	MinPassword = 12
	MaxPassword = 256
)

// The cost of argon2id as OWASP's Password Storage Cheat Sheet has it first: 19 MiB, two passes, one lane. It takes some 30 ms,
// which nobody notices who signs in, and no table of guesses is made with. bcrypt would cut passwords at 72 bytes.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16
	argonHash   = 32
)

// Hashing takes a processor and 19 MiB each: so many at once, and so many more that wait. More are turned away at once.
const (
	hashAtOnce  = 2
	hashWaiting = 30
)

// ErrBusy says that too many passwords are being checked: it is to be tried again.
var ErrBusy = errors.New("too many passwords are being checked")

// hasher makes and checks password hashes, a few at once.
type hasher struct {
	queue, turns chan struct{}
	// nobody is the hash of a password that nobody has: checking it takes as long as checking somebody's.
	nobody string
}

func newHasher() *hasher {
	h := &hasher{queue: make(chan struct{}, hashAtOnce+hashWaiting), turns: make(chan struct{}, hashAtOnce)}
	h.nobody = encode(rand.Text())
	return h
}

// turn waits until few enough passwords are worked on.
func (h *hasher) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ErrBusy
	}
}

// hash gives what is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return encode(password), nil
}

// check reports whether the password is the one of the hash; an empty hash is nobody's, and takes as long.
func (h *hasher) check(ctx context.Context, hash, password string) (bool, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	known := hash != ""
	if !known {
		hash = h.nobody
	}
	right, err := matches(hash, password)
	return right && known, err
}

// encode hashes with a new salt, in the PHC string format.
func encode(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	sum := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonHash)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b64(salt), b64(sum))
}

// matches checks a password against a hash, by the cost that the hash names: a later release may choose another.
func matches(hash, password string) (bool, error) {
	damaged := errors.New("a stored password hash cannot be read")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, damaged
	}
	var version, memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil || version != argon2.Version {
		return false, damaged
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	want, wantErr := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(saltErr, wantErr) != nil || len(want) < argonHash || memory > 1<<20 || passes == 0 || passes > 20 || lanes == 0 {
		return false, damaged
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// CheckPassword says what is wrong with a new password, without telling it; nil for nothing.
func CheckPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return errors.New("the password is not text")
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("the password has %d characters, want at least %d", utf8.RuneCountInString(password), MinPassword)
	case len(password) > MaxPassword:
		return fmt.Errorf("the password is longer than %d bytes", MaxPassword)
	case strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is one character again and again")
	}
	return nil
}
