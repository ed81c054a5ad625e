// Package plain speaks OpenStack with the requests no program can do without, and nothing else: no options, no retries,
// no readable errors. The programs that oslua is measured against are written on it. What fails ends the process.
package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync/atomic"
)

// Object is a JSON object.
type Object = map[string]any

// Cloud is one cloud as the user of OS_*. It is safe on many goroutines.
type Cloud struct {
	endpoints map[string]string
	token     string
	client    http.Client
	requests  atomic.Int64
}

// Connect gets a token with OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, all of domain Default.
func Connect() *Cloud {
	log.SetFlags(0)
	c := &Cloud{endpoints: map[string]string{}, client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	domain := Object{"id": "default"}
	header, body := c.send("POST", os.Getenv("OS_AUTH_URL")+"/auth/tokens", "", Object{"auth": Object{
		"identity": Object{"methods": []string{"password"}, "password": Object{"user": Object{
			"name": os.Getenv("OS_USERNAME"), "domain": domain, "password": os.Getenv("OS_PASSWORD"),
		}}},
		"scope": Object{"project": Object{"name": os.Getenv("OS_PROJECT_NAME"), "domain": domain}},
	}})
	c.token = header.Get("X-Subject-Token")
	for _, s := range body["token"].(Object)["catalog"].([]any) {
		service := s.(Object)
		for _, e := range service["endpoints"].([]any) {
			if endpoint := e.(Object); endpoint["interface"] == "public" {
				c.endpoints[service["type"].(string)] = endpoint["url"].(string)
			}
		}
	}
	return c
}

// Do sends a request below a service's public endpoint and gives the answer's object; nil when it has none.
func (c *Cloud) Do(service, method, path string, body Object) Object {
	base, ok := c.endpoints[service]
	if !ok {
		log.Fatalf("the catalog has no %s service", service)
	}
	_, out := c.send(method, base+path, service, body)
	return out
}

// Requests is how many were sent.
func (c *Cloud) Requests() int64 { return c.requests.Load() }

func (c *Cloud) send(method, url, service string, in Object) (http.Header, Object) {
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
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	if service == "compute" {
		req.Header.Set("OpenStack-API-Version", "compute 2.93")
	}
	c.requests.Add(1)
	resp, err := c.client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	gone := method == "GET" && resp.StatusCode == http.StatusNotFound
	if resp.StatusCode >= 300 && !gone {
		log.Fatal(fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, text))
	}
	if gone || len(text) == 0 {
		return resp.Header, nil
	}
	var out Object
	if err := json.Unmarshal(text, &out); err != nil {
		log.Fatal(err)
	}
	return resp.Header, out
}

// ID gives the ID of the resource below a key of an answer.
func ID(body Object, key string) string { return body[key].(Object)["id"].(string) }
