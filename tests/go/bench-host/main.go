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
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"../measure"
	"../wire"
)

var (
	tls        = flag.Bool("tls", false, "turn AutoMTLS on")
	calls      = flag.Int("calls", 20000, "how many calls to time, one after another")
	goroutines = flag.String("goroutines", "1,8,64", "how many goroutines call at once")
	span       = flag.Duration("span", time.Second, "how long they call")
	starts     = flag.Int("starts", 50, "how many plugins to start")
)

type report struct {
	TLS        bool             `json:"tls"`
	Cold       *measure.Times   `json:"cold,omitempty"`
	Call       *measure.Times   `json:"call,omitempty"`
	Throughput map[string]int64 `json:"calls_per_second,omitempty"`
	// Of the plugin, when it has answered once, and after all calls.
	Fresh int64 `json:"fresh_rss_kib"`
	Used  int64 `json:"used_rss_kib"`
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		wire.Exit("", err)
	}
}

func run() error {
	result := report{TLS: *tls}
	var err error
	result.Cold, err = measure.Each(*starts, func() (time.Duration, error) {
		start := time.Now()
		client, _, err := open()
		took := time.Since(start)
		client.Kill()
		return took, err
	})
	if err != nil {
		return err
	}
	client, conn, err := open()
	defer client.Kill()
	if err != nil {
		return err
	}
	pid := client.ReattachConfig().Pid
	hello := func() error {
		_, err := wire.Hello(context.Background(), conn, "x")
		return err
	}
	result.Fresh = measure.Resident(pid)
	if result.Call, err = measure.Latency(*calls, hello); err != nil {
		return err
	}
	if result.Throughput, err = measure.Throughput(*goroutines, *span, hello); err != nil {
		return err
	}
	result.Used = measure.Resident(pid)
	return measure.Print(result)
}

// A plugin that has answered once.
func open() (*plugin.Client, *grpc.ClientConn, error) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake,
		Plugins:          wire.Plugins,
		Cmd:              exec.Command(flag.Arg(0)),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         *tls,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: io.Discard}),
	})
	protocol, err := client.Client()
	if err != nil {
		return client, nil, err
	}
	dispensed, err := protocol.Dispense("plug")
	if err != nil {
		return client, nil, err
	}
	conn := dispensed.(*grpc.ClientConn)
	_, err = wire.Hello(context.Background(), conn, "x")
	return client, conn, err
}
