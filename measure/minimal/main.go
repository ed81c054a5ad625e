// Command minimal makes the five plain calls with the requests no program can do without, and nothing else: no
// options, no retries, no readable errors. It is the floor that oslua is measured against.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

type object = map[string]any

var token string

func main() {
	log.SetFlags(0)
	network := authenticate(os.Getenv("OS_AUTH_URL")) + "/v2.0"

	net := call("POST", network+"/networks", object{"network": object{"name": "private_10.8.0.0", "shared": false}})
	sub := call("POST", network+"/subnets", object{"subnet": object{
		"name": "private_10.8.0.0-subnet", "network_id": id(net, "network"), "ip_version": 4, "cidr": "10.8.0.0/24",
		"gateway_ip": "10.8.0.1", "dns_nameservers": []string{"8.8.8.8"},
	}})
	rtr := id(call("POST", network+"/routers", object{"router": object{"name": "router_10.8.0.0"}}), "router")
	call("PUT", network+"/routers/"+rtr+"/add_router_interface", object{"subnet_id": id(sub, "subnet")})
	public := call("GET", network+"/networks?name=public", nil)["networks"].([]any)[0].(object)["id"]
	call("PUT", network+"/routers/"+rtr, object{"router": object{"external_gateway_info": object{"network_id": public}}})
}

func id(body object, key string) string { return body[key].(object)["id"].(string) }

// authenticate gets the token and gives the network service's public endpoint.
func authenticate(url string) string {
	domain := object{"id": "default"}
	body := call("POST", url+"/auth/tokens", object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": object{
			"name": os.Getenv("OS_USERNAME"), "domain": domain, "password": os.Getenv("OS_PASSWORD"),
		}}},
		"scope": object{"project": object{"name": os.Getenv("OS_PROJECT_NAME"), "domain": domain}},
	}})
	for _, s := range body["token"].(object)["catalog"].([]any) {
		service := s.(object)
		if service["type"] != "network" {
			continue
		}
		for _, e := range service["endpoints"].([]any) {
			if endpoint := e.(object); endpoint["interface"] == "public" {
				return endpoint["url"].(string)
			}
		}
	}
	log.Fatal("the catalog has no network service")
	return ""
}

func call(method, url string, in object) object {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			log.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("X-Auth-Token", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		log.Fatal(fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text))
	}
	if t := resp.Header.Get("X-Subject-Token"); t != "" {
		token = t
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		log.Fatal(err)
	}
	return out
}
