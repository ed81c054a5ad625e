package simulator_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/oslua/oslua/simulator"
)

// A cloud in memory, without a port, that fails once.
func ExampleStart() {
	rule, err := simulator.ParseFault("GET /identity/v3 count=1 status=503 retry-after=1")
	if err != nil {
		fmt.Println(err)
		return
	}
	sim, err := simulator.Start(context.Background(), simulator.Options{
		Memory: true,
		Faults: []simulator.Fault{rule},
		Model:  &simulator.Model{Projects: []simulator.ModelProject{{Name: "lab"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = sim.Close() }()
	client := sim.Client()
	defer client.CloseIdleConnections()
	for range 2 {
		resp, err := client.Get(sim.URL() + "/identity/v3")
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	// Output:
	// 503 Service Unavailable
	// 200 OK
}
