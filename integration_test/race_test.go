//go:build race

package integration_test

// raceDetector tells whether the tests are built with -race.
const raceDetector = true
