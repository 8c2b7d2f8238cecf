// A host and a plugin on go-plugin whose objects are lent and given, over gRPC and over net/rpc, and which stream over gRPC.
// Started by a host, it is the plugin.
//
//	counter [-rpc] [-tls] [-plugin-arguments ARGUMENTS] PLUGIN put KEY TIMES | fail KEY | die KEY | keep | hold MILLIS | never | late | soon | twice | open
//	counter -streaming [-tls] PLUGIN COMMAND…, which are those of package streaming
//	BASIC_PLUGIN=hello counter [-rpc]
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"../counting"
	"../streaming"
)

var (
	overRPC   = flag.Bool("rpc", false, "speak net/rpc")
	streams   = flag.Bool("streaming", false, "run a command of package streaming")
	tls       = flag.Bool("tls", false, "turn AutoMTLS on")
	arguments = flag.String("plugin-arguments", "", "start the plugin with these")
)

func main() {
	flag.Parse()
	counts := &counting.Counts{}
	if os.Getenv(counting.Handshake.MagicCookieKey) == counting.Handshake.MagicCookieValue && flag.NArg() == 0 {
		config := &plugin.ServeConfig{HandshakeConfig: counting.Handshake, Plugins: counts.Plugins()}
		if !*overRPC {
			config.GRPCServer = plugin.DefaultGRPCServer
		}
		plugin.Serve(config)
		return
	}
	text, err := host(counts.Plugins())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(text)
}

func host(plugins plugin.PluginSet) (string, error) {
	if flag.NArg() < 2 {
		return "", errors.New("name a plugin and a command")
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  counting.Handshake,
		Plugins:          plugins,
		Cmd:              exec.Command(flag.Arg(0), strings.Fields(*arguments)...),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolNetRPC, plugin.ProtocolGRPC},
		AutoMTLS:         *tls,
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "host", Output: io.Discard}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return "", err
	}
	dispensed, err := protocol.Dispense("counter")
	if err != nil {
		return "", err
	}
	if *streams {
		return streaming.Run(dispensed.(counting.GRPC).Conn, flag.Args()[1:])
	}
	var peer counting.Peer
	switch counter := dispensed.(type) {
	case counting.GRPC:
		peer = counter
	case counting.RPC:
		keeper, err := protocol.Dispense("keeper")
		if err != nil {
			return "", err
		}
		counter.Keeper = keeper.(counting.RPC).Keeper
		peer = counter
	}
	return counting.Run(peer, flag.Args()[1:])
}
