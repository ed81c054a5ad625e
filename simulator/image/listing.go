package image

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const (
	pageSize    = 25
	pageSizeMax = 1000
)

// query is a query string in its order: the links of a listing repeat it.
type query struct {
	keys   []string
	values map[string][]string
}

func readQuery(raw string) query {
	q := query{values: map[string][]string{}}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil {
			key = k
		}
		if err2 != nil {
			value = v
		}
		if q.values[key] == nil {
			q.keys = append(q.keys, key)
		}
		q.values[key] = append(q.values[key], value)
	}
	return q
}

func (q query) has(key string) bool { return q.values[key] != nil }

// get is a key's last value.
func (q query) get(key string) string {
	if v := q.values[key]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

func (q query) limit() (int, error) {
	if !q.has("limit") {
		return pageSize, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(q.values["limit"][0]))
	switch {
	case err != nil:
		return 0, badRequest("limit param must be an integer")
	case n < 0:
		return 0, badRequest("limit param must be positive")
	}
	return min(n, pageSizeMax), nil
}

// links adds the listing's links: its first page, and the next one when there is a marker for it.
func (q query) links(out web.Object, path, next string) {
	link := func(marker string) string {
		var parts []string
		for _, k := range q.keys {
			if k != "marker" {
				parts = append(parts, url.QueryEscape(k)+"="+url.QueryEscape(q.get(k)))
			}
		}
		if marker != "" {
			parts = append(parts, "marker="+url.QueryEscape(marker))
		}
		if len(parts) == 0 {
			return path
		}
		return path + "?" + strings.Join(parts, "&")
	}
	out["first"] = link("")
	if next != "" {
		out["next"] = link(next)
	}
}

// listing is a listing's whole question.
type listing struct {
	caller       *web.Caller
	visibility   string
	memberStatus string
	hidden       bool
	filters      []func(*image) bool
	order        []sortKey
	marker       string
	limit        int
}

type sortKey struct {
	name string
	desc bool
}

func (s *Image) list(r *web.Request) (*web.Response, error) {
	q := readQuery(r.URL.RawQuery)
	l, err := readListing(r, q)
	if err != nil {
		return nil, err
	}
	page, more, err := l.run(r.Tx)
	if err != nil {
		return nil, err
	}
	views := make([]web.Object, 0, len(page))
	for _, i := range page {
		views = append(views, i.view(r.Caller))
	}
	out := web.Object{"images": views, "schema": "/v2/schemas/images"}
	next := ""
	if more {
		next = page[len(page)-1].ID
	}
	q.links(out, "/v2/images", next)
	return web.OK(out), nil
}

func readListing(r *web.Request, q query) (*listing, error) {
	l := &listing{caller: r.Caller, memberStatus: "accepted", visibility: q.get("visibility"), marker: q.get("marker")}
	if l.visibility != "" && !slices.Contains([]string{"community", "public", "private", "shared", "all"}, l.visibility) {
		return nil, badRequest("Invalid visibility value: %s", l.visibility)
	}
	if q.get("changes-since") != "" {
		return nil, badRequest(`The "changes-since" filter is no longer available on v2.`)
	}
	if q.has("member_status") {
		l.memberStatus = q.values["member_status"][0]
		if !slices.Contains([]string{"pending", "accepted", "rejected", "all"}, l.memberStatus) {
			return nil, badRequest("Invalid status: %s", l.memberStatus)
		}
	}
	var err error
	if l.limit, err = q.limit(); err != nil {
		return nil, err
	}
	if err := l.readOrder(q); err != nil {
		return nil, err
	}
	if q.has("os_hidden") {
		v := strings.ToLower(q.get("os_hidden"))
		if v != "true" && v != "false" {
			return nil, badRequest("Invalid value '%s' for 'os_hidden' filter. Valid values are 'true' or 'false'.", v)
		}
		l.hidden = v == "true"
	}
	if q.has("protected") {
		v := q.get("protected")
		if v != "true" && v != "false" {
			return nil, badRequest("Invalid value '%s' for 'protected' filter. Valid values are 'true' or 'false'.", v)
		}
	}
	for _, key := range q.keys {
		switch key {
		case "limit", "marker", "member_status", "sort", "sort_key", "sort_dir", "visibility", "os_hidden", "changes-since":
		case "tag":
			for _, tag := range q.values[key] {
				tag = strings.TrimSpace(tag)
				l.filters = append(l.filters, func(i *image) bool {
					return slices.ContainsFunc(i.Tags, func(t string) bool { return strings.EqualFold(t, tag) })
				})
			}
		default:
			f, err := filter(key, q.get(key))
			if err != nil {
				return nil, err
			}
			l.filters = append(l.filters, f)
		}
	}
	return l, nil
}

func sortNames() []string {
	return []string{"name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"}
}

// readOrder reads sort, or sort_key and sort_dir.
func (l *listing) readOrder(q query) error {
	key := func(name string) (string, error) {
		name = strings.TrimSpace(name)
		if !slices.Contains(sortNames(), name) {
			return "", badRequest("Invalid sort key: %s. It must be one of the following: %s.", name, strings.Join(sortNames(), ", "))
		}
		return name, nil
	}
	direction := func(name string) (bool, error) {
		name = strings.TrimSpace(name)
		if name != "asc" && name != "desc" {
			return false, badRequest("Invalid sort direction: %s", name)
		}
		return name == "desc", nil
	}
	var keys []string
	var desc []bool
	if q.has("sort") {
		if q.has("sort_key") || q.has("sort_dir") {
			return badRequest("Old and new sorting syntax cannot be combined")
		}
		for part := range strings.SplitSeq(strings.TrimSpace(q.values["sort"][0]), ",") {
			name, dir, _ := strings.Cut(part, ":")
			if dir == "" {
				dir = "desc"
			}
			k, err := key(name)
			if err != nil {
				return err
			}
			d, err := direction(dir)
			if err != nil {
				return err
			}
			keys, desc = append(keys, k), append(desc, d)
		}
	} else {
		for _, name := range q.values["sort_key"] {
			k, err := key(name)
			if err != nil {
				return err
			}
			keys = append(keys, k)
		}
		for _, name := range q.values["sort_dir"] {
			d, err := direction(name)
			if err != nil {
				return err
			}
			desc = append(desc, d)
		}
		if len(desc) > 1 && len(desc) != len(keys) {
			return badRequest("Number of sort dirs does not match the number of sort keys")
		}
	}
	if len(keys) == 0 {
		keys = []string{"created_at"}
	}
	last := true // the direction of what is added
	if len(desc) == 1 {
		last = desc[0]
	}
	for i, k := range keys {
		d := last
		if len(desc) > 1 {
			d = desc[i]
		}
		l.order = append(l.order, sortKey{k, d})
	}
	for _, k := range []string{"created_at", "id"} {
		if !slices.Contains(keys, k) {
			l.order = append(l.order, sortKey{k, last})
		}
	}
	return nil
}

// run finds the page and says whether it is a full one.
func (l *listing) run(tx *store.Tx) (page []image, full bool, err error) {
	shared, err := l.sharedWithMe(tx)
	if err != nil {
		return nil, false, err
	}
	var all []image
	for i, err := range store.Each[image](tx) {
		if err != nil {
			return nil, false, err
		}
		if l.shows(&i, shared) {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, l.compare)
	if l.marker != "" {
		m, err := store.Get[image](tx, l.marker)
		if isNotFound(err) {
			return nil, false, badRequest("No image found with ID %s", l.marker)
		}
		if err != nil {
			return nil, false, err
		}
		if ok, err := sees(tx, l.caller, &m); err != nil {
			return nil, false, err
		} else if !ok {
			return nil, false, forbidden("Forbidding request, image %s not visible", l.marker)
		}
		all = all[sortedAfter(all, func(i image) bool { return l.compare(i, m) > 0 }):]
	}
	page = all[:min(l.limit, len(all))]
	return page, len(page) == l.limit && l.limit > 0, nil
}

// sortedAfter is the index of the first that comes after.
func sortedAfter(all []image, after func(image) bool) int {
	at := slices.IndexFunc(all, after)
	if at < 0 {
		return len(all)
	}
	return at
}

// sharedWithMe are the IDs of the images that others share with the caller, of the wanted status.
func (l *listing) sharedWithMe(tx *store.Tx) (map[string]bool, error) {
	if l.caller.Admin() || project(l.caller) == "" {
		return nil, nil
	}
	all, err := store.List[member](tx, store.Project(project(l.caller)))
	found := map[string]bool{}
	for _, m := range all {
		if l.memberStatus == "all" || m.Status == l.memberStatus {
			found[m.ImageID] = true
		}
	}
	return found, err
}

func (l *listing) shows(i *image, shared map[string]bool) bool {
	own := i.Owner != nil && *i.Owner == project(l.caller)
	switch {
	case i.Hidden != l.hidden,
		!l.caller.Admin() && !own && i.Visibility != "public" && i.Visibility != "community" && !(i.Visibility == "shared" && shared[i.ID]),
		l.visibility == "" && i.Visibility == "community" && !own,
		l.visibility != "" && l.visibility != "all" && i.Visibility != l.visibility:
		return false
	}
	for _, f := range l.filters {
		if !f(i) {
			return false
		}
	}
	return true
}

func (l *listing) compare(a, b image) int {
	for _, k := range l.order {
		c := compareField(&a, &b, k.name)
		if k.desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func compareField(a, b *image, name string) int {
	switch name {
	case "size":
		return compareNull(a.Size, b.Size, cmp.Compare)
	case "created_at":
		return a.Created.Compare(b.Created)
	case "updated_at":
		return a.Updated.Compare(b.Updated)
	case "id":
		return cmp.Compare(a.ID, b.ID)
	case "status":
		return cmp.Compare(a.Status, b.Status)
	}
	x, y := a.textField(name), b.textField(name)
	return compareNull(x, y, func(p, q string) int { return cmp.Compare(strings.ToLower(p), strings.ToLower(q)) })
}

// compareNull puts null first.
func compareNull[T any](a, b *T, compare func(T, T) int) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return compare(*a, *b)
}

// textField is a column of text, nil for null.
func (i *image) textField(name string) *string {
	switch name {
	case "name":
		return i.Name
	case "id":
		return &i.ID
	case "status":
		return &i.Status
	case "owner":
		return i.Owner
	case "container_format":
		return i.ContainerFormat
	case "disk_format":
		return i.DiskFormat
	case "checksum":
		return &i.Checksum
	case "os_hash_value":
		return &i.HashValue
	}
	return nil
}

// number is a column of numbers.
func (i *image) number(name string) (value *int64, known bool) {
	switch name {
	case "size":
		return i.Size, true
	case "virtual_size":
		return i.VirtualSize, true
	case "min_disk":
		return &i.MinDisk, true
	case "min_ram":
		return &i.MinRAM, true
	}
	return nil, false
}

// filter makes one condition. Texts are compared as Glance's database compares them: whatever their case.
func filter(key, value string) (func(*image) bool, error) {
	switch key {
	case "created_at", "updated_at":
		return timeFilter(key, value)
	case "name", "id", "status", "container_format", "disk_format":
		return listFilter(key, value)
	case "owner", "checksum", "os_hash_value":
		return func(i *image) bool {
			have := i.textField(key)
			return have != nil && strings.EqualFold(*have, value)
		}, nil
	case "protected":
		return func(i *image) bool { return i.Protected == (value == "true") }, nil
	case "os_hash_algo":
		return func(i *image) bool { return i.HashValue != "" && strings.EqualFold(value, "sha512") }, nil
	}
	name, isMin := strings.CutSuffix(key, "_min")
	name, isMax := strings.CutSuffix(name, "_max")
	if isMin || isMax {
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			return nil, badRequest("Unable to filter on a range with a non-numeric value.")
		}
		if _, known := new(image).number(name); known {
			return func(i *image) bool {
				have, _ := i.number(name)
				return have != nil && (isMin && *have >= n || isMax && *have <= n)
			}, nil
		}
	}
	if _, known := new(image).number(key); known {
		n, err := strconv.ParseInt(value, 10, 64)
		return func(i *image) bool {
			have, _ := i.number(key)
			return err == nil && have != nil && *have == n
		}, nil
	}
	return func(i *image) bool {
		have, ok := i.Properties[key]
		return ok && have != nil && strings.EqualFold(*have, value)
	}, nil
}

// operator splits "in:a,b"; a time has colons of its own.
func operator(value string) (op, rest string) {
	if op, rest, ok := strings.Cut(value, ":"); ok {
		if _, isTime := parseTime(value); !isTime {
			return op, rest
		}
	}
	return "eq", value
}

func listFilter(key, value string) (func(*image) bool, error) {
	op, rest := operator(value)
	var want []string
	switch op {
	case "eq":
		want = []string{rest}
	case "in":
		var err error
		if want, err = splitQuoted(rest); err != nil {
			return nil, err
		}
	default:
		return nil, badRequest("Unable to filter by unknown operator '%s'.", op)
	}
	return func(i *image) bool {
		have := i.textField(key)
		return have != nil && slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(w, *have) })
	}, nil
}

// splitQuoted splits a list at its commas; what is in double quotes stays together.
func splitQuoted(s string) ([]string, error) {
	open := false
	for at := range len(s) {
		if s[at] != '"' || at > 0 && s[at-1] == '\\' {
			continue
		}
		if !open && at > 0 && s[at-1] != ',' {
			return nil, badRequest("Invalid filter value %s. There is no comma before opening quotation mark.", s)
		}
		if open && at+1 < len(s) && s[at+1] != ',' {
			return nil, badRequest("Invalid filter value %s. There is no comma after closing quotation mark.", s)
		}
		open = !open
	}
	if open {
		return nil, badRequest("Invalid filter value %s. The quote is not closed.", s)
	}
	var all []string
	for s != "" {
		item := ""
		if s[0] == '"' {
			end := 1
			for s[end] != '"' || s[end-1] == '\\' {
				end++
			}
			item, s = s[1:end], s[end+1:]
			s = strings.TrimPrefix(s, ",")
		} else {
			item, s, _ = strings.Cut(s, ",")
		}
		all = append(all, item)
	}
	return all, nil
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04", "2006-01-02 15:04:05",
		"2006-01-02T15:04Z", "2006-01-02", "2006-01", "2006", "20060102T150405Z", "20060102T150405", "20060102"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func timeFilter(key, value string) (func(*image) bool, error) {
	op, rest := operator(value)
	want, ok := parseTime(rest)
	if !ok || !utf8.ValidString(rest) {
		return nil, badRequest(`Bad "%s" query filter format. Use ISO 8601 DateTime notation.`, key)
	}
	holds := map[string]func(c int) bool{
		"gt": func(c int) bool { return c > 0 }, "gte": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "lte": func(c int) bool { return c <= 0 },
		"eq": func(c int) bool { return c == 0 }, "neq": func(c int) bool { return c != 0 },
	}[op]
	if holds == nil {
		return nil, badRequest("Unable to filter on a unknown operator.")
	}
	return func(i *image) bool {
		have := i.Created
		if key == "updated_at" {
			have = i.Updated
		}
		return holds(have.Compare(want))
	}, nil
}
