package term

import "strings"

// Languages are those that oslua speaks to learners in.
func Languages() []string { return []string{"en", "ko"} }

// Language chooses one: what was asked for, else what OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG say; English unless it is
// Korean.
func Language(asked string, getenv func(string) string) string {
	for _, name := range []string{"OSLUA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if asked != "" {
			break
		}
		asked = getenv(name)
	}
	if strings.HasPrefix(asked, "ko") {
		return "ko"
	}
	return "en"
}
