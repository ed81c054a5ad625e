package image

import (
	"bytes"
	"encoding/binary"
)

// probe keeps as much of a stream's beginning as its format needs to tell the disk's size.
type probe struct {
	format string
	head   []byte
	total  int64
}

// newProbe is nil where Glance does not look: an unknown format, or a disk inside a container.
func newProbe(disk, container *string) *probe {
	if disk == nil || container == nil || *container != "bare" {
		return nil
	}
	switch *disk {
	case "raw", "qcow2", "vhd", "vhdx", "vmdk", "vdi":
		return &probe{format: *disk}
	}
	return nil
}

// need is how much of the beginning a format's reader wants. VHDX and VMDK have tables whose places are in the file.
func (p *probe) need() int {
	switch p.format {
	case "raw":
		return 0
	case "vhdx":
		return 4 << 20
	case "vmdk":
		return 1 << 20
	}
	return 512
}

func (p *probe) look(b []byte) {
	p.total += int64(len(b))
	if room := p.need() - len(p.head); room > 0 {
		p.head = append(p.head, b[:min(room, len(b))]...)
	}
}

// virtualSize is the size of the disk, 0 when the bytes are not of the format they should be.
func (p *probe) virtualSize() int64 {
	if p == nil {
		return 0
	}
	size := p.size()
	if size < 0 {
		return 0
	}
	return size
}

func (p *probe) size() int64 {
	h := p.head
	if p.format == "raw" {
		return p.total
	}
	if len(h) < 512 {
		return 0
	}
	switch p.format {
	case "qcow2":
		if bytes.HasPrefix(h, []byte("QFI\xfb")) {
			return int64(binary.BigEndian.Uint64(h[24:]))
		}
	case "vhd":
		if bytes.HasPrefix(h, []byte("conectix")) {
			return int64(binary.BigEndian.Uint64(h[40:]))
		}
	case "vdi":
		if binary.LittleEndian.Uint32(h[0x40:]) == 0xbeda107f {
			return int64(binary.LittleEndian.Uint64(h[0x170:]))
		}
	case "vmdk":
		return vmdkSize(h)
	case "vhdx":
		return vhdxSize(h)
	}
	return 0
}

// vmdkSize reads the header of a sparse VMDK with its descriptor right behind it, the only kind Glance measures.
func vmdkSize(h []byte) int64 {
	const sector = 512
	if !bytes.HasPrefix(h, []byte("KDMV")) {
		return 0
	}
	version := binary.LittleEndian.Uint32(h[4:])
	sectors := binary.LittleEndian.Uint64(h[12:])
	at, length := binary.LittleEndian.Uint64(h[28:]), binary.LittleEndian.Uint64(h[36:])
	directory := binary.LittleEndian.Uint64(h[56:])
	if version < 1 || version > 3 || at != 1 || directory == ^uint64(0) || sectors > 1<<53 || length > 2047 {
		return 0
	}
	end := sector + int(length)*sector
	if len(h) < end {
		return 0
	}
	_, kind, ok := bytes.Cut(h[sector:end], []byte(`createType="`))
	kind, _, closed := bytes.Cut(kind, []byte(`"`))
	if !ok || !closed || string(kind) != "monolithicSparse" && string(kind) != "streamOptimized" {
		return 0
	}
	return int64(sectors) * sector
}

// vhdxSize follows the region table to the metadata table to the size.
func vhdxSize(h []byte) int64 {
	const (
		regions  = 192 << 10
		metadata = "\x06\xa2\x7c\x8b\x90\x47\xfe\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e" // GUIDs, as they lie in the file
		diskSize = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"
		entry    = 32
	)
	if !bytes.HasPrefix(h, []byte("vhdxfile")) || len(h) < regions+16 || string(h[regions:regions+4]) != "regi" {
		return 0
	}
	find := func(table []byte, count int, guid string) []byte {
		for i := range count {
			if e := table[min(i*entry, len(table)):]; len(e) >= entry && string(e[:16]) == guid {
				return e[16:entry]
			}
		}
		return nil
	}
	count := binary.LittleEndian.Uint32(h[regions+8:])
	if count >= 2048 {
		return 0
	}
	e := find(h[regions+16:], int(count), metadata)
	if e == nil {
		return 0
	}
	offset := binary.LittleEndian.Uint64(e)
	if offset > uint64(len(h)) || uint64(len(h))-offset < entry {
		return 0
	}
	table := h[offset:]
	if string(table[:8]) != "metadata" {
		return 0
	}
	if e = find(table[entry:], int(binary.LittleEndian.Uint16(table[10:])), diskSize); e == nil {
		return 0
	}
	item := binary.LittleEndian.Uint32(e)
	if uint64(item)+8 > uint64(len(table)) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(table[item:]))
}

// emptyQcow2 is a qcow2 file (version 3) of an empty disk: a header, a reference table and block, and one level-1 table.
// One level-1 entry stands for 512 MiB, and a table of one cluster for 4 TiB.
func emptyQcow2(size int64) []byte {
	const (
		clusterBits = 16
		cluster     = 1 << clusterBits
		perL1       = cluster / 8 * cluster
	)
	l1 := (size + perL1 - 1) / perL1
	b := make([]byte, 3*cluster+l1*8)
	be := binary.BigEndian
	copy(b, "QFI\xfb")
	be.PutUint32(b[4:], 3)
	be.PutUint32(b[20:], clusterBits)
	be.PutUint64(b[24:], uint64(size))
	be.PutUint32(b[36:], uint32(l1))
	be.PutUint64(b[40:], 3*cluster) // level-1 table
	be.PutUint64(b[48:], cluster)   // reference table
	be.PutUint32(b[56:], 1)
	be.PutUint32(b[96:], 4) // references of 16 bits
	be.PutUint32(b[100:], 104)
	be.PutUint64(b[cluster:], 2*cluster) // reference block
	for i := range 4 {
		be.PutUint16(b[2*cluster+2*i:], 1)
	}
	return b
}
