package gate

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"datawald/tools/mongod/lookup"
)

// failures remembers when a failure of the reader was told, by its cause.
type failures struct {
	mu   sync.Mutex
	told map[string]time.Time
}

const (
	// toldEvery is how often one cause is told: a reader that fails may fail at each question.
	toldEvery = time.Minute
	// maxCauses bounds how many are remembered.
	maxCauses = 100
)

// isNews reports whether the cause was not told lately, and notes that it is told now.
func (f *failures) isNews(cause string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if last, known := f.told[cause]; known && now.Sub(last) < toldEvery {
		return false
	}
	if f.told == nil || len(f.told) >= maxCauses {
		f.told = map[string]time.Time{}
	}
	f.told[cause] = now
	return true
}

// failed tells that the reader could not answer a question, which is FerretDB's then. What was asked may be personal and is not told.
func (g *Gate) failed(c *command, err error) {
	if errors.Is(err, lookup.ErrPass) || !g.failures.isNews(err.Error(), time.Now()) {
		return
	}
	args := []any{"database", c.database, "collection", c.collection, "error", err}
	if p, ok := errors.AsType[*panicked](err); ok {
		args = append(args, "stack", string(p.stack))
	}
	g.Logger.Warn("a question is not answered by index, though it could be; FerretDB answers it, slowly", args...)
}

// panicked is a panic of the reader.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// safely turns a panic into an error: FerretDB can still answer, and the process has other clients.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return f()
}
