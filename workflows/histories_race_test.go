//go:build race

package workflows_test

// histories is how many days in the life of a shop the reading is put through. The race detector makes each five times as
// long; the full number is gone through without it.
const histories = 200
