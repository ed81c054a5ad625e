package simulator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Model is what a cloud has at first beside what DevStack leaves. Everything goes in through the services' own API, so
// they check it as they check any client. What is there already by its name is left as it is: the same model can be
// given again and again, and one that grew adds what is new.
type Model struct {
	Projects []ModelProject `json:"projects,omitempty"`
	Users    []ModelUser    `json:"users,omitempty"`
	Networks []ModelNetwork `json:"networks,omitempty"`
	Routers  []ModelRouter  `json:"routers,omitempty"`
	Flavors  []ModelFlavor  `json:"flavors,omitempty"`
	Images   []ModelImage   `json:"images,omitempty"`
}

// ModelProject is a project in domain Default.
type ModelProject struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// ModelUser is a user in domain Default with roles in a project.
type ModelUser struct {
	Name     string   `json:"name"`
	Password string   `json:"password,omitempty"` // "secret" when left out
	Project  string   `json:"project,omitempty"`  // by name; "demo" when left out
	Roles    []string `json:"roles,omitempty"`    // by name; member when left out
}

// ModelNetwork is a network with its subnets.
type ModelNetwork struct {
	Name        string        `json:"name"`
	Project     string        `json:"project,omitempty"` // by name; "demo" when left out
	Description string        `json:"description,omitempty"`
	Shared      bool          `json:"shared,omitempty"`
	External    bool          `json:"external,omitempty"`
	MTU         int           `json:"mtu,omitempty"`
	Subnets     []ModelSubnet `json:"subnets,omitempty"`
}

// ModelSubnet is a subnet.
type ModelSubnet struct {
	Name            string      `json:"name"`
	CIDR            string      `json:"cidr"`
	GatewayIP       string      `json:"gateway_ip,omitempty"` // the first address when left out, "none" for none
	DHCP            *bool       `json:"enable_dhcp,omitempty"`
	DNSNameservers  []string    `json:"dns_nameservers,omitempty"`
	AllocationPools []ModelPool `json:"allocation_pools,omitempty"`
}

// ModelPool is a range of addresses.
type ModelPool struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// ModelRouter is a router with a gateway and interfaces.
type ModelRouter struct {
	Name            string   `json:"name"`
	Project         string   `json:"project,omitempty"` // by name; "demo" when left out
	ExternalNetwork string   `json:"external_network,omitempty"`
	Subnets         []string `json:"subnets,omitempty"` // by name
}

// ModelFlavor is a public flavor.
type ModelFlavor struct {
	Name       string            `json:"name"`
	ID         string            `json:"id,omitempty"`
	RAM        int               `json:"ram"` // MB
	VCPUs      int               `json:"vcpus"`
	Disk       int               `json:"disk"` // GB
	ExtraSpecs map[string]string `json:"extra_specs,omitempty"`
}

// ModelImage is a public image.
type ModelImage struct {
	Name        string            `json:"name"`
	DiskFormat  string            `json:"disk_format,omitempty"`  // qcow2 when left out
	File        string            `json:"file,omitempty"`         // its data, relative to the model's file; made up when left out
	VirtualSize int64             `json:"virtual_size,omitempty"` // bytes, of a qcow2 image that is made up; 1 GiB when left out
	MinDisk     int               `json:"min_disk,omitempty"`     // GB
	MinRAM      int               `json:"min_ram,omitempty"`      // MB
	Properties  map[string]string `json:"properties,omitempty"`
}

// ReadModel reads a model from a JSON file. Its error names the place in the file.
func ReadModel(path string) (*Model, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model %s: %s", path, reason(err))
	}
	m := &Model{}
	if err := decodeModel(raw, m); err != nil {
		return nil, fmt.Errorf("model %s: %w", path, err)
	}
	for i, o := range m.Images {
		if o.File != "" && !filepath.IsAbs(o.File) {
			if m.Images[i].File, err = filepath.Abs(filepath.Join(filepath.Dir(path), o.File)); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// decodeModel reads JSON and says where in it something is wrong.
func decodeModel(raw []byte, m *Model) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil && d.More() {
		err = errors.New("there is more after the end of the object")
	}
	if err != nil {
		at := d.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = syntax.Offset
		}
		return fmt.Errorf("line %d: %w", 1+bytes.Count(raw[:min(at, int64(len(raw)))], []byte("\n")), err)
	}
	if err := fits(v, reflect.TypeFor[Model](), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, m); err != nil {
		return err
	}
	return m.check()
}

// fits looks whether a value is of a type's shape, and says where it is not.
func fits(v any, t reflect.Type, path string) error {
	refuse := func(want string) error {
		return fmt.Errorf("%s: want %s", cmp.Or(path, "the file"), want)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return fits(v, t.Elem(), path)
	case reflect.String:
		if _, ok := v.(string); !ok {
			return refuse("a text")
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			return refuse("true or false")
		}
	case reflect.Int, reflect.Int64:
		n, ok := v.(json.Number)
		if i, err := n.Int64(); !ok || err != nil || i < 0 {
			return refuse("a whole number")
		}
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return refuse("a list")
		}
		for i, item := range list {
			if err := fits(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		all, ok := v.(map[string]any)
		if !ok {
			return refuse("an object")
		}
		for key, item := range all {
			if err := fits(item, t.Elem(), path+"."+key); err != nil {
				return err
			}
		}
	case reflect.Struct:
		all, ok := v.(map[string]any)
		if !ok {
			return refuse("an object")
		}
		return fitsFields(all, t, path)
	}
	return nil
}

func fitsFields(all map[string]any, t reflect.Type, path string) error {
	fields := map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			fields[name] = f.Type
			names = append(names, name)
		}
	}
	for _, key := range sortedKeys(all) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		ft, ok := fields[key]
		if !ok {
			return fmt.Errorf("%s: there is no such field; there are %s", at, strings.Join(names, ", "))
		}
		if err := fits(all[key], ft, at); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// check finds what is missing or there twice.
func (m *Model) check() error {
	names := map[string]bool{}
	var bad error
	name := func(kind, name, path string) {
		switch {
		case bad != nil:
		case name == "":
			bad = fmt.Errorf("%s.name: it is missing", path)
		case names[kind+name]:
			bad = fmt.Errorf("%s.name: there are two %s named %q", path, kind, name)
		}
		names[kind+name] = true
	}
	for i, p := range m.Projects {
		name("projects", p.Name, fmt.Sprintf("projects[%d]", i))
	}
	for i, u := range m.Users {
		name("users", u.Name, fmt.Sprintf("users[%d]", i))
	}
	for i, n := range m.Networks {
		name("networks", n.Name, fmt.Sprintf("networks[%d]", i))
		for j, s := range n.Subnets {
			at := fmt.Sprintf("networks[%d].subnets[%d]", i, j)
			name("subnets", s.Name, at)
			if _, err := netip.ParsePrefix(s.CIDR); err != nil && bad == nil {
				bad = fmt.Errorf("%s.cidr: want an address range, as in 10.1.0.0/24, not %q", at, s.CIDR)
			}
		}
	}
	for i, r := range m.Routers {
		name("routers", r.Name, fmt.Sprintf("routers[%d]", i))
	}
	for i, f := range m.Flavors {
		name("flavors", f.Name, fmt.Sprintf("flavors[%d]", i))
	}
	for i, o := range m.Images {
		name("images", o.Name, fmt.Sprintf("images[%d]", i))
	}
	return bad
}

// ErrModel is a model that the services refuse.
var ErrModel = errors.New("model")

// modelVar keeps the model, so that a reset by another process has it too.
const modelVar = "model"

// modeller puts a model into a cloud.
type modeller struct {
	ctx     context.Context
	handler http.Handler
	model   *Model
	token   string
	ids     map[string]string // "project/demo" -> its ID
}

// furnish brings a model into the cloud.
func (s *Simulator) furnish(ctx context.Context, model *Model) error {
	m := &modeller{ctx: ctx, handler: s.server, model: model, ids: map[string]string{}}
	if err := m.login(); err != nil {
		return err
	}
	for _, step := range []func() error{m.projects, m.users, m.networks, m.routers, m.flavors, m.images} {
		if err := step(); err != nil {
			return fmt.Errorf("%w: %w", ErrModel, err)
		}
	}
	return nil
}

// call sends a request as the administrator and gives the answer's body.
func (m *modeller) call(method, path, contentType string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(m.ctx, method, InProcessURL+path, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.Header.Set("X-Auth-Token", m.token)
	r.RequestURI = path
	w := &answer{header: http.Header{}}
	m.handler.ServeHTTP(w, r)
	if t := w.header.Get("X-Subject-Token"); t != "" {
		m.token = t
	}
	if w.status >= 300 {
		return nil, fmt.Errorf("%s %s answers %d: %s", method, path, w.status, sentence(w.body.Bytes()))
	}
	return w.body.Bytes(), nil
}

// answer is an answer kept in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// sentence finds what an error's body says.
func sentence(body []byte) string {
	var v map[string]any
	if json.Unmarshal(body, &v) == nil {
		for _, inner := range v {
			if o, ok := inner.(map[string]any); ok {
				if text, ok := o["message"].(string); ok {
					return text
				}
			}
		}
	}
	return strings.Join(strings.Fields(string(body)), " ")
}

func (m *modeller) post(path, key string, o map[string]any) (id string, err error) {
	var in any = o
	if key != "" {
		in = map[string]any{key: o}
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	method := http.MethodPost
	if strings.HasSuffix(path, "/add_router_interface") {
		method = http.MethodPut
	}
	out, err := m.call(method, path, "application/json", bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	if key != "" {
		var wrapped map[string]struct{ ID string }
		err = json.Unmarshal(out, &wrapped)
		return wrapped[key].ID, err
	}
	var plain struct{ ID string }
	_ = json.Unmarshal(out, &plain) // some answers have no ID, and none is asked for then
	return plain.ID, nil
}

func (m *modeller) login() error {
	user := map[string]any{"name": "admin", "password": "secret", "domain": map[string]any{"id": "default"}}
	_, err := m.post("/identity/v3/auth/tokens", "auth", map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": user}},
		"scope":    map[string]any{"project": map[string]any{"name": "admin", "domain": map[string]any{"id": "default"}}},
	})
	if err != nil {
		return fmt.Errorf("model: the administrator's password is not the one it was at first: %w", err)
	}
	return nil
}

// collections are the paths of listings.
var collections = map[string]string{
	"project": "/identity/v3/projects", "user": "/identity/v3/users", "role": "/identity/v3/roles",
	"network": "/network/v2.0/networks", "subnet": "/network/v2.0/subnets", "router": "/network/v2.0/routers",
	"flavor": "/compute/v2.1/flavors", "image": "/image/v2/images",
}

// find gives the ID of what has a name, "" when nothing has.
func (m *modeller) find(kind, name string) (string, error) {
	if id := m.ids[kind+"/"+name]; id != "" {
		return id, nil
	}
	query := url.Values{"name": {name}}
	if kind == "flavor" {
		query = url.Values{"is_public": {"None"}}
	}
	raw, err := m.call(http.MethodGet, collections[kind]+"?"+query.Encode(), "", nil)
	if err != nil {
		return "", err
	}
	var all map[string]json.RawMessage
	var list []struct{ ID, Name string }
	if err := json.Unmarshal(raw, &all); err != nil {
		return "", err
	}
	if err := json.Unmarshal(all[kind+"s"], &list); err != nil {
		return "", err
	}
	for _, o := range list {
		if o.Name == name {
			m.ids[kind+"/"+name] = o.ID
			return o.ID, nil
		}
	}
	return "", nil
}

// named is find for what must be there.
func (m *modeller) named(kind, name, path string) (string, error) {
	id, err := m.find(kind, name)
	if err == nil && id == "" {
		err = fmt.Errorf("%s: there is no %s named %q", path, kind, name)
	}
	return id, err
}

// ensure makes what is not there by its name, and says whether it made it.
func (m *modeller) ensure(kind, name, path string, o map[string]any) (id string, made bool, err error) {
	if id, err = m.find(kind, name); err != nil || id != "" {
		return id, false, wrap(path, err)
	}
	key := kind
	if kind == "image" {
		key = ""
	}
	o["name"] = name
	if id, err = m.post(collections[kind], key, o); err != nil {
		return "", false, wrap(path, err)
	}
	m.ids[kind+"/"+name] = id
	return id, true, nil
}

func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (m *modeller) projects() error {
	for i, p := range m.model.Projects {
		if _, _, err := m.ensure("project", p.Name, fmt.Sprintf("projects[%d]", i), map[string]any{
			"domain_id": "default", "description": p.Description}); err != nil {
			return err
		}
	}
	return nil
}

func (m *modeller) users() error {
	for i, u := range m.model.Users {
		at := fmt.Sprintf("users[%d]", i)
		project, err := m.named("project", cmp.Or(u.Project, "demo"), at+".project")
		if err != nil {
			return err
		}
		id, _, err := m.ensure("user", u.Name, at, map[string]any{"domain_id": "default", "password": cmp.Or(u.Password, "secret")})
		if err != nil {
			return err
		}
		roles := u.Roles
		if len(roles) == 0 {
			roles = []string{"member"}
		}
		for j, name := range roles {
			role, err := m.named("role", name, fmt.Sprintf("%s.roles[%d]", at, j))
			if err != nil {
				return err
			}
			if _, err := m.call(http.MethodPut, "/identity/v3/projects/"+project+"/users/"+id+"/roles/"+role, "", nil); err != nil {
				return wrap(fmt.Sprintf("%s.roles[%d]", at, j), err)
			}
		}
	}
	return nil
}

func (m *modeller) networks() error {
	for i, n := range m.model.Networks {
		at := fmt.Sprintf("networks[%d]", i)
		project, err := m.named("project", cmp.Or(n.Project, "demo"), at+".project")
		if err != nil {
			return err
		}
		body := map[string]any{"project_id": project, "description": n.Description, "shared": n.Shared, "router:external": n.External}
		if n.MTU != 0 {
			body["mtu"] = n.MTU
		}
		id, _, err := m.ensure("network", n.Name, at, body)
		if err != nil {
			return err
		}
		for j, s := range n.Subnets {
			if _, _, err := m.ensure("subnet", s.Name, fmt.Sprintf("%s.subnets[%d]", at, j), s.body(id, project)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s ModelSubnet) body(network, project string) map[string]any {
	version := 4
	if p, err := netip.ParsePrefix(s.CIDR); err == nil && p.Addr().Is6() {
		version = 6
	}
	body := map[string]any{"network_id": network, "project_id": project, "cidr": s.CIDR, "ip_version": version}
	switch s.GatewayIP {
	case "":
	case "none":
		body["gateway_ip"] = nil
	default:
		body["gateway_ip"] = s.GatewayIP
	}
	if s.DHCP != nil {
		body["enable_dhcp"] = *s.DHCP
	}
	if s.DNSNameservers != nil {
		body["dns_nameservers"] = s.DNSNameservers
	}
	if s.AllocationPools != nil {
		body["allocation_pools"] = s.AllocationPools
	}
	return body
}

func (m *modeller) routers() error {
	for i, r := range m.model.Routers {
		at := fmt.Sprintf("routers[%d]", i)
		project, err := m.named("project", cmp.Or(r.Project, "demo"), at+".project")
		if err != nil {
			return err
		}
		body := map[string]any{"project_id": project}
		if r.ExternalNetwork != "" {
			network, err := m.named("network", r.ExternalNetwork, at+".external_network")
			if err != nil {
				return err
			}
			body["external_gateway_info"] = map[string]any{"network_id": network}
		}
		id, made, err := m.ensure("router", r.Name, at, body)
		if err != nil {
			return err
		}
		for j, name := range r.Subnets {
			subnet, err := m.named("subnet", name, fmt.Sprintf("%s.subnets[%d]", at, j))
			if err != nil {
				return err
			}
			if !made {
				continue
			}
			if _, err := m.post(collections["router"]+"/"+id+"/add_router_interface", "", map[string]any{"subnet_id": subnet}); err != nil {
				return wrap(fmt.Sprintf("%s.subnets[%d]", at, j), err)
			}
		}
	}
	return nil
}

func (m *modeller) flavors() error {
	for i, f := range m.model.Flavors {
		at := fmt.Sprintf("flavors[%d]", i)
		body := map[string]any{"ram": f.RAM, "vcpus": f.VCPUs, "disk": f.Disk}
		if f.ID != "" {
			body["id"] = f.ID
		}
		id, made, err := m.ensure("flavor", f.Name, at, body)
		if err != nil {
			return err
		}
		if made && len(f.ExtraSpecs) > 0 {
			specs := map[string]any{}
			for k, v := range f.ExtraSpecs {
				specs[k] = v
			}
			if _, err := m.post(collections["flavor"]+"/"+id+"/os-extra_specs", "", map[string]any{"extra_specs": specs}); err != nil {
				return wrap(at+".extra_specs", err)
			}
		}
	}
	return nil
}

func (m *modeller) images() error {
	for i, o := range m.model.Images {
		at := fmt.Sprintf("images[%d]", i)
		format := cmp.Or(o.DiskFormat, "qcow2")
		body := map[string]any{"disk_format": format, "container_format": "bare", "visibility": "public",
			"min_disk": o.MinDisk, "min_ram": o.MinRAM}
		for k, v := range o.Properties {
			body[k] = v
		}
		id, made, err := m.ensure("image", o.Name, at, body)
		if err != nil {
			return err
		}
		if !made {
			continue
		}
		if err := m.upload(id, format, o); err != nil {
			_, gone := m.call(http.MethodDelete, collections["image"]+"/"+id, "", nil)
			return errors.Join(wrap(at, err), gone)
		}
	}
	return nil
}

func (m *modeller) upload(id, format string, o ModelImage) (err error) {
	var data io.Reader = bytes.NewReader(make([]byte, 1024))
	switch {
	case o.File != "":
		f, err := os.Open(o.File)
		if err != nil {
			return fmt.Errorf("file %s: %s", o.File, reason(err))
		}
		defer func() { _ = f.Close() }()
		data = f
	case format == "qcow2":
		data = bytes.NewReader(emptyQcow2(cmp.Or(o.VirtualSize, 1<<30)))
	}
	_, err = m.call(http.MethodPut, collections["image"]+"/"+id+"/file", "application/octet-stream", data)
	return err
}

// emptyQcow2 is the header of a disk of a size with nothing on it, filled up to a kilobyte.
func emptyQcow2(size int64) []byte {
	b := make([]byte, 1024)
	copy(b, "QFI\xfb")
	put32 := func(at int, v uint32) { binary.BigEndian.PutUint32(b[at:], v) }
	put64 := func(at int, v uint64) { binary.BigEndian.PutUint64(b[at:], v) }
	put32(4, 3)   // version
	put32(20, 16) // clusters of 64 KiB
	put64(24, uint64(size))
	put32(36, uint32((size+1<<29-1)>>29)) // entries of the first table, each for 512 MiB
	put64(40, 0x30000)                    // where that table would be
	put64(48, 0x10000)                    // where the reference counts would be
	put32(56, 1)
	put32(96, 4)    // 16 bits a reference count
	put32(100, 104) // length of the header
	return b
}
