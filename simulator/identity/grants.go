package identity

import (
	"slices"

	"github.com/oslua/oslua/simulator/store"
)

// effective are a user's assignments, those of its groups among them, and of the groups that a token adds.
func effective(tx *store.Tx, userID string, more ...string) ([]assignment, error) {
	actors := append([]string{userID}, more...)
	groups, err := store.List[membership](tx, store.By("user", userID))
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		actors = append(actors, g.GroupID)
	}
	return store.List[assignment](tx, store.By("actor", actors...))
}

// rolesOn gives the IDs of the roles a user has on a target, implied ones too.
func rolesOn(tx *store.Tx, userID, kind, id string, groups ...string) ([]string, error) {
	all, err := effective(tx, userID, groups...)
	if err != nil {
		return nil, err
	}
	above, err := ancestors(tx, kind, id)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range all {
		here := a.Target == kind && a.TargetID == id && !a.Inherited
		inherited := a.Inherited && slices.Contains(above, a.TargetID)
		if (here || inherited) && !slices.Contains(ids, a.RoleID) {
			ids = append(ids, a.RoleID)
		}
	}
	return withImplied(tx, ids)
}

// ancestors are the projects and the domain above a project, where inherited roles come from.
func ancestors(tx *store.Tx, kind, id string) ([]string, error) {
	if kind != targetProject {
		return nil, nil
	}
	var above []string
	for id != "" {
		p, err := lookup[project](tx, id)
		if err != nil {
			return nil, err
		}
		if p == nil || p.IsDomain {
			break
		}
		id = p.ParentID
		above = append(above, id)
		if id == p.DomainID {
			break
		}
	}
	return above, nil
}

// withImplied adds the roles that roles imply, and those that these imply.
func withImplied(tx *store.Tx, ids []string) ([]string, error) {
	ids = slices.Clone(ids)
	for i := 0; i < len(ids); i++ {
		more, err := store.List[implied](tx, store.By("prior", ids[i]))
		if err != nil {
			return nil, err
		}
		for _, m := range more {
			if !slices.Contains(ids, m.Implied) {
				ids = append(ids, m.Implied)
			}
		}
	}
	return ids, nil
}

// targetsOf gives the IDs of the targets of a kind on which a user has a role, in the order of the assignments.
func targetsOf(tx *store.Tx, userID, kind string, groups ...string) ([]string, error) {
	all, err := effective(tx, userID, groups...)
	if err != nil {
		return nil, err
	}
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, a := range all {
		switch {
		case a.Target == kind && !a.Inherited:
			add(a.TargetID)
		case a.Inherited && kind == targetProject:
			below, err := subtree(tx, a.TargetID)
			if err != nil {
				return nil, err
			}
			for _, p := range below {
				add(p.ID)
			}
		}
	}
	return ids, nil
}

// subtree are the projects below a project or domain, nearest first.
func subtree(tx *store.Tx, id string) ([]project, error) {
	var all []project
	next := []string{id}
	for len(next) > 0 {
		below, err := store.List[project](tx, store.By("parent", next...))
		if err != nil {
			return nil, err
		}
		next = nil
		for _, p := range below {
			next = append(next, p.ID)
		}
		all = append(all, below...)
	}
	return all, nil
}
