package destroy

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// op names the work in errors.
const op = "runs.destroy"

const (
	lookLimit = 8  // requests at the same time
	manyIDs   = 40 // in one query: a URL of more would be refused somewhere on the way
	fewGets   = 3  // up to so many servers are asked for one by one, more by one list
)

// Item is one resource of a plan, and what there is of it.
type Item struct {
	Resource
	There   bool         `json:"there"`
	Changed []Difference `json:"changed,omitempty"` // since the run
	Holders []Holder     `json:"holders,omitempty"` // what needs it and is not of the run: it is kept
	Loses   []string     `json:"loses,omitempty"`   // what others lose by its removal, a sentence each
	Implied bool         `json:"implied,omitempty"` // no record of the run has it, it follows from two others
	Unknown bool         `json:"unknown,omitempty"` // nobody knows whether it was made, and under which ID

	found map[string]any
	with  *Item              // what takes it along when it goes
	uses  map[*Item]struct{} // what has to wait for it
}

// Holder is something that needs a resource of the run and is not of the run.
type Holder struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	Does string `json:"does"` // "is on it"
}

// String is the holder in words.
func (h Holder) String() string {
	return Resource{Type: h.Type, ID: h.ID, Name: h.Name}.String() + " " + h.Does
}

// Plan is what a removal would do.
type Plan struct {
	Items []*Item // in the order they are removed

	client *rest.Client
}

// Troubled reports whether something is not as the run left it, so that somebody should be asked.
func (p *Plan) Troubled() bool {
	return slices.ContainsFunc(p.Items, func(i *Item) bool {
		return i.Unknown || i.There && i.made() && (len(i.Changed) > 0 || len(i.Holders) > 0 || len(i.Loses) > 0)
	})
}

// ToRemove counts what is there, of the run, and held by nobody else.
func (p *Plan) ToRemove() int {
	n := 0
	for _, i := range p.Items {
		if i.There && i.made() && !i.Unknown && i.held() == nil {
			n++
		}
	}
	return n
}

// held gives what keeps the item: somebody's use of it, or of what uses it.
func (i *Item) held() *Holder {
	if len(i.Holders) > 0 {
		return &i.Holders[0]
	}
	return nil
}

// With is what the item goes with, nil when it is removed by itself.
func (i *Item) With() *Resource {
	if i.with == nil || i.with.held() != nil {
		return nil
	}
	return &i.with.Resource
}

type object = map[string]any

// look is one look at a cloud.
type look struct {
	client *rest.Client
	items  []*Item
	byID   map[string]*Item   // resources that are no relations, by type and ID
	ties   map[string][]*Item // relations by their parents
	only   *Item              // what is asked about; nil for all

	unknown []*Item
	devices map[string][]object // ports by who uses them
	doors   map[string]*Item    // router interfaces by their ports

	mu       sync.Mutex
	objects  map[string]object // by type and ID
	ports    map[string]object
	subnets  map[string]object // on networks of the run
	floating map[string]object // through routers of the run, or at its ports
	remotes  []object          // rules that name a security group of the run
	tenants  []tenant          // what is in projects of the run
}

func key(typ, id string) string { return typ + " " + id }

// Look reads what there is of the resources and of what depends on them. It only reads.
func Look(ctx context.Context, client *rest.Client, resources []Resource) (*Plan, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	l := newLook(client, resources)
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	l.presence()
	l.imply()
	l.routes()
	l.connect()
	l.strangers()
	l.spread()
	for _, i := range l.items {
		l.name(i)
		if !i.There {
			continue
		}
		i.Changed = compare(i.Resource, i.found)
		switch {
		case !i.made() || i.Attributes == nil:
		case i.Type == "security_group":
			l.addedRules(i)
		case i.Type == "router":
			l.addedRoutes(i)
		case i.Type == "floating_ip":
			l.moved(i)
		}
	}
	return &Plan{Items: append(ordered(l.items), l.unknown...), client: client}, nil
}

func newLook(client *rest.Client, resources []Resource) *look {
	l := &look{
		client: client, byID: map[string]*Item{}, ties: map[string][]*Item{}, devices: map[string][]object{}, doors: map[string]*Item{},
		objects: map[string]object{}, ports: map[string]object{}, subnets: map[string]object{}, floating: map[string]object{},
	}
	seen := map[string]bool{}
	for _, r := range resources {
		id := key(r.Type, r.Parent+" "+r.ID)
		if !IsRelation(r.Type) {
			id = key(r.Type, r.ID)
		}
		if r.ID == "" && (r.made() && r.Type != RouterGateway || r.Parent == "") {
			if r.made() {
				l.unknown = append(l.unknown, &Item{Resource: r, There: true, Unknown: true})
			}
			continue
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		l.add(&Item{Resource: r})
	}
	return l
}

func (l *look) add(i *Item) {
	i.uses = map[*Item]struct{}{}
	l.items = append(l.items, i)
	switch {
	case !i.made():
	case IsRelation(i.Type):
		l.ties[i.Parent] = append(l.ties[i.Parent], i)
	default:
		l.byID[key(i.Type, i.ID)] = i
	}
}

// tied gives the relations of a type that hang on something.
func (l *look) tied(typ, parent string) []*Item {
	var out []*Item
	for _, i := range l.ties[parent] {
		if i.Type == typ {
			out = append(out, i)
		}
	}
	return out
}

// asked reports whether an item is to be asked about.
func (l *look) asked(i *Item) bool { return l.only == nil || l.only.same(i) }

func (i *Item) same(other *Item) bool {
	return i.Type == other.Type && i.ID == other.ID && i.Parent == other.Parent
}

// IsRelation tells the ties between two resources from resources.
func IsRelation(typ string) bool {
	switch typ {
	case RouterInterface, RouterGateway, RouterRoute, ServerInterface, FloatingIPAssociation, ImageMember, FlavorAccess, RoleAssignment,
		"server_volume", "group_member", "implied_role":
		return true
	}
	return false
}

// own gives an item that the run made.
func (l *look) own(typ, id string) *Item { return l.byID[key(typ, id)] }

// ids lists the IDs of the items of a type that the run made.
func (l *look) ids(typ string) []string {
	var out []string
	for _, i := range l.items {
		if i.Type == typ && i.made() && l.asked(i) {
			out = append(out, i.ID)
		}
	}
	return out
}

// parents lists what relations of some types hang on.
func (l *look) parents(types ...string) []string {
	var out []string
	for _, i := range l.items {
		if slices.Contains(types, i.Type) && i.Parent != "" && l.asked(i) {
			out = append(out, i.Parent)
		}
	}
	return out
}

// read makes all requests, several at a time; none needs the answer of another.
func (l *look) read(ctx context.Context) error {
	wanted := map[string][]string{}
	for _, i := range l.items {
		if !IsRelation(i.Type) && l.asked(i) {
			wanted[i.Type] = append(wanted[i.Type], i.ID)
		}
	}
	wanted["router"] = append(wanted["router"], l.parents(RouterInterface, RouterGateway, RouterRoute)...)
	wanted["floating_ip"] = append(wanted["floating_ip"], l.parents(FloatingIPAssociation)...)

	g := newGroup(ctx, lookLimit)
	for _, typ := range sortedKeys(wanted) {
		ids := unique(wanted[typ])
		kind, known := rest.KindNamed(typ)
		if !known || len(ids) == 0 {
			continue
		}
		switch {
		case kind.Service == cloud.Network:
			l.listInto(g, l.objects, typ, "id", ids)
		case typ == "server" && len(ids) > fewGets:
			g.Go(func(ctx context.Context) error { return l.listServers(ctx, g, ids) })
		default:
			for _, id := range ids {
				g.Go(func(ctx context.Context) error { return l.get(ctx, typ, id) })
			}
		}
	}
	networks, subnets, routers := l.ids("network"), l.ids("subnet"), append(l.ids("router"), l.parents(RouterInterface)...)
	l.listInto(g, l.ports, "port", "network_id", networks)
	l.listInto(g, l.ports, "port", "fixed_ips", prefixed("subnet_id=", l.strayed(subnets, "network")))
	l.listInto(g, l.ports, "port", "device_id", append(routers, l.ids("server")...))
	l.listInto(g, l.ports, "port", "security_groups", l.ids("security_group"))
	l.listInto(g, l.subnets, "subnet", "network_id", networks)
	l.listInto(g, l.floating, "floating_ip", "router_id", routers)
	l.listInto(g, l.floating, "floating_ip", "port_id", l.ids("port"))
	for _, project := range l.ids("project") {
		l.readTenants(g, project)
	}
	if groups := l.ids("security_group"); len(groups) > 0 {
		rules := map[string]object{}
		l.listInto(g, rules, "security_group_rule", "remote_group_id", groups)
		defer func() { l.remotes = slices.Collect(maps.Values(rules)) }()
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for _, id := range sortedKeys(l.ports) {
		device := str(l.ports[id]["device_id"])
		l.devices[device] = append(l.devices[device], l.ports[id])
	}
	return nil
}

// strayed are those of the subnets whose network is not of the run: what is on the others is found by their networks.
func (l *look) strayed(subnets []string, parent string) []string {
	return slices.DeleteFunc(slices.Clone(subnets), func(id string) bool {
		i := l.own("subnet", id)
		return i != nil && i.Parent != "" && l.own(parent, i.Parent) != nil
	})
}

// listInto lists the resources of a networking type whose filter has one of the values.
func (l *look) listInto(g *group, into map[string]object, typ, filter string, values []string) {
	for chunk := range slices.Chunk(unique(values), manyIDs) {
		g.Go(func(ctx context.Context) error {
			found, err := l.list(ctx, typ, url.Values{filter: chunk})
			if err != nil {
				if filter == "security_groups" && errs.CodeOf(err) == errs.BadRequest {
					return nil // an older service has no such filter; it says so when a group is in use
				}
				return err
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, o := range found {
				id := str(o["id"])
				if filter == "id" {
					id = key(typ, id)
				}
				into[id] = o
			}
			return nil
		})
	}
}

// tenant is something in a project.
type tenant struct {
	typ, project string
	found        object
}

// readTenants lists what is in a project: the identity service removes one whatever is in it.
func (l *look) readTenants(g *group, project string) {
	for _, typ := range []string{"network", "router", "floating_ip", "security_group", "server"} {
		q := url.Values{"project_id": {project}}
		if typ == "server" {
			q.Set("all_tenants", "1")
		}
		g.Go(func(ctx context.Context) error {
			rows, err := l.list(ctx, typ, q)
			if err != nil {
				return err
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			for _, o := range rows {
				l.tenants = append(l.tenants, tenant{typ, project, o})
			}
			return nil
		})
	}
}

func (l *look) list(ctx context.Context, typ string, q url.Values) ([]object, error) {
	c := l.client.Of(typ)
	list, err := c.List(ctx, op, q)
	if err != nil {
		return nil, err
	}
	return objectsOf(list)
}

func objectsOf(list schema.List) ([]object, error) {
	var out []object
	for _, page := range list.Pages {
		var rows []object
		raw, ok := rawjson.Get(page, list.Key)
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, &rows); err != nil {
			return nil, errs.New(errs.Unavailable, "the answer is no list of %s", list.Key)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// listServers finds many servers by one list. A server that is not in it may be another project's, so it is asked for.
func (l *look) listServers(ctx context.Context, g *group, ids []string) error {
	found, err := l.list(ctx, "server", nil)
	if err != nil {
		return err
	}
	l.mu.Lock()
	for _, o := range found {
		l.objects[key("server", str(o["id"]))] = o
	}
	l.mu.Unlock()
	for _, id := range ids {
		l.mu.Lock()
		_, there := l.objects[key("server", id)]
		l.mu.Unlock()
		if !there {
			g.Go(func(ctx context.Context) error { return l.get(ctx, "server", id) })
		}
	}
	return nil
}

func (l *look) get(ctx context.Context, typ, id string) error {
	obj, err := l.client.Of(typ).GetOf(ctx, op, schema.Ref{ID: id}, nil)
	if errs.CodeOf(err) == errs.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := objectOf(obj)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[key(typ, id)] = o
	return nil
}

func objectOf(obj schema.Object) (object, error) {
	raw := obj.JSON
	if obj.Key != "" {
		raw, _ = rawjson.Get(obj.JSON, obj.Key)
	}
	var o object
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, errs.New(errs.Unavailable, "the answer is no %s", obj.Kind)
	}
	return o, nil
}

// presence says of each item whether it is there.
func (l *look) presence() {
	for _, i := range l.items {
		switch i.Type {
		case RouterInterface:
			if port := l.interfaceOf(i); port != nil {
				i.There, i.found = true, port
				l.doors[str(port["id"])] = i
			}
		case RouterGateway:
			r := l.objects[key("router", i.Parent)]
			info, _ := r["external_gateway_info"].(object)
			i.There = info != nil && (i.ID == "" || str(info["network_id"]) == i.ID)
		case FloatingIPAssociation:
			f := l.objects[key("floating_ip", i.Parent)]
			i.There = f != nil && str(f["port_id"]) == i.ID
			i.found = nil
		case RouterRoute:
			routes, _ := l.objects[key("router", i.Parent)]["routes"].([]any)
			i.There = slices.ContainsFunc(routes, func(v any) bool {
				m, _ := v.(object)
				return str(m["destination"])+" via "+str(m["nexthop"]) == i.ID
			})
		case ServerInterface:
			p, known := l.ports[i.ID]
			i.There = !known || str(p["device_id"]) == i.Parent
		default:
			if IsRelation(i.Type) {
				i.There = true // its removal will tell
				continue
			}
			if _, known := rest.KindNamed(i.Type); !known {
				i.There = true
				continue
			}
			i.found = l.objects[key(i.Type, i.ID)]
			i.There = i.found != nil
		}
	}
}

// name gives an item without a name the one people know it by, and a relation those of its two ends.
func (l *look) name(i *Item) {
	called := func(typ, id string) string {
		o := l.objects[key(typ, id)]
		if server := l.own("server", str(l.ports[id]["device_id"])); typ == "port" && server != nil && l.own(typ, id) == nil {
			return server.Name
		}
		if own := l.own(typ, id); own != nil {
			return cmp.Or(own.Name, str(o["name"]), id)
		}
		return cmp.Or(str(o["name"]), str(o["floating_ip_address"]), id)
	}
	switch {
	case i.Name != "":
	case i.Type == RouterInterface:
		i.Name = called("router", i.Parent) + " / " + called("subnet", i.ID)
	case i.Type == RouterGateway, i.Type == RouterRoute:
		i.Name = called("router", i.Parent)
		if i.Type == RouterRoute {
			i.Name += " / " + i.ID
		}
	case i.Type == FloatingIPAssociation:
		i.Name = called("floating_ip", i.Parent) + " / " + called("port", i.ID)
	case i.Type == ServerInterface:
		i.Name = called("server", i.Parent) + " / " + called("port", i.ID)
	case i.Type == "floating_ip":
		i.Name = str(i.found["floating_ip_address"])
	default:
		i.Name = str(i.found["name"])
	}
}

// interfaceOf is the port that an item stands for which ties a router to a subnet or a port.
func (l *look) interfaceOf(i *Item) object {
	for _, p := range l.devices[i.Parent] {
		id := str(p["id"])
		if !isInterface(p) {
			continue
		}
		if id == i.ID || id == str(i.Attributes["port_id"]) || slices.Contains(subnetsOf(p), i.ID) {
			return p
		}
	}
	return nil
}

func isInterface(port object) bool {
	switch str(port["device_owner"]) {
	case "network:router_interface", "network:router_interface_distributed", "network:ha_router_replicated_interface":
		return true
	}
	return false
}

// imply adds the ties between a router and subnets that are both of the run, where no record has them: a run that was
// cut off, or whose journal is elsewhere.
func (l *look) imply() {
	for _, id := range sortedKeys(l.ports) {
		p := l.ports[id]
		router := l.own("router", str(p["device_id"]))
		if router == nil || !isInterface(p) || l.doors[id] != nil {
			continue
		}
		subnets := subnetsOf(p)
		for _, s := range subnets {
			if l.own("subnet", s) == nil {
				subnets = nil
				break
			}
		}
		if len(subnets) == 0 {
			continue
		}
		door := &Item{Resource: Resource{Type: RouterInterface, ID: subnets[0], Parent: router.ID}, There: true, Implied: true, found: p}
		l.add(door)
		l.doors[id] = door
	}
}

// routes adds the routes of the run's routers that no record has: they go with the router, and before what they lead
// through.
func (l *look) routes() {
	for _, router := range slices.Clone(l.items) {
		if router.Type != "router" || !router.There || !router.made() {
			continue
		}
		routes, _ := router.found["routes"].([]any)
		for _, v := range routes {
			m, _ := v.(object)
			id := str(m["destination"]) + " via " + str(m["nexthop"])
			if !slices.ContainsFunc(l.tied(RouterRoute, router.ID), func(i *Item) bool { return i.ID == id }) {
				l.add(&Item{Resource: Resource{Type: RouterRoute, ID: id, Parent: router.ID}, There: true, Implied: true})
			}
		}
	}
}

// addedRoutes tells of routes that others gave to a router of the run.
func (l *look) addedRoutes(i *Item) {
	var added []string
	for _, r := range l.tied(RouterRoute, i.ID) {
		if r.Implied && i.Attributes["routes"] == nil {
			added = append(added, r.ID)
		}
	}
	if len(added) > 0 {
		i.Changed = append(i.Changed, Difference{"routes", nil, added})
	}
}

// connect says which item uses which, and which goes along with which.
func (l *look) connect() {
	for _, i := range l.items {
		if !i.There || !i.made() {
			continue
		}
		switch i.Type {
		case "subnet":
			i.goesWith(l.own("network", str(i.found["network_id"])))
		case "security_group_rule":
			i.goesWith(l.own("security_group", str(i.found["security_group_id"])))
		case "port":
			l.useOfPort(i, i.found)
		case "router":
			info, _ := i.found["external_gateway_info"].(object)
			i.use(l.own("network", str(info["network_id"])))
		case "floating_ip":
			i.use(l.own("network", str(i.found["floating_network_id"])))
			l.useOfFloating(i, i.found)
		case "server":
			for _, p := range l.devices[i.ID] {
				l.useOfPort(i, p)
				i.use(l.own("port", str(p["id"])))
			}
			flavor, _ := i.found["flavor"].(object)
			image, _ := i.found["image"].(object)
			i.use(l.own("flavor", str(flavor["id"])))
			i.use(l.own("image", str(image["id"])))
			i.use(l.own("keypair", str(i.found["key_name"])))
			groups, _ := i.found["server_groups"].([]any)
			for _, g := range groups {
				i.use(l.own("server_group", str(g)))
			}
		case RouterInterface:
			l.useOfPort(i, i.found)
			i.use(l.own("router", i.Parent))
			i.use(l.own("port", str(i.found["id"])))
		case RouterGateway:
			i.goesWith(l.own("router", i.Parent))
			i.use(l.own("network", i.ID))
		case RouterRoute:
			// The router does not let go of the subnet that a route leads through.
			i.use(l.own("router", i.Parent))
			for _, door := range l.tied(RouterInterface, i.Parent) {
				i.use(door)
			}
		case ServerInterface:
			i.goesWith(l.own("server", i.Parent))
			i.use(l.own("port", i.ID))
			if p := l.ports[i.ID]; p != nil {
				l.useOfPort(i, p)
			}
		case FloatingIPAssociation:
			i.goesWith(l.own("floating_ip", i.Parent))
			if f := l.objects[key("floating_ip", i.Parent)]; f != nil {
				l.useOfFloating(i, f)
			}
		case ImageMember:
			i.goesWith(l.own("image", i.Parent))
			i.use(l.own("project", i.ID))
		case FlavorAccess:
			i.goesWith(l.own("flavor", i.Parent))
			i.use(l.own("project", i.ID))
		case "server_volume":
			i.goesWith(l.own("server", i.Parent))
		case "group_member", "implied_role":
			i.goesWith(l.own(map[string]string{"group_member": "group", "implied_role": "role"}[i.Type], i.Parent))
		case RoleAssignment:
			i.goesWith(l.own("project", i.Parent))
		}
		for _, member := range []string{"project_id", "tenant_id", "domain_id", "parent_id"} {
			if owner := str(i.found[member]); owner != i.ID {
				i.use(l.own("project", owner))
			}
		}
	}
	// What waits for a thing that goes along waits for what takes it.
	for _, i := range l.items {
		for used := range i.uses {
			for w := used.with; w != nil && w != i; w = w.with {
				i.uses[w] = struct{}{}
			}
		}
	}
}

func (i *Item) use(other *Item) {
	if other != nil && other != i && other.There {
		i.uses[other] = struct{}{}
	}
}

func (i *Item) goesWith(other *Item) {
	if other != nil && other.There {
		i.with = other
	}
}

// useOfPort notes what a port takes.
func (l *look) useOfPort(i *Item, port object) {
	i.use(l.own("network", str(port["network_id"])))
	for _, s := range subnetsOf(port) {
		i.use(l.own("subnet", s))
	}
	groups, _ := port["security_groups"].([]any)
	for _, g := range groups {
		i.use(l.own("security_group", str(g)))
	}
}

// useOfFloating notes what a floating IP at a port goes through: the router and its interface there.
func (l *look) useOfFloating(i *Item, f object) {
	router, port := str(f["router_id"]), l.ports[str(f["port_id"])]
	if router == "" {
		return
	}
	i.use(l.own("router", router))
	for _, other := range l.tied(RouterGateway, router) {
		i.use(other)
	}
	for _, other := range l.tied(RouterInterface, router) {
		if shares(subnetsOf(other.found), subnetsOf(port)) {
			i.use(other)
		}
	}
}

// moved tells of a floating IP of the run that is at a port of somebody else now.
func (l *look) moved(i *Item) {
	was := []string{str(i.Attributes["port_id"])}
	for _, tie := range l.tied(FloatingIPAssociation, i.ID) {
		was = append(was, tie.ID)
	}
	is := str(i.found["port_id"])
	if is == "" || slices.Contains(was, is) || l.own("port", is) != nil || l.own("server", str(l.ports[is]["device_id"])) != nil {
		return
	}
	i.Changed = append(i.Changed, Difference{"port_id", cmp.Or(was...), is})
}

func subnetsOf(port object) []string {
	ips, _ := port["fixed_ips"].([]any)
	var out []string
	for _, v := range ips {
		m, _ := v.(object)
		if s := str(m["subnet_id"]); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func unique(s []string) []string {
	out := slices.DeleteFunc(slices.Clone(s), func(v string) bool { return v == "" })
	slices.Sort(out)
	return slices.Compact(out)
}

func prefixed(prefix string, s []string) []string {
	out := make([]string, len(s))
	for i, v := range s {
		out[i] = prefix + v
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
