// Measures go-plugin with callbacks and streams, over gRPC without TLS: the plugin `counter` and a host, both in Go.
// It prints one line of JSON. What has the count 0 is not measured.
//
//	bench-objects [-calls COUNT] [-short COUNT] [-long COUNT] PLUGIN
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"../counting"
	"../measure"
	"../streaming"
)

type report struct {
	// A call that lends an object, which the plugin calls once.
	Callback *measure.Times `json:"callback,omitempty"`
	// 1 MiB in chunks of 1 KiB, and 1 GiB in chunks of 64 KiB, from the plugin.
	Short *measure.Times `json:"short,omitempty"`
	Long  *measure.Times `json:"long,omitempty"`
}

var (
	calls = flag.Int("calls", 1000, "how many calls with a callback to time")
	short = flag.Int("short", 100, "how many streams of 1 MiB to time")
	long  = flag.Int("long", 1, "how many streams of 1 GiB to time")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  counting.Handshake,
		Plugins:          (&counting.Counts{}).Plugins(),
		Cmd:              exec.Command(flag.Arg(0)),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: io.Discard}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return err
	}
	dispensed, err := protocol.Dispense("counter")
	if err != nil {
		return err
	}
	peer := dispensed.(counting.GRPC)
	result := report{}
	add := func(a, b int64) (int64, error) { return a + b, nil }
	result.Callback, err = measure.Latency(*calls, func() error { return peer.Put("key", 1, add) })
	if err != nil {
		return err
	}
	if result.Short, err = streams(peer.Conn, *short, 1024, 1024); err != nil {
		return err
	}
	if result.Long, err = streams(peer.Conn, *long, 16<<10, 64<<10); err != nil {
		return err
	}
	return measure.Print(result)
}

func streams(conn *grpc.ClientConn, count, number, size int) (*measure.Times, error) {
	if count == 0 {
		return nil, nil
	}
	ctx := context.Background()
	if err := streaming.Configure(ctx, conn, fmt.Sprintf("chunks:%d", number), int64(size)); err != nil {
		return nil, err
	}
	return measure.Each(count, func() (time.Duration, error) {
		start, length := time.Now(), 0
		err := streaming.Read(ctx, conn, func(bytes []byte) bool {
			length += len(bytes)
			return true
		})
		took := time.Since(start)
		if err == nil && length != number*size {
			err = errors.New("the stream is too short")
		}
		return took, err
	})
}
