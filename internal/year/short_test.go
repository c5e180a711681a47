//go:build !race

package year_test

// shortYear is how many owners the clinic of an ordinary test run has.
const shortYear = 60
