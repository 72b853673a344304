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

// check keeps in C's memory what C keeps a pointer to.
func check(file *os.File, size int64) (result C.refcow_result, status C.refcow_status) {
	memory := C.malloc(memorySize)
	defer C.free(memory)
	handle := (*cgo.Handle)(C.malloc(C.size_t(unsafe.Sizeof(cgo.Handle(0)))))
	defer C.free(unsafe.Pointer(handle))
	*handle = cgo.NewHandle(file)
	defer handle.Delete()

	var image C.refcow_image
	source := C.refcow_source{
		read: (*[0]byte)(C.readFile),
		user: unsafe.Pointer(handle),
		size: C.uint64_t(size),
	}
	options := C.refcow_options{memory: memory, memory_size: memorySize}
	status = C.refcow_open(&image, C.size_t(unsafe.Sizeof(image)), C.REFCOW_VERSION, &source)
	if status == C.REFCOW_STATUS_OK {
		status = C.refcow_check(&image, &options, &result)
	}
	return
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
	result, status := check(file, facts.Size())
	if status != C.REFCOW_STATUS_OK {
		fmt.Printf("not checked: %s\n", C.GoString(C.refcow_status_name(status)))
		return
	}
	fmt.Printf("%s: %d corruptions, %d leaks, %d check errors\n", C.GoString(C.refcow_verdict_name(result.verdict)),
		result.corruptions, result.leaks, result.check_errors)
}
