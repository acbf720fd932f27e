// Package compose has the test that reads docker-compose.yml with the library of Docker Compose itself: as strictly as Compose, with the
// settings, profiles and files beside it. deploy/compose_test.go checks what is meant by it.
package compose
