package destroy

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Marked is a resource with the mark of a run on it.
type Marked struct {
	Resource
	Run     string    `json:"run"`
	Created time.Time `json:"created"` // zero where the service does not say
}

// markedTypes are the types whose resources carry marks.
var markedTypes = []string{"network", "subnet", "port", "router", "floating_ip", "security_group", "security_group_rule", "server", "image"}

// FindMarked lists what carries the mark of a run, in the connection's project: one request for each type.
func FindMarked(ctx context.Context, client *rest.Client) ([]Marked, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	project, err := client.Conn.ProjectID(ctx)
	if err != nil {
		return nil, err
	}
	found := make([][]Marked, len(markedTypes))
	var mu sync.Mutex
	g := newGroup(ctx, lookLimit)
	for n, typ := range markedTypes {
		g.Go(func(ctx context.Context) error {
			marked, err := findMarked(ctx, client, typ, project)
			mu.Lock()
			defer mu.Unlock()
			found[n] = marked
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func findMarked(ctx context.Context, client *rest.Client, typ, project string) ([]Marked, error) {
	c := client.Of(typ)
	q := url.Values{}
	switch c.Service {
	case cloud.Network:
		q = url.Values{"project_id": {project}, "fields": {"id", "name", "description", "created_at", "project_id", parents[typ]}}
		if typ == "floating_ip" {
			q.Add("fields", "floating_ip_address")
		}
		q["fields"] = unique(q["fields"])
	case cloud.Image:
		q.Set("owner", project)
	}
	list, err := c.List(ctx, "leftovers", q)
	if err != nil {
		return nil, err
	}
	rows, err := objectsOf(list)
	if err != nil {
		return nil, err
	}
	var out []Marked
	for _, o := range rows {
		run := runOf(o)
		owner := cmp.Or(str(o["project_id"]), str(o["tenant_id"]), str(o["owner"]))
		if run == "" || owner != "" && owner != project {
			continue
		}
		created, _ := time.Parse(time.RFC3339, cmp.Or(str(o["created_at"]), str(o["created"]))) //nolint:errcheck // zero is unknown
		out = append(out, Marked{
			Resource: Resource{Type: typ, ID: str(o["id"]), Name: cmp.Or(str(o["floating_ip_address"]), str(o["name"])), Parent: str(o[parents[typ]])},
			Run:      run, Created: created,
		})
	}
	return out, nil
}

// parents are the members that name what a resource is in.
var parents = map[string]string{"subnet": "network_id", "port": "network_id", "security_group_rule": "security_group_id"}

// runOf reads the mark of an object, "" when it has none.
func runOf(o object) string {
	if run, _, ok := change.ParseMark(str(o["description"])); ok {
		return run
	}
	tags, _ := o["tags"].([]any)
	for _, t := range tags {
		if run, _, ok := change.ParseMark(str(t)); ok {
			return run
		}
	}
	return ""
}
