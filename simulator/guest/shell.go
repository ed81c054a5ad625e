package guest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator/compute"
)

// shell is one login. It knows a few commands; the others are not found, as on a small image.
type shell struct {
	guests *Guests
	guest  compute.Guest
	box    *box
	user   string
	stdin  io.Reader
	exited bool
	tty    *tty // nil without a terminal
	// console takes what user data writes to the console; nil is the guest's own.
	console *[]byte
}

// session answers what a client asks of a channel: a terminal, a command, or a shell.
func (s *shell) session(ctx context.Context, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	terminal, columns, rows := false, 0, 0
	for r := range requests {
		ok := false
		switch r.Type {
		case "pty-req":
			// The name of the terminal, then its size. What follows is of no interest.
			var name struct {
				Name string
				Rest []byte `ssh:"rest"`
			}
			if ssh.Unmarshal(r.Payload, &name) == nil {
				columns, rows, terminal = sizeIn(name.Rest)
				ok = terminal
			}
		case "env":
			ok = true
		case "window-change":
			columns, rows, ok = sizeIn(r.Payload)
		case "exec":
			var command struct{ Text string }
			if ssh.Unmarshal(r.Payload, &command) == nil {
				_ = r.Reply(true, nil)
				s.stdin = channel
				out, errs, code := s.run(ctx, command.Text)
				_, _ = channel.Write(out)
				_, _ = channel.Stderr().Write(errs)
				s.exit(channel, code)
				return
			}
		case "shell":
			_ = r.Reply(true, nil)
			if terminal {
				s.tty = newTTY(channel, columns, rows)
			}
			go s.follow(requests)
			if terminal {
				s.exit(channel, s.interact(ctx))
			} else {
				s.exit(channel, s.script(ctx, channel))
			}
			return
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
	}
}

// follow answers what is asked of a channel whose shell runs.
func (s *shell) follow(requests <-chan *ssh.Request) {
	for r := range requests {
		columns, rows, ok := sizeIn(r.Payload)
		if ok = ok && r.Type == "window-change" && s.tty != nil; ok {
			s.tty.resize(columns, rows)
		}
		if r.WantReply {
			_ = r.Reply(ok, nil)
		}
	}
}

// sizeIn reads the size of a window.
func sizeIn(payload []byte) (columns, rows int, ok bool) {
	if len(payload) < 8 {
		return 0, 0, false
	}
	return int(binary.BigEndian.Uint32(payload)), int(binary.BigEndian.Uint32(payload[4:])), true
}

func (s *shell) exit(channel ssh.Channel, code int) {
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
}

// script runs what comes in, all of it.
func (s *shell) script(ctx context.Context, channel ssh.Channel) int {
	script, err := io.ReadAll(io.LimitReader(channel, 1<<20))
	if err != nil {
		return 1
	}
	s.stdin = bytes.NewReader(nil)
	out, errs, code := s.run(ctx, string(script))
	_, _ = channel.Write(out)
	_, _ = channel.Stderr().Write(errs)
	return code
}

// interact reads commands line by line. Ctrl-C ends the one that runs, or gives a new line.
func (s *shell) interact(ctx context.Context) int {
	prompt := "$ "
	if s.user == "root" {
		prompt = "# "
	}
	s.tty.lines.SetPrompt(prompt)
	s.stdin = bytes.NewReader(nil)
	code := 0
	for !s.exited {
		line, err := s.tty.lines.ReadLine()
		if err != nil {
			return code
		}
		running, done := s.tty.running(ctx)
		var out, errs []byte
		out, errs, code = s.run(running, line)
		_, _ = s.tty.lines.Write(out)
		_, _ = s.tty.lines.Write(errs)
		if done() {
			_, _ = s.tty.lines.Write([]byte("^C\n"))
			code = 130
		}
	}
	return code
}

// step is one command of a line with what joins it to the next.
type step struct {
	words  []string
	to     string // redirected there
	append bool
	join   string // "&&", "||", ";", "|" or ""
}

// run runs a script: commands joined by ; && || and |, with quotes and redirection of output.
func (s *shell) run(ctx context.Context, script string) (out, errs []byte, code int) {
	steps, err := parse(script)
	if err != nil {
		return nil, []byte("sh: " + err.Error() + "\n"), 2
	}
	var stdout, stderr bytes.Buffer
	stdin := s.stdin
	for i, st := range steps {
		if i > 0 {
			// A step that is passed over leaves the code as it was: a && b || c runs c when a fails.
			if j := steps[i-1].join; (j == "&&" && code != 0) || (j == "||" && code == 0) {
				continue
			}
		}
		var result bytes.Buffer
		code = s.command(ctx, st.words, stdin, &result, &stderr)
		stdin = s.stdin
		switch {
		case st.to != "":
			s.write(ctx, st.to, result.Bytes(), st.append)
		case st.join == "|":
			stdin = &result
		default:
			stdout.Write(result.Bytes())
		}
		if s.exited {
			break
		}
	}
	return stdout.Bytes(), stderr.Bytes(), code
}

func parse(script string) ([]step, error) {
	var steps []step
	var st step
	var word strings.Builder
	inWord, redirect := false, false
	endWord := func() {
		if !inWord {
			return
		}
		if redirect {
			st.to, redirect = word.String(), false
		} else {
			st.words = append(st.words, word.String())
		}
		word.Reset()
		inWord = false
	}
	endStep := func(join string) {
		endWord()
		if len(st.words) > 0 || st.to != "" {
			st.join = join
			steps = append(steps, st)
		}
		st = step{}
	}
	for i := 0; i < len(script); i++ {
		c := script[i]
		two := script[i:min(i+2, len(script))]
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(script[i+1:], c)
			if end < 0 {
				return nil, fmt.Errorf("syntax error: unterminated quoted string")
			}
			word.WriteString(script[i+1 : i+1+end])
			inWord = true
			i += end + 1
		case c == '\\' && i+1 < len(script):
			i++
			if script[i] != '\n' {
				word.WriteByte(script[i])
				inWord = true
			}
		case c == '#' && !inWord:
			for i+1 < len(script) && script[i+1] != '\n' {
				i++
			}
		case two == "&&" || two == "||":
			endStep(two)
			i++
		case c == ';' || c == '\n':
			endStep(";")
		case c == '|':
			endStep("|")
		case two == ">>":
			endWord()
			st.append, redirect = true, true
			i++
		case c == '>':
			endWord()
			redirect = true
		case c == ' ' || c == '\t' || c == '\r':
			endWord()
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	endStep("")
	return steps, nil
}

func (s *shell) write(ctx context.Context, path string, data []byte, add bool) {
	switch path {
	case "/dev/null":
		return
	case "/dev/console", "/dev/ttyS0", "/dev/tty1":
		if s.console != nil {
			*s.console = append(*s.console, data...)
		} else {
			_ = s.guests.world.Print(ctx, s.guest, string(data)) // a console that nobody can read is no error inside
		}
		return
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if add {
		data = append(slices.Clone(s.box.files[path]), data...)
	}
	s.box.files[path] = data
}

// read gives a file: one that was written, or one that every guest has.
func (s *shell) read(path string) ([]byte, bool) {
	s.box.mu.Lock()
	data, ok := s.box.files[path]
	s.box.mu.Unlock()
	if ok {
		return data, true
	}
	switch path {
	case "/etc/hostname":
		return []byte(s.hostname() + "\n"), true
	case "/etc/os-release":
		return []byte(osRelease(s.guest)), true
	case "/dev/null":
		return nil, true
	}
	return nil, false
}

func osRelease(g compute.Guest) string {
	if g.User == "ubuntu" {
		return "NAME=\"Ubuntu\"\nVERSION=\"20.04.6 LTS (Focal Fossa)\"\nID=ubuntu\nID_LIKE=debian\n" +
			"PRETTY_NAME=\"Ubuntu 20.04.6 LTS (simulated)\"\nVERSION_ID=\"20.04\"\n"
	}
	return "NAME=\"CirrOS\"\nVERSION=\"0.5.2\"\nID=cirros\nPRETTY_NAME=\"CirrOS 0.5.2 (simulated)\"\nVERSION_ID=\"0.5.2\"\n"
}

func (s *shell) hostname() string {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	return s.box.accounts.hostname
}

// command runs one command and gives its exit code.
func (s *shell) command(ctx context.Context, words []string, stdin io.Reader, out, errs *bytes.Buffer) int {
	if len(words) == 0 {
		return 0
	}
	name, args := words[0], words[1:]
	fail := func(format string, a ...any) int {
		fmt.Fprintf(errs, name+": "+format+"\n", a...)
		return 1
	}
	switch name {
	case "true", ":", "umask", "chmod", "sync", "export", "set", "cd", "mkdir":
		return 0
	case "false":
		return 1
	case "exit", "logout":
		s.exited = true
		if len(args) > 0 {
			code, _ := strconv.Atoi(args[0])
			return code & 255
		}
		return 0
	case "echo":
		end := "\n"
		if len(args) > 0 && args[0] == "-n" {
			args, end = args[1:], ""
		}
		fmt.Fprint(out, strings.Join(args, " ")+end)
		return 0
	case "sudo":
		root := *s
		root.user = "root"
		return root.command(ctx, args, stdin, out, errs)
	case "hostname":
		if len(args) > 0 && s.user == "root" {
			s.box.mu.Lock()
			defer s.box.mu.Unlock()
			s.box.accounts.hostname = args[0]
			return 0
		}
		fmt.Fprintln(out, s.hostname())
		return 0
	case "whoami":
		fmt.Fprintln(out, s.user)
		return 0
	case "id":
		uid := 1000
		if s.user == "root" {
			uid = 0
		}
		fmt.Fprintf(out, "uid=%d(%s) gid=%d(%s)\n", uid, s.user, uid, s.user)
		return 0
	case "pwd":
		home := "/home/" + s.user
		if s.user == "root" {
			home = "/root"
		}
		fmt.Fprintln(out, home)
		return 0
	case "date":
		fmt.Fprintln(out, s.guests.world.Now().UTC().Format("Mon Jan _2 15:04:05 UTC 2006"))
		return 0
	case "uname":
		if slices.Contains(args, "-a") {
			fmt.Fprintf(out, "Linux %s 6.1.0-simulated #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux\n", s.hostname())
		} else {
			fmt.Fprintln(out, "Linux")
		}
		return 0
	case "uptime":
		now := s.guests.world.Now()
		fmt.Fprintf(out, " %s up %d min,  1 user,  load average: 0.00, 0.00, 0.00\n", now.UTC().Format("15:04:05"), int(now.Sub(s.guest.BootedAt).Minutes()))
		return 0
	case "sleep":
		return s.sleep(ctx, args, errs)
	case "stty":
		if s.tty == nil {
			return fail("standard input is no terminal")
		}
		columns, rows := s.tty.size()
		if len(args) == 1 && args[0] == "size" {
			fmt.Fprintln(out, rows, columns)
			return 0
		}
		fmt.Fprintf(out, "speed 38400 baud; rows %d; columns %d;\n", rows, columns)
		return 0
	case "tty":
		if s.tty == nil {
			fmt.Fprintln(out, "not a tty")
			return 1
		}
		fmt.Fprintln(out, "/dev/pts/0")
		return 0
	case "cat":
		return s.cat(args, stdin, out, errs)
	case "mv", "cp":
		if len(args) != 2 {
			return fail("want a file and its new name")
		}
		data, ok := s.read(args[0])
		if !ok {
			return fail("can't rename '%s': No such file or directory", args[0])
		}
		s.write(ctx, args[1], data, false)
		if name == "mv" {
			s.remove(args[0])
		}
		return 0
	case "rm":
		for _, a := range args {
			if !strings.HasPrefix(a, "-") {
				s.remove(a)
			}
		}
		return 0
	case "ls":
		s.box.mu.Lock()
		defer s.box.mu.Unlock()
		var files []string
		for f := range s.box.files {
			files = append(files, f)
		}
		slices.Sort(files)
		for _, f := range files {
			fmt.Fprintln(out, f)
		}
		return 0
	case "chpasswd":
		if s.user != "root" {
			return fail("must be root")
		}
		text, err := io.ReadAll(io.LimitReader(stdin, 1<<16))
		if err != nil {
			return 1
		}
		s.box.mu.Lock()
		defer s.box.mu.Unlock()
		s.box.accounts.setPasswords(strings.Split(string(text), "\n"))
		return 0
	case "ip":
		return s.ip(ctx, args, out, errs)
	case "ping":
		return s.ping(ctx, args, out, errs)
	case "curl", "wget":
		return s.fetch(ctx, args, out, errs)
	}
	fmt.Fprintf(errs, "sh: %s: not found\n", name)
	return 127
}

func (s *shell) remove(path string) {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	delete(s.box.files, path)
}

// sleep waits only for who sits at a terminal: a script's pauses would make nothing truer here.
func (s *shell) sleep(ctx context.Context, args []string, errs *bytes.Buffer) int {
	seconds, err := strconv.ParseFloat(strings.Join(args, " "), 64)
	if err != nil || seconds < 0 {
		fmt.Fprintf(errs, "sleep: invalid number '%s'\n", strings.Join(args, " "))
		return 1
	}
	if s.tty != nil {
		ctx, stop := context.WithTimeout(ctx, time.Duration(min(seconds, 86400)*float64(time.Second)))
		defer stop()
		<-ctx.Done()
	}
	return 0
}

// maxFile caps what a guest keeps of a file: all of it is memory.
const maxFile = 64 << 20

func (s *shell) cat(args []string, stdin io.Reader, out, errs *bytes.Buffer) int {
	if len(args) == 0 {
		if _, err := io.Copy(out, io.LimitReader(stdin, maxFile)); err != nil {
			return 1
		}
		return 0
	}
	code := 0
	for _, path := range args {
		data, ok := s.read(path)
		if !ok {
			fmt.Fprintf(errs, "cat: can't open '%s': No such file or directory\n", path)
			code = 1
			continue
		}
		out.Write(data)
	}
	return code
}

func (s *shell) ip(ctx context.Context, args []string, out, errs *bytes.Buffer) int {
	links, err := s.guests.world.Links(ctx, s.guest)
	if err != nil {
		fmt.Fprintln(errs, "ip: cannot read the interfaces")
		return 1
	}
	what := "addr"
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			what = a
			break
		}
	}
	switch {
	case strings.HasPrefix("address", what) || what == "addr":
		fmt.Fprint(out, "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue\n    inet 127.0.0.1/8 scope host lo\n")
		for i, l := range links {
			fmt.Fprintf(out, "%d: eth%d: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu %d qdisc pfifo_fast\n    link/ether %s brd ff:ff:ff:ff:ff:ff\n", i+2, i, l.MTU, l.MAC)
			if l.Address.IsValid() {
				family := "inet"
				if l.Address.Addr().Is6() {
					family = "inet6"
				}
				fmt.Fprintf(out, "    %s %s scope global eth%d\n", family, l.Address, i)
			}
		}
		return 0
	case what == "route" || what == "r":
		for i, l := range links {
			if l.Gateway.IsValid() {
				fmt.Fprintf(out, "default via %s dev eth%d\n", l.Gateway, i)
				break
			}
		}
		for i, l := range links {
			if l.Address.IsValid() {
				fmt.Fprintf(out, "%s dev eth%d scope link  src %s\n", l.Address.Masked(), i, l.Address.Addr())
			}
		}
		return 0
	}
	fmt.Fprintf(errs, "ip: \"%s\" is unknown here; there are addr and route\n", what)
	return 1
}

func (s *shell) ping(ctx context.Context, args []string, out, errs *bytes.Buffer) int {
	count, target := 3, ""
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case (a == "-c" || a == "-w" || a == "-W" || a == "-i") && i+1 < len(args):
			i++
			if n, err := strconv.Atoi(args[i]); err == nil && a == "-c" {
				count = max(1, min(n, 20))
			}
		case !strings.HasPrefix(a, "-"):
			target = a
		}
	}
	to, err := netip.ParseAddr(target)
	if err != nil {
		fmt.Fprintf(errs, "ping: bad address '%s'\n", target)
		return 1
	}
	answers, err := s.guests.world.Ping(ctx, s.guest, to)
	if err != nil {
		fmt.Fprintln(errs, "ping: the network does not answer")
		return 1
	}
	fmt.Fprintf(out, "PING %s (%s): 56 data bytes\n", to, to)
	got := 0
	if answers {
		got = count
		for i := range count {
			fmt.Fprintf(out, "64 bytes from %s: seq=%d ttl=63 time=0.%d ms\n", to, i, 421+i*7)
		}
	}
	fmt.Fprintf(out, "\n--- %s ping statistics ---\n%d packets transmitted, %d packets received, %d%% packet loss\n", to, count, got, 100-100*got/count)
	if !answers {
		return 1
	}
	return 0
}

// fetch answers the metadata service's addresses; nothing else is served to a guest.
func (s *shell) fetch(ctx context.Context, args []string, out, errs *bytes.Buffer) int {
	url := ""
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			url = strings.TrimPrefix(a, "http://")
		}
	}
	host, path, _ := strings.Cut(url, "/")
	if host != "169.254.169.254" {
		fmt.Fprintf(errs, "curl: (28) Failed to connect to %s port 80: Connection timed out\n", host)
		return 28
	}
	text, ok := s.metadata(ctx, strings.TrimSuffix(path, "/"))
	if !ok {
		fmt.Fprint(out, "404: Not Found\n")
		return 22
	}
	fmt.Fprint(out, text)
	return 0
}

func (s *shell) metadata(ctx context.Context, path string) (string, bool) {
	g := s.guest
	switch path {
	case "":
		return "1.0\nlatest\n", true
	case "latest":
		return "meta-data/\nuser-data\n", true
	case "latest/meta-data":
		return "hostname\ninstance-id\nlocal-hostname\nlocal-ipv4\npublic-keys/\n", true
	case "latest/meta-data/hostname", "latest/meta-data/local-hostname":
		return g.Hostname + ".novalocal", true
	case "latest/meta-data/instance-id":
		return "i-" + base64.RawURLEncoding.EncodeToString([]byte(g.ServerID))[:8], true
	case "latest/meta-data/local-ipv4":
		links, err := s.guests.world.Links(ctx, g)
		if err != nil || len(links) == 0 || !links[0].Address.IsValid() {
			return "", false
		}
		return links[0].Address.Addr().String(), true
	case "latest/meta-data/public-keys":
		if g.KeyName == "" {
			return "", false
		}
		return "0=" + g.KeyName, true
	case "latest/meta-data/public-keys/0/openssh-key":
		return g.PublicKey, g.PublicKey != ""
	case "latest/user-data":
		return g.UserData, g.UserData != ""
	case "openstack":
		return "latest\n", true
	case "openstack/latest":
		return "meta_data.json\nuser_data\n", true
	case "openstack/latest/user_data":
		return g.UserData, g.UserData != ""
	case "openstack/latest/meta_data.json":
		return fmt.Sprintf("{\"uuid\": %q, \"name\": %q, \"hostname\": %q, \"project_id\": %q, \"availability_zone\": \"nova\"}",
			g.ServerID, g.Name, g.Hostname+".novalocal", g.ProjectID), true
	}
	return "", false
}
