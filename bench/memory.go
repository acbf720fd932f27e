package main

import "time"

// memory takes down how much of a process is resident, as long as it is watched.
type memory struct {
	stop, done chan struct{}
	samples    []float64 // bytes
}

// sampleEvery is how often. Reading it costs some microseconds.
const sampleEvery = 200 * time.Millisecond

// watch begins to watch a process.
func watch(pid int) *memory {
	m := &memory{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			m.samples = append(m.samples, resident(pid))
			select {
			case <-m.stop:
				return
			case <-tick.C:
			}
		}
	}()
	return m
}

// end ceases to watch, and tells by how many bytes the process grew, by what it did once the first quarter of the time was over.
func (m *memory) end() (bytes float64) {
	close(m.stop)
	<-m.done
	return growth(m.samples)
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
