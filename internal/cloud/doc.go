// Package cloud is the connection to one OpenStack: where its configuration comes from, who we are there, how a request
// is sent, repeated and traced, and what an answer that is no success means.
//
//	cfg, err := cloud.Load(cloud.LoadOptions{Cloud: "devstack", LookupEnv: os.LookupEnv, …})
//	conn := cloud.New(cfg, cloud.Options{Trace: cloud.TraceLines(os.Stderr)})
//	resp, err := conn.Do(ctx, cloud.Request{Service: cloud.Network, Path: "networks"})
//
// What decides its design:
//
//   - Nothing is sent that is not needed. There is one request for a token, endpoints come from its catalog, and the
//     version some of them lack is known.
//   - A request is repeated only where that does no harm: see retry.go.
//   - No secret leaves in an error, a trace or an explanation: see mask.go and redact.
//
// gophercloud knows what a request for a token looks like and which names a service had over the years. Requests go
// through net/http directly: gophercloud hides what retries, exact counting and streaming need.
package cloud
