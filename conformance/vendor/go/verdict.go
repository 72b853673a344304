// With refcow.c and refcow.h, the library in two files, in this folder: cgo compiles them with the rest.
package main

/*
#include <stdlib.h>
#include "refcow.h"

int readFile(void *user, uint64_t offset, void *buffer, size_t length);
*/
import "C"

import (
	"fmt"
	"log"
	"os"
	"runtime/cgo"
	"unsafe"
)

const memorySize = 1 << 20

//export readFile
func readFile(user unsafe.Pointer, offset C.uint64_t, buffer unsafe.Pointer, length C.size_t) C.int {
	file := (*(*cgo.Handle)(user)).Value().(*os.File)
	if _, err := file.ReadAt(unsafe.Slice((*byte)(buffer), int(length)), int64(offset)); err != nil {
		return 1
	}
	return 0
}

// image keeps in C's memory what C keeps a pointer to.
type image struct {
	source C.refcow_source
	memory unsafe.Pointer
	handle *cgo.Handle
}

func open(file *os.File, size int64) *image {
	handle := (*cgo.Handle)(C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0)))))
	*handle = cgo.NewHandle(file)
	source := C.refcow_source{
		read: (*[0]byte)(C.readFile),
		user: unsafe.Pointer(handle),
		size: C.uint64_t(size),
	}
	return &image{source, C.malloc(memorySize), handle}
}

func (i *image) close() {
	i.handle.Delete()
	C.free(unsafe.Pointer(i.handle))
	C.free(i.memory)
}

func (i *image) options() C.refcow_options {
	return C.refcow_options{memory: i.memory, memory_size: memorySize}
}

func (i *image) check() (result C.refcow_result, status C.refcow_status) {
	var opened C.refcow_image
	source, options := i.source, i.options()
	status = C.refcow_open(&opened, C.size_t(unsafe.Sizeof(opened)), C.REFCOW_VERSION, &source)
	if status == C.REFCOW_STATUS_OK {
		status = C.refcow_check(&opened, &options, &result)
	}
	return
}

// gate gives the decision by the strict policy, and the broken rules.
func (i *image) gate() (decision C.refcow_decision, rules []C.refcow_rule) {
	policy := (*C.refcow_policy)(C.malloc(C.size_t(unsafe.Sizeof(C.refcow_policy{}))))
	defer C.free(unsafe.Pointer(policy))
	*policy = C.refcow_policy_strict()
	breaches := (*C.refcow_breach)(C.calloc(C.REFCOW_BREACHES_MAX, C.size_t(unsafe.Sizeof(C.refcow_breach{}))))
	defer C.free(unsafe.Pointer(breaches))

	var result C.refcow_gate_result
	source := i.source
	options := C.refcow_gate_options{
		policy:            policy,
		check:             i.options(),
		breaches:          breaches,
		breaches_capacity: C.REFCOW_BREACHES_MAX,
	}
	C.refcow_gate(&source, &options, &result, C.size_t(unsafe.Sizeof(result)), C.REFCOW_VERSION)
	for _, breach := range unsafe.Slice(breaches, int(result.breaches_count)) {
		rules = append(rules, breach.rule)
	}
	return result.decision, rules
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: verdict IMAGE")
	}
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	facts, err := file.Stat()
	if err != nil {
		log.Fatal(err)
	}
	image := open(file, facts.Size())
	defer image.close()

	if result, status := image.check(); status != C.REFCOW_STATUS_OK {
		fmt.Printf("not checked: %s\n", C.GoString(C.refcow_status_name(status)))
	} else {
		fmt.Printf("%s: %d corruptions, %d leaks, %d check errors\n",
			C.GoString(C.refcow_verdict_name(result.verdict)), result.corruptions, result.leaks, result.check_errors)
	}
	decision, rules := image.gate()
	fmt.Printf("gate: %s", C.GoString(C.refcow_decision_name(decision)))
	for _, rule := range rules {
		fmt.Printf(" %s", C.GoString(C.refcow_rule_name(rule)))
	}
	fmt.Println()
}
