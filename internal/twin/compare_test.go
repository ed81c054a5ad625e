package twin

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
)

// question is a GET that is put to both clouds.
type question struct{ service, path, version string }

func (q question) String() string {
	return strings.TrimSpace(q.service + " " + q.path + " " + q.version)
}

// lists are what is compared, {project} and {user} standing for those of the token; every object of a list with a show
// is then looked at alone.
func lists() []question {
	var all []question
	add := func(service, version string, paths ...string) {
		for _, p := range paths {
			all = append(all, question{service, p, version})
		}
	}
	add(cloud.Network, "", "networks", "subnets", "ports", "routers", "floatingips", "security-groups", "security-group-rules", "subnetpools",
		"address-scopes", "address-groups", "rbac-policies", "quotas/{project}", "quotas/{project}/default", "quotas/{project}/details", "quotas",
		"extensions", "availability_zones", "agents", "service-providers", "floatingip_pools", "networks?name=private", "networks?router:external=true",
		"networks?shared=true", "ports?device_owner=network:dhcp", "networks?fields=id&fields=name", "networks?limit=1", "subnets?ip_version=4")
	add(cloud.Image, "", "images", "images?visibility=community", "images?os_hidden=true", "images?sort=name:asc", "schemas/image", "info/import")
	add(cloud.Identity, "", "auth/projects", "projects", "projects/{project}", "users", "users/{user}", "users/{user}/projects", "roles", "domains",
		"regions", "services", "endpoints", "role_assignments")
	for _, v := range []string{"2.1", "2.93"} {
		add(cloud.Compute, v, "", "servers/detail", "servers", "flavors/detail", "flavors", "os-keypairs", "limits", "os-quota-sets/{project}",
			"os-quota-sets/{project}/detail", "os-quota-sets/{project}/defaults", "os-availability-zone", "os-server-groups")
	}
	return all
}

// shows are the collections of which each object is looked at alone, and the member its list is in.
var shows = map[string]string{"networks": "networks", "subnets": "subnets", "ports": "ports", "routers": "routers", "floatingips": "floatingips",
	"security-groups": "security_groups", "security-group-rules": "security_group_rules", "subnetpools": "subnetpools", "images": "images",
	"servers": "servers", "flavors": "flavors", "os-keypairs": "keypairs", "os-server-groups": "server_groups"}

// below are what is looked at of each object beside itself.
var below = map[string][]string{"servers": {"os-interface", "ips", "metadata", "os-security-groups"}, "flavors": {"os-extra_specs"}, "networks": {"tags"}}

// compare puts the questions to both clouds and says where the answers differ.
func compare(t *testing.T, real, copied *cloud.Connection, skip func(question) bool) (asked int) {
	t.Helper()
	asked, differences := differ(t, real, copied, skip)
	for _, q := range slices.Sorted(maps.Keys(differences)) {
		t.Errorf("%s: the copy (+) differs:\n%s", q, differences[q])
	}
	return asked
}

// differ is compare that gives the differences, by the questions.
func differ(t *testing.T, real, copied *cloud.Connection, skip func(question) bool) (asked int, differences map[string]string) {
	t.Helper()
	differences = map[string]string{}
	tok, err := real.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{project}", tok.ProjectID, "{user}", tok.UserID)
	one := func(q question) []byte {
		asked++
		want, got := get(t, real, q), get(t, copied, q)
		if a, b := plain(want), plain(got); !cmp.Equal(a, b) {
			differences[q.String()] = cmp.Diff(a, b)
		}
		return want
	}
	for _, q := range lists() {
		q.path = fill.Replace(q.path)
		if skip != nil && skip(q) {
			continue
		}
		body := one(q)
		member, ok := shows[q.path]
		if !ok {
			continue
		}
		var doc map[string]json.RawMessage
		var items []struct {
			ID      string
			Keypair struct{ Name string }
		}
		if json.Unmarshal(body, &doc) != nil || json.Unmarshal(doc[member], &items) != nil {
			continue
		}
		for i, o := range items {
			if i == 20 {
				break
			}
			id := o.ID + o.Keypair.Name
			one(question{q.service, q.path + "/" + url.PathEscape(id), q.version})
			for _, more := range below[q.path] {
				one(question{q.service, q.path + "/" + url.PathEscape(id) + "/" + more, q.version})
			}
		}
	}
	return asked, differences
}

// get asks, and gives a refusal as its status and message.
func get(t *testing.T, conn *cloud.Connection, q question) []byte {
	t.Helper()
	path, query, _ := strings.Cut(q.path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := conn.Do(t.Context(), cloud.Request{Service: q.service, Path: path, Query: values, Microversion: q.version})
	var e *errs.Error
	if errors.As(err, &e) && e.Status != 0 && e.Status != http.StatusFailedDependency {
		raw, _ := json.Marshal(map[string]any{"status": e.Status, "message": e.Message})
		return raw
	}
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return resp.Body
}

// plain is an answer without what must differ, the addresses in links, and with lists whose order means nothing in one.
func plain(raw []byte) any {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return tidy("", v)
}

func tidy(key string, v any) any {
	switch x := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if k != "links" && !strings.HasSuffix(k, "_links") {
				o[k] = tidy(k, x[k])
			}
		}
		return o
	case []any:
		all := make([]any, len(x))
		for i := range x {
			all[i] = tidy(key, x[i])
		}
		if key != "servers" && key != "images" && key != "flavors" {
			slices.SortStableFunc(all, func(a, b any) int { return strings.Compare(sortKey(a), sortKey(b)) })
		}
		return all
	}
	return v
}

func sortKey(v any) string {
	if o, ok := v.(map[string]any); ok {
		if id, ok := o["id"].(string); ok {
			return id
		}
	}
	raw, _ := json.Marshal(v)
	return string(raw)
}
