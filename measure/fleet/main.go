// Command fleet makes 20 networks with subnets on one router and 10 servers, looks whether they are there, and removes
// them: with the requests no program can do without, eight at a time. It is the floor for measure/fleet/fleet.lua.
//
//	fleet apply|again|destroy
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/oslua/oslua/measure/plain"
	"golang.org/x/sync/errgroup"
)

const (
	networks = 20
	servers  = 10
	width    = 8
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: fleet apply|again|destroy")
	}
	f := fleet{plain.Connect()}
	switch os.Args[1] {
	case "apply":
		f.apply()
	case "again":
		f.again()
	case "destroy":
		f.destroy()
	default:
		log.Fatal("usage: fleet apply|again|destroy")
	}
	fmt.Println(f.cloud.Requests(), "requests")
}

type fleet struct{ cloud *plain.Cloud }

func (f fleet) network(method, path string, body plain.Object) plain.Object {
	return f.cloud.Do("network", method, "/v2.0/"+path, body)
}

// each calls do for 1 to n, eight at a time.
func each(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(width)
	for i := 1; i <= n; i++ {
		g.Go(func() error { do(i); return nil })
	}
	if err := g.Wait(); err != nil {
		log.Fatal(err)
	}
}

func name(i int) string { return fmt.Sprintf("fleet-%02d", i) }

func (f fleet) apply() {
	public := list(f.network("GET", "networks?name=public", nil), "networks")[0]["id"]
	image := list(f.cloud.Do("image", "GET", "/v2/images?name=cirros-0.5.2-x86_64-disk", nil), "images")[0]["id"]
	flavor := ""
	for _, o := range list(f.cloud.Do("compute", "GET", "/flavors", nil), "flavors") {
		if o["name"] == "m1.nano" {
			flavor = o["id"].(string)
		}
	}
	router := plain.ID(f.network("POST", "routers", plain.Object{"router": plain.Object{
		"name": "fleet", "external_gateway_info": plain.Object{"network_id": public}}}), "router")
	each(networks, func(i int) {
		net := plain.ID(f.network("POST", "networks", plain.Object{"network": plain.Object{"name": name(i)}}), "network")
		subnet := plain.ID(f.network("POST", "subnets", plain.Object{"subnet": plain.Object{"name": name(i), "network_id": net,
			"ip_version": 4, "cidr": fmt.Sprintf("10.20.%d.0/24", i)}}), "subnet")
		f.network("PUT", "routers/"+router+"/add_router_interface", plain.Object{"subnet_id": subnet})
		if i > servers {
			return
		}
		id := plain.ID(f.cloud.Do("compute", "POST", "/servers", plain.Object{"server": plain.Object{"name": name(i), "imageRef": image,
			"flavorRef": flavor, "networks": []plain.Object{{"uuid": net}}}}), "server")
		f.wait(id, "ACTIVE")
	})
}

// wait looks once a second until a server has a status; "" is gone.
func (f fleet) wait(id, status string) {
	for {
		now := ""
		if body := f.cloud.Do("compute", "GET", "/servers/"+id, nil); body != nil {
			now = body["server"].(plain.Object)["status"].(string)
		}
		if now == status {
			return
		}
		if now == "ERROR" {
			log.Fatalf("server %s went to ERROR", id)
		}
		time.Sleep(time.Second)
	}
}

// found gives the resources of the fleet by name.
func (f fleet) found() (router plain.Object, nets, subnets, machines []plain.Object) {
	of := func(all []plain.Object) (ours []plain.Object) {
		for _, o := range all {
			if strings.HasPrefix(o["name"].(string), "fleet-") {
				ours = append(ours, o)
			}
		}
		return ours
	}
	if all := list(f.network("GET", "routers?name=fleet", nil), "routers"); len(all) == 1 {
		router = all[0]
	}
	return router, of(list(f.network("GET", "networks", nil), "networks")), of(list(f.network("GET", "subnets", nil), "subnets")),
		of(list(f.cloud.Do("compute", "GET", "/servers/detail", nil), "servers"))
}

func (f fleet) again() {
	router, nets, subnets, machines := f.found()
	if router == nil || len(nets) != networks || len(subnets) != networks || len(machines) != servers {
		log.Fatal("something is missing")
	}
}

func (f fleet) destroy() {
	router, nets, subnets, machines := f.found()
	each(len(machines), func(i int) {
		id := machines[i-1]["id"].(string)
		f.cloud.Do("compute", "DELETE", "/servers/"+id, nil)
		f.wait(id, "")
	})
	id := router["id"].(string)
	each(len(subnets), func(i int) {
		f.network("PUT", "routers/"+id+"/remove_router_interface", plain.Object{"subnet_id": subnets[i-1]["id"]})
	})
	f.network("DELETE", "routers/"+id, nil)
	each(len(nets), func(i int) { f.network("DELETE", "networks/"+nets[i-1]["id"].(string), nil) })
}

func list(body plain.Object, key string) (all []plain.Object) {
	for _, o := range body[key].([]any) {
		all = append(all, o.(plain.Object))
	}
	return all
}
