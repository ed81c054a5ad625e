package cloud

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		status  int
		body    string
		code    errs.Code
		message string
		hint    string // a part of it
	}{
		{"neutron", 404, `{"NeutronError": {"type": "NetworkNotFound", "message": "Network x could not be found.", "detail": ""}}`, errs.NotFound, "Network x could not be found.", ""},
		{"neutron in use", 409, `{"NeutronError": {"type": "SubnetInUse", "message": "Unable to complete operation on subnet x: One or more ports have an IP allocation from this subnet.", "detail": ""}}`, errs.Conflict, "Unable to complete operation on subnet x: One or more ports have an IP allocation from this subnet.", "still uses it"},
		{"neutron quota", 409, `{"NeutronError": {"type": "OverQuota", "message": "Quota exceeded for resources: ['network'].", "detail": ""}}`, errs.Quota, "Quota exceeded for resources: ['network'].", "larger quota"},
		{"neutron old", 400, `{"NeutronError": "Invalid input for name."}`, errs.BadRequest, "Invalid input for name.", ""},
		{"nova", 409, `{"conflictingRequest": {"code": 409, "message": "Cannot 'start' instance x while it is in vm_state active"}}`, errs.Conflict, "Cannot 'start' instance x while it is in vm_state active", ""},
		{"nova quota", 403, `{"forbidden": {"code": 403, "message": "Quota exceeded for ram: Requested 9, but already used 2 of 5 ram"}}`, errs.Quota, "Quota exceeded for ram: Requested 9, but already used 2 of 5 ram", "larger quota"},
		{"nova key pairs", 403, `{"forbidden": {"code": 403, "message": "Quota exceeded, too many key pairs."}}`, errs.Quota, "Quota exceeded, too many key pairs.", ""},
		{"nova policy", 403, `{"forbidden": {"code": 403, "message": "Policy doesn't allow os_compute_api:os-hypervisors:list to be performed."}}`, errs.Forbidden, "Policy doesn't allow os_compute_api:os-hypervisors:list to be performed.", `"demo" has the roles member in project "demo"`},
		{"nova schema", 400, `{"badRequest": {"code": 400, "message": "Invalid input for field/attribute server. Value: {'name': 'x', 'adminPass': 'y'}. 'flavorRef' is a required property"}}`, errs.BadRequest, "Invalid input for field/attribute server: 'flavorRef' is a required property", ""},
		{"nova 413", 413, `{"overLimit": {"code": 413, "message": "Quota exceeded for instances"}}`, errs.Quota, "Quota exceeded for instances", ""},
		{"nova microversion", 406, `{"computeFault": {"code": 406, "message": "Version 2.999 is not supported by the API."}}`, errs.BadRequest, "Version 2.999 is not supported by the API.", "microversion"},
		{"keystone", 403, `{"error":{"code":403,"message":"You are not authorized to perform the requested action: identity:list_projects.","title":"Forbidden"}}`, errs.Forbidden, "You are not authorized to perform the requested action: identity:list_projects.", "roles member"},
		{"glance", 409, `{"message": "Image ID x already exists!<br /><br />\n\n\n", "code": "409 Conflict", "title": "Conflict"}`, errs.Conflict, "Image ID x already exists!", ""},
		{"glance schema", 400, `{"message": "Provided object does not match schema 'image': 'x' is not one of [None, 'raw']\n\nFailed validating 'enum' in schema", "code": "400"}`, errs.BadRequest, "Provided object does not match schema 'image': 'x' is not one of [None, 'raw']", ""},
		{"glance page", 413, "<html>\n <head>\n  <title>413 Request Entity Too Large</title>\n </head>\n <body>\n  <h1>413 Request Entity Too Large</h1>\n  Denying attempt to upload image because it exceeds the quota: 10<br /><br />\n\n\n\n </body>\n</html>", errs.Quota, "Denying attempt to upload image because it exceeds the quota: 10", ""},
		{"placement", 404, `{"errors": [{"status": 404, "title": "Not Found", "detail": "No resource provider with uuid x found", "request_id": "r"}]}`, errs.NotFound, "No resource provider with uuid x found", ""},
		{"ironic", 400, `{"faultcode": "Client", "faultstring": "Bad port.", "debuginfo": null}`, errs.BadRequest, "Bad port.", ""},
		{"plain", 400, "Invalid X\n", errs.BadRequest, "Invalid X", ""},
		{"nginx", 502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", errs.Unavailable, "502 Bad Gateway", "try again later and tell its operator the request ID req-9"},
		{"flask", 404, "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found on the server.</p>\n", errs.NotFound, "The requested URL was not found on the server.", ""},
		{"nothing", 404, "", errs.NotFound, "not found", ""},
		{"an odd status", 599, "", errs.Unavailable, "the service gave no reason", ""},
		{"binary", 400, "\xff\xfe", errs.BadRequest, "bad request", ""},
		{"odd JSON", 400, `[1, 2]`, errs.BadRequest, "[1, 2]", ""},
		{"escaped", 400, `{"badRequest": {"message": "a &lt; b"}}`, errs.BadRequest, "a < b", ""},
		{"not implemented", 501, `{"NeutronError": {"message": "No.", "type": "x"}}`, errs.Unavailable, "No.", "cannot do it"},
		{"long", 400, strings.Repeat("é", 4000), errs.BadRequest, strings.Repeat("é", 300) + "…", ""},
		{"401 with a new token", 401, `{"error":{"code":401,"message":"No."}}`, errs.Unauthorized, "No.", "operator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeCloud(t)
			f.mux.HandleFunc("POST /net/v2.0/x", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Openstack-Request-Id", "req-9")
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			c, _ := f.connect(t, Options{})
			_, err := c.Do(t.Context(), Request{Service: Network, Method: "POST", Path: "x", Op: "things.make", Resource: `thing "x"`})
			e := wantError(t, err, tt.code)
			if e.Message != tt.message {
				t.Errorf("message %q\nwant    %q", e.Message, tt.message)
			}
			if !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint %q, want %q", e.Hint, tt.hint)
			}
			if e.Status != tt.status || e.RequestID != "req-9" || e.Op != "things.make" || e.Resource != `thing "x"` {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestOnlyTheStatusesWantedAreSuccess(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) })
	f.mux.HandleFunc("/net/v2.0/y", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) })
	c, _ := f.connect(t, Options{})
	if resp, err := c.Do(t.Context(), Request{Service: Network, Path: "x", OK: []int{200, 404}}); err != nil || resp.Status != 404 {
		t.Errorf("%+v, %v", resp, err)
	}
	if _, err := c.Do(t.Context(), Request{Service: Network, Path: "y", OK: []int{200}}); err == nil {
		t.Error("202 is taken for success")
	}
}

func TestServiceErrorIsTheCause(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(409)
		io.WriteString(w, `{"NeutronError": {"type": "SubnetInUse", "message": "In use.", "detail": ""}}`)
	})
	c, _ := f.connect(t, Options{})
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "x"})
	var se *ServiceError
	if !errors.As(err, &se) || se.Type != "SubnetInUse" || se.Service != Network || se.Status != 409 {
		t.Errorf("%+v", se)
	}
}

func TestServicesSentenceRepeatsNoSecret(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("POST /compute/v2.1/servers", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.WriteHeader(400)
		io.WriteString(w, "Invalid input "+string(b)+r.Header.Get("X-Auth-Token")+" hunter2-secret")
	})
	c, _ := f.connect(t, Options{})
	_, err := c.Do(t.Context(), Request{Service: Compute, Method: "POST", Path: "servers",
		Body: map[string]any{"server": map[string]any{"name": "web", "adminPass": "root-password", "user_data": "I2Nsb3VkLWNvbmZpZw=="}}})
	e := wantError(t, err, errs.BadRequest)
	for _, s := range []string{"root-password", "I2Nsb3Vk", "token-number", "hunter2"} {
		if strings.Contains(e.Error(), s) {
			t.Errorf("%q is in %s", s, e)
		}
	}
	if !strings.Contains(e.Message, "web") {
		t.Errorf("message %q", e.Message)
	}
}
