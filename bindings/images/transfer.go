package images

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Progress is told of a transfer that begins, and gives what to tell of each part that has passed and of its end. total
// is -1 when nobody knows the size. moved and done may be called on other goroutines than it was.
type Progress = func(what string, total int64) (moved func(n int64), done func())

// patience is how long cleaning up after a failed transfer may take.
const patience = 15 * time.Second

// newHash gives the hash the image service names, nil for one that is not known here.
func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "sha384":
		return sha512.New384()
	case "sha512":
		return sha512.New()
	}
	return nil
}

// blockSize is how much is read and hashed at a time.
const blockSize = 256 << 10

// stream reads from a source and hashes on the side what passes, each hash on a goroutine of its own: sending need not
// wait for them. Its memory is a few blocks, whatever passes.
type stream struct {
	src   io.Reader
	want  int64 // bytes there have to be, -1 when unknown
	moved func(int64)

	n      int64
	cur    *block // being filled
	feeds  []chan *block
	wg     sync.WaitGroup
	once   sync.Once
	hashes map[string]hash.Hash
	blocks chan *block // those that are free
}

// block is bytes on their way to the hashes; the last one to use it gives it back.
type block struct {
	mu    sync.Mutex
	users int
	data  []byte
}

func newStream(src io.Reader, want int64, moved func(int64), algorithms ...string) *stream {
	const depth = 4
	s := &stream{src: src, want: want, moved: moved, hashes: map[string]hash.Hash{}, blocks: make(chan *block, depth)}
	for range depth {
		s.blocks <- &block{data: make([]byte, 0, blockSize)}
	}
	for _, a := range algorithms {
		h := newHash(a)
		if h == nil || s.hashes[a] != nil {
			continue
		}
		s.hashes[a] = h
		feed := make(chan *block, depth)
		s.feeds = append(s.feeds, feed)
		s.wg.Go(func() {
			for b := range feed {
				h.Write(b.data)
				s.release(b)
			}
		})
	}
	return s
}

func (s *stream) release(b *block) {
	b.mu.Lock()
	b.users--
	last := b.users == 0
	b.mu.Unlock()
	if last {
		s.blocks <- b
	}
}

// Read passes bytes on. A source that ends too early or too late was changed while it was read.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.src.Read(p)
	s.pass(p[:n])
	s.n += int64(n)
	switch {
	case s.want >= 0 && s.n > s.want:
		return n, errors.New("it grew while it was read")
	case errors.Is(err, io.EOF) && s.want >= 0 && s.n < s.want:
		return n, fmt.Errorf("it ended after %d of %d bytes", s.n, s.want)
	}
	return n, err
}

// Write passes bytes on that were read elsewhere.
func (s *stream) Write(p []byte) (int, error) {
	s.pass(p)
	s.n += int64(len(p))
	return len(p), nil
}

func (s *stream) pass(p []byte) {
	if len(p) > 0 && s.moved != nil {
		s.moved(int64(len(p)))
	}
	if len(s.feeds) == 0 {
		return
	}
	for len(p) > 0 {
		if s.cur == nil {
			s.cur = <-s.blocks
			s.cur.data = s.cur.data[:0]
		}
		n := min(len(p), cap(s.cur.data)-len(s.cur.data))
		s.cur.data = append(s.cur.data, p[:n]...)
		p = p[n:]
		if len(s.cur.data) == cap(s.cur.data) {
			s.feed()
		}
	}
}

// feed gives the block that was filled to the hashes.
func (s *stream) feed() {
	b := s.cur
	if b == nil {
		return
	}
	s.cur = nil
	b.users = len(s.feeds)
	for _, feed := range s.feeds {
		feed <- b
	}
}

// finish waits for the hashes.
func (s *stream) finish() {
	s.once.Do(func() {
		s.feed()
		for _, feed := range s.feeds {
			close(feed)
		}
		s.wg.Wait()
	})
}

// sum is a hash in hex, "" for one that was not asked for. It is right after finish.
func (s *stream) sum(algorithm string) string {
	h := s.hashes[algorithm]
	if h == nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// source is what is uploaded: a file, or what an address answers.
type source struct {
	name string
	size int64                                  // -1 when unknown
	near bool                                   // reading it once more costs little
	open func() (io.ReadCloser, error)          // from the beginning; called for each attempt
	last *body                                  // of the last attempt
	mu   sync.Mutex                             // of last
	prog func() (moved func(int64), fin func()) // tells of the transfer
}

// usual is the hash an image service keeps unless it is set up otherwise.
const usual = "sha512"

// upload is the body of the request. Each attempt reads and hashes from the beginning. A hash costs a third of what the
// service itself needs for the bytes, so only the usual one is computed of what can be read again for another.
func (s *source) upload() *cloud.Upload {
	return &cloud.Upload{Size: s.size, Open: func() (io.ReadCloser, error) {
		r, err := s.open()
		if err != nil {
			return nil, err
		}
		moved, done := s.prog()
		algorithms := []string{usual}
		if !s.near {
			algorithms = append(algorithms, "md5")
		}
		st := newStream(r, s.size, moved, algorithms...)
		b := &body{stream: st, src: r, done: done}
		s.mu.Lock()
		s.last = b
		s.mu.Unlock()
		return b, nil
	}}
}

// sent gives what was read for the attempt that succeeded.
func (s *source) sent() *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return nil
	}
	// A service that answered early may have left the transport reading.
	_ = s.last.Close()
	return s.last.stream
}

// body is one attempt's body. The transport may close it while it still reads.
type body struct {
	*stream
	src  io.Closer
	done func()
	once sync.Once

	mu     sync.Mutex
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, os.ErrClosed
	}
	return b.stream.Read(p)
}

func (b *body) Close() (err error) {
	b.once.Do(func() {
		err = b.src.Close() // wakes who waits in Read
		b.mu.Lock()
		defer b.mu.Unlock()
		b.closed = true
		b.finish()
		b.done()
	})
	return err
}

// fromFile is a file as a source. It is looked at before: its format is what the bytes say.
func (m module) fromFile(ctx context.Context, op, path string) (*source, found, error) {
	if err := m.filesAllowed(op); err != nil {
		return nil, found{}, err
	}
	is, size, err := inspectFile(ctx, op, path)
	if err != nil {
		return nil, found{}, err
	}
	return &source{name: path, size: size, near: true, open: func() (io.ReadCloser, error) {
		f, _, err := openFile(ctx, op, path)
		return f, err
	}}, is, nil
}

// filesAllowed refuses files to scripts that run without them.
func (m module) filesAllowed(op string) error {
	if !m.o.Sandbox {
		return nil
	}
	e := errs.New(errs.Forbidden, "scripts reach no files here").WithHint("the program that runs the script keeps it from the machine's files")
	e.Op = op
	return e
}

// progress prepares telling of a transfer.
func (m module) progress(what string, total int64, wanted schema.Opt[bool]) func() (func(int64), func()) {
	return func() (func(int64), func()) {
		if m.o.Progress == nil || !wanted.Or(true) {
			return func(int64) {}, func() {}
		}
		return m.o.Progress(what, total)
	}
}

// send puts the source's bytes into an image that has none yet, or into the staging area.
func (m module) send(ctx context.Context, op string, ref schema.Ref, below string, src *source) error {
	_, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: http.MethodPut, Path: m.PathOf(ref, below), Upload: src.upload(), Op: op, Resource: m.Describe(ref),
	})
	src.sent()
	return err
}

// verify compares what the service stored with what was sent: by the hash it names, or by its md5.
func (m module) verify(op string, obj schema.Object, src *source) error {
	sent := src.sent()
	if sent == nil {
		return nil
	}
	algorithm, want := rest.Text(obj, "os_hash_algo"), rest.Text(obj, "os_hash_value")
	if want == "" || newHash(algorithm) == nil || !src.near && sent.sum(algorithm) == "" {
		algorithm, want = "md5", rest.Text(obj, "checksum")
	}
	if want == "" {
		return nil
	}
	have := sent.sum(algorithm)
	if have == "" && src.near {
		var err error
		if have, err = src.again(algorithm); err != nil {
			return err
		}
	}
	if have == want || have == "" {
		return nil
	}
	e := errs.New(errs.ResourceError, "what the service stored is not what was sent: its %s is %s, that of %s is %s", algorithm, want, src.name, have)
	e.Op, e.Resource = op, m.Describe(rest.RefOf(obj))
	return e
}

// again reads the source for a hash that was not computed while it was sent.
func (s *source) again(algorithm string) (string, error) {
	r, err := s.open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	h := newHash(algorithm)
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// cleanUp deletes an image whose data did not arrive, even when the run was interrupted, and says in the error what
// became of it.
func (m module) cleanUp(ctx context.Context, op string, ref schema.Ref, protected bool, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	var err error
	if protected {
		_, err = m.patch(ctx, op, ref, []edit{{"add", "/protected", false}})
	}
	if err == nil {
		_, err = m.Delete(ctx, op, ref, true)
	}
	var e *errs.Error
	if !errors.As(cause, &e) {
		return cause
	}
	c := *e
	switch {
	case err != nil:
		c.Hint = fmt.Sprintf("the half image is still there: images.delete(%q) removes it", ref.ID)
	case c.Code == errs.Unavailable || c.Code == errs.Timeout:
		c.Hint = "the half image was removed: try again"
	case c.Hint == "":
		c.Hint = "the half image was removed"
	default:
		c.Hint += "; the half image was removed"
	}
	return &c
}
