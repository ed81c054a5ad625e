package compute

import (
	"slices"
	"strings"
	"time"
)

// Nova's states of a server.
const (
	active           = "active"
	building         = "building"
	stopped          = "stopped"
	paused           = "paused"
	suspended        = "suspended"
	rescued          = "rescued"
	resized          = "resized"
	errored          = "error"
	deleted          = "deleted"
	softDeleted      = "soft-delete"
	shelved          = "shelved"
	shelvedOffloaded = "shelved_offloaded"
)

// Nova's states of power.
const (
	noState   = 0
	running   = 1
	isPaused  = 3
	shutdown  = 4
	suspendPS = 7
)

// at is the server as it is at a moment: with the change under way carried out when its time has come, or with the
// task state it is in. task is "" when nothing is under way.
func (s server) at(now time.Time) (then server, task string) {
	ch := s.Change
	if ch == nil {
		return s, ""
	}
	if now.Before(ch.End) {
		i := 0
		if n := len(ch.Tasks); n > 0 {
			i = min(n-1, int(int64(n)*int64(now.Sub(ch.Start))/max(1, int64(ch.End.Sub(ch.Start)))))
			task = ch.Tasks[max(0, i)]
		}
		if ch.Away && i == 0 {
			s.Host = ""
		}
		return s, task
	}
	return s.finished(), ""
}

// finished is the server after the change under way.
func (s server) finished() server {
	ch := s.Change
	if ch == nil {
		return s
	}
	end := ch.End.Truncate(time.Second)
	s.Change = nil
	s.UpdatedAt = end
	if ch.VM != "" {
		s.VM, s.Power = ch.VM, ch.Power
	}
	if ch.Host != nil {
		s.Host = *ch.Host
	}
	if ch.Flavor != nil {
		s.Flavor = *ch.Flavor
	}
	if ch.Fault != nil {
		f := *ch.Fault
		f.Created = end
		s.Fault = &f
	}
	if ch.Launch {
		s.LaunchedAt = &end
	}
	if ch.Boot {
		exact := ch.End
		s.BootedAt = &exact
	}
	if ch.Gone {
		s.VM, s.Power, s.TerminatedAt = deleted, noState, &end
	}
	return s
}

// begin starts a change that takes a time and goes through task states.
func (s *server) begin(now time.Time, takes time.Duration, ch change, tasks ...string) {
	ch.Start, ch.End, ch.Tasks = now, now.Add(takes), tasks
	s.UpdatedAt = now.Truncate(time.Second)
	s.Change = &ch
	if takes <= 0 {
		*s = s.finished()
	}
}

// isGone says whether the server has been deleted, at the moment it was looked at.
func (s server) isGone() bool { return s.VM == deleted }

// status is what clients call the state a server is in.
func status(vm, task string) string {
	if word := taskStatus(vm, task); word != "" {
		return word
	}
	switch vm {
	case active:
		return "ACTIVE"
	case building:
		return "BUILD"
	case stopped:
		return "SHUTOFF"
	case resized:
		return "VERIFY_RESIZE"
	case paused:
		return "PAUSED"
	case suspended:
		return "SUSPENDED"
	case rescued:
		return "RESCUE"
	case errored:
		return "ERROR"
	case deleted:
		return "DELETED"
	case softDeleted:
		return "SOFT_DELETED"
	case shelved:
		return "SHELVED"
	case shelvedOffloaded:
		return "SHELVED_OFFLOADED"
	}
	return "UNKNOWN"
}

// taskStatus is the status that a task gives a server, "" for none of its own.
func taskStatus(vm, task string) string {
	rebuilds := strings.HasPrefix(task, "rebuild")
	resizes := strings.HasPrefix(task, "resize_") && slices.Contains([]string{"resize_prep", "resize_migrating", "resize_migrated", "resize_finish"}, task)
	switch {
	case vm == active && (task == "rebooting" || task == "reboot_pending" || task == "reboot_started"):
		return "REBOOT"
	case vm == active && (task == "rebooting_hard" || task == "reboot_pending_hard" || task == "reboot_started_hard"):
		return "HARD_REBOOT"
	case vm == active && task == "updating_password":
		return "PASSWORD"
	case (vm == active || vm == stopped || vm == errored) && rebuilds:
		return "REBUILD"
	case (vm == active || vm == paused) && task == "migrating":
		return "MIGRATING"
	case (vm == active || vm == stopped) && resizes:
		return "RESIZE"
	case vm == resized && task == "resize_reverting":
		return "REVERT_RESIZE"
	}
	return ""
}

// knownStatus says whether there is a status of that name, in any case.
func knownStatus(name string) bool {
	return slices.Contains([]string{"ACTIVE", "REBOOT", "HARD_REBOOT", "PASSWORD", "REBUILD", "MIGRATING", "RESIZE", "BUILD", "SHUTOFF",
		"VERIFY_RESIZE", "REVERT_RESIZE", "PAUSED", "SUSPENDED", "RESCUE", "ERROR", "DELETED", "SOFT_DELETED", "SHELVED", "SHELVED_OFFLOADED"},
		strings.ToUpper(name))
}

// takes is how long a change takes that takes so many parts in a hundred of a build.
func (s *service) takes(percent int) time.Duration {
	return s.options.BuildTime * time.Duration(percent) / 100
}
