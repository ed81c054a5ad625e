package servers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/wait"
)

// awaited says what a server is to become.
type awaited struct {
	target  []string
	timeout schema.Duration
	start   *wait.State
	idle    bool   // nothing may be in progress any more: the status alone changes late
	stays   string // the status it falls back to when the service gives up
}

// await waits until a server has a status, and stops with the service's own words when it fails.
func (m module) await(ctx context.Context, op string, ref schema.Ref, a awaited) (schema.Object, error) {
	var last schema.Object
	read := func(ctx context.Context, obj schema.Object) (wait.State, error) {
		last = obj
		st := *stateOf(obj)
		task := rest.Text(obj, "OS-EXT-STS:task_state")
		switch {
		case st.Status == wait.Deleted: // a list shows it so; alone it is not found
		case task != "" && a.idle:
			st.Status += " (" + task + ")"
		case a.stays != "" && st.Status == a.stays:
			return st, m.gaveUp(ctx, op, ref, a)
		}
		return st, nil
	}
	st, err := wait.For(ctx, m.Client().Clock, wait.Spec{
		Op: op, Resource: m.Describe(ref), Type: m.Name, ID: ref.ID, Target: a.target, Timeout: a.timeout.Or(0), Start: a.start,
		Look: func(ctx context.Context) (wait.State, error) {
			obj, err := m.GetOf(ctx, op, ref, nil)
			if err != nil {
				return wait.State{}, err
			}
			return read(ctx, obj)
		},
		Board: m.Board(),
		Read: func(ctx context.Context, body json.RawMessage) (wait.State, error) {
			return read(ctx, m.Object(body))
		},
	})
	if err != nil {
		if e := asError(err); e != nil && e.Code == errs.ResourceError && e.Fault != "" {
			if do := rest.ComputeHint(e.Fault); do != "" {
				err = e.WithHint("%s", do)
			}
			var flavor struct {
				Name string `json:"original_name"`
			}
			rest.Member(last, "flavor", &flavor)
			err = tooSmall(err, flavor.Name)
		}
		if e := asError(err); e != nil && e.Code == errs.ResourceError && rest.Text(last, "status") == "ERROR" {
			err = m.withConsole(ctx, op, ref, last, e)
		}
		return schema.Object{}, err
	}
	if st.Body == nil {
		return schema.Object{}, nil
	}
	return m.Object(st.Body), nil
}

// consoleLines is how much of a console says why its server failed.
const consoleLines = 8

// withConsole adds the last lines of a server's console to an error. Only one that has run has a console, and a cloud
// that keeps none is asked once.
func (m module) withConsole(ctx context.Context, op string, ref schema.Ref, last schema.Object, e *errs.Error) error {
	if rest.Text(last, "OS-SRV-USG:launched_at") == "" || m.noConsole.Load() {
		return e
	}
	out, err := m.output(ctx, op, ref, map[string]any{"length": consoleLines})
	if err != nil {
		m.noConsole.Store(true)
		return e
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(out, "\r", "")), "\n")
	if lines = lines[max(0, len(lines)-consoleLines):]; lines[0] == "" && len(lines) == 1 {
		return e
	}
	return e.WithHint("%s", strings.TrimSpace(strings.TrimSuffix(e.Hint, ".")+"\nits console ended with:\n  "+strings.Join(lines, "\n  ")))
}

// gaveUp is the error of an action that the service accepted and then took back; the reason is in its log of actions.
func (m module) gaveUp(ctx context.Context, op string, ref schema.Ref, a awaited) error {
	e := errs.New(errs.ResourceError, "%s is %s again: the service gave up", m.Describe(ref), a.stays)
	e.Op, e.Resource = op, m.Describe(ref)
	e.Hint = "servers.actions_log(server) shows what happened"
	res, err := m.Send(ctx, op, http.MethodGet, ref, nil, "os-instance-actions")
	if err != nil {
		return e
	}
	var log []struct {
		Action  string `json:"action"`
		Message string `json:"message"`
	}
	if rest.Member(schema.Object{JSON: res.Body}, "instanceActions", &log) && len(log) > 0 && log[0].Message != "" {
		e.Message += ": " + log[0].Message
	}
	return e
}

// stateOf is what an object shows.
func stateOf(obj schema.Object) *wait.State {
	return &wait.State{Status: rest.Text(obj, "status"), Fault: faultOf(obj), Body: obj.JSON,
		Updated: rest.Text(obj, "updated"), Name: rest.Text(obj, "name")}
}

func faultOf(obj schema.Object) string {
	var fault struct {
		Message string `json:"message"`
	}
	rest.Member(obj, "fault", &fault)
	return fault.Message
}

// action sends one of the actions a server takes.
func (m module) action(ctx context.Context, op string, ref schema.Ref, want, name string, args any) (*cloud.Response, error) {
	return m.Versioned(ctx, want, func(string) (cloud.Request, error) {
		return cloud.Request{
			Method: http.MethodPost, Path: m.PathOf(ref, "action"), Body: map[string]any{name: args}, Op: op, Resource: m.Describe(ref),
		}, nil
	})
}

// act sends an action and waits for what it leads to.
func (m module) act(ctx context.Context, op string, in acting, name string, args any, a awaited) (schema.Values, error) {
	obj, _, err := m.acted(ctx, op, in, name, args, a)
	if err != nil {
		return nil, err
	}
	if obj.JSON == nil {
		return schema.Values{nil}, nil
	}
	return schema.Values{obj}, nil
}

func (m module) acted(ctx context.Context, op string, in acting, name string, args any, a awaited) (obj schema.Object, answer []byte, err error) {
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return obj, nil, err
	}
	res, err := m.action(ctx, op, in.Server, "", name, args)
	if err != nil {
		return obj, nil, err
	}
	if len(a.target) == 0 || !in.Wait.Or(true) {
		return obj, res.Body, nil
	}
	a.timeout, a.idle = in.Timeout, true
	obj, err = m.await(ctx, op, in.Server, a)
	return obj, res.Body, err
}

// acting are the arguments of an action that has no options of its own.
type acting struct {
	one
	Wait    schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it is done; false returns nil at once."`
	Timeout schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

// simple makes the function of an action without options of its own.
func (m module) simple(name, action string, target ...string) func(context.Context, acting) (schema.Values, error) {
	return func(ctx context.Context, in acting) (schema.Values, error) {
		return m.act(ctx, "servers."+name, in, action, nil, awaited{target: target})
	}
}

type rebooting struct {
	acting
	Type string `lua:"type" json:"type" enum:"SOFT|HARD" default:"SOFT" doc:"SOFT asks the server to shut down first, HARD pulls the plug."`
}

func (m module) reboot(ctx context.Context, in rebooting) (schema.Values, error) {
	if in.Type == "" {
		in.Type = "SOFT"
	}
	return m.act(ctx, "servers.reboot", in.acting, "reboot", map[string]any{"type": in.Type}, awaited{target: []string{"ACTIVE"}})
}

type locking struct {
	one
	Reason string `lua:"locked_reason" alias:"reason" json:"locked_reason" doc:"Why; those whose actions are refused can read it."`
}

func (m module) lock(ctx context.Context, in locking) (schema.None, error) {
	const op = "servers.lock"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.None{}, err
	}
	var args any
	if in.Reason != "" {
		args = map[string]any{"locked_reason": in.Reason}
	}
	_, err := m.action(ctx, op, in.Server, "", "lock", args)
	return schema.None{}, err
}

func (m module) unlock(ctx context.Context, in one) (schema.None, error) {
	const op = "servers.unlock"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.None{}, err
	}
	_, err := m.action(ctx, op, in.Server, "", "unlock", nil)
	return schema.None{}, err
}

type rescuing struct {
	acting
	Image     schema.Ref `lua:"image" alias:"rescue_image_ref" json:"rescue_image_ref" ref:"image" doc:"Image to boot in its place: object, ID or name; its own when left out."`
	AdminPass string     `lua:"admin_pass" alias:"adminPass" json:"adminPass" doc:"Password for its administrator; one is made up when left out."`
}

func (m module) rescue(ctx context.Context, in rescuing) (schema.Values, error) {
	const op = "servers.rescue"
	args, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return nil, err
	}
	return m.withPassword(m.acted(ctx, op, in.acting, "rescue", orNil(args), awaited{target: []string{"RESCUE"}}))
}

// withPassword puts the password of an answer into the object.
func (m module) withPassword(obj schema.Object, answer []byte, err error) (schema.Values, error) {
	if err != nil {
		return nil, err
	}
	if obj.JSON == nil {
		return schema.Values{nil}, nil
	}
	pass := rest.Text(schema.Object{JSON: answer}, "adminPass")
	if pass == "" {
		pass = rest.Text(schema.Object{JSON: answer, Key: m.Key}, "adminPass")
	}
	if pass != "" {
		obj, err = rest.WithMember(obj, "adminPass", pass)
	}
	return schema.Values{obj}, err
}

func orNil(m map[string]any) any {
	if len(m) == 0 {
		return nil
	}
	return m
}

type resizing struct {
	Server     schema.Ref       `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Flavor     schema.Ref       `lua:"flavor,arg,required" json:"flavorRef" ref:"flavor" doc:"Its new size: object, ID or name."`
	DiskConfig string           `lua:"disk_config" alias:"OS-DCF:diskConfig" json:"OS-DCF:diskConfig" enum:"AUTO|MANUAL" doc:"AUTO grows its one partition to the new disk."`
	Confirm    bool             `lua:"confirm" json:"-" default:"false" doc:"Confirm at once; otherwise confirm_resize or revert_resize has to follow."`
	Wait       schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it is done; false returns nil at once."`
	Timeout    schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) resize(ctx context.Context, in resizing) (schema.Values, error) {
	const op = "servers.resize"
	if in.Confirm && !in.Wait.Or(true) {
		return nil, argument(op+".confirm", "it has to wait for the new size first", "leave wait out")
	}
	args, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return nil, err
	}
	act := acting{one{in.Server}, in.Wait, in.Timeout}
	got, err := m.act(ctx, op, act, "resize", args, awaited{target: []string{"VERIFY_RESIZE"}, stays: "ACTIVE"})
	if err != nil || !in.Confirm {
		return got, err
	}
	return m.act(ctx, op, act, "confirmResize", nil, awaited{target: []string{"ACTIVE", "SHUTOFF"}})
}

type rebuilding struct {
	Server       schema.Ref         `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Image        schema.Ref         `lua:"image,arg,required" json:"imageRef" ref:"image" doc:"Image its disk is made of anew: object, ID or name."`
	Name         string             `lua:"name" json:"name" doc:"New name."`
	Description  schema.Opt[string] `lua:"description,nullable" json:"description" doc:"A few words about it; false for none."`
	AdminPass    string             `lua:"admin_pass" alias:"adminPass" json:"adminPass" doc:"Password for its administrator; one is made up when left out."`
	Metadata     map[string]string  `lua:"metadata" json:"metadata" doc:"Metadata in place of what it has."`
	AccessIPv4   string             `lua:"accessIPv4" alias:"access_ipv4" json:"accessIPv4" doc:"IPv4 address to show as the one it is reached at."`
	AccessIPv6   string             `lua:"accessIPv6" alias:"access_ipv6" json:"accessIPv6" doc:"IPv6 address to show as the one it is reached at."`
	DiskConfig   string             `lua:"disk_config" alias:"OS-DCF:diskConfig" json:"OS-DCF:diskConfig" enum:"AUTO|MANUAL" doc:"AUTO grows the image's one partition to the flavor's disk."`
	KeyName      schema.Ref         `lua:"key_name,nullable" alias:"keypair,key" json:"key_name" ref:"keypair" doc:"Keypair in place of the one in it; false for none."`
	UserData     string             `lua:"user_data" json:"-" doc:"What it is told before its new first start, as text."`
	UserDataFile string             `lua:"user_data_file" json:"-" doc:"File to read user_data from."`
	Personality  []File             `lua:"personality" json:"-" doc:"Files to put into its disk. It asks for compute API 2.56, the last that does it."`
	Hostname     string             `lua:"hostname" json:"hostname" doc:"Name its metadata tells it."`
	TrustedCerts []string           `lua:"trusted_image_certificates" json:"trusted_image_certificates" doc:"IDs of certificates to check the image with."`
	Wait         schema.Opt[bool]   `lua:"wait" json:"-" default:"true" doc:"Wait until it is done; false returns nil at once."`
	Timeout      schema.Duration    `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) rebuild(ctx context.Context, in rebuilding) (schema.Values, error) {
	const op = "servers.rebuild"
	data, err := m.userData(ctx, op, making{UserData: in.UserData, UserDataFile: in.UserDataFile})
	if err != nil {
		return nil, err
	}
	args, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return nil, err
	}
	want := ""
	if data != "" {
		args["user_data"] = encoded(data)
	}
	if len(in.Personality) > 0 {
		args["personality"], want = personality(in.Personality), personalityVersion
	}
	res, err := m.action(ctx, op, in.Server, want, "rebuild", args)
	if err != nil {
		return nil, tooSmall(err, "of the server")
	}
	if !in.Wait.Or(true) {
		return schema.Values{nil}, nil
	}
	obj, err := m.await(ctx, op, in.Server, awaited{target: []string{"ACTIVE", "SHUTOFF"}, timeout: in.Timeout, idle: true})
	return m.withPassword(obj, res.Body, err)
}

type unshelving struct {
	acting
	AvailabilityZone string `lua:"availability_zone" json:"availability_zone" doc:"Availability zone to come back in."`
	Host             string `lua:"host" json:"host" doc:"Host to come back on; for administrators."`
}

func (m module) unshelve(ctx context.Context, in unshelving) (schema.Values, error) {
	args, err := schema.Body(&in)
	if err != nil {
		return nil, err
	}
	return m.act(ctx, "servers.unshelve", in.acting, "unshelve", orNil(args), awaited{target: []string{"ACTIVE"}})
}

type repassword struct {
	Server   schema.Ref       `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Password string           `lua:"password,arg,required" json:"adminPass" doc:"The new password of its administrator."`
	Wait     schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it is done; false returns nil at once."`
	Timeout  schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) changePassword(ctx context.Context, in repassword) (schema.Values, error) {
	return m.act(ctx, "servers.change_password", acting{one{in.Server}, in.Wait, in.Timeout}, "changePassword",
		map[string]any{"adminPass": in.Password}, awaited{target: []string{"ACTIVE"}})
}

type removal struct {
	one
	Force bool `lua:"force" json:"-" default:"false" doc:"Delete it for good even where the cloud keeps deleted servers for a while."`
	rest.Removal
	Wait    schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it is gone; false returns at once."`
	Timeout schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) delete(ctx context.Context, in removal) (bool, error) {
	const op = "servers.delete"
	there := true
	err := m.Resolve(ctx, op, &in.Server, nil)
	switch {
	case err != nil:
	case in.Force:
		_, err = m.action(ctx, op, in.Server, "", "forceDelete", nil)
	default:
		there, err = m.Delete(ctx, op, in.Server, in.MissingOK)
	}
	if in.MissingOK && errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	if err != nil || !there || !in.Wait.Or(true) {
		return err == nil && there, err
	}
	// Others of the name are no longer ambiguous, and this one no longer meant.
	_, err = m.await(ctx, op, in.Server, awaited{target: []string{wait.Deleted, "SOFT_DELETED"}, timeout: in.Timeout, idle: true})
	return err == nil, err
}

type until struct {
	one
	rest.Until
}

func (m module) wait(ctx context.Context, in until) (schema.Values, error) {
	const op = "servers.wait"
	target := in.Target()
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		if target == wait.Deleted && errs.CodeOf(err) == errs.NotFound {
			return schema.Values{nil}, nil
		}
		return nil, err
	}
	// What is to end in ERROR is no failure then.
	obj, err := m.await(ctx, op, in.Server, awaited{target: []string{target}, timeout: in.Timeout, idle: target == wait.Deleted})
	return rest.Found(obj, obj.JSON != nil, err)
}

type picturing struct {
	Server   schema.Ref        `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Name     string            `lua:"name,required" json:"name" doc:"Name of the new image."`
	Metadata map[string]string `lua:"metadata" json:"metadata" doc:"Properties of the new image."`
	Wait     schema.Opt[bool]  `lua:"wait" json:"-" default:"true" doc:"Wait until the image can be used; false returns it as it is."`
	Timeout  schema.Duration   `lua:"timeout" json:"-" default:"10m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) createImage(ctx context.Context, in picturing) (schema.Object, error) {
	const op = "servers.create_image"
	args, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return schema.Object{}, err
	}
	res, err := m.action(ctx, op, in.Server, "", "createImage", args)
	if err != nil {
		return schema.Object{}, err
	}
	id := rest.Text(schema.Object{JSON: res.Body}, "image_id")
	if id == "" { // before 2.45 the answer is an address
		id = lastStep(res.Header.Get("Location"))
	}
	images := m.Client().Of("image")
	ref := schema.Ref{ID: id, Text: in.Name}
	if !in.Wait.Or(true) {
		return images.GetOf(ctx, op, ref, nil)
	}
	st, err := wait.For(ctx, m.Client().Clock, wait.Spec{
		Op: op, Resource: images.Describe(ref), Type: images.Name, ID: id, Target: []string{"active"}, Failed: []string{"killed", "deleted", "error"},
		Timeout: in.Timeout.Or(2 * wait.DefaultTimeout),
		Look: func(ctx context.Context) (wait.State, error) {
			obj, err := images.GetOf(ctx, op, ref, nil)
			return wait.State{Status: rest.Text(obj, "status"), Body: obj.JSON}, err
		},
	})
	if err != nil {
		return schema.Object{}, err
	}
	return images.Object(st.Body), nil
}

type logging struct {
	one
	RequestID string `lua:"request_id" json:"-" doc:"Only the action of this request, with its events."`
	Limit     int    `lua:"limit" json:"-" doc:"At most this many, the newest first."`
}

func (m module) actionsLog(ctx context.Context, in logging) (schema.Raw, error) {
	const op = "servers.actions_log"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.Raw{}, err
	}
	if in.RequestID != "" {
		res, err := m.Send(ctx, op, http.MethodGet, in.Server, nil, "os-instance-actions", escape(in.RequestID))
		if err != nil {
			return schema.Raw{}, err
		}
		return schema.Raw{JSON: res.Body, Key: "instanceAction"}, nil
	}
	res, err := m.Send(ctx, op, http.MethodGet, in.Server, nil, "os-instance-actions")
	if err != nil {
		return schema.Raw{}, err
	}
	var log []json.RawMessage
	if !rest.Member(schema.Object{JSON: res.Body}, "instanceActions", &log) || in.Limit <= 0 || in.Limit >= len(log) {
		return schema.Raw{JSON: res.Body, Key: "instanceActions"}, nil
	}
	first, err := json.Marshal(log[:in.Limit])
	return schema.Raw{JSON: first}, err
}

type console struct {
	one
	Lines int `lua:"lines" alias:"length" json:"length" doc:"Only this many of the last lines."`
}

func (m module) consoleLog(ctx context.Context, in console) (string, error) {
	const op = "servers.console_log"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return "", err
	}
	args, err := schema.Body(&in)
	if err != nil {
		return "", err
	}
	return m.output(ctx, op, in.Server, args)
}

func (m module) output(ctx context.Context, op string, ref schema.Ref, args map[string]any) (string, error) {
	res, err := m.action(ctx, op, ref, "", "os-getConsoleOutput", args)
	if err != nil {
		return "", err
	}
	return rest.Text(schema.Object{JSON: res.Body}, "output"), nil
}

type consoleWait struct {
	Server  schema.Ref      `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Text    string          `lua:"text,arg,required" json:"-" doc:"Text to wait for, as it is: \"login:\"."`
	Timeout schema.Duration `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) waitConsole(ctx context.Context, in consoleWait) (string, error) {
	const op = "servers.wait_console"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return "", err
	}
	log := ""
	_, err := wait.For(ctx, m.Client().Clock, wait.Spec{
		Op: op, Resource: "the console of " + m.Describe(in.Server), Type: "console", ID: in.Server.ID, Target: []string{"there"}, Timeout: in.Timeout.Or(0),
		Look: func(ctx context.Context) (wait.State, error) {
			out, err := m.output(ctx, op, in.Server, map[string]any{})
			if errs.CodeOf(err) == errs.Conflict { // it has no console before it runs
				return wait.State{Status: "off"}, nil
			}
			log = out
			if line, ok := lineWith(out, in.Text); ok {
				log = line
				return wait.State{Status: "there"}, nil
			}
			return wait.State{Status: "silent"}, err
		},
	})
	if e := asError(err); e != nil && e.Code == errs.Timeout {
		e = e.WithHint("its last line is %q; wait longer with timeout, or look at server:console_log()", lastLine(log))
		e.Message = fmt.Sprintf("the console of %s does not show %q", m.Describe(in.Server), in.Text)
		return "", e
	}
	return log, err
}

// consoles are the kinds of console and the protocol each speaks.
func protocolOf(kind string) string {
	switch kind {
	case "spice-html5":
		return "spice"
	case "rdp-html5":
		return "rdp"
	case "serial":
		return "serial"
	case "webmks":
		return "mks"
	}
	return "vnc"
}

type consoleURL struct {
	one
	Type string `lua:"type" json:"type" enum:"novnc|xvpvnc|spice-html5|rdp-html5|serial|webmks" default:"novnc" doc:"Kind of console; the cloud has one or two."`
}

func (m module) consoleURL(ctx context.Context, in consoleURL) (string, error) {
	const op = "servers.console_url"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return "", err
	}
	if in.Type == "" {
		in.Type = "novnc"
	}
	old := map[string]string{"novnc": "os-getVNCConsole", "xvpvnc": "os-getVNCConsole", "spice-html5": "os-getSPICEConsole",
		"rdp-html5": "os-getRDPConsole", "serial": "os-getSerialConsole"}
	key := "remote_console"
	res, err := m.Versioned(ctx, "", func(version string) (cloud.Request, error) {
		r := cloud.Request{Method: http.MethodPost, Op: op, Resource: m.Describe(in.Server)}
		if rest.Older(version, "2.6") {
			key = "console"
			r.Path, r.Body = m.PathOf(in.Server, "action"), map[string]any{old[in.Type]: map[string]any{"type": in.Type}}
			return r, nil
		}
		r.Path = m.PathOf(in.Server, "remote-consoles")
		r.Body = map[string]any{"remote_console": map[string]any{"protocol": protocolOf(in.Type), "type": in.Type}}
		return r, nil
	})
	if err != nil {
		return "", err
	}
	return rest.Text(schema.Object{JSON: res.Body, Key: key}, "url"), nil
}

type metadata struct {
	Server   schema.Ref        `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Metadata map[string]string `lua:"metadata,arg,required" json:"metadata" doc:"Metadata: text by name."`
	Replace  bool              `lua:"replace" json:"-" default:"false" doc:"Take away what is not among these."`
}

func (m module) setMetadata(ctx context.Context, in metadata) (schema.Raw, error) {
	const op = "servers.set_metadata"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.Raw{}, err
	}
	method := http.MethodPost
	if in.Replace {
		method = http.MethodPut
	}
	if in.Metadata == nil {
		in.Metadata = map[string]string{}
	}
	res, err := m.Send(ctx, op, method, in.Server, map[string]any{"metadata": in.Metadata}, "metadata")
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body, Key: "metadata"}, nil
}

type metadatum struct {
	one
	Key string `lua:"key,arg,required" json:"-" doc:"Name of what to take away."`
}

func (m module) deleteMetadata(ctx context.Context, in metadatum) (schema.None, error) {
	const op = "servers.delete_metadata"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.None{}, err
	}
	_, err := m.Send(ctx, op, http.MethodDelete, in.Server, nil, "metadata", escape(in.Key))
	return schema.None{}, err
}

type grouping struct {
	Server schema.Ref `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Group  schema.Ref `lua:"security_group,arg,required" json:"-" ref:"security_group" doc:"The security group: object, ID or name."`
}

func (m module) addGroup(ctx context.Context, in grouping) (schema.None, error) {
	return m.group(ctx, "servers.add_security_group", "addSecurityGroup", in)
}

func (m module) removeGroup(ctx context.Context, in grouping) (schema.None, error) {
	return m.group(ctx, "servers.remove_security_group", "removeSecurityGroup", in)
}

// group sends a security group by what was given: the service finds names itself.
func (m module) group(ctx context.Context, op, action string, in grouping) (schema.None, error) {
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.None{}, err
	}
	name := in.Group.ID
	if name == "" {
		name = in.Group.Text
	}
	_, err := m.action(ctx, op, in.Server, "", action, map[string]any{"name": name})
	return schema.None{}, err
}

// actions are the module's functions that change a server's state and have no options of their own.
func (m module) actions() []schema.Func {
	fn := func(name, doc, action, command string, target ...string) schema.Func {
		return schema.Fn(name, doc, m.simple(name, action, target...), schema.Method(), then(),
			schema.Raises("not_found", "ambiguous", "conflict", "timeout", "resource_error"),
			schema.REST("POST /v2.1/servers/{id}/action ("+action+")", "GET /v2.1/servers/{id}"), schema.CLI("openstack server "+command+" SERVER"),
			schema.Example(fmt.Sprintf("local server = servers.%s(\"web\")", name)))
	}
	return []schema.Func{
		fn("start", "Start a server that is shut off, and wait until it runs.", "os-start", "start", "ACTIVE"),
		fn("stop", "Shut a server down, and wait until it is off. It keeps its host and its place in the quota.", "os-stop", "stop", "SHUTOFF"),
		fn("pause", "Stop a server in the middle of what it does; its memory stays on the host.", "pause", "pause", "PAUSED"),
		fn("unpause", "Let a paused server go on.", "unpause", "unpause", "ACTIVE"),
		fn("suspend", "Write a server's memory to disk and stop it.", "suspend", "suspend", "SUSPENDED"),
		fn("resume", "Let a suspended server go on.", "resume", "resume", "ACTIVE"),
		fn("unrescue", "Start a server from its own disk again.", "unrescue", "unrescue", "ACTIVE", "SHUTOFF"),
		fn("confirm_resize", "Keep a server's new size, and free what the old one held.", "confirmResize", "resize confirm", "ACTIVE", "SHUTOFF"),
		fn("revert_resize", "Give a server its old size back.", "revertResize", "resize revert", "ACTIVE", "SHUTOFF"),
		fn("shelve", "Put a server away: its disk becomes an image, its host is free for others.", "shelve", "shelve", "SHELVED", "SHELVED_OFFLOADED"),
	}
}
