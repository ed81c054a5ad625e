package identity

import (
	"errors"
	"maps"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func serviceWire(r *web.Request, sv service) web.Object {
	o := web.Object{"id": sv.ID, "type": sv.Type, "name": sv.Name, "enabled": sv.Enabled}
	if sv.Description != nil {
		o["description"] = *sv.Description
	}
	return selfLink(r, withExtra(o, sv.Extra), "/v3/services/"+sv.ID)
}

func (s *Identity) listServices(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_services", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[service](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, sv := range all {
		out = append(out, serviceWire(r, sv))
	}
	return collection(r, "services", filter(r, out, "type", "name")), nil
}

func (s *Identity) showService(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "get_service", systemReader(r)); err != nil {
		return nil, err
	}
	sv, err := must[service](r, "service", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"service": serviceWire(r, *sv)}), nil
}

func fillService(in web.Object, sv *service) {
	setText(in, "name", &sv.Name)
	setText(in, "type", &sv.Type)
	setPointer(in, "description", &sv.Description)
	setBool(in, "enabled", &sv.Enabled)
	setExtra(in, &sv.Extra, "name", "type", "description", "enabled")
}

func (s *Identity) createService(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_service"); err != nil {
		return nil, err
	}
	in, err := member(r, "service", creating(serviceSchema(), "type"))
	if err != nil {
		return nil, err
	}
	sv := service{ID: r.Tx.NewHexID(), Enabled: true}
	fillService(in, &sv)
	return web.Created(web.Object{"service": serviceWire(r, sv)}), store.Put(r.Tx, sv)
}

func (s *Identity) updateService(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_service"); err != nil {
		return nil, err
	}
	in, err := member(r, "service", updating(serviceSchema()))
	if err != nil {
		return nil, err
	}
	sv, err := must[service](r, "service", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	fillService(in, sv)
	return web.OK(web.Object{"service": serviceWire(r, *sv)}), store.Put(r.Tx, *sv)
}

func (s *Identity) deleteService(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_service"); err != nil {
		return nil, err
	}
	sv, err := must[service](r, "service", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.NoContent(), errors.Join(
		deleteAll[endpoint](r.Tx, store.By("service", sv.ID)),
		store.Delete[service](r.Tx, sv.ID))
}

func endpointWire(r *web.Request, e endpoint) web.Object {
	return selfLink(r, withExtra(web.Object{"id": e.ID, "interface": e.Interface, "region": null(e.RegionID), "region_id": null(e.RegionID),
		"service_id": e.ServiceID, "url": e.url(r), "enabled": e.Enabled}, e.Extra), "/v3/endpoints/"+e.ID)
}

func (s *Identity) listEndpoints(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_endpoints", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[endpoint](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, e := range all {
		out = append(out, endpointWire(r, e))
	}
	return collection(r, "endpoints", filter(r, out, "interface", "service_id", "region_id")), nil
}

func (s *Identity) showEndpoint(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "get_endpoint", systemReader(r)); err != nil {
		return nil, err
	}
	e, err := must[endpoint](r, "endpoint", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"endpoint": endpointWire(r, *e)}), nil
}

// fillEndpoint takes the fields over. A region that is named the old way ("region") and is not there yet is made, as
// Keystone makes it.
func (s *Identity) fillEndpoint(r *web.Request, in web.Object, e *endpoint) error {
	if id, ok := in["service_id"].(string); ok {
		is, err := store.Has[service](r.Tx, id)
		if err != nil {
			return err
		}
		if !is {
			return expecting("endpoint service_id", "service table")
		}
		e.ServiceID = id
	}
	if id, ok := in["region_id"].(string); ok {
		is, err := store.Has[region](r.Tx, id)
		if err != nil {
			return err
		}
		if !is {
			return expecting("endpoint region_id", "region table")
		}
		e.RegionID = id
	} else if id, ok := in["region"].(string); ok {
		is, err := store.Has[region](r.Tx, id)
		if err != nil {
			return err
		}
		if !is {
			if err := store.Put(r.Tx, region{ID: id}); err != nil {
				return err
			}
		}
		e.RegionID = id
	}
	setText(in, "interface", &e.Interface)
	if url, ok := in["url"].(string); ok && url != e.url(r) {
		e.URL = url
	}
	setBool(in, "enabled", &e.Enabled)
	setExtra(in, &e.Extra, "service_id", "region_id", "region", "interface", "url", "enabled")
	return nil
}

func (s *Identity) createEndpoint(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_endpoint"); err != nil {
		return nil, err
	}
	in, err := member(r, "endpoint", creating(endpointSchema(), "interface", "service_id", "url"))
	if err != nil {
		return nil, err
	}
	e := endpoint{ID: r.Tx.NewHexID(), Enabled: true}
	if err := s.fillEndpoint(r, in, &e); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"endpoint": endpointWire(r, e)}), store.Put(r.Tx, e)
}

func (s *Identity) updateEndpoint(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_endpoint"); err != nil {
		return nil, err
	}
	in, err := member(r, "endpoint", updating(endpointSchema()))
	if err != nil {
		return nil, err
	}
	e, err := must[endpoint](r, "endpoint", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := s.fillEndpoint(r, in, e); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"endpoint": endpointWire(r, *e)}), store.Put(r.Tx, *e)
}

func (s *Identity) deleteEndpoint(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_endpoint"); err != nil {
		return nil, err
	}
	if _, err := must[endpoint](r, "endpoint", r.PathValue("id")); err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[endpoint](r.Tx, r.PathValue("id"))
}

func regionWire(r *web.Request, g region) web.Object {
	return selfLink(r, withExtra(web.Object{"id": g.ID, "description": g.Description, "parent_region_id": null(g.ParentID)},
		maps.Clone(g.Extra)), "/v3/regions/"+g.ID)
}

func (s *Identity) listRegions(r *web.Request) (*web.Response, error) {
	all, err := store.List[region](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, g := range all {
		out = append(out, regionWire(r, g))
	}
	return collection(r, "regions", filter(r, out, "parent_region_id")), nil
}

func (s *Identity) showRegion(r *web.Request) (*web.Response, error) {
	g, err := must[region](r, "region", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"region": regionWire(r, *g)}), nil
}

func (s *Identity) fillRegion(r *web.Request, in web.Object, g *region) error {
	setText(in, "description", &g.Description)
	setText(in, "parent_region_id", &g.ParentID)
	setExtra(in, &g.Extra, "description", "parent_region_id")
	for id := g.ParentID; id != ""; {
		if id == g.ID {
			return web.Errorf(400, "The specified parent region %s would create a circular region hierarchy.", g.ParentID)
		}
		p, err := must[region](r, "region", id)
		if err != nil {
			return err
		}
		id = p.ParentID
	}
	return nil
}

// createRegion is POST /v3/regions and PUT /v3/regions/{id}.
func (s *Identity) createRegion(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_region"); err != nil {
		return nil, err
	}
	in, err := member(r, "region", creating(regionSchema()))
	if err != nil {
		return nil, err
	}
	g := region{ID: r.PathValue("id")}
	id, _ := in["id"].(string)
	switch {
	case g.ID == "" && id == "":
		g.ID = r.Tx.NewHexID()
	case g.ID == "":
		g.ID = id
	case id != "" && id != g.ID:
		return nil, web.Errorf(400, "Conflicting region IDs specified: \"%s\" != \"%s\"", g.ID, id)
	}
	is, err := store.Has[region](r.Tx, g.ID)
	if err != nil {
		return nil, err
	}
	if is {
		return nil, conflict("region", "Duplicate ID, "+g.ID+".")
	}
	if err := s.fillRegion(r, in, &g); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"region": regionWire(r, g)}), store.Put(r.Tx, g)
}

func (s *Identity) updateRegion(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_region"); err != nil {
		return nil, err
	}
	in, err := member(r, "region", updating(regionSchema()))
	if err != nil {
		return nil, err
	}
	g, err := must[region](r, "region", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if id, ok := in["id"].(string); ok && id != g.ID {
		return nil, web.Errorf(400, "Cannot change region ID")
	}
	if err := s.fillRegion(r, in, g); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"region": regionWire(r, *g)}), store.Put(r.Tx, *g)
}

func (s *Identity) deleteRegion(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_region"); err != nil {
		return nil, err
	}
	g, err := must[region](r, "region", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	gone := []string{g.ID}
	for i := 0; i < len(gone); i++ {
		n, err := store.Count[endpoint](r.Tx, store.By("region", gone[i]))
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, web.Errorf(403, "Unable to delete region %s because it or its child regions have associated endpoints.", g.ID)
		}
		below, err := store.List[region](r.Tx, store.By("parent", gone[i]))
		if err != nil {
			return nil, err
		}
		for _, b := range below {
			gone = append(gone, b.ID)
		}
	}
	for _, id := range gone {
		if err := store.Delete[region](r.Tx, id); err != nil {
			return nil, err
		}
	}
	return web.NoContent(), nil
}
