// SPDX-License-Identifier: GPL-3.0-or-later

// Asks Go's own runtime for the tables of the program that it runs in: what t/tool/go_print says of the same file has
// to be equal.  Standard input: "ENTRY END" of functions, hexadecimal.  For each the largest SP delta, then for each
// stream (s is pcsp, a number a pcdata table) and each PC value and startpc, where they change.
package main

import (
	"bufio"
	"fmt"
	"os"
	"unsafe"
)

type funcInfo struct {
	f     unsafe.Pointer
	datap unsafe.Pointer
}

//go:linkname findfunc runtime.findfunc
func findfunc(pc uintptr) funcInfo

//go:linkname funcMaxSPDelta runtime.funcMaxSPDelta
func funcMaxSPDelta(f funcInfo) int32

//go:linkname pcvalue runtime.pcvalue
func pcvalue(f funcInfo, off uint32, targetpc uintptr, cache unsafe.Pointer, strict bool) (int32, uintptr)

//go:linkname pcdatastart runtime.pcdatastart
func pcdatastart(f funcInfo, table uint32) uint32

// Fields of runtime._func, the same in Go 1.18 to 1.20.
func pcsp(f funcInfo) uint32    { return *(*uint32)(unsafe.Add(f.f, 16)) }
func npcdata(f funcInfo) uint32 { return *(*uint32)(unsafe.Add(f.f, 28)) }

func show(out *bufio.Writer, f funcInfo, name string, off uint32, entry, end uintptr) {
	last, at := int32(0), ^uintptr(0)
	for pc := entry; pc < end; pc++ {
		value, start := pcvalue(f, off, pc, nil, false)
		if start != at || value != last {
			fmt.Fprintf(out, "%x %s %x %d\n", entry, name, start, value)
		}
		last, at = value, start
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var entry, end uintptr
		if n, _ := fmt.Sscanf(in.Text(), "%x %x", &entry, &end); n != 2 {
			continue
		}
		f := findfunc(entry)
		fmt.Fprintf(out, "%x max %d\n", entry, funcMaxSPDelta(f))
		show(out, f, "s", pcsp(f), entry, end)
		for table := uint32(0); table < npcdata(f); table++ {
			show(out, f, fmt.Sprint(table), pcdatastart(f, table), entry, end)
		}
	}
}
