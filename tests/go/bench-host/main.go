// Measures go-plugin as a host: calls of SayHello, one by one and from many goroutines, what the plugin takes of memory, and
// starts of a fresh plugin up to its first answer. It prints one line of JSON. What is 0 or empty is not measured.
//
//	bench-host [-tls] [-calls COUNT] [-goroutines 1,8,64] [-span TIME] [-starts COUNT] PLUGIN
package main

import (
	"context"
	"flag"
	"io"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"../measure"
	"../wire"
)

func main() {
	measure.Main(func(tls bool) (measure.Opened, error) {
		client := plugin.NewClient(&plugin.ClientConfig{
			HandshakeConfig:  wire.Handshake,
			Plugins:          wire.Plugins,
			Cmd:              exec.Command(flag.Arg(0)),
			AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
			AutoMTLS:         tls,
			Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: io.Discard}),
		})
		opened := measure.Opened{Kill: client.Kill}
		protocol, err := client.Client()
		if err != nil {
			return opened, err
		}
		dispensed, err := protocol.Dispense("plug")
		if err != nil {
			return opened, err
		}
		opened.Pid = client.ReattachConfig().Pid
		opened.Hello = func() error {
			_, err := wire.Hello(context.Background(), dispensed.(*wire.Conn).ClientConn, "x")
			return err
		}
		return opened, opened.Hello()
	})
}
