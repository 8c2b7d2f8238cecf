// Measures a plain gRPC client: starts of a server up to its first answer, calls of SayHello, one by one and from many
// goroutines, and the server's memory. It prints one line of JSON. What is 0 or empty is not measured.
//
//	bench-client [-retry] [-calls COUNT] [-goroutines 1,8,64] [-span TIME] [-starts COUNT] ADDRESS SERVER [ARGUMENT…]
//
// It starts `SERVER ARGUMENT…`, which is to listen at ADDRESS (HOST:PORT or unix:PATH), and at once dials it as the reference
// document does; with -retry it first waits for the listener, and looks every millisecond.
package main

import (
	"context"
	"flag"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"google.golang.org/grpc"

	"../measure"
	"../wire"
)

var (
	retry      = flag.Bool("retry", false, "wait for the listener before dialling")
	calls      = flag.Int("calls", 20000, "how many calls to time, one after another")
	goroutines = flag.String("goroutines", "1,8,64", "how many goroutines call at once")
	span       = flag.Duration("span", time.Second, "how long they call")
	starts     = flag.Int("starts", 50, "how many servers to start")
)

type report struct {
	Retry      bool             `json:"retry"`
	Cold       *measure.Times   `json:"cold,omitempty"`
	Call       *measure.Times   `json:"call,omitempty"`
	Throughput map[string]int64 `json:"calls_per_second,omitempty"`
	// Of the server, when it has answered once, and after all calls.
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
	result := report{Retry: *retry}
	var err error
	result.Cold, err = measure.Each(*starts, func() (time.Duration, error) {
		start := time.Now()
		server, conn, err := open()
		took := time.Since(start)
		stop(server, conn)
		return took, err
	})
	if err != nil {
		return err
	}
	server, conn, err := open()
	defer stop(server, conn)
	if err != nil {
		return err
	}
	hello := func() error {
		_, err := wire.Hello(context.Background(), conn, "x")
		return err
	}
	result.Fresh = measure.Resident(server.Process.Pid)
	if result.Call, err = measure.Latency(*calls, hello); err != nil {
		return err
	}
	if result.Throughput, err = measure.Throughput(*goroutines, *span, hello); err != nil {
		return err
	}
	result.Used = measure.Resident(server.Process.Pid)
	return measure.Print(result)
}

// A server that has answered once.
func open() (*exec.Cmd, *grpc.ClientConn, error) {
	address := flag.Arg(0)
	network, path := "tcp", strings.TrimPrefix(address, "unix:")
	if path != address {
		network = "unix"
		// Else the dial would find the one before.
		os.Remove(path)
	}
	server := exec.Command(flag.Arg(1), flag.Args()[2:]...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return server, nil, err
	}
	for *retry {
		if conn, err := net.Dial(network, path); err == nil {
			conn.Close()
			break
		}
		time.Sleep(time.Millisecond)
	}
	conn, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		return server, nil, err
	}
	_, err = wire.Hello(context.Background(), conn, "x")
	return server, conn, err
}

func stop(server *exec.Cmd, conn *grpc.ClientConn) {
	if conn != nil {
		conn.Close()
	}
	if server.Process != nil {
		server.Process.Kill()
		server.Wait()
	}
}
