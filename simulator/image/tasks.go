package image

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The states of a task.
const (
	taskWaiting = "pending"
	taskRunning = "processing"
	taskDone    = "success"
	taskFailed  = "failure"
)

// done ends a task whose bytes are all there.
func (t *task) done(size int64, now time.Time) {
	t.Status, t.Updated = taskDone, now
	t.Message = fmt.Sprintf("Copied %d MiB", size>>20)
	t.Result = map[string]any{"image_id": t.ImageID}
}

func tasksAccess(r *web.Request) error {
	if !r.Caller.Admin() {
		return notAuthorized("tasks_api_access")
	}
	return nil
}

// live are the tasks that Glance still keeps, in the order it lists them in.
func live(r *web.Request, where ...store.Where) ([]task, error) {
	all, err := store.List[task](r.Tx, where...)
	return slices.DeleteFunc(all, func(t task) bool { return now(r).After(t.Created.Add(lifetime)) }), err
}

func (s *Image) listTasks(r *web.Request) (*web.Response, error) {
	if err := tasksAccess(r); err != nil {
		return nil, err
	}
	q := readQuery(r.URL.RawQuery)
	if dir := q.get("sort_dir"); dir != "" && dir != "asc" && dir != "desc" {
		return nil, badRequest("Invalid sort direction: %s", dir)
	}
	if v := q.get("status"); v != "" && !slices.Contains([]string{taskWaiting, taskRunning, taskDone, taskFailed}, v) {
		return nil, badRequest("Invalid status value: %s", v)
	}
	if v := q.get("type"); v != "" && v != "import" {
		return nil, badRequest("Invalid type value: %s", v)
	}
	limit, err := q.limit()
	if err != nil {
		return nil, err
	}
	all, err := live(r)
	if err != nil {
		return nil, err
	}
	if q.get("sort_dir") != "asc" {
		slices.Reverse(all)
	}
	all = slices.DeleteFunc(all, func(t task) bool {
		return q.get("status") != "" && t.Status != q.get("status") || q.get("type") != "" && t.Type != q.get("type")
	})
	if marker := q.get("marker"); marker != "" {
		at := slices.IndexFunc(all, func(t task) bool { return t.ID == marker })
		if at < 0 {
			return nil, badRequest("Task with the given id %s was not found", marker)
		}
		all = all[at+1:]
	}
	views := []web.Object{}
	for _, t := range all[:min(limit, len(all))] {
		views = append(views, t.brief())
	}
	out := web.Object{"tasks": views, "schema": "/v2/schemas/tasks"}
	next := ""
	if len(views) == limit && limit > 0 {
		next = all[limit-1].ID
	}
	q.links(out, "/v2/tasks", next)
	return web.OK(out), nil
}

func (s *Image) showTask(r *web.Request) (*web.Response, error) {
	if err := tasksAccess(r); err != nil {
		return nil, err
	}
	t, err := store.Get[task](r.Tx, r.PathValue("id"))
	if isNotFound(err) {
		return nil, notFound("Could not find task %s", r.PathValue("id"))
	}
	if err != nil {
		return nil, err
	}
	return web.OK(t.view()), nil
}

func (s *Image) dropTask(r *web.Request) (*web.Response, error) {
	if err := tasksAccess(r); err != nil {
		return nil, err
	}
	return nil, &fault{status: http.StatusMethodNotAllowed, bare: true, header: http.Header{"Allow": {http.MethodGet}},
		explanation: "This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time based on their expires_at property."}
}

// createTask is the way of importing before imports. Glance takes such a task and cannot do it unless it is set up for
// that, which DevStack's is not.
func createTask(r *web.Request) (*web.Response, error) {
	if err := tasksAccess(r); err != nil {
		return nil, err
	}
	v, err := body(r)
	if err != nil {
		return nil, err
	}
	in, _ := v.(map[string]any)
	for _, name := range []string{"type", "input"} {
		if _, ok := in[name]; !ok {
			return nil, badRequest("Task '%s' is required", name)
		}
	}
	if err := taskSchema().check(in); err != nil {
		return nil, err
	}
	// What was kept has to be readable again, and JSON allows numbers that no float can hold.
	if raw, err := json.Marshal(in["input"]); err != nil || json.Unmarshal(raw, new(any)) != nil {
		return nil, badRequest("Malformed JSON in request body.")
	}
	t := task{ID: r.Tx.NewID(), Type: textOf(in["type"]), Status: taskWaiting, Owner: project(r.Caller), RequestID: r.ID, UserID: r.Caller.UserID,
		Created: now(r), Updated: now(r)}
	t.Input, _ = in["input"].(map[string]any)
	t.ImageID, _ = t.Input["image_id"].(string)
	view := t.view()
	t.Status, t.Message = taskFailed, "Task failed due to Internal Error"
	return web.Created(view).With("Location", r.URLFor("/v2/tasks/"+t.ID)), store.Put(r.Tx, t)
}

func (s *Image) imageTasks(r *web.Request) (*web.Response, error) {
	i, err := look(r.Tx, r.Caller, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, nothingHere()
	}
	all, err := live(r, store.By("image", i.ID))
	rows := []web.Object{}
	for _, t := range all {
		rows = append(rows, t.row())
	}
	return web.OK(web.Object{"tasks": rows}), err
}
