// Command minimal makes the five plain calls with the requests no program can do without. It is the floor that oslua is
// measured against.
package main

import "github.com/oslua/oslua/measure/plain"

func main() {
	cloud := plain.Connect()
	network := func(method, path string, body plain.Object) plain.Object {
		return cloud.Do("network", method, "/v2.0/"+path, body)
	}
	net := network("POST", "networks", plain.Object{"network": plain.Object{"name": "private_10.8.0.0", "shared": false}})
	sub := network("POST", "subnets", plain.Object{"subnet": plain.Object{
		"name": "private_10.8.0.0-subnet", "network_id": plain.ID(net, "network"), "ip_version": 4, "cidr": "10.8.0.0/24",
		"gateway_ip": "10.8.0.1", "dns_nameservers": []string{"8.8.8.8"},
	}})
	rtr := plain.ID(network("POST", "routers", plain.Object{"router": plain.Object{"name": "router_10.8.0.0"}}), "router")
	network("PUT", "routers/"+rtr+"/add_router_interface", plain.Object{"subnet_id": plain.ID(sub, "subnet")})
	public := network("GET", "networks?name=public", nil)["networks"].([]any)[0].(plain.Object)["id"]
	network("PUT", "routers/"+rtr, plain.Object{"router": plain.Object{"external_gateway_info": plain.Object{"network_id": public}}})
}
