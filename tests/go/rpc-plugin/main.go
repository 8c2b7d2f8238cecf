// A go-plugin plugin over net/rpc that serves Plug as `a`, Work as `worker` and Store as `store`.
//
//	HASHI=hola rpc-plugin
package main

import (
	"github.com/hashicorp/go-plugin"

	"../rpc"
)

func main() {
	plugin.Serve(&plugin.ServeConfig{HandshakeConfig: rpc.Handshake, Plugins: rpc.Plugins})
}
