// Package journal keeps what runs change: each change is written before its request is sent and again when it is
// answered, so that whatever ends a run, it is known what the run made.
//
//	rec := journal.NewRecorder(journal.Setup{Path: …, Name: "web.lua", Clock: …})   a cloud.Recorder: one run
//	…
//	rec.Finish(err)
//
//	j, err := journal.Open(ctx, path, clk)                      what earlier runs did
//	run, err := j.Run(ctx, "last")                              by ID, the start or the end of one, or "last"
//	err = j.Resolve(ctx, client, run.ID)                        asks the cloud about what nobody knows
//	made, err := j.Resources(ctx, run.ID)                       what it made, and what of it is left
//	err = j.MarkGone(ctx, run.ID, r.Type, r.Parent, r.ID)
//
// The file is made with the first change: a run that only reads writes nothing. It holds no secret: of bodies what
// package change gives, of errors their text without the secrets that were sent.
package journal
