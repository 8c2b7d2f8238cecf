// A go-plugin plugin over gRPC that serves Plug and Work. With PLUG_TEST_LOG set it first writes a line by hclog and one of
// plain text to stderr.
//
//	HASHI=hola plugin
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"../wire"
)

func main() {
	if os.Getenv("PLUG_TEST_LOG") != "" {
		options := hclog.LoggerOptions{Name: "greeter", Level: hclog.Trace, Output: os.Stderr, JSONFormat: true}
		hclog.New(&options).Warn("ready to greet", "languages", 2)
		fmt.Fprintln(os.Stderr, "a plain line")
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake,
		Plugins:         wire.Plugins,
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(wire.MaxMessage))...)
		},
	})
}
