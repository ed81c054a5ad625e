package compute

import (
	"slices"
	"strconv"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// record notes an action on a server, and how it ends.
func (c *call) record(s *server, name, event string, ch *change, failed *fault) error {
	n, err := c.Tx.Counter("compute.action")
	if err != nil {
		return err
	}
	a := action{ID: strconv.FormatInt(n, 10), ServerID: s.ID, ProjectID: c.project, UserID: c.user, Action: name, RequestID: c.ID, Event: event,
		Start: c.now(), End: c.now(), Failed: failed != nil, Host: s.Host}
	if ch != nil {
		a.End = ch.End.Truncate(time.Second)
	}
	// What the scheduler refuses marks the action; what the host aborts does not.
	if failed != nil && s.Host == "" && event == "compute__do_build_and_run_instance" && failed.Message[:2] == "No" {
		a.Message, a.Event = "Error", "conductor_schedule_and_build_instances"
	}
	return store.Put(c.Tx, a)
}

func (a *action) wire(c *call) web.Object {
	o := web.Object{"action": a.Action, "instance_uuid": a.ServerID, "request_id": a.RequestID, "user_id": a.UserID, "project_id": a.ProjectID,
		"start_time": microTime(a.Start), "message": orNull(a.Message)}
	if c.at(58) {
		o["updated_at"] = microTime(a.Start)
		if !c.Now.Before(a.End) {
			o["updated_at"] = microTime(a.End)
		}
	}
	return o
}

func (a *action) event(c *call) web.Object {
	o := web.Object{"event": a.Event, "start_time": microTime(a.Start), "finish_time": nil, "result": nil}
	if c.admin {
		o["traceback"] = nil
	}
	if !c.Now.Before(a.End) {
		o["finish_time"], o["result"] = microTime(a.End), "Success"
		if a.Failed {
			o["result"] = "Error"
		}
	}
	if c.at(62) {
		o["hostId"] = hostID(a.ProjectID, a.Host)
		if c.admin {
			o["host"] = orNull(a.Host)
		}
	}
	if c.at(84) {
		o["details"] = nil
		if a.Failed && !c.Now.Before(a.End) {
			o["details"] = "Error"
		}
	}
	return o
}

// historyServer is the server whose history is asked for; from 2.21 on it may be gone.
func (c *call) historyServer() (*server, error) {
	if !c.at(21) {
		s, _, err := c.server(c.PathValue("id"))
		return s, err
	}
	s, err := c.anyServer(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return s, nil
}

func listActions(c *call) (*web.Response, error) {
	if c.at(58) {
		date := schema{typ("string"), fits("date-time", isDateTime)}
		all := map[string]schema{"limit": nonNegativeSchema(), "marker": text(), "changes-since": date}
		if c.at(66) {
			all["changes-before"] = date
		}
		if err := checkQuery(queryParams(false, all), c.Request); err != nil {
			return nil, err
		}
	}
	s, err := c.historyServer()
	if err != nil {
		return nil, err
	}
	all, err := store.List[action](c.Tx, store.By("server", s.ID), store.Newest())
	if err != nil {
		return nil, err
	}
	answer := web.Object{}
	if c.at(58) {
		since, _ := parseTime(c.Query().Get("changes-since"))
		before, hasBefore := parseTime(c.Query().Get("changes-before"))
		hasBefore = hasBefore && c.at(66)
		if hasBefore && before.Before(since) {
			return nil, badRequest("The value of changes-since must be less than or equal to changes-before.")
		}
		all = slices.DeleteFunc(all, func(a action) bool {
			at := a.Start
			if !c.Now.Before(a.End) {
				at = a.End
			}
			return at.Before(since) || hasBefore && at.After(before)
		})
		page, err := c.paging()
		if err != nil {
			return nil, err
		}
		var known bool
		if all, _, _, known = web.Cut(all, page, func(a action) string { return a.RequestID }); !known {
			return nil, badRequest("Marker %s could not be found.", page.Marker)
		}
		if len(all) == page.Limit {
			answer["links"] = c.nextLink("/v2.1/servers/"+s.ID+"/os-instance-actions", all[len(all)-1].RequestID)
		}
	}
	shown := []web.Object{}
	for _, a := range all {
		shown = append(shown, a.wire(c))
	}
	answer["instanceActions"] = shown
	return web.OK(answer), nil
}

func showAction(c *call) (*web.Response, error) {
	s, err := c.historyServer()
	if err != nil {
		return nil, err
	}
	for a, err := range store.Each[action](c.Tx, store.By("server", s.ID)) {
		if err != nil {
			return nil, err
		}
		if a.RequestID != c.PathValue("request") {
			continue
		}
		o := a.wire(c)
		if c.admin || c.at(51) {
			o["events"] = []web.Object{a.event(c)}
		}
		return web.OK(web.Object{"instanceAction": o}), nil
	}
	return nil, notFound("Action %s not found", c.PathValue("request"))
}
