package image

import (
	"encoding/binary"

	"github.com/oslua/oslua/simulator/store"
)

// EmptyQcow2 makes a qcow2 file.
func EmptyQcow2(size int64) []byte { return emptyQcow2(size) }

// Closing is closed when Close begins.
func (s *Image) Closing() <-chan struct{} { return s.closing.Done() }

// SampleVHDX makes as much of a VHDX file as its size needs.
func SampleVHDX(size uint64) []byte {
	const metadata = 1 << 20
	b := make([]byte, metadata+70<<10)
	copy(b, "vhdxfile")
	region := b[192<<10:]
	copy(region, "regi")
	binary.LittleEndian.PutUint32(region[8:], 1)
	copy(region[16:], "\x06\xa2\x7c\x8b\x90\x47\xfe\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e")
	binary.LittleEndian.PutUint64(region[32:], metadata)
	table := b[metadata:]
	copy(table, "metadata")
	binary.LittleEndian.PutUint16(table[10:], 1)
	copy(table[32:], "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8")
	binary.LittleEndian.PutUint32(table[48:], 64<<10)
	binary.LittleEndian.PutUint64(table[64<<10:], size)
	return b
}

// Images counts the images of a state.
func Images(tx *store.Tx) (int, error) { return store.Count[image](tx) }
