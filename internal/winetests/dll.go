package main

import (
	"bytes"
	"encoding/binary"
)

// forwarder is a DLL without code, whose one function is another DLL's: what a loader finds under
// the name is a text, "DLL.function". Go's runtime takes its random numbers from ProcessPrng of
// bcryptprimitives.dll, which Wine has from version 9 on; RtlGenRandom, whose name in advapi32.dll
// is SystemFunction036, does the same.
//
// The layout is that of "PE Format" of Microsoft's documentation: headers, and one section, which
// is an export directory.
func forwarder(dll, function, to string) []byte {
	const (
		fileAlign    = 0x200
		sectionAlign = 0x1000 // where the section is in memory
		peAt         = 0x40
	)
	// The section, whose addresses count from the beginning of the image.
	const (
		directory = 40 // bytes
		functions = sectionAlign + directory
		names     = functions + 4
		ordinals  = names + 4
		texts     = ordinals + 2
	)
	var text bytes.Buffer
	add := func(s string) uint32 {
		at := uint32(texts + text.Len())
		text.WriteString(s + "\x00")
		return at
	}
	dllAt, functionAt, toAt := add(dll), add(function), add(to)
	section := pack(
		uint32(0), uint32(0), uint32(0), // no flags, no date, no version
		// its name, the first ordinal, how many functions and names
		dllAt, uint32(1), uint32(1), uint32(1),
		uint32(functions), uint32(names), uint32(ordinals),
		toAt, functionAt, uint16(0), // a function in the section itself is a forwarder
		text.Bytes(),
	)
	size := uint32(len(section))
	padded := make([]byte, (size+fileAlign-1)/fileAlign*fileAlign)
	copy(padded, section)

	var directories [16][2]uint32
	directories[0] = [2]uint32{sectionAlign, size} // of exports
	optional := pack(
		uint16(0x20b), uint16(0), // PE32+
		// no code, and nowhere to begin
		uint32(0), uint32(len(padded)), uint32(0), uint32(0), uint32(sectionAlign),
		uint64(0x180000000), uint32(sectionAlign), uint32(fileAlign),
		// for Windows 6.0
		uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0),
		// the sizes of image and headers, no checksum
		uint32(2*sectionAlign), uint32(fileAlign), uint32(0),
		uint16(3), uint16(0x100), // a console program, compatible with no execution of data
		uint64(1<<20), uint64(1<<12), uint64(1<<20), uint64(1<<12), uint32(0), // stack and heap
		uint32(len(directories)), directories,
	)
	const sections = 1
	headers := pack(
		[]byte("MZ"), make([]byte, 0x3c-2), uint32(peAt), []byte("PE\x00\x00"),
		// amd64; a DLL
		uint16(0x8664), uint16(sections), uint32(0), uint32(0), uint32(0), uint16(len(optional)),
		uint16(0x2022),
		optional,
		[]byte(".edata\x00\x00"), size, uint32(sectionAlign), uint32(len(padded)),
		uint32(fileAlign),
		uint32(0), uint32(0), uint32(0), uint32(0x40000040), // data that can be read
	)
	return append(append(headers, make([]byte, fileAlign-len(headers))...), padded...)
}

// pack is the values one after the other, little-endian.
func pack(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		binary.Write(&b, binary.LittleEndian, v) // which fails for types without a size alone
	}
	return b.Bytes()
}
