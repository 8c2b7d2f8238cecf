// Measures go-plugin as a host over net/rpc, as bench-host does over gRPC.
//
//	bench-rpc-host [-tls] [-calls COUNT] [-goroutines 1,8,64] [-span TIME] [-starts COUNT] PLUGIN
package main

import (
	"flag"
	"io"
	"net/rpc"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"../measure"
	wire "../rpc"
)

func main() {
	measure.Main(func(tls bool) (measure.Opened, error) {
		client := plugin.NewClient(&plugin.ClientConfig{
			HandshakeConfig: wire.Handshake,
			Plugins:         wire.Plugins,
			Cmd:             exec.Command(flag.Arg(0)),
			AutoMTLS:        tls,
			Logger:          hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: io.Discard}),
		})
		opened := measure.Opened{Kill: client.Kill}
		protocol, err := client.Client()
		if err != nil {
			return opened, err
		}
		dispensed, err := protocol.Dispense("a")
		if err != nil {
			return opened, err
		}
		opened.Pid = client.ReattachConfig().Pid
		opened.Hello = func() error {
			var reply string
			return dispensed.(*rpc.Client).Call("Plugin.SayHello", "x", &reply)
		}
		return opened, opened.Hello()
	})
}
