package image

import (
	"slices"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const onlyShared = "Only shared images have members."

// sharedImage finds the image whose members are asked for.
func sharedImage(r *web.Request) (*image, error) {
	id := r.PathValue("id")
	i, err := look(r.Tx, r.Caller, id)
	if err == nil && i == nil {
		err = notFound("Image %s not found.", id)
	}
	return i, err
}

func (s *Image) listMembers(r *web.Request) (*web.Response, error) {
	i, err := sharedImage(r)
	if err != nil {
		return nil, err
	}
	if i.Visibility != "shared" {
		return nil, forbidden("Not allowed to list members for image %s: %s", i.ID, onlyShared)
	}
	all, err := store.List[member](r.Tx, store.By("image", i.ID))
	if err != nil {
		return nil, err
	}
	views := []web.Object{}
	for _, m := range all {
		if owns(r.Caller, i) || m.MemberID == project(r.Caller) {
			views = append(views, m.view())
		}
	}
	return web.OK(web.Object{"members": views, "schema": "/v2/schemas/members"}), nil
}

// memberField reads the one field that a body must have.
func memberField(r *web.Request, field, missing, shape string) (any, error) {
	v, err := body(r)
	if err != nil {
		return nil, err
	}
	in, ok := v.(map[string]any)
	if !ok {
		return nil, badRequest("%s", shape)
	}
	value, ok := in[field]
	if !ok {
		return nil, badRequest("%s", missing)
	}
	return value, nil
}

func (s *Image) addMember(r *web.Request) (*web.Response, error) {
	v, err := memberField(r, "member", "Member to be added not specified", `Expected a member in the form: {"member": "image_id"}`)
	if err != nil {
		return nil, err
	}
	id := textOf(v)
	if v == nil || id == "" {
		return nil, badRequest("Member can't be empty")
	}
	i, err := sharedImage(r)
	if err != nil {
		return nil, err
	}
	if i.Visibility != "shared" || !owns(r.Caller, i) {
		return nil, forbidden("Not allowed to create members for image %s.", i.ID)
	}
	n, err := store.Count[member](r.Tx, store.By("image", i.ID))
	if err != nil {
		return nil, err
	}
	if n >= quota {
		return nil, tooLarge("Image member limit exceeded for image %s: The limit has been exceeded on the number of allowed image "+
			"members for this image. Attempted: %d, Maximum: %d:", i.ID, n+1, quota)
	}
	if has, err := store.Has[member](r.Tx, memberKey(i.ID, id)); err != nil {
		return nil, err
	} else if has {
		return nil, conflict("Member %s is duplicated for image %s", id, i.ID)
	}
	m := member{ImageID: i.ID, MemberID: id, Status: "pending", Created: now(r), Updated: now(r)}
	return web.OK(m.view()), store.Put(r.Tx, m)
}

// findMember finds a member that the caller may know of.
func findMember(r *web.Request, i *image) (*member, error) {
	id := r.PathValue("member")
	m, err := store.Get[member](r.Tx, memberKey(i.ID, id))
	if isNotFound(err) || err == nil && !owns(r.Caller, i) && id != project(r.Caller) {
		return nil, notFound("%s not found in the member list of the image %s.", id, i.ID)
	}
	return &m, err
}

func (s *Image) showMember(r *web.Request) (*web.Response, error) {
	i, err := sharedImage(r)
	if err != nil {
		return nil, err
	}
	if i.Visibility != "shared" {
		return nil, notFound(onlyShared)
	}
	m, err := findMember(r, i)
	if err != nil {
		return nil, err
	}
	return web.OK(m.view()), nil
}

func (s *Image) updateMember(r *web.Request) (*web.Response, error) {
	status, err := memberField(r, "status", "Status not specified", `Expected a status in the form: {"status": "status"}`)
	if err != nil {
		return nil, err
	}
	i, err := sharedImage(r)
	if err != nil {
		return nil, err
	}
	// Who shares does not accept, and who accepts does not share.
	if i.Visibility != "shared" || !r.Caller.Admin() && owns(r.Caller, i) {
		return nil, forbidden("Not allowed to update members for image %s.", i.ID)
	}
	m, err := findMember(r, i)
	if err != nil {
		return nil, err
	}
	word, _ := status.(string)
	if !slices.Contains([]string{"pending", "accepted", "rejected"}, word) {
		return nil, badRequest(`Incorrect request: Status must be "pending", "accepted" or "rejected".`)
	}
	m.Status, m.Updated = word, now(r)
	return web.OK(m.view()), store.Put(r.Tx, *m)
}

func (s *Image) dropMember(r *web.Request) (*web.Response, error) {
	i, err := sharedImage(r)
	if err != nil {
		return nil, err
	}
	if i.Visibility != "shared" || !owns(r.Caller, i) {
		return nil, forbidden("Not allowed to delete members for image %s.", i.ID)
	}
	m, err := findMember(r, i)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[member](r.Tx, m.Meta().ID)
}
