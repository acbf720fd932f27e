package main

import "time"

// memory takes down how much of some processes is resident, as long as they are watched.
type memory struct {
	stop, done chan struct{}
	samples    map[string][]float64 // bytes, by the name of the process
}

// sampleEvery is how often. Reading it costs some microseconds.
const sampleEvery = 200 * time.Millisecond

// watch begins to watch processes, which are given by their names.
func watch(pids map[string]int) *memory {
	m := &memory{stop: make(chan struct{}), done: make(chan struct{}), samples: map[string][]float64{}}
	go func() {
		defer close(m.done)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			for name, pid := range pids {
				m.samples[name] = append(m.samples[name], resident(pid))
			}
			select {
			case <-m.stop:
				return
			case <-tick.C:
			}
		}
	}()
	return m
}

// end ceases to watch, and tells by how many bytes each process grew, by what it did once the first quarter of the time was over.
func (m *memory) end() (bytes map[string]float64) {
	close(m.stop)
	<-m.done
	bytes = map[string]float64{}
	for name, samples := range m.samples {
		bytes[name] = growth(samples)
	}
	return bytes
}

// growing are the processes whose memory is watched: those that a long backlog could fill.
func (w *workshop) growing() map[string]int {
	pids := map[string]int{}
	for _, name := range []string{"worker", "store", "temporal"} {
		pids[name] = w.Parts()[name].ID()
	}
	return pids
}

// eachOf is the share of an order in what all of them took.
func eachOf(all map[string]float64, orders int) map[string]float64 {
	for name, bytes := range all {
		all[name] = round(bytes / float64(orders))
	}
	return all
}

// growth compares the last quarter of the samples with the second, so that neither the start nor a single collection of garbage decides.
// Between their middles lies half of the time.
func growth(samples []float64) (bytes float64) {
	quarter := len(samples) / 4
	if quarter == 0 {
		return 0
	}
	return 2 * (mean(samples[len(samples)-quarter:]) - mean(samples[quarter:2*quarter]))
}

func mean(of []float64) float64 {
	var sum float64
	for _, v := range of {
		sum += v
	}
	return sum / float64(len(of))
}
