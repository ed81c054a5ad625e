package images

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

type sharing struct {
	one
	Project schema.Ref `lua:"project,arg,required" json:"-" ref:"project" doc:"The project: object or ID; by name for administrators."`
}

type answering struct {
	one
	Project schema.Ref `lua:"project" alias:"project_id" json:"-" ref:"project" doc:"Another project than your own, for administrators."`
}

func (m module) members(ctx context.Context, in one) (schema.Raw, error) {
	const op = "images.members"
	if err := m.Resolve(ctx, op, &in.Image, nil); err != nil {
		return schema.Raw{}, err
	}
	res, err := m.Client().Do(ctx, cloud.Request{Service: m.Service, Path: m.PathOf(in.Image, "members"), Op: op, Resource: m.Describe(in.Image)})
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body, Key: "members"}, nil
}

func (m module) addMember(ctx context.Context, in sharing) (schema.Raw, error) {
	const op = "images.add_member"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Raw{}, err
	}
	return m.member(ctx, op, http.MethodPost, m.PathOf(in.Image, "members"), in.Image, map[string]any{"member": in.Project.ID})
}

func (m module) removeMember(ctx context.Context, in sharing) (schema.None, error) {
	const op = "images.remove_member"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.None{}, err
	}
	_, err := m.member(ctx, op, http.MethodDelete, m.PathOf(in.Image, "members", url.PathEscape(in.Project.ID)), in.Image, nil)
	return schema.None{}, err
}

func (m module) accept(ctx context.Context, in answering) (schema.Raw, error) {
	return m.answer(ctx, "images.accept", in, "accepted")
}

func (m module) reject(ctx context.Context, in answering) (schema.Raw, error) {
	return m.answer(ctx, "images.reject", in, "rejected")
}

func (m module) answer(ctx context.Context, op string, in answering, status string) (schema.Raw, error) {
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Raw{}, err
	}
	if in.Project.ID == "" {
		var err error
		if in.Project.ID, err = m.Client().Conn.ProjectID(ctx); err != nil {
			return schema.Raw{}, err
		}
	}
	return m.member(ctx, op, http.MethodPut, m.PathOf(in.Image, "members", url.PathEscape(in.Project.ID)), in.Image, map[string]any{"status": status})
}

func (m module) member(ctx context.Context, op, method, path string, image schema.Ref, body map[string]any) (schema.Raw, error) {
	r := cloud.Request{Service: m.Service, Method: method, Path: path, Op: op, Resource: m.Describe(image), Idempotent: method == http.MethodPut}
	if body != nil {
		r.Body = body
	}
	res, err := m.Client().Do(ctx, r)
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: json.RawMessage(res.Body)}, nil
}
