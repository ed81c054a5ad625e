package rest

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
)

// networkHints say what to do next, by words of the networking service's sentence.
var networkHints = []struct{ says, do string }{
	{"One or more ports have an IP allocation from this subnet",
		"something still has an address of it: take it off its router (router:remove_subnet(subnet)) and delete the ports in it; ports.list{ subnet = ... } shows them"},
	{"ports still in use on the network",
		"something is still on it: take its subnets off their routers and delete its servers and ports; ports.list{ network = ... } shows them"},
	{"has ports still attached",
		"take its subnets off first: router:remove_subnet(subnet); routers.interfaces(router) shows them"},
	{"has device owner network:router_gateway",
		"it is a router's way out: router:clear_gateway() removes it"},
	{"has device owner network:floatingip",
		"it belongs to a floating IP: delete that"},
	{"has device owner network:router",
		"it belongs to a router: router:remove_subnet(subnet) or router:remove_port(port) removes it"},
	{"overlaps with another subnet",
		"the network has a subnet with some of these addresses already: subnets.list{ network = ... } shows them; take another cidr"},
	{"overlaps with cidr",
		"a router cannot tell two subnets with the same addresses apart: use another router, or another cidr"},
	{"Router already has a port on subnet",
		"the subnet is on this router already: there is nothing to do"},
	{"has no interface on subnet",
		"routers.interfaces(router) shows the subnets it is on"},
	{"has no interface on port",
		"routers.interfaces(router) shows the ports it has"},
	{"is not an external network",
		"only an external network can be a gateway: networks.list{ external = true } shows those there are"},
	{"conflicts with allocation pool",
		"an address cannot be the gateway and be given out too: leave it out of allocation_pools"},
	{"Gateway is not valid on subnet",
		"the gateway must be an address inside the cidr, and neither its first nor its last"},
	{"is not in a CIDR format",
		"write an address and a prefix length: 10.8.0.0/24"},
	{"Quota exceeded for resources",
		"the project has as many as it may: delete what is not needed, or ask an administrator for more"},
	{"No more IP addresses available",
		"every address of its allocation pools is taken: delete ports that are not needed, or add a subnet"},
	{"already allocated in subnet",
		"the address is taken: ports.list{ ip_address = ... } shows by what; leave ip_address out to get a free one"},
	{"is not a valid IP for",
		"the address must lie in a subnet of the network: subnets.list{ network = ... } shows their cidr"},
	{"required by one or more floating IPs",
		"a floating IP still needs this way: take the floating IPs off their ports, or delete them, first"},
	{"already has a floating IP on external network",
		"floating_ips.list{ port = ... } shows it: unassign or delete that one first"},
	{"Therefore, cannot associate Port",
		"its subnet needs a router with a gateway on the floating IP's network: router:add_subnet(subnet), router:set_gateway(network)"},
	{"is not a valid external network",
		"floating IPs come from external networks: networks.list{ external = true } shows those there are"},
	{"removing default security group not allowed",
		"every project keeps its default group: take its rules away instead, with security_groups.deny"},
	{"Unrecognized attribute",
		"this cloud lacks the extension behind that option"},
	{"not allowed in POST",
		"this cloud does not take that option on creation"},
	{"Cannot update read-only attribute",
		"this cannot be changed after creation: delete it and make it again"},
	{"Invalid input for external_gateway_info",
		"want { network = ..., enable_snat = ..., external_fixed_ips = ... }"},
}

// imageHints say the same for the image service.
var imageHints = []struct{ says, do string }{
	{"is protected and cannot be deleted",
		"images.update(image, { protected = false }) lifts the protection"},
	{"publicize_image",
		"only an administrator may make an image public: leave visibility out, or share it with images.add_member(image, project)"},
	{"communitize_image",
		"this cloud lets only some users make community images: leave visibility out, or share it with images.add_member(image, project)"},
	{"status transition from active to saving",
		"an image's data is written once: create another image, and delete this one"},
	{"data is not available",
		"its data was not uploaded yet, or it is deactivated: images.get(image).status tells"},
	{"in use",
		"a server or a volume still needs it: delete that first"},
	{"does not exist.",
		"the image has no property of that name: images.get(image) shows those it has"},
}

var policyAttribute = regexp.MustCompile(`rule:(?:create|update)_[a-z_]+?:([a-z_:]+)`)

// advise adds to an error of a request what to do next, where a sentence is known.
func advise(r cloud.Request, err error) error {
	e := asError(err)
	if e == nil || e.Status == 0 {
		return err
	}
	if r.Service == cloud.Compute {
		return adviseCompute(r, e, err)
	}
	if r.Service == cloud.Image {
		for _, h := range imageHints {
			if strings.Contains(e.Message, h.says) {
				return e.WithHint("%s", h.do)
			}
		}
	}
	if r.Service != cloud.Network {
		return err
	}
	if e.Status == http.StatusPreconditionFailed {
		changed := e.WithHint("it has changed since you read it: get it again and decide anew")
		changed.Code = errs.Conflict
		return changed
	}
	if e.Status == http.StatusForbidden && strings.Contains(e.Message, "disallowed by policy") {
		return e.WithHint("%s", policyHint(e.Message))
	}
	var service *cloud.ServiceError
	if errors.As(err, &service) && service.Type == "SecurityGroupInUse" {
		return e.WithHint("a port or a server is still guarded by it: ports.list{ security_groups = { ... } } shows which; give those another group")
	}
	for _, h := range networkHints {
		if strings.Contains(e.Message, h.says) {
			return e.WithHint("%s", h.do)
		}
	}
	return err
}

// policyHint names the options that policy refuses, when it says.
func policyHint(message string) string {
	var names []string
	for _, m := range policyAttribute.FindAllStringSubmatch(message, -1) {
		names = append(names, m[1])
	}
	if len(names) == 0 {
		return "it belongs to another project, or only an administrator may do this: auth.whoami() shows who you are"
	}
	return "only an administrator may set " + strings.Join(names, " and ") + ": leave it out, or use an administrator's cloud"
}

// asError gives the house's error in a chain, nil when there is none.
func asError(err error) *errs.Error {
	var e *errs.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Hinted gives an error with another hint, when it is one of the house's.
func Hinted(err error, format string, args ...any) error {
	if e := asError(err); e != nil {
		return e.WithHint(format, args...)
	}
	return err
}

// Home puts the user's own directory in place of "~/" at the beginning of a file's path, as shells do.
func Home(path string) string {
	if below, ok := strings.CutPrefix(path, "~/"); ok {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, below)
		}
	}
	return path
}

// NoFiles is the error of an option that names a file, for scripts that must not reach this machine's.
func NoFiles(op string) error {
	e := errs.New(errs.Forbidden, "this script may not reach files of this machine").WithHint("the program that runs it keeps it from files: give the text itself")
	e.Op = op
	return e
}
