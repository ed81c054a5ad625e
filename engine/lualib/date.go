package lualib

import (
	"fmt"
	"strconv"
	"time"
)

// strftime formats a time as C does in the locale "C". What it does not know stays as it is.
func strftime(t time.Time, format string) string {
	var out []byte
	num := func(v, width int) { out = append(out, fmt.Sprintf("%0*d", width, v)...) }
	blank := func(v int) { out = append(out, fmt.Sprintf("%2d", v)...) }
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		hour12 := (t.Hour()+11)%12 + 1
		switch format[i] {
		case 'a':
			out = append(out, t.Weekday().String()[:3]...)
		case 'A':
			out = append(out, t.Weekday().String()...)
		case 'b', 'h':
			out = append(out, t.Month().String()[:3]...)
		case 'B':
			out = append(out, t.Month().String()...)
		case 'c':
			out = append(out, strftime(t, "%a %b %e %H:%M:%S %Y")...)
		case 'C':
			num(floorDiv(t.Year(), 100), 2)
		case 'd':
			num(t.Day(), 2)
		case 'D', 'x':
			out = append(out, strftime(t, "%m/%d/%y")...)
		case 'e':
			blank(t.Day())
		case 'F':
			out = append(out, strftime(t, "%Y-%m-%d")...)
		case 'g':
			year, _ := t.ISOWeek()
			num(year-100*floorDiv(year, 100), 2)
		case 'G':
			year, _ := t.ISOWeek()
			num(year, 1)
		case 'H':
			num(t.Hour(), 2)
		case 'I':
			num(hour12, 2)
		case 'j':
			num(t.YearDay(), 3)
		case 'k':
			blank(t.Hour())
		case 'l':
			blank(hour12)
		case 'm':
			num(int(t.Month()), 2)
		case 'M':
			num(t.Minute(), 2)
		case 'n':
			out = append(out, '\n')
		case 'p':
			out = append(out, t.Format("PM")...)
		case 'P':
			out = append(out, t.Format("pm")...)
		case 'r':
			out = append(out, strftime(t, "%I:%M:%S %p")...)
		case 'R':
			out = append(out, strftime(t, "%H:%M")...)
		case 's':
			out = strconv.AppendInt(out, t.Unix(), 10)
		case 'S':
			num(t.Second(), 2)
		case 't':
			out = append(out, '\t')
		case 'T', 'X':
			out = append(out, strftime(t, "%H:%M:%S")...)
		case 'u':
			num((int(t.Weekday())+6)%7+1, 1)
		case 'U':
			num((t.YearDay()+6-int(t.Weekday()))/7, 2)
		case 'V':
			_, week := t.ISOWeek()
			num(week, 2)
		case 'w':
			num(int(t.Weekday()), 1)
		case 'W':
			num((t.YearDay()+6-(int(t.Weekday())+6)%7)/7, 2)
		case 'y':
			num(t.Year()-100*floorDiv(t.Year(), 100), 2)
		case 'Y':
			num(t.Year(), 1)
		case 'z':
			out = append(out, t.Format("-0700")...)
		case 'Z':
			name, _ := t.Zone()
			out = append(out, name...)
		case '%':
			out = append(out, '%')
		default:
			out = append(out, '%', format[i])
		}
	}
	return string(out)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
