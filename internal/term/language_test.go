package term

import "testing"

func TestLanguage(t *testing.T) {
	for _, tt := range []struct {
		asked string
		env   map[string]string
		want  string
	}{
		{"", nil, "en"},
		{"ko", map[string]string{"LANG": "en_US.UTF-8"}, "ko"},
		{"en", map[string]string{"OSLUA_LANG": "ko"}, "en"},
		{"", map[string]string{"LANG": "ko_KR.UTF-8"}, "ko"},
		{"", map[string]string{"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"},
		{"", map[string]string{"OSLUA_LANG": "ko", "LC_ALL": "C"}, "ko"},
		{"", map[string]string{"LANG": "de_DE"}, "en"},
	} {
		if got := Language(tt.asked, func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("%q %v: %s, want %s", tt.asked, tt.env, got, tt.want)
		}
	}
}
