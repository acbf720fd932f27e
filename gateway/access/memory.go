package access

import "container/list"

// memory keeps the entries used last, up to a number of them.
type memory[V any] struct {
	most  int
	place map[string]*list.Element
	order *list.List // the one used last in front
}

type remembered[V any] struct {
	name  string
	value V
}

func newMemory[V any](most int) *memory[V] {
	return &memory[V]{most: most, place: map[string]*list.Element{}, order: list.New()}
}

// at gives the entry of a name, a new one where there is none; the one not used for longest goes then.
func (m *memory[V]) at(name string) *V {
	if e, ok := m.place[name]; ok {
		m.order.MoveToFront(e)
		return &e.Value.(*remembered[V]).value
	}
	if m.order.Len() >= m.most {
		last := m.order.Back()
		delete(m.place, last.Value.(*remembered[V]).name)
		m.order.Remove(last)
	}
	r := &remembered[V]{name: name}
	m.place[name] = m.order.PushFront(r)
	return &r.value
}

func (m *memory[V]) forget(name string) {
	if e, ok := m.place[name]; ok {
		delete(m.place, name)
		m.order.Remove(e)
	}
}
