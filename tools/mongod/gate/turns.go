package gate

import "sync"

// turns lets one writer at a time into each database and remembers the collections that need no index any more.
type turns struct {
	mu        sync.Mutex
	databases map[string]*turn
}

// turn belongs to one database. Its lock is held for the whole of a writing command, from the first look at a document
// to FerretDB's reply.
type turn struct {
	sync.Mutex
	indexed map[string]bool // collections that the hook has seen to
}

func newTurns() *turns { return &turns{databases: map[string]*turn{}} }

// of returns the turn of a database.
func (t *turns) of(database string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()

	if t.databases[database] == nil {
		t.databases[database] = &turn{indexed: map[string]bool{}}
	}
	return t.databases[database]
}
