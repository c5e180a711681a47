//go:build race

package year_test

// shortYear is fewer owners under the race detector, which slows the database down by ten.
const shortYear = 8
