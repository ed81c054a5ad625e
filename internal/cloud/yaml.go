package cloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is one parsed clouds.yaml or its like. It is walked as nodes, not decoded: a value is wanted as it is written
// (a password of digits, a project ID with leading zeros), together with its line.
type document struct {
	path string
	root *yaml.Node // nil for an empty file
	seen int        // members looked at so far
}

// leaf is one value of a cloud's entry.
type leaf struct {
	key    string // as openstacksdk spells it now: project_name, not tenant-name
	value  string
	inAuth bool
	region string // the entry of regions it belongs to
	path   string
	line   int
	dotted string // clouds.lab.auth.username
}

func (v leaf) source() string { return fmt.Sprintf("%s:%d %s", v.path, v.line, v.dotted) }

// aliases are older words for settings.
var aliases = map[string]string{
	"tenant_name": "project_name", "tenant_id": "project_id", "user_name": "username", "auth_token": "token",
	"endpoint_type": "interface", "ca_cert": "cacert", "region": "region_name", "auth_plugin": "auth_type",
}

const (
	maxDepth   = 20
	maxMembers = 200_000
)

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func parseDocument(path string, data []byte) (*document, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		text, at := strings.TrimPrefix(err.Error(), "yaml: "), path
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			at, text = path+":"+m[1], m[2]
		}
		// These two quote the file, and what they quote may be a password.
		if strings.Contains(text, "anchor") || strings.Contains(text, "tag") {
			text = "a value that begins with *, & or ! needs quotes"
		}
		return nil, configError("%s: not valid YAML: %s", at, text).
			WithHint("Indent with spaces; put values with special characters in quotes.")
	}
	d := &document{path: path}
	if len(n.Content) > 0 {
		d.root = n.Content[0]
	}
	return d, nil
}

// section is the mapping of that name at the top, nil when there is none.
func (d *document) section(name string) (*yaml.Node, error) {
	if d.root == nil || isNull(d.root) {
		return nil, nil
	}
	if d.root.Kind != yaml.MappingNode {
		return nil, configError("%s: want a mapping with %q at the top", d.path, name)
	}
	pairs, err := d.pairs(d.root, 0)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		if p.key == name {
			if isNull(p.value) {
				return nil, nil
			}
			if p.value.Kind != yaml.MappingNode {
				return nil, configError("%s:%d: %s must be a mapping of names", d.path, p.value.Line, name)
			}
			return p.value, nil
		}
	}
	return nil, nil
}

// names lists the entries of a section.
func (d *document) names(section string) ([]string, error) {
	n, err := d.section(section)
	if err != nil || n == nil {
		return nil, err
	}
	pairs, err := d.pairs(n, 1)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range pairs {
		out = append(out, p.key)
	}
	slices.Sort(out)
	return out, nil
}

// entry gives the values of one entry.
func (d *document) entry(section, name string) (leaves []leaf, found bool, err error) {
	n, err := d.section(section)
	if err != nil || n == nil {
		return nil, false, err
	}
	pairs, err := d.pairs(n, 1)
	if err != nil {
		return nil, false, err
	}
	for _, p := range pairs {
		if p.key != name {
			continue
		}
		if isNull(p.value) {
			return nil, true, nil
		}
		err := d.walk(&leaves, p.value, leaf{path: d.path, dotted: section + "." + name}, 2)
		return leaves, true, err
	}
	return nil, false, nil
}

// walk collects the values of a mapping. at says where we are.
func (d *document) walk(out *[]leaf, n *yaml.Node, at leaf, depth int) error {
	if n.Kind != yaml.MappingNode {
		return configError("%s:%d: %s must be a mapping", d.path, n.Line, at.dotted)
	}
	pairs, err := d.pairs(n, depth)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		v := at
		v.line, v.dotted = p.value.Line, at.dotted+"."+p.key
		v.key = normalize(p.key)
		switch {
		case isNull(p.value):
		case p.value.Kind == yaml.ScalarNode:
			v.value = p.value.Value
			*out = append(*out, v)
		case v.key == "auth" && !at.inAuth:
			v.inAuth = true
			if err := d.walk(out, p.value, v, depth+1); err != nil {
				return err
			}
		case v.key == "regions" && p.value.Kind == yaml.SequenceNode && at.region == "":
			if err := d.regions(out, p.value, v, depth+1); err != nil {
				return err
			}
		case p.value.Kind == yaml.SequenceNode && (v.key == "auth_methods" || v.key == "region_name" || v.key == "interface"):
			var words []string
			for _, item := range p.value.Content {
				words = append(words, item.Value)
			}
			v.value = strings.Join(words, ",")
			*out = append(*out, v)
		case p.value.Kind == yaml.MappingNode && (v.key == settingRate || v.key == settingConcurrency):
			services, err := d.pairs(p.value, depth+1)
			if err != nil {
				return err
			}
			for _, s := range services {
				own := v
				own.line, own.dotted, own.key = s.value.Line, v.dotted+"."+s.key, v.key+"."+normalize(s.key)
				if own.value = s.value.Value; s.value.Kind == yaml.ScalarNode && !isNull(s.value) {
					*out = append(*out, own)
				}
			}
		case isSecret(v.key) || v.key == "auth_url" || v.key == "username":
			return configError("%s:%d: %s must be text", d.path, v.line, v.dotted)
		}
	}
	return nil
}

// regions collects a list of names, or of names with values of their own.
func (d *document) regions(out *[]leaf, n *yaml.Node, at leaf, depth int) error {
	for i, item := range n.Content {
		item = target(item)
		v := at
		v.line, v.dotted = item.Line, fmt.Sprintf("%s[%d]", at.dotted, i)
		if item.Kind == yaml.ScalarNode {
			v.value = item.Value
			*out = append(*out, v)
			continue
		}
		if item.Kind != yaml.MappingNode {
			return configError("%s:%d: %s must be a name, or a mapping with name and values", d.path, v.line, v.dotted)
		}
		pairs, err := d.pairs(item, depth)
		if err != nil {
			return err
		}
		var values *yaml.Node
		for _, p := range pairs {
			switch p.key {
			case "name":
				v.value = p.value.Value
			case "values":
				values = p.value
			}
		}
		if v.value == "" {
			return configError("%s:%d: %s has no name", d.path, v.line, v.dotted)
		}
		*out = append(*out, v)
		if values != nil && !isNull(values) {
			if err := d.walk(out, values, leaf{path: d.path, region: v.value, dotted: v.dotted + ".values"}, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

type pair struct {
	key   string
	value *yaml.Node
}

// pairs lists a mapping's members, merge keys (<<) resolved and aliases followed.
func (d *document) pairs(n *yaml.Node, depth int) ([]pair, error) {
	// Merge keys can make a small file very large.
	if d.seen += len(n.Content); d.seen > maxMembers {
		return nil, configError("%s: too many values", d.path)
	}
	if depth > maxDepth {
		return nil, configError("%s:%d: nested too deeply", d.path, n.Line)
	}
	var merged, own []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], target(n.Content[i+1])
		if k.Tag == "!!merge" {
			d.seen++
			sources := []*yaml.Node{v}
			if v.Kind == yaml.SequenceNode {
				sources = v.Content
			}
			for _, s := range sources {
				more, err := d.pairs(target(s), depth+1)
				if err != nil {
					return nil, err
				}
				for _, p := range more {
					// The first source of a list wins.
					if !slices.ContainsFunc(merged, func(o pair) bool { return o.key == p.key }) {
						merged = append(merged, p)
					}
				}
			}
			continue
		}
		if slices.ContainsFunc(own, func(o pair) bool { return o.key == k.Value }) {
			return nil, configError("%s:%d: %s is there twice", d.path, k.Line, k.Value)
		}
		own = append(own, pair{k.Value, v})
	}
	merged = slices.DeleteFunc(merged, func(m pair) bool {
		return slices.ContainsFunc(own, func(o pair) bool { return o.key == m.key })
	})
	return append(merged, own...), nil
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			break
		}
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// normalize spells a key as openstacksdk does now.
func normalize(key string) string {
	key = strings.ReplaceAll(strings.ToLower(key), "-", "_")
	if a, ok := aliases[key]; ok {
		return a
	}
	return key
}
