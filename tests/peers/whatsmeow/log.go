package main

import (
	"fmt"

	waLog "go.mau.fi/whatsmeow/util/log"
)

type logLine struct {
	Log    string `json:"log"`
	Module string `json:"module"`
	Text   string `json:"text"`
}

// logger passes on what whatsmeow complains about: a sandbox that behaves leaves nothing to complain about.
type logger struct {
	out    *output
	module string
}

func (l *logger) line(level, text string, values []any) {
	l.out.say(logLine{level, l.module, fmt.Sprintf(text, values...)})
}

func (l *logger) Errorf(text string, values ...any) { l.line("error", text, values) }
func (l *logger) Warnf(text string, values ...any)  { l.line("warn", text, values) }
func (l *logger) Infof(text string, values ...any)  { l.line("info", text, values) }
func (l *logger) Debugf(text string, values ...any) { l.line("debug", text, values) }
func (l *logger) Sub(module string) waLog.Logger {
	if l.module != "" {
		module = l.module + "/" + module
	}
	return &logger{l.out, module}
}
