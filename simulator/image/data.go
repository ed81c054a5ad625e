package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func (s *Image) upload(r *web.Request) (*web.Response, error) { return s.receive(r, saving) }

func (s *Image) stage(r *web.Request) (*web.Response, error) { return s.receive(r, uploading) }

// receive takes the request's body as the data of an image: at once, or to be imported.
func (s *Image) receive(r *web.Request, status string) (*web.Response, error) {
	in := intake{Image: s, r: r, at: s.watch(r)}
	if err := in.begin(status); err != nil {
		drain(r)
		return nil, err
	}
	s.writes.Add(1)
	defer s.writes.Done()
	if err := in.take(r.Body, status); err != nil {
		return nil, err
	}
	return noContent(), nil
}

// intake is data on its way into an image.
type intake struct {
	*Image
	r     *web.Request
	image *image
	at    func() time.Time
}

// begin marks the image as being written, and names the file.
func (in *intake) begin(status string) error {
	r := in.r
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(kind) != "application/octet-stream" {
		return unsupportedMedia(r)
	}
	if name := r.Header.Get("X-Image-Meta-Store"); name != "" && name != storeName && status == saving {
		return badRequest("Store for identifier %s not found", name)
	}
	id := r.PathValue("id")
	return r.Store.Update(r.Context(), func(tx *store.Tx) error {
		i, err := must(tx, r.Caller, id)
		if err != nil {
			return err
		}
		if !owns(r.Caller, i) {
			if status == saving {
				return forbidden("Not allowed to upload image data for image %s", id)
			}
			return notOwner()
		}
		if err := i.enter(status); err != nil {
			return err
		}
		i.reserve(in.at())
		in.image = i
		return store.Put(tx, *i)
	})
}

// reserve names the file that is going to be written.
func (i *image) reserve(at time.Time) {
	i.File, i.Writer, i.Staged = newFileName(), os.Getpid(), nil
	i.Updated = at
}

// enter goes from queued to a state in which data comes.
func (i *image) enter(status string) error {
	if i.Status != queued {
		return conflict("Image status transition from %s to %s is not allowed", i.Status, status)
	}
	if status == saving {
		if err := i.formatsSet(); err != nil {
			return err
		}
	}
	i.Status = status
	return nil
}

func (i *image) formatsSet() error {
	var missing []string
	if i.DiskFormat == nil || *i.DiskFormat == "" {
		missing = append(missing, "disk_format")
	}
	if i.ContainerFormat == nil || *i.ContainerFormat == "" {
		missing = append(missing, "container_format")
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return badRequest("Property %s must be set prior to saving data.", missing[0])
	}
	return badRequest("Properties %s must be set prior to saving data.", strings.Join(missing, ", "))
}

// take copies data into the image's file and finishes what begin began, or undoes it.
func (in *intake) take(data io.Reader, status string) error {
	r, i := in.r, in.image
	p := newProbe(i.DiskFormat, i.ContainerFormat)
	var look func([]byte)
	if p != nil {
		look = p.look
	}
	got, err := in.files.write(i.File, stoppable{data, in.closing}, look, in.options.MaxSize)
	if err == nil && r.ContentLength > 0 && data == io.Reader(r.Body) && got.Size != r.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	got.VirtualSize = p.virtualSize()
	if err != nil {
		if !in.undo() {
			return vanished(i.ID)
		}
		return uploadFault(err)
	}
	kept := false
	err = r.Store.Update(r.Context(), func(tx *store.Tx) error {
		now, err := store.Get[image](tx, i.ID)
		if isNotFound(err) || err == nil && (now.File != i.File || now.Status != status) {
			return nil // deleted meanwhile
		}
		if err != nil {
			return err
		}
		kept = true
		now.Updated, now.Writer = in.at(), 0
		if status == uploading {
			now.Size, now.Staged = &got.Size, &got
		} else {
			now.complete(got)
		}
		return store.Put(tx, now)
	})
	if err != nil {
		in.undo()
		return err
	}
	if !kept {
		in.files.remove(i.File)
		return vanished(i.ID)
	}
	return nil
}

// vanished is what becomes of an upload to an image that was deleted meanwhile.
func vanished(id string) *fault {
	return failf(http.StatusGone, "Image %s could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.", id)
}

// complete makes an image active with the data that came.
func (i *image) complete(got sums) {
	i.Status, i.Size, i.Checksum, i.HashValue = active, &got.Size, got.MD5, got.SHA512
	i.VirtualSize, i.Staged, i.Writer = nil, nil, 0
	if got.VirtualSize > 0 {
		i.VirtualSize = &got.VirtualSize
	}
}

// undo removes a file whose image does not get it and lets the upload be tried again. It says whether there still is
// an image that waits for it.
func (in *intake) undo() bool {
	i, ours := in.image, false
	_ = in.r.Store.Update(in.r.Context(), func(tx *store.Tx) error { // where it cannot be done, Sweep does it
		now, err := store.Get[image](tx, i.ID)
		if err != nil || now.File != i.File {
			return nil // it is gone: nothing to do
		}
		ours = true
		now.requeue()
		now.Updated = in.at()
		return store.Put(tx, now)
	})
	in.files.remove(i.File)
	return ours
}

func uploadFault(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return tooLarge("The incoming image is too large: %s", errTooLarge.Error())
	case errors.Is(err, syscall.ENOSPC):
		return tooLarge("Image storage media is full: There is not enough disk space on the image storage media.")
	case errors.Is(err, fs.ErrPermission):
		return failf(http.StatusServiceUnavailable, "Insufficient permissions on image storage media: Permission to write image storage media denied.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errStopped):
		return badRequest("The request's body ended before its time.")
	}
	return fmt.Errorf("image data: %w", err)
}

var errStopped = errors.New("the service stops")

// stoppable is a reader that ends when the service does.
type stoppable struct {
	io.Reader
	closing context.Context
}

func (s stoppable) Read(b []byte) (int, error) {
	if s.closing.Err() != nil {
		return 0, errStopped
	}
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.Join(io.ErrUnexpectedEOF, err)
	}
	return n, err
}

// drain reads a body nobody wants to its end, so that the client, who is still sending, gets to the answer. One that
// waits to be told to go on is not told.
func drain(r *web.Request) {
	if !strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// span is a part of an image's data.
type span struct{ from, length int64 }

var rangeForm = regexp.MustCompile(`(?i)^bytes *= *(\d*) *- *(\d*)`)

// readRange reads a Range header, nil when there is none.
func readRange(header string, size int64) (*span, error) {
	if header == "" {
		return nil, nil
	}
	if strings.Contains(header, ",") {
		return nil, badRequest("Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests instead.")
	}
	unusable := detailed(http.StatusRequestedRangeNotSatisfiable, "Invalid Range header.")
	m := rangeForm.FindStringSubmatch(header)
	if m == nil {
		return nil, unusable
	}
	first, err1 := strconv.ParseInt(m[1], 10, 64)
	last, err2 := strconv.ParseInt(m[2], 10, 64)
	switch {
	case m[1] == "" && err2 != nil, m[1] != "" && err1 != nil, m[2] != "" && err2 != nil:
		return nil, unusable
	case m[1] == "":
		first, last = max(0, size-last), size-1
	case m[2] == "":
		last = size - 1
	case first > last:
		return nil, unusable
	}
	if first >= size {
		return nil, detailed(http.StatusRequestedRangeNotSatisfiable,
			"Invalid start position in Range header. Start position MUST be in the inclusive range [0, %d].", size-1)
	}
	return &span{first, min(last, size-1) - first + 1}, nil
}

func (s *Image) download(r *web.Request) (*web.Response, error) {
	var i *image
	err := r.Store.View(r.Context(), func(tx *store.Tx) (err error) {
		i, err = must(tx, r.Caller, r.PathValue("id"))
		return err
	})
	if err != nil {
		return nil, err
	}
	if i.Status == deactivated && !r.Caller.Admin() {
		return nil, forbidden("The requested image has been deactivated. Image data download is forbidden.")
	}
	if !i.hasData() || i.Size == nil {
		return &web.Response{Status: http.StatusNoContent}, nil
	}
	if i.File == elsewhereFile {
		return nil, web.Errorf(http.StatusNotImplemented, "This is a copy of another cloud: it knows image %s, but not its data.", i.ID)
	}
	part, err := readRange(r.Header.Get("Range"), *i.Size)
	if err != nil {
		return nil, err
	}
	data, err := s.files.open(i.File)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return &web.Response{Status: http.StatusNoContent}, nil // deleted meanwhile
		}
		return nil, err
	}
	resp := &web.Response{Status: http.StatusOK, ContentType: "application/octet-stream", Length: *i.Size}
	resp.With("Content-MD5", i.Checksum)
	if part != nil {
		resp.Status, resp.Length = http.StatusPartialContent, part.length
		resp.With("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.from+part.length-1, *i.Size))
		if _, err := data.Seek(part.from, io.SeekStart); err != nil {
			return nil, errors.Join(err, data.Close())
		}
	}
	resp.Send = func(w http.ResponseWriter) error {
		_, err := io.CopyN(w, data, resp.Length)
		return errors.Join(err, data.Close())
	}
	return resp, nil
}

// Sweep removes files that no image names, and lets uploads that died with their process be tried again. It is safe
// while other processes work on the same state.
func (s *Image) Sweep(ctx context.Context, db *store.Store) error {
	// First the files, then the images: a file that is made in between belongs to an image that is not looked at, but
	// then it is not in the list either.
	names, err := s.files.names()
	if err != nil {
		return err
	}
	var used []string
	dead := false
	err = db.View(ctx, func(tx *store.Tx) error {
		for i, err := range store.Each[image](tx) {
			if err != nil {
				return err
			}
			used = append(used, i.File)
			dead = dead || s.abandoned(&i)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if dead {
		err = db.Update(ctx, func(tx *store.Tx) error {
			all, err := store.List[image](tx, store.By("written", "now"))
			if err != nil {
				return err
			}
			for _, i := range all {
				if !s.abandoned(&i) {
					continue
				}
				used = slices.DeleteFunc(used, func(name string) bool { return name == i.File })
				i.requeue()
				if err := store.Put(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, name := range names {
		if name = strings.TrimSuffix(name, partial); !slices.Contains(used, name) {
			s.files.remove(name)
		}
	}
	return nil
}

// abandoned says whether an image waits for data from a process that is no more.
func (s *Image) abandoned(i *image) bool {
	return i.Writer != 0 && i.Writer != os.Getpid() && !alive(i.Writer)
}
