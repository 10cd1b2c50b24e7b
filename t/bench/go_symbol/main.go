// SPDX-License-Identifier: GPL-3.0-or-later

// Go's own runtime at what bench_symbol.c measures: from a PC to a name, to file and line, and with inlined calls, over the
// functions of this program, which links much of Go's library to have many.
package main

import (
	"debug/elf"
	"encoding/gob"
	"encoding/xml"
	"fmt"
	"go/importer"
	"go/types"
	"html/template"
	"image/gif"
	"math/rand"
	"net/http"
	"net/rpc"
	"runtime"
	"sort"
	"time"
)

const (
	pcCount  = 1 << 18
	hotCount = 64
	rounds   = 5
	cold     = 101
)

var sink uintptr

// What is reachable from here is linked.
var keep = []interface{}{http.ListenAndServe, types.NewChecker, importer.Default, template.New, gob.NewDecoder, xml.NewDecoder,
	gif.DecodeAll, rpc.Dial}
var evict = make([]byte, 64<<20)

func median(v []float64) float64 {
	sort.Float64s(v)
	return v[len(v)/2]
}

func loop(pcs []uintptr, times int, answer func(uintptr) bool) float64 {
	begun := time.Now()
	for t := 0; t < times; t++ {
		for _, pc := range pcs {
			answer(pc)
		}
	}
	return float64(time.Since(begun).Nanoseconds()) / float64(times*len(pcs))
}

func measure(what string, pcs []uintptr, answer func(uintptr) bool) {
	good := 0
	begun := time.Now()
	answer(pcs[0])
	first := time.Since(begun)
	for _, pc := range pcs {
		if answer(pc) {
			good++
		}
	}
	var hot, random, colds []float64
	for i := 0; i < rounds; i++ {
		random = append(random, loop(pcs, 1, answer))
	}
	for i := 0; i < rounds; i++ {
		hot = append(hot, loop(pcs[:hotCount], 4000, answer))
	}
	for i := 0; i < cold; i++ {
		for k := 0; k < len(evict); k += 64 {
			evict[k]++
		}
		pc := pcs[len(pcs)/2+i*997]
		begun := time.Now()
		answer(pc)
		colds = append(colds, float64(time.Since(begun).Nanoseconds()))
	}
	fmt.Printf("  %-34s %9s %9.1f %8s %9s %9.1f %9.1f %9.0f  %5.1f%%\n", what, "", float64(first.Nanoseconds())/1e3, "", "",
		median(hot), median(random), median(colds), 100*float64(good)/float64(len(pcs)))
}

func main() {
	file, err := elf.Open("/proc/self/exe")
	if err != nil {
		panic(err)
	}
	symbols, _ := file.Symbols()
	type span struct{ lo, len uintptr }
	var spans []span
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Size > 0 && runtime.FuncForPC(uintptr(s.Value)) != nil {
			spans = append(spans, span{uintptr(s.Value), uintptr(s.Size)})
		}
	}
	random := rand.New(rand.NewSource(1))
	pcs := make([]uintptr, pcCount)
	for i := range pcs {
		s := spans[random.Intn(len(spans))]
		pcs[i] = s.lo + uintptr(random.Int63n(int64(s.len)))
	}
	fmt.Printf("  Go, another program: %d functions\n", len(spans))
	measure("Go FuncForPC, Name", pcs, func(pc uintptr) bool {
		f := runtime.FuncForPC(pc)
		name := f.Name()
		sink += uintptr(len(name))
		return name != ""
	})
	measure("Go FuncForPC, FileLine", pcs, func(pc uintptr) bool {
		file, line := runtime.FuncForPC(pc).FileLine(pc)
		sink += uintptr(line)
		return file != "" && line > 0
	})
	one := make([]uintptr, 1)
	measure("Go CallersFrames, inlined calls", pcs, func(pc uintptr) bool {
		one[0] = pc + 1
		good := false
		for frames := runtime.CallersFrames(one); ; {
			f, more := frames.Next()
			sink += uintptr(f.Line)
			good = good || f.Line > 0
			if !more {
				return good
			}
		}
	})
	sink += uintptr(len(keep))
}
