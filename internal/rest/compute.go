package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

// The microversions the compute service is asked for. A service that has only older ones says so once, with 406; then
// its own newest is used. Each is the newest whose answers and options the modules know.
const (
	// computeVersion: 2.93 has tags, descriptions, locks, the flavor's own members, hostnames, and rebuilding of servers
	// on volumes.
	computeVersion = "2.93"
	// flavorVersion: with 2.75 a flavor has a description and its extra specs.
	flavorVersion = "2.75"
	// keypairVersion: with 2.35 there are types and pages. From 2.92 on the service generates no keys any more.
	keypairVersion = "2.35"
)

// nameStyle is how a service finds a resource by its name.
type nameStyle int

const (
	byFilter  nameStyle = iota // it filters by the exact name
	byPattern                  // its filter is a regular expression
	byList                     // it has no filter: all are listed, and an ID may look like a name ("42")
	isID                       // the name is the ID
)

// computeKind gives the kinds of the compute service.
func computeKind(name string) (Kind, bool) {
	k := Kind{Name: name, Service: cloud.Compute, Microversion: computeVersion}
	switch name {
	case "server":
		k.Path, k.Key, k.Plural, k.Module = "servers", "server", "servers", "servers"
		k.Detail, k.Names = "servers/detail", byPattern
	case "flavor":
		k.Path, k.Key, k.Plural, k.Module = "flavors", "flavor", "flavors", "flavors"
		k.Detail, k.Names, k.Microversion = "flavors/detail", byList, flavorVersion
	case "keypair":
		k.Path, k.Key, k.Plural, k.Module = "os-keypairs", "keypair", "keypairs", "keypairs"
		k.Names, k.Microversion = isID, keypairVersion
	case "server_group":
		k.Path, k.Key, k.Plural, k.Module = "os-server-groups", "server_group", "server_groups", "server_groups"
		k.Names = byList
	default:
		return Kind{}, false
	}
	return k, true
}

// whole is where the resources are listed with all their members.
func (k Kind) whole() string {
	if k.Detail != "" {
		return k.Detail
	}
	return k.Path
}

// known fills in the ID of a resource whose name is its ID.
func (k Kind) known(ref schema.Ref) schema.Ref {
	if k.Names == isID && ref.Text != "" && !ref.Null {
		ref.ID = ref.Text
	}
	return ref
}

// nameQuery is the query that lists those of a name, and perhaps some others.
func (k Kind) nameQuery(name string, q url.Values) url.Values {
	query := url.Values{}
	for key, values := range q {
		query[key] = values
	}
	switch k.Names {
	case byPattern:
		query.Set("name", "^"+regexp.QuoteMeta(name)+"$")
	case byList:
		if k.Name == "flavor" {
			query.Set("is_public", "None") // administrators mean private ones too; others may say so
		}
	default:
		query.Set(k.called(), name)
	}
	return query
}

// tidyObject gives a keypair its name as ID, as the other resources have one: the service's own is a number that it
// takes nowhere, and lists leave it out.
func (c *Collection) tidyObject(obj schema.Object) schema.Object {
	if c.Names != isID {
		return obj
	}
	name, ok := field(obj, "name")
	if !ok {
		return obj
	}
	if tidy, err := withMember(obj, "id", name); err == nil {
		return tidy
	}
	return obj
}

// tidyPage takes the rows of a page out of the objects that each is wrapped in, where they are.
func (c *Collection) tidyPage(page json.RawMessage) (json.RawMessage, error) {
	if c.Names != isID {
		return page, nil
	}
	var doc map[string]json.RawMessage
	var wrapped []map[string]json.RawMessage
	if json.Unmarshal(page, &doc) != nil || json.Unmarshal(doc[c.Plural], &wrapped) != nil {
		return page, nil // what reads it says what it is not
	}
	rows := make([]json.RawMessage, len(wrapped))
	for i, w := range wrapped {
		obj := c.tidyObject(schema.Object{JSON: w[c.Key]})
		rows[i] = obj.JSON
	}
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	doc[c.Plural] = list
	return json.Marshal(doc)
}

// negotiate sends a request that asks for a microversion, and once more, at the service's newest, when that is older.
// build makes the request for the version it will be sent at. The service did nothing when it answered 406, so nothing
// is done twice.
func (c *Client) negotiate(ctx context.Context, service, want string, build func(version string) (cloud.Request, error)) (*cloud.Response, error) {
	for again := false; ; again = true {
		r, err := build(c.Version(service, want))
		if err != nil {
			return nil, err
		}
		res, err := c.Conn.Do(ctx, r)
		e := asError(err)
		if e == nil || e.Status != http.StatusNotAcceptable || r.Microversion == "" || again {
			return res, err
		}
		m := newestVersion.FindStringSubmatch(e.Message)
		if m == nil {
			return nil, err
		}
		c.mu.Lock()
		c.newest[service] = m[1]
		c.mu.Unlock()
	}
}

var newestVersion = regexp.MustCompile(`maximum is (\d+\.\d+)`)

// Version gives the microversion a request for want is sent at: want, or the service's newest as far as it is known to
// be older.
func (c *Client) Version(service, want string) string {
	c.mu.Lock()
	newest, known := c.newest[service]
	c.mu.Unlock()
	if known && Older(newest, want) {
		return newest
	}
	return want
}

// Older reports whether microversion a comes before b.
func Older(a, b string) bool {
	number := func(v string) int {
		major, minor, _ := strings.Cut(v, ".")
		x, _ := strconv.Atoi(major)
		y, _ := strconv.Atoi(minor)
		return x*100000 + y
	}
	return a != "" && number(a) < number(b)
}

// Versioned sends a request about the collection that differs between microversions: build makes it for the one it will
// be sent at, which is want or the service's newest before it. "" is the collection's own.
func (c *Collection) Versioned(ctx context.Context, want string, build func(version string) (cloud.Request, error)) (*cloud.Response, error) {
	if want == "" {
		want = c.Microversion
	}
	var last cloud.Request
	res, err := c.client.negotiate(ctx, c.Service, want, func(version string) (cloud.Request, error) {
		r, err := build(version)
		r.Service, r.Microversion = c.Service, version
		last = r
		return r, err
	})
	if err != nil {
		return nil, advise(last, err)
	}
	return res, nil
}

// Send sends a request about a resource, to a path below its own.
func (c *Collection) Send(ctx context.Context, op, method string, ref schema.Ref, body any, below ...string) (*cloud.Response, error) {
	return c.client.Do(ctx, cloud.Request{
		Service: c.Service, Method: method, Path: c.path(ref.ID, below...), Body: body, Op: op, Resource: c.Describe(ref),
		Microversion: c.Microversion,
	})
}

// ListAt is List from another path than the collection's own.
func (c *Collection) ListAt(ctx context.Context, op, path string, q url.Values) (schema.List, error) {
	return c.listAt(ctx, op, path, q)
}

// EachAt is Each from another path than the collection's own.
func (c *Collection) EachAt(op, path string, q url.Values) schema.Iter {
	return schema.Iter{Kind: c.Name, Key: c.Plural, Next: c.pager(op, path, q).next}
}

// Object wraps the body of an answer about one resource.
func (c *Collection) Object(body []byte) schema.Object { return c.object(body) }

// WithMember gives an object with one member replaced, or added.
func WithMember(obj schema.Object, member string, value any) (schema.Object, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return obj, err
	}
	return withMember(obj, member, raw)
}

// Member decodes a member of an object into v; false when it has none, or one of another type.
func Member(obj schema.Object, member string, v any) bool {
	raw, ok := field(obj, member)
	return ok && json.Unmarshal(raw, v) == nil
}

// computeHints say what to do next, by words of the compute service's sentence.
var computeHints = []struct{ says, do string }{
	{"Flavor's disk is too small for requested image",
		"the image unpacks to more than the flavor's disk: take a flavor with a larger disk; flavors.list{ min_disk = ... } shows them"},
	{"Flavor's disk is smaller than the minimum size",
		"the image asks for a larger disk (min_disk): take another flavor; flavors.list{ min_disk = ... } shows them"},
	{"Flavor's memory is too small",
		"the image asks for more memory (min_ram): take another flavor; flavors.list{ min_ram = ... } shows them"},
	{"Invalid key_name provided",
		"keypairs.list{} shows the keys there are; keypairs.create{ name = ..., public_key_file = ... } brings yours"},
	{"Multiple possible networks found",
		"there are several networks: say which, with network = ..."},
	{"Unable to automatically allocate a network",
		"the project has no network of its own: make one, or say network = ... or networks = \"none\""},
	{"is not allowed to boot on external network",
		"servers go on a network of the project's own; a floating IP makes them reachable: server:add_floating_ip(...)"},
	{"It is not allowed to create an interface on external network",
		"servers go on a network of the project's own; a floating IP makes them reachable: server:add_floating_ip(...)"},
	{"requires a subnet in order to boot instances",
		"the network has no addresses to give: subnets.create{ network = ..., cidr = ... } first"},
	{"Quota exceeded",
		"the project has as much as it may: delete servers that are not needed, or ask an administrator for more"},
	{"while it is in vm_state",
		"look at its status: another state has to come first (servers.wait(server), server:start(), server:stop())"},
	{"while it is in task_state",
		"the service is busy with it: wait until that is done (servers.wait(server)), then ask again"},
	{"is locked",
		"server:unlock() opens it"},
	{"No valid host was found",
		"no host has room for this flavor, or none fits the availability zone or the hints: take a smaller flavor, or ask the cloud's operator"},
	{"Additional properties are not allowed",
		"this cloud's compute service is too old for that option"},
	{"The requested availability zone is not available",
		"leave availability_zone out to take any"},
	{"is not active",
		"the image is still being uploaded, or its upload failed: images.get(image).status tells"},
	{"The key pair",
		"keypairs.delete(name) removes it; keypairs.ensure{...} takes it as it is"},
	{"Key pair", "keypairs.delete(name) removes it; keypairs.ensure{...} takes it as it is"},
	{"not found for user",
		"keypairs.list{} shows the keys there are"},
	{"Unavailable console type",
		"this cloud has no such console: try another type, or server:console_log()"},
}

// adviseCompute adds to an error of the compute service what to do next.
func adviseCompute(r cloud.Request, e *errs.Error, err error) error {
	if e.Status == http.StatusForbidden && strings.Contains(e.Message, "doesn't allow") {
		return e.WithHint("it belongs to another project, or only an administrator may do this: auth.whoami() shows who you are")
	}
	if do := ComputeHint(e.Message); do != "" {
		return e.WithHint("%s", do)
	}
	return err
}

// ComputeHint says what to do about a sentence of the compute service, "" when it is not known: an error's message, or a
// server's fault.
func ComputeHint(sentence string) string {
	for _, h := range computeHints {
		if strings.Contains(sentence, h.says) {
			return h.do
		}
	}
	return ""
}
