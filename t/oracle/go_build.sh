#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds programs with Go for two architectures, from Go's own distribution alone: DIR/NAME.ARCH.
#
#   t/oracle/go_build.sh DIR
#
# NAME: gofmt; nm; hello (goroutines and panics); web (net/http); runtime (oracle/go_runtime).  ARCH: amd64, arm64.
# Go's cache is in DIR/cache; what is built already costs little.  Exit status: 77 when Go is missing or of another
# version than the reader knows.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command -v go >/dev/null || { echo "go is not installed (golang-go)"; exit 77; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
unset GOOS GOARCH GOFLAGS GOEXPERIMENT GOROOT
export GO111MODULE=off GOCACHE="$dir/cache" GOPATH="$dir/path" GOTELEMETRY=off CGO_ENABLED=0
case $(go env GOVERSION) in
  go1.16* | go1.17* | go1.18* | go1.19* | go1.20*) ;;
  *) echo "$(go env GOVERSION) is not one of Go 1.16 to 1.20"; exit 77 ;;
esac
exec 9>"$dir/.lock"
flock 9

mkdir -p "$dir/src/hello" "$dir/src/web" "$dir/src/runtime"
cp "$here/go_runtime/main.go" "$here/go_runtime/linkname.s" "$dir/src/runtime"
cat >"$dir/src/hello/main.go" <<'GO'
package main

import (
	"fmt"
	"sync"
	"time"
)

func catch(f func(), done *sync.WaitGroup) {
	defer done.Done()
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	var done sync.WaitGroup
	lines := make(chan string, 4)
	for i := 0; i < 100; i++ {
		i := i
		done.Add(1)
		go catch(func() { lines <- fmt.Sprint(100/(i%7), [100]int{}[i]) }, &done)
	}
	go func() { done.Wait(); close(lines) }()
	for {
		select {
		case s, ok := <-lines:
			if !ok {
				return
			}
			fmt.Println(s)
		case <-time.After(time.Second):
		}
	}
}
GO
cat >"$dir/src/web/main.go" <<'GO'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
)

func main() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL) }))
	defer s.Close()
	fmt.Println(http.Get(s.URL))
}
GO
for arch in amd64 arm64; do
  for name in gofmt nm; do
    GOARCH=$arch go build -o "$dir/$name.$arch" "cmd/$name"
  done
  for name in hello web runtime; do
    (cd "$dir/src/$name" && GOARCH=$arch go build -o "$dir/$name.$arch" .)
  done
done
