package magentosim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// state is the answer of GET /state.
type state struct {
	Orders int      `json:"orders"`
	Placed []Placed `json:"placed"`
}

// serveControl answers the addresses no Magento has; false when the path is none of them.
func (s *Shop) serveControl(w http.ResponseWriter, r *http.Request) bool {
	switch r.Method + " " + r.URL.Path {
	case "GET /state":
		placed := s.Orders()
		writeControl(w, state{Orders: len(placed), Placed: placed}, nil)
	case "GET /state/sold":
		sold, err := s.Sold()
		writeControl(w, sold, err)
	case "GET /control":
		writeControl(w, s.Faults(), nil)
	case "POST /control":
		err := s.controlFaults(r)
		writeControl(w, s.Faults(), err)
	case "POST /control/place":
		placed, err := s.controlPlace(r)
		writeControl(w, map[string]any{"placed": placed}, err)
	case "POST /control/update":
		placed, err := s.controlUpdate(r)
		writeControl(w, placed, err)
	case "POST /control/remove":
		err := s.controlRemove(r)
		writeControl(w, struct{}{}, err)
	case "POST /control/revoke":
		s.RevokeAdminTokens()
		writeControl(w, struct{}{}, nil)
	default:
		return false
	}
	return true
}

// controlFaults merges the fields that were sent into the switches.
func (s *Shop) controlFaults(r *http.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return err
	}
	if err := strictly(body, &Faults{}); err != nil {
		return err
	}
	var merge error
	if err := s.SetFaults(func(f *Faults) { merge = strictly(body, f) }); err != nil {
		return err
	}
	return merge
}

// controlPlace places orders now: {"count":3,"kind":"bundle","store_id":2,"visible_after_ms":5000}.
func (s *Shop) controlPlace(r *http.Request) ([]Placed, error) {
	ask := struct {
		Count          int    `json:"count"`
		Kind           string `json:"kind"`
		StoreID        int    `json:"store_id"`
		VisibleAfterMS int    `json:"visible_after_ms"` // the order commits late
	}{Count: 1}
	if err := readControl(r, &ask); err != nil {
		return nil, err
	}
	if ask.Count < 1 || ask.Count > 100_000 {
		return nil, fmt.Errorf("count is %d, want 1 to 100000", ask.Count)
	}
	var out []Placed
	for range ask.Count {
		p, err := s.Place(Placement{Kind: ask.Kind, StoreID: ask.StoreID, Uncommitted: ask.VisibleAfterMS > 0})
		if err != nil {
			return out, err
		}
		if ask.VisibleAfterMS > 0 {
			time.AfterFunc(time.Duration(ask.VisibleAfterMS)*time.Millisecond, func() { _ = s.Commit(p.EntityID) })
		}
		out = append(out, p)
	}
	return out, nil
}

// controlUpdate changes columns: {"entity_id":7,"set":{"status":"fraud"}}. A null removes one.
func (s *Shop) controlUpdate(r *http.Request) (Placed, error) {
	var ask struct {
		EntityID int64          `json:"entity_id"`
		Set      map[string]any `json:"set"`
	}
	if err := readControl(r, &ask); err != nil {
		return Placed{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	updated, err := s.update(ask.EntityID, func(doc map[string]any) {
		for name, value := range ask.Set {
			if value == nil {
				delete(doc, name)
				continue
			}
			doc[name] = value
		}
	})
	if err != nil {
		return Placed{}, err
	}
	return updated.placed(), nil
}

// controlRemove deletes one order: {"entity_id":7}.
func (s *Shop) controlRemove(r *http.Request) error {
	var ask struct {
		EntityID int64 `json:"entity_id"`
	}
	if err := readControl(r, &ask); err != nil {
		return err
	}
	return s.Remove(ask.EntityID)
}

func readControl(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, 10<<20))
	if err != nil {
		return err
	}
	return strictly(body, into)
}

// strictly decodes JSON and refuses fields nobody knows. An empty body changes nothing.
func strictly(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(into)
}

func writeControl(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	switch {
	case errors.Is(err, ErrNoSuchOrder):
		status = http.StatusNotFound
	case err != nil:
		status = http.StatusBadRequest
	}
	if err != nil {
		v = map[string]string{"error": err.Error()}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(v), '\n'))
}
