package compute

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// nic is one network interface that was asked for.
type nic struct {
	network, port, address, tag string
}

// request is what a POST /servers asks for, checked.
type request struct {
	in               *object
	least, most      int
	zone             string
	host             string // forced
	flavor           *flavor
	image            *Image
	groups           []string // IDs; nil: the default
	asked            []string // their names as asked for
	nics             []nic
	noNetwork        bool
	unasked          bool // no networks were named
	key              *keypair
	group            *serverGroup
	userData         string
	config           string
	description      *string
	hostname         string
	externalNetworks bool // one of them is on an external network that the caller may not use
}

var hrefRE = regexp.MustCompile(`[^/?]*$`)

// lastSegment is the ID in a reference that may be a URL.
func lastSegment(v any) string {
	s, _, _ := strings.Cut(python.Str(v), "?")
	return hrefRE.FindString(s)
}

func createServer(c *call) (*web.Response, error) {
	body, err := c.bodyIs(createSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	if c.project == "" {
		return nil, disallowed("servers:create")
	}
	q, err := c.readRequest(body)
	if err != nil {
		return nil, err
	}
	n, err := c.enforceQuota(q.flavor, q.least, q.most)
	if err != nil {
		return nil, err
	}
	pass := q.in.text("adminPass")
	if !q.in.has("adminPass") {
		pass = c.s.password(12)
	}
	reservation := "r-" + c.s.random8()
	var first server
	for i := range n {
		s, err := c.build(q, i, n, pass, reservation)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = s
		}
	}
	if truth(q.in.get("return_reservation_id")) {
		return web.Accepted(web.Object{"reservation_id": reservation}), nil
	}
	names := []web.Object{}
	for _, name := range q.asked {
		names = append(names, web.Object{"name": name})
	}
	o := web.Object{"id": first.ID, "links": c.links("/servers/" + first.ID), "OS-DCF:diskConfig": diskConfig(first.AutoDisk),
		"security_groups": names, "adminPass": pass}
	return web.Accepted(web.Object{"server": o}).With("Location", c.link("/servers/"+first.ID)), nil
}

func diskConfig(auto bool) string {
	if auto {
		return "AUTO"
	}
	return "MANUAL"
}

// letters picks from an alphabet.
func (s *service) letters(alphabet string, n int) string {
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.random(), raw); err != nil {
		return rand.Text()[:n]
	}
	for i, b := range raw {
		raw[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(raw)
}

// password leaves out what is easily mistaken, and has a digit, a capital and a small letter.
func (s *service) password(n int) string {
	const digits, capitals, small = "23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz"
	return s.letters(digits, 1) + s.letters(capitals, 1) + s.letters(small, 1) + s.letters(digits+capitals+small, n-3)
}

func (s *service) random8() string { return s.letters("abcdefghijklmnopqrstuvwxyz0123456789", 8) }

// readRequest checks all of a request in the order Nova does.
func (c *call) readRequest(body *object) (*request, error) {
	in := body.object("server")
	q := &request{in: in, least: 1, userData: in.text("user_data")}
	if v := in.get("min_count"); v != nil {
		q.least, _ = pyInt(v)
	}
	q.most = q.least
	if v := in.get("max_count"); v != nil {
		q.most, _ = pyInt(v)
	}
	if q.least > q.most {
		return nil, badRequest("min_count must be <= max_count")
	}
	name := strings.TrimSpace(in.text("name"))
	q.description = &name
	if c.at(19) {
		q.description = nil
		if d, ok := in.get("description").(string); ok {
			q.description = &d
		}
	}
	q.hostname = in.text("hostname")
	for _, part := range in.list("security_groups") {
		o, _ := part.(*object)
		if g := o.text("name"); g != "" && !slices.Contains(q.asked, g) {
			q.asked = append(q.asked, g)
		}
	}
	if err := c.readZone(q); err != nil {
		return nil, err
	}
	if h, n := in.text("host"), in.text("hypervisor_hostname"); h != "" || n != "" {
		if !c.admin {
			// The one rule that has not the name of the others.
			return nil, forbidden("Policy doesn't allow compute:servers:create:requested_destination to be performed.")
		}
		if q.host != "" {
			return nil, badRequest("One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.")
		}
		for _, one := range []string{h, n} {
			if one != "" && one != hostName && !c.copied() {
				return nil, badRequest("Compute host %s could not be found.", one)
			}
		}
	}
	devices, err := readDevices(in)
	if err != nil {
		return nil, err
	}
	imageID := in.text("imageRef")
	if imageID == "" && !devices {
		return nil, badRequest("Missing imageRef attribute")
	}
	if err := c.readNICs(q); err != nil {
		return nil, err
	}
	if q.flavor, err = c.flavor(lastSegment(in.get("flavorRef"))); err != nil {
		return nil, asStatus(err, http.StatusBadRequest)
	}
	if q.most > 1 {
		for _, n := range q.nics {
			if n.port != "" {
				return nil, badRequest("Failed to launch instances: Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.")
			}
		}
		for _, n := range q.nics {
			if n.address != "" {
				return nil, badRequest("Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
			}
		}
		if q.hostname != "" {
			return nil, badRequest("Unable to allocate a single hostname to multiple instances")
		}
	}
	if q.zone != "" && q.host == "" {
		zones, err := c.zones()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(zones, q.zone) {
			return nil, badRequest("The requested availability zone is not available")
		}
	}
	if imageID == "" {
		// Only a volume could be started from, and there are none.
		return nil, badRequest("Block Device Mapping is Invalid: failed to get volume %s.", firstVolume(in))
	}
	image, err := c.s.options.Images.Image(c.Request, imageID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, badRequest("Can not find requested image")
	}
	if err != nil {
		return nil, err
	}
	q.image = &image
	if err := c.readRest(q, body); err != nil {
		return nil, err
	}
	if devices {
		if id := firstVolume(in); id != "" {
			return nil, badRequest("Block Device Mapping is Invalid: failed to get volume %s.", id)
		}
	}
	if err := c.checkMetadata(in.object("metadata")); err != nil {
		return nil, err
	}
	if err := checkFit(q.flavor, &image); err != nil {
		return nil, err
	}
	hints := body.object("os:scheduler_hints")
	if hints == nil {
		hints = body.object("OS-SCH-HNT:scheduler_hints")
	}
	if id := hints.text("group"); id != "" {
		g, err := store.Get[serverGroup](c.Tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !c.admin && g.ProjectID != c.project {
			return nil, badRequest("Instance group %s could not be found.", id)
		}
		if err != nil {
			return nil, err
		}
		if err := c.checkMembers(&g, q.least); err != nil {
			return nil, err
		}
		q.group = &g
	}
	return q, nil
}

// asStatus turns one refusal into another status; the sentence stays.
func asStatus(err error, status int) error {
	var e *web.Error
	if errors.As(err, &e) {
		return web.Errorf(status, "%s", e.Message)
	}
	return err
}

func (c *call) readZone(q *request) error {
	zone := q.in.text("availability_zone")
	parts := strings.Split(zone, ":")
	switch len(parts) {
	case 1:
		q.zone = zone
		return nil
	case 2, 3:
		q.zone, q.host = parts[0], parts[1]
		if q.host == "" {
			q.host = parts[len(parts)-1]
		}
	default:
		return badRequest("Invalid input received: Unable to parse availability_zone")
	}
	if q.host == "" {
		return nil
	}
	return c.may("servers:create:forced_host")
}

// readDevices checks the block devices; what is not the image's own disk needs a volume, which there is none of.
func readDevices(in *object) (bool, error) {
	legacy, v2 := in.list("block_device_mapping"), in.list("block_device_mapping_v2")
	if len(legacy) > 0 && len(v2) > 0 {
		return false, badRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
	}
	invalid := func(details string) error { return badRequest("Block Device Mapping is Invalid: %s", details) }
	for _, e := range v2 {
		d, _ := e.(*object)
		if truth(d.get("no_device")) {
			continue
		}
		source, id, to := d.text("source_type"), d.text("uuid"), d.text("destination_type")
		switch {
		case source == "blank" && id != "":
			return false, invalid("Invalid device UUID.")
		case source != "blank" && id == "":
			return false, invalid("Missing device UUID.")
		}
		if source == "image" && to == "local" {
			index := -1
			if n, ok := pyInt(d.get("boot_index")); ok {
				index = n
			}
			if index != 0 || !in.has("imageRef") {
				return false, invalid("Mapping image to local is not supported.")
			}
		}
		kind := d.text("volume_type")
		if to == "local" && kind != "" {
			return false, invalid("Specifying a volume_type with destination_type=local is not supported.")
		}
		if source == "volume" && kind != "" {
			return false, invalid("Specifying volume type to existing volume is not supported.")
		}
	}
	return len(legacy)+len(v2) > 0, nil
}

// firstVolume names the volume, or what would have to become one, of the block devices; "" when there is none.
func firstVolume(in *object) string {
	for _, e := range append(in.list("block_device_mapping"), in.list("block_device_mapping_v2")...) {
		d, _ := e.(*object)
		if truth(d.get("no_device")) || d.text("destination_type") == "local" || d.text("source_type") == "blank" {
			continue
		}
		for _, key := range []string{"uuid", "volume_id", "snapshot_id", "image_id"} {
			if id := d.text(key); id != "" {
				return id
			}
		}
	}
	return ""
}

// readNICs reads the networks that were asked for.
func (c *call) readNICs(q *request) error {
	switch v := q.in.get("networks").(type) {
	case nil:
		q.unasked = true
		return nil
	case string:
		q.noNetwork, q.unasked = v == "none", v == "auto"
		return nil
	case []any:
		q.unasked = len(v) == 0
		var ports []string
		for _, e := range v {
			o, _ := e.(*object)
			n := nic{port: o.text("port"), address: o.text("fixed_ip"), tag: o.text("tag")}
			switch {
			case n.port != "" && slices.Contains(ports, n.port):
				return badRequest("Port ID '%s' was specified twice: you cannot attach a port multiple times.", n.port)
			case n.port != "" && n.address != "":
				return badRequest("Specified Fixed IP '%s' cannot be used with port '%s': the two cannot be specified together.", n.address, n.port)
			case n.port != "":
				ports = append(ports, n.port)
			case !o.has("uuid"):
				return badRequest("Bad network format: missing 'uuid'")
			default:
				n.network = o.text("uuid")
				if !isUUID(n.network) {
					return badRequest("Bad networks format: network uuid is not in proper format (%s)", n.network)
				}
			}
			q.nics = append(q.nics, n)
		}
	}
	return nil
}

// readRest looks at what other services and the user's keys say.
func (c *call) readRest(q *request, _ *object) error {
	if err := c.findGroups(q); err != nil {
		return err
	}
	free, err := c.findNetworks(q)
	if err != nil {
		return err
	}
	if truth(q.in.get("config_drive")) {
		q.config = "True"
	}
	if name := q.in.text("key_name"); name != "" {
		k, err := store.Get[keypair](c.Tx, keypairID(c.user, name))
		if errors.Is(err, store.ErrNotFound) {
			return badRequest("Invalid key_name provided.")
		}
		if err != nil {
			return err
		}
		q.key = &k
	}
	if free < q.least {
		return forbidden("Maximum number of ports exceeded")
	}
	q.most = min(q.most, free)
	return nil
}

func (c *call) findGroups(q *request) error {
	if q.asked == nil {
		q.asked = []string{"default"}
		return nil
	}
	if len(q.asked) == 1 && q.asked[0] == "default" {
		return nil
	}
	q.groups = []string{}
	for _, name := range q.asked {
		g, err := c.net().FindGroup(c.project, name)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return badRequest("Unable to find security_group with name or id '%s'", name)
		case errors.Is(err, network.ErrAmbiguous):
			return conflict("Multiple security groups found matching '%s'. Use an ID to be more specific.", name)
		case err != nil:
			return err
		}
		q.groups = append(q.groups, g.ID)
	}
	return nil
}

// findNetworks checks the networks and ports, and says for how many servers there are ports left.
func (c *call) findNetworks(q *request) (int, error) {
	if q.noNetwork {
		return q.most, nil
	}
	needed := 0
	if q.unasked {
		nets, err := c.net().Networks(c.project)
		if err != nil {
			return 0, err
		}
		switch {
		case len(nets) > 1:
			return 0, conflict("Multiple possible networks found, use a Network ID to be more specific.")
		case len(nets) == 1:
			q.nics = []nic{{network: nets[0].ID}}
			q.externalNetworks = nets[0].External && !nets[0].Shared && !c.admin
			needed = 1
		case q.in.text("networks") == "auto":
			id, err := c.net().AutoNetwork()
			var e *web.Error
			if errors.As(err, &e) {
				return 0, badRequest("Unable to automatically allocate a network for project %s", c.project)
			}
			if err != nil {
				return 0, err
			}
			q.nics = []nic{{network: id}}
			needed = 1
		default:
			q.noNetwork = true
		}
	}
	var missing []string
	for i := range q.nics {
		n := &q.nics[i]
		if n.port != "" {
			p, err := c.net().Port(n.port)
			switch {
			case errors.Is(err, store.ErrNotFound):
				return 0, badRequest("Port id %s could not be found.", n.port)
			case err != nil:
				return 0, err
			case p.DeviceID != "":
				return 0, conflict("Port %s is still in use.", n.port)
			case len(p.Addresses) == 0:
				return 0, badRequest("Port %s requires a FixedIP in order to be used.", n.port)
			}
			n.network = p.NetworkID
			continue
		}
		if !q.unasked {
			needed++
		}
		net, err := c.net().Network(n.network)
		if errors.Is(err, store.ErrNotFound) {
			if !slices.Contains(missing, n.network) {
				missing = append(missing, n.network)
			}
			continue
		}
		if err != nil {
			return 0, err
		}
		if n.address != "" {
			owner, err := c.net().PortAt(n.network, n.address)
			if err != nil {
				return 0, err
			}
			if owner != nil {
				return 0, badRequest("Fixed IP address %s is already in use on instance %s.", n.address, owner.DeviceID)
			}
		}
		if !q.unasked && net.Subnets == 0 {
			return 0, badRequest("Network %s requires a subnet in order to boot instances on.", net.ID)
		}
		q.externalNetworks = q.externalNetworks || net.External && !net.Shared && !c.admin
	}
	if missing != nil {
		return 0, badRequest("Network %s could not be found.", strings.Join(missing, ", "))
	}
	if needed == 0 {
		return q.most, nil
	}
	free, err := c.net().FreePorts(c.project)
	if err != nil || free < 0 || free >= needed*q.most {
		return q.most, err
	}
	return free / needed, nil
}

// checkFit compares an image with a flavor as far as the API does.
func checkFit(f *flavor, image *Image) error {
	if image.Status != "active" {
		return badRequest("Image %s is not active.", image.ID)
	}
	if f.RAM < image.MinRAM {
		return badRequest("Flavor's memory is too small for requested image.")
	}
	disk := int64(f.Disk) << 30
	if disk == 0 {
		return nil
	}
	if image.Size > disk {
		return badRequest("Flavor's disk is too small for requested image. Flavor disk is %d bytes, image is %d bytes.", disk, image.Size)
	}
	if least := int64(image.MinDisk) << 30; least > disk {
		return badRequest("Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is %d bytes, minimum size is %d bytes.", disk, least)
	}
	return nil
}

// sanitizeHostname makes a host's name of a server's.
func sanitizeHostname(name string) string {
	var b strings.Builder
	n := 0
	for _, r := range name {
		if r > 0xff {
			continue
		}
		if n++; n > 63 {
			break
		}
		switch {
		case r == ' ' || r == '_' || r == '.':
			b.WriteByte('-')
		case r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Trim(b.String(), ".-")
}

// build makes the i-th of n servers: its document and its ports.
func (c *call) build(q *request, i, n int, pass, reservation string) (server, error) {
	s := server{ID: c.Tx.NewID(), ProjectID: c.project, UserID: c.user, Name: strings.TrimSpace(q.in.text("name")), Description: q.description,
		Flavor: *q.flavor, ImageID: q.image.ID, ImageName: q.image.Name, RootPassword: q.image.Properties["os_admin_password"], UserData: q.userData,
		AdminPass: pass, ConfigDrive: q.config, Zone: q.zone, AutoDisk: q.in.text("OS-DCF:diskConfig") == "AUTO", AccessIPv4: q.in.text("accessIPv4"),
		AccessIPv6: q.in.text("accessIPv6"), Metadata: q.in.object("metadata").texts(), ReservationID: reservation, LaunchIndex: i,
		CreatedAt: c.now(), UpdatedAt: c.now(), VM: building, PortTags: map[string]string{}, Asked: q.asked, NoNetwork: q.noNetwork}
	if n > 1 {
		s.Name += "-" + strconv.Itoa(i+1)
	}
	s.Hostname = q.hostname
	if s.Hostname == "" {
		s.Hostname = sanitizeHostname(strings.TrimSpace(q.in.text("name")))
		switch {
		case s.Hostname == "":
			s.Hostname = "Server-" + s.ID
		case n > 1:
			s.Hostname += "-" + strconv.Itoa(i+1)
		}
	}
	if q.key != nil {
		s.KeyName, s.PublicKey = q.key.Name, q.key.PublicKey
	}
	if q.group != nil {
		s.GroupID = q.group.ID
	}
	if c.at(52) {
		for _, t := range q.in.list("tags") {
			if tag := python.Str(t); !slices.Contains(s.Tags, tag) {
				s.Tags = append(s.Tags, tag)
			}
		}
		slices.Sort(s.Tags)
	}
	for _, t := range q.in.list("trusted_image_certificates") {
		s.Certificates = append(s.Certificates, python.Str(t))
	}
	var err error
	if s.Number, err = c.Tx.Counter("compute.instance"); err != nil {
		return s, err
	}
	if err := c.place(q, &s); err != nil {
		return s, err
	}
	if err := c.record(&s, "create", "compute__do_build_and_run_instance", s.Change, s.failure()); err != nil {
		return s, err
	}
	err = c.put(&s)
	return s, err
}

// failure is the fault a server has or is about to have.
func (s *server) failure() *fault {
	if s.Change != nil && s.Change.Fault != nil {
		return s.Change.Fault
	}
	return s.Fault
}

// place finds a host and gives the server its ports; what goes wrong becomes its fault.
func (c *call) place(q *request, s *server) error {
	takes := c.s.takes(100)
	fail := func(takes int, message string, tasks ...string) {
		s.begin(c.Now, c.s.takes(takes), change{VM: errored, Fault: &fault{Code: 500, Message: message}, Away: true}, tasks...)
	}
	reason, err := c.schedule(&s.Flavor, q.group, q.host)
	if err != nil {
		return err
	}
	if reason != "" {
		fail(20, reason, "scheduling")
		return nil
	}
	s.Host = hostName
	aborted := func(why string) {
		s.Host = ""
		fail(60, "Build of instance "+s.ID+" aborted: "+why, "scheduling", "networking", "spawning")
	}
	// The driver looks at the image last, but what it took is given back then: no port need be made.
	if virtual := q.image.VirtualSize; s.Flavor.Disk > 0 && virtual > int64(s.Flavor.Disk)<<30 {
		aborted("Flavor's disk is too small for requested image. Flavor disk is " + strconv.FormatInt(int64(s.Flavor.Disk)<<30, 10) +
			" bytes, image is " + strconv.FormatInt(virtual, 10) + " bytes.")
		return nil
	}
	const noNetwork = "Failed to allocate the network(s), not rescheduling."
	if q.externalNetworks {
		aborted(noNetwork)
		return nil
	}
	zone, err := c.hostZone()
	if err != nil {
		return err
	}
	for _, n := range q.nics {
		id, err := c.plug(s, n, q.groups, "compute:"+zone)
		var refused *web.Error
		if errors.As(err, &refused) {
			if err := c.unplugAll(s); err != nil {
				return err
			}
			aborted(noNetwork)
			return nil
		}
		if err != nil {
			return err
		}
		if n.tag != "" {
			s.PortTags[id] = n.tag
		}
	}
	host := hostName
	s.begin(c.Now, takes, change{VM: active, Power: running, Host: &host, Launch: true, Boot: true, Away: true},
		"scheduling", "networking", "block_device_mapping", "spawning", "spawning", "spawning")
	return nil
}

// plug gives the server a port: the one asked for, or a new one.
func (c *call) plug(s *server, n nic, groups []string, owner string) (string, error) {
	if n.port != "" {
		p, err := c.net().Port(n.port)
		if err != nil {
			return "", err
		}
		if p.ProjectID != s.ProjectID {
			return "", badRequest("Port %s not usable for instance %s.", n.port, s.ID)
		}
		return n.port, c.net().BindPort(n.port, s.ID, owner, hostName)
	}
	p, err := c.net().CreatePort(network.PortSpec{NetworkID: n.network, ProjectID: s.ProjectID, FixedIP: n.address, DeviceID: s.ID,
		DeviceOwner: owner, Host: hostName, SecurityGroups: groups})
	if err != nil {
		return "", err
	}
	s.OwnPorts = append(s.OwnPorts, p.ID)
	return p.ID, nil
}

// unplug takes a port from the server: deletes it when it was made for it.
func (c *call) unplug(s *server, id string) error {
	at := slices.Index(s.OwnPorts, id)
	delete(s.PortTags, id)
	if at < 0 {
		return c.net().BindPort(id, "", "", "")
	}
	s.OwnPorts = slices.Delete(s.OwnPorts, at, at+1)
	return c.net().DropPort(id)
}

func (c *call) unplugAll(s *server) error {
	ports, err := c.net().PortsOf(s.ID)
	if err != nil {
		return err
	}
	for _, p := range ports[s.ID] {
		if err := c.unplug(s, p.ID); err != nil {
			return err
		}
	}
	return nil
}
