package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// attempts is how often a download that gets on is taken up again by itself.
const attempts = 5

type downloading struct {
	one
	File      string           `lua:"file,required" json:"-" doc:"File to write."`
	Resume    schema.Opt[bool] `lua:"resume" json:"-" default:"true" doc:"Go on where an earlier try ended; false begins anew."`
	Overwrite bool             `lua:"overwrite" json:"-" default:"false" doc:"Replace the file when it is there."`
	Progress  schema.Opt[bool] `lua:"progress" json:"-" default:"true" doc:"Show how far it is."`
}

func (m module) download(ctx context.Context, in downloading) (map[string]any, error) {
	const op = "images.download"
	if err := m.filesAllowed(op); err != nil {
		return nil, err
	}
	path := rest.Home(filepath.Clean(in.File))
	if st, err := os.Stat(files.Of(ctx).Read(path)); err == nil {
		switch {
		case st.IsDir():
			return nil, refuse(op, "file", "%s is a folder", in.File).WithHint("name a file in it")
		case !in.Overwrite:
			return nil, refuse(op, "file", "%s is there already", in.File).WithHint("overwrite = true replaces it")
		}
	}
	obj, err := m.Get(ctx, op, in.Image)
	if err != nil {
		return nil, err
	}
	place, err := files.Of(ctx).Write(path, false)
	if err != nil {
		return nil, fileError(op, path, err)
	}
	d, err := m.downloadOf(op, obj, path, place)
	if err != nil {
		return nil, err
	}
	return d.run(ctx, in)
}

// download is one download. What came so far is in part, whose name tells which image it is of.
type download struct {
	m          module
	op         string
	ref        schema.Ref
	path, part string // as the script knows it; where what came so far is
	place      string // where the file is put
	size       int64  // -1 when the service does not say
	algorithm  string // "" when there is nothing to compare with
	want       string
}

func (m module) downloadOf(op string, obj schema.Object, path, place string) (*download, error) {
	d := &download{m: m, op: op, ref: rest.RefOf(obj), path: path, place: place, size: -1}
	if status := rest.Text(obj, "status"); status == "queued" || status == "saving" || status == "importing" || status == "uploading" {
		e := errs.New(errs.Conflict, "%s has no data yet: it is %s", m.Describe(d.ref), status).WithHint("images.wait(image) waits until it is there")
		e.Op = op
		return nil, e
	}
	if raw, ok := rawjson.Get(obj.JSON, "size"); ok {
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			d.size = n
		}
	}
	d.algorithm, d.want = rest.Text(obj, "os_hash_algo"), rest.Text(obj, "os_hash_value")
	if newHash(d.algorithm) == nil || d.want == "" {
		d.algorithm, d.want = "md5", rest.Text(obj, "checksum")
	}
	if d.want == "" {
		d.algorithm = ""
	}
	d.part = fmt.Sprintf("%s.%.8s.part", place, d.ref.ID)
	return d, nil
}

func (d *download) run(ctx context.Context, in downloading) (map[string]any, error) {
	flags := os.O_RDWR | os.O_CREATE
	if !in.Resume.Or(true) {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(d.part, flags, 0o644)
	if err != nil {
		return nil, d.trouble(err, 0)
	}
	defer f.Close()
	if is, err := f.Stat(); err != nil || !is.Mode().IsRegular() {
		return nil, refuse(d.op, "file", "%s is no ordinary file", d.part).WithHint("remove it, or take another name")
	}
	st := newStream(nil, -1, nil, d.algorithm)
	defer func() { st.finish() }()
	// What is there already has to be hashed too.
	had, err := io.Copy(st, readerContext{ctx, f})
	if err != nil {
		return nil, d.trouble(err, had)
	}
	if d.size >= 0 && had > d.size {
		if st, had, err = d.anew(f, st); err != nil {
			return nil, err
		}
	}
	moved, done := d.m.progress("downloading "+d.ref.String(), d.size, in.Progress)()
	defer done()
	moved(had)
	got := had
	for try := 1; d.size < 0 || got < d.size; try++ {
		n, err := d.fetch(ctx, got, io.MultiWriter(f, st, counter(moved)))
		got += n
		if err == nil {
			break
		}
		var service *cloud.ServiceError
		if got > 0 && n == 0 && errors.As(err, &service) && (service.Status == http.StatusOK || service.Status == http.StatusRequestedRangeNotSatisfiable) {
			// The service sends images only whole, or the image is shorter than what is here.
			if st, got, err = d.anew(f, st); err != nil {
				return nil, err
			}
			had = 0
			continue
		}
		if errs.CodeOf(err) != errs.Unavailable || n == 0 || try >= attempts || ctx.Err() != nil {
			return nil, d.trouble(err, got)
		}
		if err := d.m.Client().Clock.Sleep(ctx, time.Second); err != nil {
			return nil, d.trouble(err, got)
		}
	}
	st.finish()
	return d.complete(f, st, got, had)
}

// anew throws away what came.
func (d *download) anew(f *os.File, st *stream) (*stream, int64, error) {
	st.finish()
	err := f.Truncate(0)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return st, 0, d.trouble(err, 0)
	}
	return newStream(nil, -1, nil, d.algorithm), 0, nil
}

// fetch gets the data from a place on, and gives how much came.
func (d *download) fetch(ctx context.Context, from int64, to io.Writer) (int64, error) {
	var n counted
	r := cloud.Request{
		Service: d.m.Service, Path: d.m.PathOf(d.ref, "file"), Op: d.op, Resource: d.m.Describe(d.ref),
		Sink: io.MultiWriter(to, &n), OK: []int{http.StatusOK},
		Header: http.Header{"Accept": {"*/*"}, "Accept-Encoding": {"identity"}},
	}
	if from > 0 {
		r.Header.Set("Range", "bytes="+itoa(from)+"-")
		r.OK = []int{http.StatusPartialContent}
	}
	_, err := d.m.Client().Do(ctx, r)
	return int64(n), err
}

// complete compares the hash and puts the file in its place.
func (d *download) complete(f *os.File, st *stream, got, had int64) (map[string]any, error) {
	if have := st.sum(d.algorithm); d.algorithm != "" && have != d.want {
		f.Close()
		os.Remove(d.part) //nolint:errcheck // it is worth nothing, and the next try finds out by itself
		e := errs.New(errs.ResourceError, "what came is not %s: its %s is %s, not %s", d.m.Describe(d.ref), d.algorithm, have, d.want).
			WithHint("what was downloaded was thrown away: try again")
		e.Op, e.Resource = d.op, d.m.Describe(d.ref)
		return nil, e
	}
	err := f.Close()
	if err == nil {
		err = os.Rename(d.part, d.place)
	}
	if err != nil {
		return nil, d.trouble(err, got)
	}
	out := map[string]any{"file": d.path, "size": got}
	if d.algorithm != "" {
		out["verified"] = d.algorithm
	}
	if had > 0 {
		out["resumed_at"] = had
	}
	return out, nil
}

// trouble says what went wrong and what became of what came so far.
func (d *download) trouble(err error, got int64) error {
	e := &errs.Error{Code: errs.Runtime, Message: "what was downloaded cannot be written: " + reason(err), Cause: err}
	var ours *errs.Error
	if errors.As(err, &ours) {
		c := *ours
		e = &c
	} else if errors.Is(err, context.Canceled) {
		e.Code, e.Message = errs.Cancelled, "cancelled"
	} else if errors.Is(err, fs.ErrNotExist) {
		e.Code, e.Message = errs.BadArgument, "there is no folder "+filepath.Dir(d.path)
	}
	e.Op, e.Resource = d.op, d.m.Describe(d.ref)
	if got > 0 {
		e.Hint = fmt.Sprintf("%d bytes are kept in %s: the same call goes on from there", got, d.part)
		if e.Code == errs.Runtime {
			e.Hint = "free some space, and do the same again: " + e.Hint
		}
	} else if st, serr := os.Stat(d.part); serr == nil && st.Size() == 0 {
		os.Remove(d.part) //nolint:errcheck // an empty file is no loss either way
	}
	return e
}

// counter tells of each write, counted adds them up.
type counter func(int64)

func (c counter) Write(p []byte) (int, error) { c(int64(len(p))); return len(p), nil }

type counted int64

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }

// readerContext stops reading when the context ends.
type readerContext struct {
	ctx context.Context
	r   io.Reader
}

func (r readerContext) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// hashFile gives the hash of a file.
func hashFile(ctx context.Context, op, path, algorithm string) (string, error) {
	f, _, err := openFile(ctx, op, path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	st := newStream(nil, -1, nil, algorithm)
	defer st.finish()
	if _, err := io.Copy(st, readerContext{ctx, f}); err != nil {
		return "", fileError(op, path, err)
	}
	st.finish()
	return st.sum(algorithm), nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads a size, -1 for none.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
