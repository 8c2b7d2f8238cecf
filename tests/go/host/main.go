// A go-plugin host: starts a plugin, makes one call over gRPC, prints what came back or `CODE: MESSAGE`, and shuts it down.
//
//	host [-version NUMBER] [-tls] [-log] [-first CALL] [-call CALL] [-meta KEY=VALUE] [-deadline TIME] [-kill-after TIME] PLUGIN [ARGUMENT…]
//	host [-version NUMBER] [-tls] [-log] -hang PLUGIN
//	host [-version NUMBER] [-tls] [-log] -back PLUGIN [ARGUMENT…]
//	host [-log] -attach 'PID NETWORK ADDRESS' [-call CALL] … [ARGUMENT…]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"../wire"
)

var (
	call      wire.Call
	tls       = flag.Bool("tls", false, "turn AutoMTLS on")
	log       = flag.Bool("log", false, "write go-plugin's log, and in it what the plugin logs, to stderr")
	first     = flag.String("first", "", "make this `CALL` with its arguments before, and print what comes of it")
	hang      = flag.Bool("hang", false, "call nothing: print `PID NETWORK ADDRESS` of the plugin, and keep it until stdin ends")
	back      = flag.Bool("back", false, "make brokered connections in both directions, and print what came back")
	attach    = flag.String("attach", "", "use the plugin that runs already, named as -hang prints it")
	version   = flag.Uint("version", 1, "the version of the application's protocol")
	killAfter = flag.Duration("kill-after", 0, "kill the plugin this long after the call has begun")
)

func main() {
	call.Flags()
	flag.Parse()
	wire.Exit(run())
}

func run() (string, error) {
	output := io.Discard
	if *log {
		output = os.Stderr
	}
	handshake := wire.Handshake
	handshake.ProtocolVersion = *version
	config := &plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          wire.Plugins,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         *tls,
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Trace, Output: output}),
	}
	arguments := flag.Args()
	if *attach == "" && len(arguments) == 0 {
		return "", errors.New("name a plugin")
	}
	if *attach != "" {
		config.Reattach = running(*attach)
	} else {
		config.Cmd = exec.Command(flag.Arg(0))
		if *back {
			config.Cmd.Args = arguments
		}
		arguments = arguments[1:]
	}
	client := plugin.NewClient(config)
	defer client.Kill()

	protocol, err := client.Client()
	if err != nil {
		return "", err
	}
	if err := protocol.Ping(); err != nil {
		return "", err
	}
	dispensed, err := protocol.Dispense("plug")
	if err != nil {
		return "", err
	}
	child := client.ReattachConfig()
	if *hang {
		fmt.Println(child.Pid, child.Addr.Network(), child.Addr)
		_, err := io.Copy(io.Discard, os.Stdin)
		return "", err
	}
	if *killAfter > 0 {
		time.AfterFunc(*killAfter, func() { syscall.Kill(child.Pid, syscall.SIGKILL) })
	}
	conn := dispensed.(*wire.Conn)
	if *back {
		return wire.Back(context.Background(), conn.ClientConn, conn.Broker)
	}
	if *first != "" {
		reply, err := wire.RunLine(conn.ClientConn, *first)
		if err != nil {
			reply = wire.TextOf(err)
		}
		fmt.Println(reply)
	}
	return call.Run(conn.ClientConn, arguments)
}

func running(line string) *plugin.ReattachConfig {
	var pid int
	var network, address string
	if _, err := fmt.Sscan(line, &pid, &network, &address); err != nil {
		wire.Exit("", err)
	}
	var at net.Addr = &net.UnixAddr{Net: network, Name: address}
	if network == "tcp" {
		tcp, err := net.ResolveTCPAddr(network, address)
		if err != nil {
			wire.Exit("", err)
		}
		at = tcp
	}
	return &plugin.ReattachConfig{Protocol: plugin.ProtocolGRPC, Addr: at, Pid: pid}
}
