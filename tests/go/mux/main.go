// A host and a plugin that multiplex their connections, as go-plugin does since 1.6; Debian has an older one.
// One connection has yamux on it. The first stream is the main connection with gRPC.
// After a knock, each brokered connection is a stream of its own.
//
// The host starts a plugin, makes calls of Work and of tests.Back, and prints the replies. Started by a host, it is the plugin.
//
//	mux [-tls] [-counting COMMAND] [-streaming COMMAND] PLUGIN [ARGUMENT…]
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/yamux"
	"google.golang.org/grpc"

	"../counting"
	"../streaming"
	"../wire"
)

var (
	withTLS = flag.Bool("tls", false, "turn AutoMTLS on")
	command = flag.String("counting", "", "run this `COMMAND` of package counting instead of the calls")
	streams = flag.String("streaming", "", "run this `COMMAND` of package streaming instead")
)

func main() {
	flag.Parse()
	if os.Getenv(wire.Handshake.MagicCookieKey) == wire.Handshake.MagicCookieValue {
		wire.Exit("", serve())
	}
	wire.Exit(host())
}

func host() (string, error) {
	if flag.NArg() == 0 {
		return "", errors.New("name a plugin")
	}
	plugin := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	plugin.Stderr = os.Stderr
	plugin.Env = append(os.Environ(),
		wire.Handshake.MagicCookieKey+"="+wire.Handshake.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=2",
		"PLUGIN_MULTIPLEX_GRPC=true")
	var own *identity
	if *withTLS {
		var err error
		if own, err = newIdentity(); err != nil {
			return "", err
		}
		plugin.Env = append(plugin.Env, "PLUGIN_CLIENT_CERT="+string(own.pem()))
	}
	stdout, err := plugin.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := plugin.Start(); err != nil {
		return "", err
	}
	defer func() {
		if timer := time.AfterFunc(5*time.Second, func() { plugin.Process.Kill() }); plugin.Wait() == nil {
			timer.Stop()
		}
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return "", err
	}
	go io.Copy(io.Discard, stdout)
	fields := strings.Split(strings.TrimSpace(line), "|")
	if len(fields) < 7 || fields[4] != "grpc" || fields[6] != "true" {
		plugin.Process.Kill()
		return "", fmt.Errorf("the plugin does not multiplex: %q", line)
	}
	var config *tls.Config
	if own != nil {
		der, err := base64.RawStdEncoding.DecodeString(fields[5])
		if err != nil {
			return "", err
		}
		if config, err = own.config(der); err != nil {
			return "", err
		}
	}
	conn, err := net.Dial(fields[2], fields[3])
	if err != nil {
		return "", err
	}
	session, err := yamux.Client(conn, quiet())
	if err != nil {
		return "", err
	}
	broker := newBroker(session, config)
	go broker.accept(nil)
	main, err := broker.over(func() (net.Conn, error) { return session.Open() })
	if err != nil {
		return "", err
	}
	stream, err := main.NewStream(context.Background(), &startStream, "/plugin.GRPCBroker/StartStream")
	if err != nil {
		return "", err
	}
	go broker.run(stream)
	text, err := calls(main, broker)
	// The reply may be lost.
	main.Invoke(context.Background(), "/plugin.GRPCController/Shutdown", &wire.Empty{}, &wire.Empty{})
	main.Close()
	session.Close()
	return text, err
}

func calls(conn *grpc.ClientConn, broker *broker) (string, error) {
	if *streams != "" {
		return streaming.Run(conn, strings.Fields(*streams))
	}
	if *command != "" {
		return counting.Run(counting.GRPC{Conn: conn, Broker: broker}, strings.Fields(*command))
	}
	sum, err := wire.RunLine(conn, "sum 5 2")
	if err != nil {
		return "", err
	}
	echo, err := wire.RunLine(conn, "echo 8388608")
	if err != nil {
		return "", err
	}
	back, err := wire.Back(context.Background(), conn, broker)
	return fmt.Sprintf("%s\n%s\n%s", sum, echo, strings.TrimSpace(back)), err
}

func serve() error {
	var config *tls.Config
	certificate := ""
	if host, _ := pem.Decode([]byte(os.Getenv("PLUGIN_CLIENT_CERT"))); host != nil {
		own, err := newIdentity()
		if err != nil {
			return err
		}
		if config, err = own.config(host.Bytes); err != nil {
			return err
		}
		certificate = base64.RawStdEncoding.EncodeToString(own.der)
	}
	path := fmt.Sprintf("%s/plugin%d", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), os.Getpid())
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	multiplexed := os.Getenv("PLUGIN_MULTIPLEX_GRPC") == "true"
	line := fmt.Sprintf("1|1|unix|%s|grpc|%s", path, certificate)
	if multiplexed {
		line += "|true"
	}
	fmt.Println(line)
	if !multiplexed {
		return errors.New("the host does not multiplex")
	}
	// One connection: there is no second Accept.
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	listener.Close()
	session, err := yamux.Server(conn, quiet())
	if err != nil {
		return err
	}
	broker := newBroker(session, config)
	server := grpc.NewServer(append(broker.serverOptions(), grpc.MaxRecvMsgSize(wire.MaxMessage))...)
	wire.Register(server)
	wire.RegisterBack(server, broker)
	(&counting.Counts{}).Register(server, broker)
	streaming.Register(server)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "plugin.GRPCBroker",
		HandlerType: (*interface{})(nil),
		Streams: []grpc.StreamDesc{{StreamName: "StartStream", ServerStreams: true, ClientStreams: true,
			Handler: func(_ interface{}, stream grpc.ServerStream) error { broker.run(stream); return nil }}},
	}, nil)
	main := newListener(session.Addr())
	go broker.accept(main)
	go server.Serve(main)
	<-session.CloseChan()
	return nil
}

func quiet() *yamux.Config {
	config := yamux.DefaultConfig()
	config.LogOutput = io.Discard
	return config
}
