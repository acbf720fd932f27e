package main

import (
	"io/fs"
	"path/filepath"
)

// disk is what the two servers have on disk, and by how much that grew with each order.
type disk struct {
	StoreMB          float64 `json:"store_mb"`
	TemporalMB       float64 `json:"temporal_mb"`
	StorePerOrder    float64 `json:"store_bytes_per_order"`
	TemporalPerOrder float64 `json:"temporal_bytes_per_order"`
}

// sizes are the bytes of the files of store and Temporal, the logs of their databases included.
type sizes struct{ store, temporal int64 }

func (w *workshop) sizes() sizes {
	return sizes{store: bytesOf(filepath.Join(w.Dir, "store")), temporal: bytesOf(filepath.Join(w.Dir, "temporal.db*"))}
}

// since compares with what was there before so many orders.
func (s sizes) since(before sizes, orders int) disk {
	per := func(now, before int64) float64 { return round(float64(now-before) / float64(orders)) }
	return disk{StoreMB: round(float64(s.store) / 1e6), TemporalMB: round(float64(s.temporal) / 1e6),
		StorePerOrder: per(s.store, before.store), TemporalPerOrder: per(s.temporal, before.temporal)}
}

// bytesOf adds up the files that a pattern names, and those in the folders that it names. What goes away meanwhile counts nothing.
func bytesOf(pattern string) (bytes int64) {
	names, _ := filepath.Glob(pattern) // the patterns are ours
	for _, name := range names {
		_ = filepath.WalkDir(name, func(_ string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if i, err := e.Info(); err == nil && i.Mode().IsRegular() {
				bytes += i.Size()
			}
			return nil
		})
	}
	return bytes
}
