package images

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/internal/rest"
)

// found is what the bytes of a file say that it is.
type found struct {
	format  string // "qcow2", "raw" …; "" for what is no disk image
	virtual int64  // size of the disk inside, 0 when it cannot be told
	what    string // in words, for a file that is no disk image
}

// headSize is how much of a file has to be seen to tell what it is: an ISO says so at 32 KiB.
const headSize = 64 << 10

// sniff tells a file's format from its first bytes. size is that of the file, -1 when unknown.
func sniff(head []byte, size int64) found {
	at := func(offset int, magic string) bool {
		return len(head) >= offset+len(magic) && string(head[offset:offset+len(magic)]) == magic
	}
	be64 := func(offset int) int64 {
		if len(head) < offset+8 {
			return 0
		}
		return int64(binary.BigEndian.Uint64(head[offset:]))
	}
	le64 := func(offset int) int64 {
		if len(head) < offset+8 {
			return 0
		}
		return int64(binary.LittleEndian.Uint64(head[offset:]))
	}
	switch {
	case at(0, "QFI\xfb"):
		if at(4, "\x00\x00\x00\x01") {
			return found{what: "a qcow image of version 1, which nothing reads any more"}
		}
		return found{format: "qcow2", virtual: be64(24)}
	case at(0, "KDMV"):
		return found{format: "vmdk", virtual: le64(12) * 512}
	case at(0, "COWD"), at(0, "# Disk DescriptorFile"):
		return found{format: "vmdk"}
	case at(0x40, "\x7f\x10\xda\xbe"):
		return found{format: "vdi", virtual: le64(0x170)}
	case at(0, "vhdxfile"):
		return found{format: "vhdx"}
	case at(0, "conectix"):
		return found{format: "vhd", virtual: be64(48)}
	case at(0x8001, "CD001"), at(0x8001, "BEA01"):
		return found{format: "iso", virtual: max(size, 0)}
	case at(0, "\x1f\x8b"):
		return found{what: "compressed with gzip"}
	case at(0, "\xfd7zXZ\x00"):
		return found{what: "compressed with xz"}
	case at(0, "\x28\xb5\x2f\xfd"):
		return found{what: "compressed with zstd"}
	case at(0, "BZh"):
		return found{what: "compressed with bzip2"}
	case at(0, "PK\x03\x04"):
		return found{what: "a zip archive"}
	case at(0, "7z\xbc\xaf\x27\x1c"):
		return found{what: "a 7z archive"}
	case at(257, "ustar"):
		return found{what: "a tar archive"}
	case isPage(head):
		return found{what: "a web page: whatever gave it to you meant to say something"}
	}
	return found{format: "raw", virtual: max(size, 0)}
}

func isPage(head []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(head[:min(len(head), 512)]))
	return bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html"))
}

// packed reports a file that has to be unpacked before it is an image.
func (f found) packed() bool { return f.format == "" && strings.HasPrefix(f.what, "compressed") }

// inspectFile tells a file's format and sizes.
func inspectFile(ctx context.Context, op, path string) (found, int64, error) {
	f, size, err := openFile(ctx, op, path)
	if err != nil {
		return found{}, 0, err
	}
	defer f.Close()
	is, err := sniffFile(f, size)
	if err != nil {
		return found{}, 0, fileError(op, path, err)
	}
	return is, size, nil
}

// sniffFile looks at the file's beginning, and at its end: a fixed VHD is raw but for its last 512 bytes.
func sniffFile(f io.ReaderAt, size int64) (found, error) {
	head := make([]byte, min(headSize, size))
	if n, err := f.ReadAt(head, 0); err != nil && !(errors.Is(err, io.EOF) && n == len(head)) {
		return found{}, err
	}
	is := sniff(head, size)
	if is.format == "raw" && size >= 1024 {
		foot := make([]byte, 512)
		if _, err := f.ReadAt(foot, size-512); err == nil && string(foot[:8]) == "conectix" {
			return found{format: "vhd", virtual: int64(binary.BigEndian.Uint64(foot[48:]))}, nil
		}
	}
	return is, nil
}

// openFile opens a file that is to be sent.
func openFile(ctx context.Context, op, path string) (*os.File, int64, error) {
	f, err := os.Open(files.Of(ctx).Read(rest.Home(filepath.Clean(path))))
	if err != nil {
		return nil, 0, fileError(op, path, err)
	}
	st, err := f.Stat()
	switch {
	case err != nil:
		err = fileError(op, path, err)
	case st.IsDir():
		err = refuse(op, "file", "%s is a folder", path).WithHint("name the file of the image")
	case !st.Mode().IsRegular():
		err = refuse(op, "file", "%s is no ordinary file", path).WithHint("an image is looked at before it is sent, and sent again when need be: copy it to a file first")
	case st.Size() == 0:
		err = refuse(op, "file", "%s is empty", path).WithHint("was its download cut short?")
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

func fileError(op, path string, err error) error {
	e := errs.New(errs.BadArgument, "%s cannot be read: %s", path, reason(err))
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Message = "there is no file " + path
		e.Hint = "a path without / at its start is looked for where oslua was started"
	case errors.Is(err, os.ErrPermission):
		e.Hint = "you may not read it: look at its permissions"
	}
	e.Op, e.Cause = op, err
	return e
}

// reason is the system's own word about a file, without the path that is named already.
func reason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func refuse(op, option, format string, args ...any) *errs.Error {
	e := errs.New(errs.BadArgument, format, args...)
	e.Op = op + "." + option
	return e
}

// checkFormat settles on the disk format: as the bytes say when none was given, and otherwise it has to agree with
// them. An image sent under another format than its own is stored, and its servers do not boot.
func checkFormat(op, file, given, container string, is found, force bool) (string, error) {
	if force && given != "" || container == "compressed" && is.packed() {
		if given == "" {
			return "", refuse(op, "disk_format", "what is inside %s cannot be told", file).WithHint(`write disk_format = "qcow2" or what it is`)
		}
		return given, nil
	}
	if is.format == "" {
		e := refuse(op, "file", "%s is no disk image, but %s", file, is.what)
		if is.packed() || strings.HasSuffix(is.what, "archive") {
			return "", e.WithHint("unpack it first; force = true with disk_format sends it as it is")
		}
		return "", e.WithHint("download it again, and look at the address; force = true with disk_format sends it as it is")
	}
	if given == "" || given == is.format {
		return is.format, nil
	}
	switch {
	case is.format == "raw" && (given == "ami" || given == "ari" || given == "aki" || given == "ploop"):
		return given, nil
	case is.format == "iso" && given == "raw": // an ISO can be put on a disk as it is
		return given, nil
	}
	e := refuse(op, "disk_format", "%s is %s, not %s", file, article(is.format), given)
	return "", e.WithHint("write disk_format = %q or leave it out: servers do not boot from an image under another format than its own; force = true sends it all the same", is.format)
}

func article(format string) string {
	if format == "raw" {
		return "raw, or of a format that is not known here"
	}
	if format == "iso" {
		return "an iso image"
	}
	return fmt.Sprintf("a %s image", format)
}
