//go:build !race

package workflows_test

// histories is how many days in the life of a shop the reading is put through.
const histories = 2000
